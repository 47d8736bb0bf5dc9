"""A report that was handed in: approved or returned by a colleague of the department."""

from copy import copy
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import User
from departments.permissions import Action
from departments.rules.reminding import NoticePart
from departments.services.accounts import record
from departments.services.notices import notify
from reviews.messages import refused_step, typed_by_themselves
from reviews.workflow import ReviewState, ReviewVerb, StepRefusedError, take_review_step
from targets.services.locking import check_reason, demand_open_month, keep_open
from tasks.models import Milestone, MilestoneReport, ProgressReport, Task, sign_history_change
from tasks.services.attachments import bring_back_report_files
from tasks.services.milestones import demand_lights_alike, milestones_changed
from tasks.services.reporting import keep_report_decision, moment_of_report_step, place_of_report
from tasks.services.rights import demand_acting_for_unit, demand_unclosed

RETURNED = "report_returned"


@transaction.atomic
def approve_report(report: ProgressReport, *, by: User) -> ProgressReport:
    """Makes a report official and supersedes the one before it; the milestones it says are done are done from now on,
    and what leads to targets is judged anew.

    PermissionDenied for an author of it; ValidationError for one that waits no longer ("transition"), that is older
    than what is official ("outdated"), in a closed month or for a closed task.
    """
    keep_open(report.task.plan.months)
    report = _locked(report)
    demand_acting_for_unit(by, Action.REVIEW_TASK_REPORTS, report.department_id)
    if report.is_typed_by(by):
        raise PermissionDenied(typed_by_themselves())
    demand_unclosed(report.task)
    demand_open_month(report.task.plan, report.month)
    before = ProgressReport.objects.approved().filter(
        task=report.task_id, department=report.department_id, month=report.month
    )
    earlier = before.first()
    if earlier is not None and earlier.pk > report.pk:
        raise ValidationError(_("A newer entry is official already. Return this one."), code="outdated")
    _step(report, ReviewVerb.APPROVE)
    moment = moment_of_report_step(place_of_report(report))
    if earlier is not None:
        _supersede(earlier, moment, by)
    report.approved_by, report.official_at = by, moment
    report.official_by = ProgressReport.OfficialBy.REVIEW
    report.save_step()
    keep_report_decision(report, ReviewVerb.APPROVE, moment, by=by)
    record("report.approved", by=by, subject=report, month=str(report.month), authors=report.authors_named)
    _publish([report, *([earlier] if earlier is not None else [])], by)
    return report


def _supersede(report: ProgressReport, moment: datetime, by: User) -> None:
    _step(report, ReviewVerb.SUPERSEDE)
    report.ended_at = moment
    report.save_step()
    keep_report_decision(report, ReviewVerb.SUPERSEDE, moment, by=by)


def _publish(reports: list[ProgressReport], by: User) -> None:
    """Dates each milestone that the reports concern by the latest approved report about it."""
    concerned = (
        Milestone.objects.filter(reported__report__in=reports, counted_by__isnull=True)
        .distinct()
        .select_related("task", "target")
    )
    changed = []
    for milestone in concerned:
        approved = MilestoneReport.objects.filter(milestone=milestone, report__state=ReviewState.APPROVED.value)
        latest = approved.order_by("-report__month", "-report_id").first()
        day = latest.done_on if latest is not None else None
        if milestone.done_on != day:
            before, milestone.done_on = copy(milestone), day
            demand_lights_alike(before, milestone)
            sign_history_change(milestone, by).save()
            changed.append(milestone)
    milestones_changed(changed)


@transaction.atomic
def return_report(report: ProgressReport, *, by: User, reason: str) -> ProgressReport:
    """Returns a report with a reason, and tells its authors at once; its attachments go back to the next draft."""
    check_reason(reason)
    report = _locked(report)
    demand_acting_for_unit(by, Action.REVIEW_TASK_REPORTS, report.department_id)
    _step(report, ReviewVerb.RETURN, reason)
    report.save_step()
    keep_report_decision(
        report, ReviewVerb.RETURN, moment_of_report_step(place_of_report(report)), by=by, reason=reason.strip()
    )
    record("report.returned", by=by, subject=report, reason=reason.strip())
    bring_back_report_files(report)
    _tell_authors(report, by, reason.strip())
    return report


def _locked(report: ProgressReport) -> ProgressReport:
    """The report as it is now; its task is locked first, so that two decisions come one by one."""
    Task.objects.select_for_update().get(pk=report.task_id)
    related = ("task__plan", "department", "author", "approved_by")
    return ProgressReport.objects.select_related(*related).get(pk=report.pk)


def _step(report: ProgressReport, verb: ReviewVerb, reason: str = "") -> None:
    """Takes one step of the workflow; ValidationError if the table has no such step or a reason is due."""
    try:
        report.state = take_review_step(ReviewState(report.state), verb, reason=reason).value
    except StepRefusedError as refused:
        raise refused_step(refused.code) from refused


def _tell_authors(report: ProgressReport, by: User, reason: str) -> None:
    details = {"task": report.task.title, "month": str(report.month), "person": str(by), "reason": reason}
    place = [report.task.plan.code, report.task.code, report.department.code, str(report.month)]
    for person in report.concerned:
        if person != by:
            notify(
                person,
                kind=RETURNED,
                subject=f"{report._meta.label_lower}:{report.pk}",
                part=NoticePart(RETURNED, details, reverse("task_report", args=place)),
                now=timezone.now(),
            )
