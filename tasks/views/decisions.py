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
from tasks.services.signing import close, reopen_task, sign_off
from tasks.views.tasks import task_of


@require_safe
@access.requires(Action.REVIEW_TASK_REPORTS)
def reviews(request: HttpRequest) -> HttpResponse:
    """The reports that wait for my decision."""
    waiting = reports_waiting_for(access.person(request))
    return render(request, "tasks/reviews.html", {"waiting": waiting})


@require_POST
@access.requires(Action.REVIEW_TASK_REPORTS)
def approve_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Approves one report."""
    found = _report(request, pk)
    _tried(request, lambda: approve_report(found, by=access.person(request)), _("Approved: %(name)s."), str(found.task))
    return redirect("task_reviews")


@require_POST
@access.requires(Action.REVIEW_TASK_REPORTS)
def return_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Returns one report with a reason."""
    found, reason = _report(request, pk), request.POST.get("reason", "")
    said = _("Returned: %(name)s. The author sees the reason and can correct the report.")
    _tried(request, lambda: return_report(found, by=access.person(request), reason=reason), said, str(found.task))
    return redirect("task_reviews")


def _report(request: HttpRequest, pk: int) -> ProgressReport:
    seen = ProgressReport.objects.visible_to(access.person(request))
    return get_object_or_404(seen.select_related("task"), pk=pk)


@require_POST
@access.requires(Action.SIGN_OFF_TASKS)
def sign(request: HttpRequest, plan_code: str, code: str, month: str) -> HttpResponse:
    """Signs a task off for a month."""
    task, note = task_of(request, plan_code, code), request.POST.get("note", "")
    when = month_named(month, task.plan)
    _tried(
        request, lambda: sign_off(task, when, by=access.person(request), note=note), _("Signed off: %(name)s."), task
    )
    return redirect("task", plan_code, code)


@require_POST
@access.requires(Action.CLOSE_TASKS)
def close_one(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """Closes a task."""
    task = task_of(request, plan_code, code)
    _tried(request, lambda: close(task, by=access.person(request)), _("Closed: %(name)s."), task)
    return redirect("task", plan_code, code)


@require_POST
@access.requires(Action.CLOSE_TASKS)
def reopen_one(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """Opens a closed task again, with a reason."""
    task, reason = task_of(request, plan_code, code), request.POST.get("reason", "")
    _tried(
        request,
        lambda: reopen_task(task, by=access.person(request), reason=reason),
        _("Opened again: %(name)s."),
        task,
    )
    return redirect("task", plan_code, code)


def _tried(request: HttpRequest, act: Callable[[], object], said: str, name: object) -> None:
    """Does it and says so, or says why not."""
    try:
        act()
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, said % {"name": name})
