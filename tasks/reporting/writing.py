"""What the form of a progress report shows: what was typed, else what was handed in, else what the last one says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.workflow import ReviewState
from targets.entry_rules.figures import Problem
from tasks.models import ProgressReport, ReportAttachment, ReportDraft
from tasks.reading.standing import KnownMilestone
from tasks.rules.accounts import TypedMilestone, TypedReport
from tasks.services.authorship import typed_report_of
from tasks.services.places import ReportPlace, milestones_reported_at
from tasks.services.reporting import typed_report_in_draft
from tasks.wording.messages import explain_report_problem


@dataclass(frozen=True, slots=True)
class ReportMilestoneLine:
    """A milestone in the form: what stands in its fields, and what is wrong with them."""

    known: KnownMilestone
    typed: TypedMilestone
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReportSheet:
    """The form. `version` is 0 where nothing has been saved; `latest` the last report of this month, `taken_over` the
    one before it whose words were put in."""

    place: ReportPlace
    said: TypedReport
    version: int
    lines: Sequence[ReportMilestoneLine]
    files: Sequence[ReportAttachment]
    handed_in: Sequence[ReportAttachment]
    latest: ProgressReport | None
    official: ProgressReport | None
    taken_over: ProgressReport | None
    problems: Mapping[str, Sequence[str]]


def sheet_of_report(
    place: ReportPlace, typed: TypedReport | None = None, version: int | None = None, wrong: Sequence[Problem] = ()
) -> ReportSheet:
    """The form of a report, with what was just typed if anything was."""
    draft = ReportDraft.objects.filter(**place.fields).first()
    reports = ProgressReport.objects.filter(**place.fields).select_related("author").prefetch_related("decisions__by")
    latest = reports.exclude(state=ReviewState.SUPERSEDED.value).order_by("-pk").first()
    before = None if draft is not None or latest is not None else _before(place)
    said = typed or _said(draft, latest, before)
    problems: dict[str, list[str]] = {}
    for problem in wrong:
        problems.setdefault(problem.column, []).append(explain_report_problem(problem))
    lines = [_line(known, said, problems) for known in milestones_reported_at(place)]
    files = list(place.files().order_by("pk"))
    return ReportSheet(
        place,
        said,
        (draft.version if draft is not None else 0) if version is None else version,
        lines,
        [file for file in files if file.report_id is None],
        [file for file in files if file.report_id is not None],
        latest,
        reports.approved().first(),
        before,
        problems,
    )


def _before(place: ReportPlace) -> ProgressReport | None:
    """The department's last approved report of an earlier month."""
    earlier = ProgressReport.objects.approved().filter(task=place.task, department=place.department)
    return earlier.filter(month__lt=place.month).order_by("-month").first()


def _said(draft: ReportDraft | None, latest: ProgressReport | None, before: ProgressReport | None) -> TypedReport:
    """The words to begin with: those of the draft, else of the report of this month. Else the last report tells: what
    it planned next is what was done now, and what stood in the way may still do so."""
    if draft is not None:
        return typed_report_in_draft(draft)
    if latest is not None:
        return typed_report_of(latest)
    if before is not None:
        return TypedReport(before.next_steps, "", before.problems)
    return TypedReport()


def _line(known: KnownMilestone, said: TypedReport, problems: Mapping[str, Sequence[str]]) -> ReportMilestoneLine:
    pk = known.milestone.pk
    found = [*problems.get(f"percentage-{pk}", ()), *problems.get(f"done_on-{pk}", ())]
    return ReportMilestoneLine(known, said.steps.get(pk, TypedMilestone()), found)
