"""What a progress report may say (pure: imports no Django, reads no clock).

Texts come as they were typed. A milestone of which nothing is said stays as it was. Done is done on a day, neither
after the month nor in the future; less than before is explained; what names its evidence is done with a file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from targets.entry_rules.figures import Problem
from targets.entry_rules.numbers import read_day

WHOLE = 100


@dataclass(frozen=True, slots=True)
class TypedMilestone:
    """What was typed about a milestone."""

    percentage: str = ""
    done_on: str = ""


@dataclass(frozen=True, slots=True)
class TypedReport:
    """A report as it was typed; `steps` by the milestone's id."""

    done: str = ""
    next_steps: str = ""
    problems: str = ""
    steps: Mapping[int, TypedMilestone] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed at all."""
        typed = (self.done, self.next_steps, self.problems)
        return not any(text.strip() for text in typed) and not any(
            step.percentage.strip() for step in self.steps.values()
        )


@dataclass(frozen=True, slots=True)
class AskedMilestone:
    """A milestone on which the department reports: what was reported last, and whether it names its evidence."""

    pk: int
    last: int = 0
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a report is checked against: the last day that may be told, whether files lie beside the report, and whether
    it changes an approved report."""

    latest: date
    files: bool
    corrects: bool


Reached = tuple[int, date | None]
"""percentage, and the day on which it was done at 100"""


def understand_typed_report(said: TypedReport, asked: Sequence[AskedMilestone]) -> dict[int, Reached]:
    """What is reported of which milestone, for texts that `check_typed_report` has passed."""
    return {milestone.pk: _read(said.steps[milestone.pk]) for milestone in asked if _is_said(said, milestone)}


def check_typed_report(
    said: TypedReport, asked: Sequence[AskedMilestone], setting: Setting, reason: str
) -> list[Problem]:
    """Everything that is wrong with a report that is to be handed in; the column names the field."""
    found = [] if said.done.strip() else [Problem("done_missing", "done")]
    if setting.corrects and not reason.strip():
        found.append(Problem("reason_missing", "reason"))
    for milestone in asked:
        if _is_said(said, milestone):
            found += _step_problems(said, milestone, setting)
    return found


def _is_said(said: TypedReport, milestone: AskedMilestone) -> bool:
    step = said.steps.get(milestone.pk)
    return step is not None and bool(step.percentage.strip() or step.done_on.strip())


def _read(step: TypedMilestone) -> Reached:
    percentage, day = int(step.percentage.strip().rstrip("%％").strip()), read_day(step.done_on)
    return percentage, day if percentage == WHOLE else None


def _step_problems(said: TypedReport, milestone: AskedMilestone, setting: Setting) -> Iterator[Problem]:
    step = said.steps[milestone.pk]
    text = step.percentage.strip().rstrip("%％").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= WHOLE):
        yield Problem("not_a_percentage", f"percentage-{milestone.pk}", (("found", step.percentage.strip()[:40]),))
        return
    percentage = int(text)
    if percentage < milestone.last and not said.problems.strip():
        yield Problem("progress_falls", f"percentage-{milestone.pk}", (("last", str(milestone.last)),))
    yield from _day_problems(step, milestone, percentage, setting)


def _day_problems(
    step: TypedMilestone, milestone: AskedMilestone, percentage: int, setting: Setting
) -> Iterator[Problem]:
    column = f"done_on-{milestone.pk}"
    try:
        day = read_day(step.done_on)
    except ValueError:
        yield Problem("not_a_day", column, (("found", step.done_on.strip()[:40]),))
        return
    if percentage < WHOLE:
        if day is not None:
            yield Problem("day_before_done", column)
        return
    if day is None:
        yield Problem("day_missing", column)
    elif day > setting.latest:
        yield Problem("day_too_late", column, (("latest", setting.latest.isoformat()),))
    if milestone.evidence and not setting.files:
        yield Problem("evidence_missing", column)


def roles_speaking_for_task(roles: Iterable[str]) -> set[str]:
    """The roles of the units that report on milestones without a unit: the leads or, where nobody leads, those that
    share."""
    return {"lead"} if "lead" in set(roles) else {"shared"}
