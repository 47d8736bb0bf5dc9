"""Writing a progress report and handing it in: nothing typed is lost, nothing overwritten unawares, nothing doubled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import Department, User
from departments.permissions import Action
from departments.services.accounts import record
from plans.periods import Month
from reviews.authors import foremost_author
from reviews.workflow import ReviewState, ReviewVerb, take_review_step
from targets.bulk.event_times import moment_after
from targets.entry_rules.figures import Problem
from targets.models import MonthLock
from targets.services.locking import check_reason, demand_open_month
from tasks.models import MilestoneReport, ProgressReport, ReportDecision, ReportDraft, Task
from tasks.models.report import LONGEST_TEXT
from tasks.rules import accounts
from tasks.rules.accounts import AskedMilestone, Setting, TypedMilestone, TypedReport
from tasks.services.attachments import carry_on_report_files, hand_over_report_files
from tasks.services.authorship import WORDS, authors_in, keep_report_authors, note_report_typists
from tasks.services.places import ReportPlace, asked_milestones_of
from tasks.services.rights import demand_acting_for_unit, demand_assigned, demand_unclosed


class ReportConflictError(Exception):
    """Somebody else has saved in between; `current` is what is stored now (None: handed in)."""

    def __init__(self, current: ReportDraft | None) -> None:
        super().__init__("draft changed in between")
        self.current = current


class ReportRefusedError(Exception):
    """Nothing was handed in: everything that is wrong with the report."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("report refused")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ExaminedReport:
    """What a draft says, the milestones that it is asked about, and what is wrong with it."""

    said: TypedReport
    asked: Sequence[AskedMilestone]
    problems: Sequence[Problem]


def demand_writing(place: ReportPlace, by: User, today: date) -> None:
    """Raises PermissionDenied or ValidationError unless the person may report for the department in the month."""
    demand_acting_for_unit(by, Action.REPORT_TASKS, place.department.pk)
    demand_assigned(place.task, place.department)
    demand_unclosed(place.task)
    if place.month.first_day > today:
        raise ValidationError(_("This month has not come yet. Report on it when it has."), code="month_to_come")
    demand_open_month(place.task.plan, place.month)


@transaction.atomic
def save_report(place: ReportPlace, said: TypedReport, *, version: int, by: User) -> ReportDraft:
    """Keeps what was typed. `version` is the one seen last, 0 where there was no draft; ReportConflictError if another
    was saved since. Saving what is there already changes nothing."""
    demand_writing(place, by, timezone.localdate())
    _demand_lengths(said)
    Task.objects.select_for_update().get(pk=place.task.pk)
    draft = ReportDraft.objects.filter(**place.fields).first()
    stored = _stored(said)
    if draft is None:
        if version:
            raise ReportConflictError(None)
        typists = note_report_typists(None, place, TypedReport(), said, by=by.pk)
        return ReportDraft.objects.create(**place.fields, **stored, typists=typists, by=by)
    if {name: getattr(draft, name) for name in stored} == stored:
        return draft
    if draft.version != version:
        raise ReportConflictError(draft)
    draft.typists = note_report_typists(draft, place, typed_report_in_draft(draft), said, by=by.pk)
    for name, value in stored.items():
        setattr(draft, name, value)
    draft.by, draft.saved_at, draft.version = by, timezone.now(), draft.version + 1
    draft.save()
    return draft


def _demand_lengths(said: TypedReport) -> None:
    """Raises ValidationError for a text that is longer than what can be kept of it."""
    if any(len(getattr(said, name)) > LONGEST_TEXT for name in WORDS):
        raise ValidationError(
            _("A part of the report has more than %(limit)s characters. Shorten it, or attach a document.")
            % {"limit": LONGEST_TEXT},
            code="too_long",
        )


def _stored(said: TypedReport) -> dict[str, object]:
    steps = {
        str(pk): {"percentage": step.percentage[:40], "done_on": step.done_on[:40]} for pk, step in said.steps.items()
    }
    return {name: getattr(said, name) for name in WORDS} | {"steps": steps}


def typed_report_in_draft(draft: ReportDraft) -> TypedReport:
    """What a draft says."""
    steps = {int(pk): TypedMilestone(step["percentage"], step["done_on"]) for pk, step in draft.steps.items()}
    return TypedReport(draft.done, draft.next_steps, draft.problems, steps)


def examine_report(place: ReportPlace, said: TypedReport, reason: str, today: date) -> ExaminedReport:
    """Checks the report against all rules."""
    asked = asked_milestones_of(place)
    files = place.files().exists()
    corrects = ProgressReport.objects.approved().filter(**place.fields).exists()
    setting = Setting(min(place.month.last_day, today), files, corrects)
    return ExaminedReport(said, asked, accounts.check_typed_report(said, asked, setting, reason))


@transaction.atomic
def hand_in_report(place: ReportPlace, *, by: User, reason: str = "") -> ProgressReport | None:
    """Makes a submitted report of the draft, with its attachments, and removes the draft.

    A report of the same task, department and month that waits is replaced, unless it says the same already. Whoever
    hands in what others have typed is no author of it.
    ReportRefusedError with every problem at once. None if there is no draft: an earlier click has handed it in.
    """
    today = timezone.localdate()
    demand_writing(place, by, today)
    Task.objects.select_for_update().get(pk=place.task.pk)
    draft = ReportDraft.objects.filter(**place.fields).first()
    if draft is None:
        return None
    check_reason(reason)
    found = examine_report(place, typed_report_in_draft(draft), reason, today)
    if found.problems:
        raise ReportRefusedError(found.problems)
    authors = authors_in(draft, place, _only_asked(found))
    if (same := _same_waiting(place, found, reason.strip(), authors)) is not None:
        draft.delete()
        return same
    moment = moment_of_report_step(place)
    replaced = _replace_waiting(place, moment, by)
    report = _submitted(place, found, moment, reason.strip(), authors, by)
    hand_over_report_files(place, report)
    if replaced is not None:
        carry_on_report_files(replaced, report)
    draft.delete()
    told = {"month": str(place.month), "department": place.department.code, "authors": report.authors_named}
    record("report.submitted", by=by, subject=report, **told)
    return report


def _only_asked(found: ExaminedReport) -> TypedReport:
    """What is reported, without the milestones on which the department does not report any more."""
    asked = {milestone.pk for milestone in found.asked}
    return replace(found.said, steps={pk: step for pk, step in found.said.steps.items() if pk in asked})


def _same_waiting(
    place: ReportPlace, found: ExaminedReport, reason: str, authors: Collection[int]
) -> ProgressReport | None:
    """Finds the waiting report of the same authors that says the same already, so that a second click doubles
    nothing."""
    same = ProgressReport.objects.waiting().filter(**place.fields, reason=reason, **_texts(found))
    waiting = same.with_authors().first()
    if waiting is None or not {author.pk for author in waiting.all_authors}.issuperset(authors):
        return None
    if place.files().filter(report__isnull=True).exists():
        return None
    stored = {step.milestone_id: (step.percentage, step.done_on) for step in waiting.steps.all()}
    return waiting if stored == accounts.understand_typed_report(found.said, found.asked) else None


def _texts(found: ExaminedReport) -> dict[str, str]:
    return {name: getattr(found.said, name).strip() for name in WORDS}


def _replace_waiting(place: ReportPlace, moment: datetime, by: User) -> ProgressReport | None:
    waiting = ProgressReport.objects.waiting().filter(**place.fields).first()
    if waiting is not None:
        waiting.state = take_review_step(ReviewState(waiting.state), ReviewVerb.SUPERSEDE).value
        waiting.save_step()
        keep_report_decision(waiting, ReviewVerb.SUPERSEDE, moment, by=by)
    return waiting


def _submitted(
    place: ReportPlace, found: ExaminedReport, moment: datetime, reason: str, authors: Mapping[int, list[str]], by: User
) -> ProgressReport:
    report = ProgressReport.objects.create(
        **place.fields,
        **_texts(found),
        author_id=foremost_author(authors, by.pk),
        created_at=moment,
        reason=reason,
        state=take_review_step(ReviewState.DRAFT, ReviewVerb.SUBMIT).value,
    )
    reached: Mapping[int, accounts.Reached] = accounts.understand_typed_report(found.said, found.asked)
    MilestoneReport.objects.bulk_create(
        MilestoneReport(report=report, milestone_id=pk, percentage=percentage, done_on=day)
        for pk, (percentage, day) in reached.items()
    )
    keep_report_authors(report, authors)
    keep_report_decision(report, ReviewVerb.SUBMIT, moment, by=by)
    return report


def keep_report_decision(report: ProgressReport, verb: ReviewVerb, at: datetime, *, by: User, reason: str = "") -> None:
    """Keeps who took which step when and why, beside the report."""
    ReportDecision.objects.create(report=report, verb=verb.value, by=by, at=at, reason=reason)


def moment_of_report_step(place: ReportPlace) -> datetime:
    """When something happens now to the reports of a task, department and month: after all that has happened to them
    and after the month was last closed or reopened, whatever the clock says. The task is locked."""
    reports = ProgressReport.objects.filter(**place.fields).values_list("official_at", "ended_at")
    steps = ReportDecision.objects.filter(report__in=ProgressReport.objects.filter(**place.fields)).values_list("at")
    locks = MonthLock.objects.filter(plan=place.task.plan_id, month=place.month).values_list("locked_at", "reopened_at")
    return moment_after(moment for moment in chain(*reports, *steps, *locks) if moment is not None)


def place_of_report(report: ProgressReport) -> ReportPlace:
    """The task, department and month of a report."""
    department: Department = report.department
    month: Month = report.month
    return ReportPlace(report.task, department, month)
