"""Writing a progress report: kept as one types, with files, handed in for a colleague to review."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from departments import access
from departments.permissions import Action
from departments.rules.typed import number_of
from plans.addresses import month_named
from reviews.documents import ENDINGS, RefusedFileError, safe_name
from reviews.messages import refused_file
from reviews.serving import serve_attachment
from tasks.models import ReportAttachment
from tasks.reading.responsible_units import units_answering
from tasks.reporting.writing import sheet_of_report
from tasks.rules.accounts import TypedMilestone, TypedReport
from tasks.services.attachments import attach_to_report, detach_from_report
from tasks.services.places import ReportPlace
from tasks.services.reporting import (
    ReportConflictError,
    ReportRefusedError,
    hand_in_report,
    save_report,
    typed_report_in_draft,
)
from tasks.services.rights import demand_acting_for_unit
from tasks.views.tasks import find_visible_task

CONFLICT, REFUSED = 409, 422


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.REPORT_TASKS)
def report(request: HttpRequest, plan_code: str, code: str, unit: str, month: str) -> HttpResponse:
    """A department's report about a task of a month: the form, and what its buttons do."""
    place = _place(request, plan_code, code, unit, month)
    if request.method != "POST":
        return _shown(request, place)
    try:
        return _done(request, place)
    except ReportConflictError as conflict:
        return _conflict(request, place, conflict)
    except ReportRefusedError as refused:
        messages.error(request, _("Not handed in. The report is kept; correct what is marked."))
        return render(request, "tasks/report.html", _context(place, wrong=refused.problems), status=REFUSED)
    except ValidationError as refused:
        return _refused(request, place, " ".join(refused.messages))


def _place(request: HttpRequest, plan_code: str, code: str, unit: str, month: str) -> ReportPlace:
    """The task, department and month of the report; 404 where there is none, 403 for another department's."""
    task = find_visible_task(request, plan_code, code)
    department = get_object_or_404(units_answering(task), code=unit)
    demand_acting_for_unit(access.person_of_request(request), Action.REPORT_TASKS, department.pk)
    return ReportPlace(task, department, month_named(month, task.plan))


def _context(place: ReportPlace, **shown: Any) -> dict[str, object]:
    return {"sheet": sheet_of_report(place, **shown), "place": place, "accept": ENDINGS, "words": _words()}


def _shown(request: HttpRequest, place: ReportPlace) -> HttpResponse:
    return render(request, "tasks/report.html", _context(place))


def _done(request: HttpRequest, place: ReportPlace) -> HttpResponse:
    """Keeps what was typed, then does what the button says; the script gets an answer of its own."""
    person, said = access.person_of_request(request), read_typed_report(request.POST)
    version = request.POST.get("version", "0")
    draft = save_report(place, said, version=number_of(version) or 0, by=person)
    if request.headers.get("X-Fragment"):
        return JsonResponse({"version": draft.version})
    deed = request.POST.get("deed", "save")
    if deed == "hand_in":
        hand_in_report(place, by=person, reason=request.POST.get("reason", ""))
        messages.success(request, _("Handed in. A colleague who reviews for your unit decides about it."))
        return redirect("task", place.task.plan.code, place.task.code)
    if deed == "attach":
        _attach(request, place)
    elif deed.startswith("remove-"):
        _remove(request, place, deed.removeprefix("remove-"))
    else:
        messages.success(request, _("Saved as a draft."))
    return redirect(request.path)


def read_typed_report(data: QueryDict) -> TypedReport:
    """Reads the report as it was typed."""
    ids = {name.removeprefix("percentage-") for name in data if name.startswith("percentage-")}
    steps = {
        pk: TypedMilestone(data.get(f"percentage-{text}", "").strip(), data.get(f"done_on-{text}", "").strip())
        for text in ids
        if (pk := number_of(text)) is not None
    }
    done, next_steps, problems = (
        data.get(name, "").replace("\r\n", "\n") for name in ("done", "next_steps", "problems")
    )
    return TypedReport(done, next_steps, problems, steps)


def _attach(request: HttpRequest, place: ReportPlace) -> None:
    """Keeps the chosen files; each that is refused says why."""
    files = request.FILES.getlist("file")
    if not files:
        messages.warning(request, _("Choose a file first."))
    for file in files:
        try:
            made = attach_to_report(place, file, by=access.person_of_request(request))
        except RefusedFileError as refused:
            messages.error(request, refused_file(safe_name(str(file.name)), refused))
        else:
            messages.success(request, _("Attached: %(name)s") % {"name": made.name})


def _remove(request: HttpRequest, place: ReportPlace, pk: str) -> None:
    known = ReportAttachment.objects.of_draft(place.task.pk, place.department.pk, place.month)
    found = known.filter(pk=number_of(pk) or 0).first()
    if found is not None:
        detach_from_report(found, by=access.person_of_request(request))
        messages.success(request, _("Removed: %(name)s") % {"name": found.name})


def _conflict(request: HttpRequest, place: ReportPlace, conflict: ReportConflictError) -> HttpResponse:
    """Shows both versions: the form keeps what was typed, which may be saved over the colleague's version now that the
    person has seen it."""
    theirs = conflict.current
    if request.headers.get("X-Fragment"):
        return JsonResponse({"message": _("A colleague has saved this report meanwhile.")}, status=CONFLICT)
    context = _context(
        place, typed=read_typed_report(request.POST), version=theirs.version if theirs is not None else 0
    )
    context |= {
        "theirs": theirs,
        "their_words": typed_report_in_draft(theirs) if theirs is not None else None,
        "conflict": True,
    }
    return render(request, "tasks/report.html", context, status=CONFLICT)


def _refused(request: HttpRequest, place: ReportPlace, why: str) -> HttpResponse:
    if request.headers.get("X-Fragment"):
        return JsonResponse({"message": why}, status=REFUSED)
    messages.error(request, why)
    return render(request, "tasks/report.html", _context(place, typed=read_typed_report(request.POST)), status=REFUSED)


def _words() -> dict[str, str]:
    """The sentences of the page's script."""
    return {
        "saving": _("Saving …"),
        "saved": _("Saved"),
        "offline": _("Not saved. It is tried again by itself when the connection is back."),
        "loggedOut": _("Not saved: you have been logged out. Log in again in the new window; the text stays here."),
        "logIn": _("Log in again"),
        "restored": _("Text from your last visit that had not been saved was put back."),
    }


@require_safe
@access.requires(Action.VIEW_TASK_REPORTS)
def download_report_attachment(request: HttpRequest, pk: int) -> FileResponse:
    """One file beside a report, for whoever sees the report."""
    found = get_object_or_404(ReportAttachment.objects.visible_to(access.person_of_request(request)), pk=pk)
    return serve_attachment(found, show="show" in request.GET)
