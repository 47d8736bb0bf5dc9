"""How far a task has come, by its milestones as of a day (pure: imports no Django, reads no clock).

The light is that of the domain's "done by": all milestones that are due are done → green, one is late → red, none is
defined → grey. A milestone counts as done from the day on which it was done, not before.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from targets.formulas import Milestone, Signal
from targets.quantities import Quantity, written


class Status(StrEnum):
    """Where a task stands. `unknown`: it has no milestones, so nothing can be told."""

    UNKNOWN = "unknown"
    NOT_STARTED = "not_started"
    ON_COURSE = "on_course"
    LATE = "late"
    DONE = "done"


LIGHTS = {
    Status.UNKNOWN: Signal.GREY,
    Status.NOT_STARTED: Signal.GREEN,
    Status.ON_COURSE: Signal.GREEN,
    Status.LATE: Signal.RED,
    Status.DONE: Signal.GREEN,
}
"""Status → light. A task that is not started and has nothing due is not behind."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`share`: milestones done / all milestones, 0 to 1; None where there are none."""

    status: Status
    signal: Signal
    share: Decimal | None


def progress(milestones: Collection[Milestone], day: date) -> Progress:
    """The task's state at the end of a day."""
    done = sum(_done(one, day) for one in milestones)
    late = any(one.due <= day and not _done(one, day) for one in milestones)
    status = _status(done, len(milestones), late=late)
    share = written(Quantity(Decimal(done), Decimal(len(milestones)))) if milestones else None
    return Progress(status, LIGHTS[status], share)


def _done(milestone: Milestone, day: date) -> bool:
    return milestone.done_on is not None and milestone.done_on <= day


def _status(done: int, total: int, *, late: bool) -> Status:
    if not total:
        return Status.UNKNOWN
    if late:
        return Status.LATE
    if done == total:
        return Status.DONE
    return Status.ON_COURSE if done else Status.NOT_STARTED
