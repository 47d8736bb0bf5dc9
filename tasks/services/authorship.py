"""Who typed which part of a progress report: its texts, and what it says of each milestone (`reviews.authors`)."""

from collections.abc import Mapping

from django.db.models import prefetch_related_objects

from reviews.authors import Parts, Typists, authors_of, note_typists
from reviews.workflow import ReviewState
from targets.entry_rules.numbers import normalise_typed_text, read_day
from tasks.models import ProgressReport, ReportAuthor, ReportDraft
from tasks.rules.accounts import TypedMilestone, TypedReport
from tasks.services.places import ReportPlace

WORDS = ("done", "next_steps", "problems")


def parts_of_report(said: TypedReport) -> Parts:
    """The parts of a report by their names; the part about a milestone goes by the milestone's id."""
    steps = {str(pk): _of_step(step) for pk, step in said.steps.items()}
    texts = {name: getattr(said, name).strip() for name in WORDS}
    return {part: text for part, text in (texts | steps).items() if text}


def _of_step(step: TypedMilestone) -> str:
    """Percentage and day as a text that is equal for equal values, however they were written."""
    percentage = normalise_typed_text(step.percentage).rstrip("% ")
    try:
        day = read_day(step.done_on)
    except ValueError:
        return f"{percentage} {step.done_on.strip()}"
    return f"{percentage} {day or ''}".strip()


def note_report_typists(
    draft: ReportDraft | None, place: ReportPlace, before: TypedReport, now: TypedReport, *, by: int
) -> Typists:
    """Notes who typed what once somebody has saved the draft, which may be new, as it says `now`."""
    known = draft.typists if draft is not None else {}
    last = _last(place)
    handed_in = parts_of_report(typed_report_of(last)) if last is not None else {}
    return note_typists(known, parts_of_report(before), parts_of_report(now), handed_in, by=by, words=WORDS)


def authors_in(draft: ReportDraft, place: ReportPlace, said: TypedReport) -> dict[int, list[str]]:
    """The authors of what a draft says, by their ids, with the parts that they typed."""
    last = _last(place)
    handed_in = parts_of_report(typed_report_of(last)) if last is not None else {}
    earlier = last.authors_by_part(handed_in) if last is not None else {}
    return authors_of(draft.typists, parts_of_report(said), handed_in, earlier, saved_by=draft.by_id, words=WORDS)


def keep_report_authors(report: ProgressReport, authors: Mapping[int, list[str]]) -> None:
    """Keeps the authors of a report that has several; before it is handed in."""
    if len(authors) > 1:
        ReportAuthor.objects.bulk_create(
            ReportAuthor(report=report, user_id=person, parts=parts) for person, parts in authors.items()
        )


def _last(place: ReportPlace) -> ProgressReport | None:
    """The latest report of the task, department and month: what is not changed in it stays as it was typed."""
    reports = ProgressReport.objects.filter(**place.fields).exclude(state=ReviewState.WITHDRAWN.value)
    last = reports.order_by("-pk").first()
    if last is not None:
        prefetch_related_objects([last], "authors", "steps")
    return last


def typed_report_of(report: ProgressReport) -> TypedReport:
    """What a report says, as it could be typed again."""
    steps = {
        step.milestone_id: TypedMilestone(str(step.percentage), step.done_on.isoformat() if step.done_on else "")
        for step in report.steps.all()
    }
    return TypedReport(report.done, report.next_steps, report.problems, steps)
