"""What the form of a progress report shows: what was typed, else what was handed in, else what the last one says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.workflow import State
from targets.entry_rules.figures import Problem
from tasks.models import ProgressReport, ReportAttachment, ReportDraft
from tasks.reading.standing import Known
from tasks.rules.accounts import Said, SaidStep
from tasks.services.authorship import said_of
from tasks.services.places import Place, reported_by
from tasks.services.reporting import said_in
from tasks.wording.messages import sentence


@dataclass(frozen=True, slots=True)
class Line:
    """A milestone in the form: what stands in its fields, and what is wrong with them."""

    known: Known
    typed: SaidStep
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form. `version` is 0 where nothing has been saved; `latest` the last report of this month, `taken_over` the
    one before it whose words were put in."""

    place: Place
    said: Said
    version: int
    lines: Sequence[Line]
    files: Sequence[ReportAttachment]
    handed_in: Sequence[ReportAttachment]
    latest: ProgressReport | None
    official: ProgressReport | None
    taken_over: ProgressReport | None
    problems: Mapping[str, Sequence[str]]


def sheet(place: Place, typed: Said | None = None, version: int | None = None, wrong: Sequence[Problem] = ()) -> Sheet:
    """The form of a report, with what was just typed if anything was."""
    draft = ReportDraft.objects.filter(**place.fields).first()
    reports = ProgressReport.objects.filter(**place.fields).select_related("author").prefetch_related("decisions__by")
    latest = reports.exclude(state=State.SUPERSEDED.value).order_by("-pk").first()
    before = None if draft is not None or latest is not None else _before(place)
    said = typed or _said(draft, latest, before)
    problems: dict[str, list[str]] = {}
    for one in wrong:
        problems.setdefault(one.column, []).append(sentence(one))
    lines = [_line(one, said, problems) for one in reported_by(place)]
    files = list(place.files().order_by("pk"))
    return Sheet(
        place,
        said,
        (draft.version if draft is not None else 0) if version is None else version,
        lines,
        [one for one in files if one.report_id is None],
        [one for one in files if one.report_id is not None],
        latest,
        reports.approved().first(),
        before,
        problems,
    )


def _before(place: Place) -> ProgressReport | None:
    """The department's last approved report of an earlier month."""
    earlier = ProgressReport.objects.approved().filter(task=place.task, department=place.department)
    return earlier.filter(month__lt=place.month).order_by("-month").first()


def _said(draft: ReportDraft | None, latest: ProgressReport | None, before: ProgressReport | None) -> Said:
    """What was planned next is what is asked for now; what stood in the way may still do so."""
    if draft is not None:
        return said_in(draft)
    if latest is not None:
        return said_of(latest)
    if before is not None:
        return Said(before.next_steps, "", before.problems)
    return Said()


def _line(one: Known, said: Said, problems: Mapping[str, Sequence[str]]) -> Line:
    pk = one.milestone.pk
    found = [*problems.get(f"percentage-{pk}", ()), *problems.get(f"done_on-{pk}", ())]
    return Line(one, said.steps.get(pk, SaidStep()), found)
