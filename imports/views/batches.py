"""The pages of the imports: a file is handed over, watched while it is checked, looked at, confirmed, undone."""

import io
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.access import requires
from departments.models import User
from departments.people.seeing import departments_seen_by
from departments.permissions import Action
from departments.services.accounts import record
from imports.batches.loading import load_known_names
from imports.batches.marking import marked_workbook
from imports.batches.messages import unreadable
from imports.files.readers import UnreadableError
from imports.jobs import mark, send_import_message
from imports.models import ImportBatch
from imports.services.correcting import correct_import, forget_remembered_mapping
from imports.services.deciding import cancel_import, confirm_import, may_decide_import, undo_import
from imports.services.receiving import receive_import_file
from imports.showing import preview
from imports.showing.correction import Correction
from imports.showing.forms import UploadForm
from imports.showing.recognised import recognised_in
from imports.showing.template_file import write_entry_workbook
from imports.tables.parsing import HEADINGS
from imports.workflow import ImportState, ImportVerb
from plans.addresses import month_named
from targets.entering.worksheet import AskedSheet, may_enter_for_unit, units_of, worksheet_of
from targets.expected.duties import plans_of
from targets.expected.plan_situation import Situation

LATEST, REFUSED, NO_ROOM = 20, 422, 507
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.IMPORT_OBSERVATIONS)
def upload(request: HttpRequest) -> HttpResponse:
    """Takes a file and leads to where it can be watched; one that cannot be taken says so beside the field."""
    form, status = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm(), 200
    if form.is_valid():
        try:
            return redirect(
                "imports_batch",
                pk=receive_import_file(form.cleaned_data["file"], by=access.person_of_request(request)).pk,
            )
        except UnreadableError as error:
            form.add_error("file", unreadable(error))
            status = NO_ROOM if error.code == "no_room" else status
    latest = ImportBatch.objects.visible_to(access.person_of_request(request)).latest_first()[:LATEST]
    return render(
        request,
        "imports/upload.html",
        {"form": form, "latest": latest, "headings": HEADINGS.values(), **_templates(request), **_office(request)},
        status=status,
    )


@require_safe
@requires(Action.IMPORT_OBSERVATIONS)
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what it would do or has done. Asked by htmx, only how far; the end reloads the page."""
    found = _visible(request, pk)
    if request.headers.get("HX-Request"):
        response = render(
            request, "imports/_progress.html", {"batch": found, "may_cancel": _may(request, found, ImportVerb.CANCEL)}
        )
        if not found.busy:
            response.headers["HX-Refresh"] = "true"
        return response
    return render(request, "imports/batch.html", _context(request, found))


def _context(request: HttpRequest, found: ImportBatch) -> dict[str, object]:
    """What the page needs in the state in which the file is."""
    context: dict[str, object] = {
        "batch": found,
        "failure": preview.failure_of(found),
        "earlier": preview.earlier_import_of_file(found, access.person_of_request(request)),
        "overtaken": preview.overtaken_figures_of(found),
        **{
            f"may_{verb.value}": _may(request, found, verb)
            for verb in (ImportVerb.CONFIRM, ImportVerb.CANCEL, ImportVerb.UNDO)
        },
        **_office(request),
    }
    if found.busy:
        return context
    if found.applied:
        context["lights_follow"] = preview.lights_follow()
    if found.errors:
        context["errors"] = preview.errors_page(found, request.GET.get("errors"))
    if found.changed:
        context["changed"] = preview.changed_page(found, request.GET.get("changed"))
    if found.odd:
        context["odd"] = preview.odd_page(found, request.GET.get("odd"))
    if found.state in (ImportState.READY.value, ImportState.REJECTED.value) and found.accepted:
        context["lights"] = preview.preview_lights(found, access.person_of_request(request))
    if found.file:
        context["recognised"] = recognised_in(found, load_known_names(found.source.by))
        context["may_correct"] = found.correctable and may_decide_import(found, access.person_of_request(request))
    return context


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def post_import_confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    """Has the checked rows written."""
    skip, reason = request.POST.get("skip_rejected") == "on", request.POST.get("reason", "")
    return _decided(request, pk, lambda found, by: confirm_import(found, by=by, skip_rejected=skip, reason=reason), "")


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def post_import_cancellation(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends an import of which nothing has been written."""
    return _decided(
        request, pk, lambda found, by: cancel_import(found, by=by), _("The import was cancelled. Nothing was imported.")
    )


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def post_import_undoing(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes back what an import has written."""
    reason = request.POST.get("reason", "")
    told = _("Undone. What was official before is so again; the lights follow in a moment.")
    return _decided(request, pk, lambda found, by: undo_import(found, by=by, reason=reason), told)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.IMPORT_OBSERVATIONS)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """What each column means: shown beside the first rows, corrected, and the file checked again."""
    found = _visible(request, pk)
    if not may_decide_import(found, access.person_of_request(request)):
        raise access.refusal()
    if not found.correctable:
        messages.info(request, _("What the columns mean can be corrected after the check and before the import."))
        return redirect("imports_batch", pk=pk)
    correction = Correction(found, request.POST if request.method == "POST" else None)
    if correction.is_valid():
        said, remember = correction.mapping(), correction.remember
        return _decided(request, pk, lambda batch, by: correct_import(batch, said, by=by, remember=remember), "")
    status = REFUSED if request.method == "POST" else 200
    return render(request, "imports/mapping.html", {"batch": found, "correction": correction}, status=status)


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def forget_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Forgets what was said about files of this form."""
    told = _("Forgotten. The file is checked again as it was recognised.")
    return _decided(request, pk, lambda found, by: forget_remembered_mapping(found, by=by), told)


def _decided(
    request: HttpRequest, pk: int, decide: Callable[[ImportBatch, User], ImportBatch], told: str
) -> HttpResponse:
    """Does it, or says why not, and leads back to the file."""
    found = _visible(request, pk)
    try:
        decide(found, access.person_of_request(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        if told:
            messages.success(request, told)
    return redirect("imports_batch", pk=pk)


@require_safe
@requires(Action.IMPORT_OBSERVATIONS)
def download_marked_workbook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The person's own file with every error marked where it is."""
    found = _visible(request, pk)
    if not found.has_marked:
        raise Http404
    path = marked_workbook(found)
    if path is None:
        send_import_message(mark, pk)
        messages.info(request, _("The marked file is being made. Try again in a moment."))
        return redirect("imports_batch", pk=pk)
    name = f"{found.file_name.rsplit('.', 1)[0]}-{_('errors')}.xlsx"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=XLSX)


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def download_entry_workbook(request: HttpRequest) -> HttpResponseBase:
    """The prefilled workbook of a unit and month. Taking it away is an event in the audit log."""
    asked = _sheet_asked(request)
    unit, month = asked.department, asked.month
    sheet = worksheet_of(unit, asked.plans, month, access.person_of_request(request))
    record(
        "template.exported", by=access.person_of_request(request), subject=unit, month=str(month), rows=len(sheet.rows)
    )
    name = _("figures of %(unit)s %(month)s") % {"unit": unit, "month": month} + ".xlsx"
    answer = FileResponse(io.BytesIO(write_entry_workbook(sheet)), as_attachment=True, filename=name, content_type=XLSX)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sheet_asked(request: HttpRequest) -> AskedSheet:
    """The unit and month that are asked for; 404 if there are none, PermissionDenied if it is not the person's."""
    units = departments_seen_by(access.person_of_request(request)).select_related("region__parent__parent")
    unit = get_object_or_404(units, code=request.POST.get("unit", ""))
    asked = AskedSheet.of(unit, month_named(request.POST.get("month", "")))
    if asked is None:
        raise Http404
    if not may_enter_for_unit(access.reach(access.person_of_request(request), Action.IMPORT_OBSERVATIONS), unit):
        raise access.refusal()
    return asked


def _templates(request: HttpRequest) -> dict[str, object]:
    """For which units and months the person may have a workbook, over all plans; no units without a plan."""
    plans = list(plans_of(access.person_of_request(request)).latest_first())
    if not plans:
        return {"units": []}
    situation = Situation.of(plans, timezone.localdate())
    usual = min(situation.reported[plan.pk] for plan in situation.running())
    months = {usual, *(month for plan in plans for month in situation.open(plan))}
    units = units_of(access.reach(access.person_of_request(request), Action.IMPORT_OBSERVATIONS))
    return {"units": units, "months": sorted(months), "usual_month": usual}


def _visible(request: HttpRequest, pk: int) -> ImportBatch:
    related = ImportBatch.objects.select_related("source__by", "confirmed_by", "undone_by", "remembered__by")
    return get_object_or_404(related.visible_to(access.person_of_request(request)), pk=pk)


def _office(request: HttpRequest) -> dict[str, bool]:
    """Whether what the person uploads becomes official at once."""
    return {"office": access.reach(access.person_of_request(request), Action.IMPORT_OFFICIAL).governs}


def _may(request: HttpRequest, found: ImportBatch, verb: ImportVerb) -> bool:
    """Whether the page offers a step: the workflow has it, and the file is the person's to decide about."""
    return found.can(verb) and may_decide_import(found, access.person_of_request(request))
