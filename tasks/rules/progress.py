"""Where a task stands as of a day, by its milestones (pure: imports no Django, reads no clock).

The red light is that of the domain's "done by": one milestone that is due is not done → red. A milestone counts as done
from the day on which it was done, not before. What is not late may still be at risk: a milestone that is due within
`NEAR` and of which less is reported than the plan's share of the pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from plans.periods import Month
from targets.arithmetic.formulas import Signal
from targets.arithmetic.quantities import Quantity, decimal_of_quantity

NEAR = timedelta(days=30)
"""From when before its due date a milestone is watched: when people are first reminded of it."""
MOST_OPEN = 99
"""What is not done is never shown as 100 %, whatever was reported."""
WHOLE = 100


class TaskState(StrEnum):
    """Where a task stands. `unknown`: it has no milestones, so nothing can be told before it is due."""

    UNKNOWN = "unknown"
    NOT_STARTED = "not_started"
    ON_COURSE = "on_course"
    AT_RISK = "at_risk"
    LATE = "late"
    DONE = "done"
    CLOSED = "closed"


SIGNALS = {
    TaskState.UNKNOWN: Signal.GREY,
    TaskState.NOT_STARTED: Signal.GREEN,
    TaskState.ON_COURSE: Signal.GREEN,
    TaskState.AT_RISK: Signal.YELLOW,
    TaskState.LATE: Signal.RED,
    TaskState.DONE: Signal.GREEN,
    TaskState.CLOSED: Signal.GREEN,
}
"""State → light. A task that is not started and has nothing due is not behind."""


@dataclass(frozen=True, slots=True)
class MilestoneStanding:
    """A milestone as it is known on the day that is asked for.

    `reported` is the percentage last reported, 0 to 100; `weight` its share of the task in percent, None where nobody
    has weighed. `percentage` as of a day is 100 once it is done, and never 100 before.
    """

    due: date
    done_on: date | None = None
    weight: int | None = None
    reported: int = 0
    title: str = ""

    def is_done(self, day: date) -> bool:
        """Whether the milestone was done on the day or before."""
        return self.done_on is not None and self.done_on <= day

    def is_late(self, day: date) -> bool:
        """Whether the milestone is due, the day itself included, and not done at the end of the day."""
        return self.due <= day and not self.is_done(day)

    def percentage(self, day: date) -> int:
        """How much of the milestone is done, in percent."""
        return WHOLE if self.is_done(day) else min(self.reported, MOST_OPEN)


@dataclass(frozen=True, slots=True)
class TaskSpan:
    """What a task is held against: the first day of its plan's year, its own due date, the plan's share of the pace
    that is still on course (0.8: 80 %), when it was closed, and the last month of which a report is approved."""

    begins: date
    due: date
    tolerance: Decimal
    closed_on: date | None = None
    last_report: Month | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A task's state with all that explains it.

    `share`: the weighted percentage of the whole, 0 to 1, None without milestones. `deciding` is the milestone that
    makes the state (the first that is late or at risk, else the next one); `wanted` the percentage from which on it
    would not be at risk; `number` how many are as it is.
    """

    state: TaskState
    share: Decimal | None
    done: int
    total: int
    last_report: Month | None = None
    deciding: MilestoneStanding | None = None
    number: int = 0
    wanted: int | None = None
    closed_on: date | None = None

    @property
    def signal(self) -> Signal:
        return SIGNALS[self.state]


def judge_task_progress(steps: Sequence[MilestoneStanding], span: TaskSpan, day: date) -> Progress:
    """Judges the task's state at the end of a day."""
    state, deciding, number = _state(steps, span, day)
    return Progress(
        state,
        _share(steps, day),
        sum(step.is_done(day) for step in steps),
        len(steps),
        span.last_report,
        deciding,
        number,
        ceil(_on_course_from(deciding, span, day)) if deciding is not None and state is TaskState.AT_RISK else None,
        span.closed_on if state is TaskState.CLOSED else None,
    )


def _state(
    steps: Sequence[MilestoneStanding], span: TaskSpan, day: date
) -> tuple[TaskState, MilestoneStanding | None, int]:
    """Finds the state, the milestone that decides it, and how many milestones are in this state."""
    open_steps = sorted((step for step in steps if not step.is_done(day)), key=lambda step: (step.due, step.reported))
    if not open_steps and (finished := _finished(steps, span, day)):
        return finished, max(steps, key=_last_done, default=None), len(steps)
    if late := [step for step in open_steps if step.is_late(day)]:
        return TaskState.LATE, late[0], len(late)
    if risky := [step for step in open_steps if _is_risky(step, span, day)]:
        return TaskState.AT_RISK, risky[0], len(risky)
    if not steps:
        return (TaskState.LATE if span.due <= day else TaskState.UNKNOWN), None, 0
    started = len(open_steps) < len(steps) or any(step.reported for step in steps) or span.last_report is not None
    return (TaskState.ON_COURSE if started else TaskState.NOT_STARTED), open_steps[0], len(open_steps)


def _finished(steps: Sequence[MilestoneStanding], span: TaskSpan, day: date) -> TaskState | None:
    """Done or closed; None for a task without milestones that nobody has closed."""
    if span.closed_on is not None and span.closed_on <= day:
        return TaskState.CLOSED
    return TaskState.DONE if steps else None


def _last_done(step: MilestoneStanding) -> date:
    return step.done_on or date.min


def _is_risky(step: MilestoneStanding, span: TaskSpan, day: date) -> bool:
    return step.due - day <= NEAR and step.percentage(day) < _on_course_from(step, span, day)


def _on_course_from(step: MilestoneStanding, span: TaskSpan, day: date) -> Fraction:
    """The percentage of the pace that is still on course, exactly: tolerance × days passed / days there are."""
    whole, passed = (step.due - span.begins).days, (day - span.begins).days
    share = Fraction(1) if whole <= 0 else min(Fraction(max(passed, 0), whole), Fraction(1))
    return WHOLE * Fraction(span.tolerance) * share


def _share(steps: Sequence[MilestoneStanding], day: date) -> Decimal | None:
    """The weighted mean of the percentages; all milestones weigh the same unless every milestone has a weight."""
    if not steps:
        return None
    weights = [step.weight for step in steps if step.weight is not None]
    if len(weights) < len(steps):
        weights = [1] * len(steps)
    reached = sum(weight * step.percentage(day) for weight, step in zip(weights, steps, strict=True))
    return decimal_of_quantity(Quantity(Decimal(reached), Decimal(sum(weights) * WHOLE)))
