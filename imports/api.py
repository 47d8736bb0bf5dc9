"""Files of figures from other systems: handed over, asked about, confirmed, cancelled, undone."""

from collections.abc import Callable
from typing import Annotated

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import StringConstraints

from departments.http_api.authentication import person_of_api_request
from departments.http_api.contract import REFUSALS, Fault, Faults, RequestRefusedError, bad_value
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


class ImportOut(Schema):
    """A file that was handed over, and where it stands."""

    id: int
    state: str


class RowsOut(Schema):
    """How the rows of the file compare with what is official: read = new + changed + unchanged + rejected."""

    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int


class ErrorOut(Schema):
    """Why a row is refused; row 0 is about the sheet or the file as a whole, `cell` is D5 if it is about one."""

    sheet: str
    row: int
    cell: str
    column: str
    code: str
    message: str


class OvertakenOut(Schema):
    """A figure of the file that was changed after the file had been checked."""

    indicator: str
    region: str
    month: str


class ProgressOut(ImportOut):
    """An import with everything that is known about it.

    `official`: the figures become official when the import is confirmed; otherwise colleagues review them. `renewed`:
    the figures, or what they were checked against, have changed since the check, so the file was checked again; confirm
    the import again. `overtaken` tells up to five of the figures that were changed. `errors` are the first thousand of
    `errors_total`.
    """

    file: str
    official: bool
    progress: int
    rows: RowsOut
    renewed: bool
    overtaken: list[OvertakenOut]
    skip_rejected: bool
    failure: str
    message: str
    errors: list[ErrorOut]
    errors_total: int


class ConfirmIn(Schema):
    """How an import is confirmed: without the rejected rows; `reason` if a review is to change official figures."""

    skip_rejected: bool = False
    reason: Reason = ""


class UndoIn(Schema):
    """Why an import is undone."""

    reason: Reason = ""


@router.post("/imports", response={202: ImportOut, **REFUSALS}, openapi_extra=PARAMETER)
@idempotent
def hand_over(request: HttpRequest, file: File[UploadedFile]) -> Status[ImportOut]:
    """Takes a file. It is checked by a worker: ask for it until its state is `ready` or `rejected`, then confirm."""
    try:
        return answer_import_taken(receive_import_file(file, by=person_of_api_request(request)))
    except UnreadableError as error:
        if error.code == "no_room":
            raise RequestRefusedError(
                507, [Fault(column="file", code=error.code, message=unreadable(error))]
            ) from error
        raise bad_value("file", error.code, unreadable(error)) from error


@router.get("/imports/{pk}", response={200: ProgressOut, **REFUSALS})
def progress(request: HttpRequest, pk: int) -> dict[str, object]:
    """Where a file stands, what it would change or has changed, and everything that is wrong with it."""
    return describe_import(find_visible_import(pk, person_of_api_request(request)))


@router.post("/imports/{pk}/confirm", response={202: ImportOut, 409: Faults, **REFUSALS}, openapi_extra=PARAMETER)
@idempotent
def confirm_one(request: HttpRequest, pk: int, how: ConfirmIn | None = None) -> Status[ImportOut]:
    """Has the checked rows written. 409 if its state does not allow it, 422 if it has errors that are not skipped."""
    asked = how or ConfirmIn()
    return decide_import(
        request,
        pk,
        lambda batch, by: confirm_import(batch, by=by, skip_rejected=asked.skip_rejected, reason=asked.reason),
    )


@router.post("/imports/{pk}/cancel", response={202: ImportOut, 409: Faults, **REFUSALS}, openapi_extra=PARAMETER)
@idempotent
def cancel_one(request: HttpRequest, pk: int) -> Status[ImportOut]:
    """Ends an import of which nothing has been written."""
    return decide_import(request, pk, lambda batch, by: cancel_import(batch, by=by))


@router.post("/imports/{pk}/undo", response={202: ImportOut, 409: Faults, **REFUSALS}, openapi_extra=PARAMETER)
@idempotent
def undo_one(request: HttpRequest, pk: int, why: UndoIn | None = None) -> Status[ImportOut]:
    """Takes back what was written. 409 if figures were decided upon later or their month is closed."""
    return decide_import(request, pk, lambda batch, by: undo_import(batch, by=by, reason=(why or UndoIn()).reason))


def find_visible_import(pk: int, user: User) -> ImportBatch:
    """The import; 404 for one that the person may not see."""
    return get_object_or_404(ImportBatch.objects.select_related("source__by").visible_to(user), pk=pk)


def answer_import_taken(batch: ImportBatch) -> Status[ImportOut]:
    """The answer that the request was understood and that a worker does the rest."""
    return Status(202, ImportOut(id=batch.pk, state=batch.state))


def decide_import(
    request: HttpRequest, pk: int, decide: Callable[[ImportBatch, User], ImportBatch]
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
