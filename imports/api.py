"""Files of figures from other systems: handed over, asked about, confirmed, cancelled, undone."""

from collections.abc import Callable
from typing import Annotated

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Path, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import StringConstraints

from departments.http_api.authentication import person_of_api_request
from departments.http_api.contract import NAMED_REFUSALS, WRITING_REFUSALS, Fault, RequestRefusedError, bad_value
from departments.http_api.idempotency import PARAMETER, idempotent
from departments.models import User
from imports.batches.messages import ReadableImportError, explain_stored_error, unreadable
from imports.files.readers import UnreadableError
from imports.models import ImportBatch
from imports.services.deciding import cancel_import, confirm_import, undo_import
from imports.services.receiving import receive_import_file
from imports.showing import preview

router = Router(tags=["imports"])
ERRORS_TOLD = 1000
CONFLICT, UNPROCESSABLE = 409, 422
Reason = Annotated[str, StringConstraints(max_length=400)]
DECIDING_REFUSALS = WRITING_REFUSALS | NAMED_REFUSALS
"""What a decision about an import may meet."""
ImportId = Annotated[int, Path(description="The import's id.", ge=1, le=2**63 - 1)]


class ImportOut(Schema):
    """A file that was handed over, and where it stands."""

    id: int = Field(description="Names the import in addresses.")
    state: str = Field(description="uploaded, checking, ready, rejected, applying, applied, undone or failed.")


class RowsOut(Schema):
    """How the rows of the file compare with what is official: read = new + changed + unchanged + rejected."""

    read: int = Field(description="Rows in the file.")
    new: int = Field(description="Rows with a figure where there was none.")
    changed: int = Field(description="Rows that change a figure.")
    unchanged: int = Field(description="Rows that say what is there already.")
    rejected: int = Field(description="Rows with an error.")


class ErrorOut(Schema):
    """Why a row is refused; row 0 is about the sheet or the file as a whole, `cell` is D5 if it is about one."""

    sheet: str = Field(description="The sheet's name; empty for a CSV file.")
    row: int = Field(description="The row, counted from 1; 0 for the sheet or the file as a whole.")
    cell: str = Field(description="The cell, such as D5; empty if the error is about none.")
    column: str = Field(description="The column: indicator, region, month, value …")
    code: str = Field(description="The reason, for programs.")
    message: str = Field(description="The reason and what to do, in the reader's language.")


class OvertakenOut(Schema):
    """A figure of the file that was changed after the file had been checked."""

    indicator: str = Field(description="The indicator's code.")
    region: str = Field(description="The region's code of GB/T 2260.")
    month: str = Field(description="The month.")


class ProgressOut(ImportOut):
    """An import with everything that is known about it.

    `official`: the figures become official when the import is confirmed; otherwise colleagues review them. `renewed`:
    the figures, or what they were checked against, have changed since the check, so the file was checked again; confirm
    the import again. `overtaken` tells up to five of the figures that were changed. `errors` are the first thousand of
    `errors_total`.
    """

    file: str = Field(description="The file's name.")
    official: bool = Field(
        description="Whether the figures become official when it is confirmed; otherwise colleagues review them."
    )
    progress: int = Field(description="How far the present step is, in %.")
    rows: RowsOut = Field(description="How its rows compare with what is there.")
    renewed: bool = Field(
        description="Whether it was checked again because figures changed meanwhile: confirm it again."
    )
    overtaken: list[OvertakenOut] = Field(description="Up to five of the figures that were changed meanwhile.")
    skip_rejected: bool = Field(description="Whether rejected rows are left out.")
    failure: str = Field(description="Why it failed, for programs; empty if it did not.")
    message: str = Field(description="Why it failed, in the reader's language; empty if it did not.")
    errors: list[ErrorOut] = Field(description="What is wrong with its rows: the first thousand errors.")
    errors_total: int = Field(description="How many errors there are in all.")


class ConfirmIn(Schema):
    """How an import is confirmed: without the rejected rows; `reason` if a review is to change official figures."""

    skip_rejected: bool = Field(default=False, description="Whether rows with errors are left out.")
    reason: Reason = Field(
        default="", description="Why official figures are changed; needed where a review is to change them."
    )


class UndoIn(Schema):
    """Why an import is undone."""

    reason: Reason = Field(default="", description="Why it is undone, for the audit record.")


@router.post(
    "/imports",
    operation_id="create_import",
    summary="Hand over a file of figures",
    response={202: ImportOut, **WRITING_REFUSALS},
    openapi_extra=PARAMETER,
)
@idempotent
def hand_over(
    request: HttpRequest, file: Annotated[UploadedFile, File(description="CSV, XLSX, XLS or ODS, with its name.")]
) -> Status[ImportOut]:
    """Takes a file. It is checked by a worker: ask for it until its state is `ready` or `rejected`, then confirm."""
    try:
        return answer_import_taken(receive_import_file(file, by=person_of_api_request(request)))
    except UnreadableError as error:
        if error.code == "no_room":
            raise RequestRefusedError(
                507, [Fault(column="file", code=error.code, message=unreadable(error))]
            ) from error
        raise bad_value("file", error.code, unreadable(error)) from error


@router.get(
    "/imports/{pk}",
    operation_id="get_import",
    summary="How an import stands",
    response={200: ProgressOut, **NAMED_REFUSALS},
)
def progress(request: HttpRequest, pk: ImportId) -> dict[str, object]:
    """Where a file stands, what it would change or has changed, and everything that is wrong with it."""
    return describe_import(find_visible_import(pk, person_of_api_request(request)))


@router.post(
    "/imports/{pk}/confirm",
    operation_id="confirm_import",
    summary="Confirm an import",
    response={202: ImportOut, **DECIDING_REFUSALS},
    openapi_extra=PARAMETER,
)
@idempotent
def confirm_one(request: HttpRequest, pk: ImportId, how: ConfirmIn | None = None) -> Status[ImportOut]:
    """Has the checked rows written. 409 if its state does not allow it, 422 if it has errors that are not skipped."""
    asked = how or ConfirmIn()
    return decide_import(
        request,
        pk,
        lambda batch, by: confirm_import(batch, by=by, skip_rejected=asked.skip_rejected, reason=asked.reason),
    )


@router.post(
    "/imports/{pk}/cancel",
    operation_id="cancel_import",
    summary="Cancel an import",
    response={202: ImportOut, **DECIDING_REFUSALS},
    openapi_extra=PARAMETER,
)
@idempotent
def cancel_one(request: HttpRequest, pk: ImportId) -> Status[ImportOut]:
    """Ends an import of which nothing has been written."""
    return decide_import(request, pk, lambda batch, by: cancel_import(batch, by=by))


@router.post(
    "/imports/{pk}/undo",
    operation_id="undo_import",
    summary="Undo an import",
    response={202: ImportOut, **DECIDING_REFUSALS},
    openapi_extra=PARAMETER,
)
@idempotent
def undo_one(request: HttpRequest, pk: ImportId, why: UndoIn | None = None) -> Status[ImportOut]:
    """Takes back what was written. 409 if figures were decided upon later or their month is closed."""
    return decide_import(request, pk, lambda batch, by: undo_import(batch, by=by, reason=(why or UndoIn()).reason))


def find_visible_import(pk: int, user: User) -> ImportBatch:
    """The import; 404 for one that the person may not see."""
    return get_object_or_404(ImportBatch.objects.select_related("source__by").visible_to(user), pk=pk)


def answer_import_taken(batch: ImportBatch) -> Status[ImportOut]:
    """The answer that the request was understood and that a worker does the rest."""
    return Status(202, ImportOut(id=batch.pk, state=batch.state))


def decide_import(
    request: HttpRequest, pk: ImportId, decide: Callable[[ImportBatch, User], ImportBatch]
) -> Status[ImportOut]:
    """Takes the decision about an import; RefusedError says why it may not be taken."""
    try:
        return answer_import_taken(
            decide(find_visible_import(pk, person_of_api_request(request)), person_of_api_request(request))
        )
    except ValidationError as refused:
        code = getattr(refused, "code", None) or "refused"
        status = UNPROCESSABLE if code in ("rejected", "nothing", "reason") else CONFLICT
        raise RequestRefusedError(status, [Fault(code=code, message=" ".join(refused.messages))]) from refused


def describe_import(batch: ImportBatch) -> dict[str, object]:
    """The import as the API tells it."""
    return {
        "id": batch.pk,
        "state": batch.state,
        "file": batch.file_name,
        "official": batch.official,
        "progress": batch.progress,
        "rows": {name: getattr(batch, name) for name in RowsOut.model_fields},
        "renewed": batch.renewed,
        "overtaken": [
            {"indicator": figure.indicator.code, "region": figure.region.code, "month": str(figure.month)}
            for figure in preview.overtaken_figures_of(batch)
        ],
        "skip_rejected": batch.skip_rejected,
        "failure": batch.failure,
        "message": preview.failure_of(batch),
        "errors": [_error(error, explain_stored_error(error)) for error in batch.errors[:ERRORS_TOLD]],
        "errors_total": batch.errors_total,
    }


def _error(stored: dict[str, object], error: ReadableImportError) -> dict[str, object]:
    return {
        "sheet": error.sheet,
        "row": error.row,
        "cell": error.cell,
        "column": stored["column"],
        "code": stored["code"],
        "message": error.sentence,
    }
