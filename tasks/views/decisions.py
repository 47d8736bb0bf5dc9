"""Deciding about reports and tasks: approve, return, sign off, close, reopen."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import month_named
from tasks.models import ProgressReport
from tasks.reading.selectors import reports_waiting_for
from tasks.services.deciding import approve_report, return_report
from tasks.services.signing import close_task, reopen_task, sign_off
from tasks.views.tasks import find_visible_task


@require_safe
@access.requires(Action.REVIEW_TASK_REPORTS)
def report_reviews_page(request: HttpRequest) -> HttpResponse:
    """The reports that wait for my decision."""
    waiting = reports_waiting_for(access.person_of_request(request))
    return render(request, "tasks/reviews.html", {"waiting": waiting})


@require_POST
@access.requires(Action.REVIEW_TASK_REPORTS)
def post_report_approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Approves one report."""
    found = _report(request, pk)
    _tried(
        request,
        lambda: approve_report(found, by=access.person_of_request(request)),
        _("Approved: %(name)s."),
        str(found.task),
    )
    return redirect("task_reviews")


@require_POST
@access.requires(Action.REVIEW_TASK_REPORTS)
def post_report_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Returns one report with a reason."""
    found, reason = _report(request, pk), request.POST.get("reason", "")
    said = _("Returned: %(name)s. The author sees the reason and can correct the report.")
    _tried(
        request,
        lambda: return_report(found, by=access.person_of_request(request), reason=reason),
        said,
        str(found.task),
    )
    return redirect("task_reviews")


def _report(request: HttpRequest, pk: int) -> ProgressReport:
    seen = ProgressReport.objects.visible_to(access.person_of_request(request))
    return get_object_or_404(seen.select_related("task"), pk=pk)


@require_POST
@access.requires(Action.SIGN_OFF_TASKS)
def post_sign_off(request: HttpRequest, plan_code: str, code: str, month: str) -> HttpResponse:
    """Signs a task off for a month."""
    task, note = find_visible_task(request, plan_code, code), request.POST.get("note", "")
    when = month_named(month, task.plan)
    _tried(
        request,
        lambda: sign_off(task, when, by=access.person_of_request(request), note=note),
        _("Signed off: %(name)s."),
        task,
    )
    return redirect("task", plan_code, code)


@require_POST
@access.requires(Action.CLOSE_TASKS)
def post_task_closing(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """Closes a task."""
    task = find_visible_task(request, plan_code, code)
    _tried(request, lambda: close_task(task, by=access.person_of_request(request)), _("Closed: %(name)s."), task)
    return redirect("task", plan_code, code)


@require_POST
@access.requires(Action.CLOSE_TASKS)
def post_task_reopening(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """Opens a closed task again, with a reason."""
    task, reason = find_visible_task(request, plan_code, code), request.POST.get("reason", "")
    _tried(
        request,
        lambda: reopen_task(task, by=access.person_of_request(request), reason=reason),
        _("Opened again: %(name)s."),
        task,
    )
    return redirect("task", plan_code, code)


def _tried(request: HttpRequest, act: Callable[[], object], said: str, name: object) -> None:
    """Does the deed and says so, or says why it was refused."""
    try:
        act()
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, said % {"name": name})
