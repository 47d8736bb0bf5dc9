"""When a person is reminded of something (pure, imports no Django and reads no clock).

A rule is a value: so many days before the deadline, so many after, then every so many days for as long as the thing is
not done. A day on which nobody could be told, because the service was down, is made up for at the next run, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Details = Mapping[str, Any]  # JSON, as the database keeps it: whoever reads a value knows its kind


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """On which days a person is reminded of a thing.

    The reminders of `before` come so many days before the deadline, the reminders of `after` so many days after it.
    From the last of them on, a reminder comes every `every` days. Two reminders of a thing are at least `apart` days
    apart.

    A repeated reminder counts its days from the reminder before, whatever led to that. So things of which a person was
    once reminded together stay together.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    every: int
    apart: int = 1

    def __post_init__(self) -> None:
        if not self.after or min((*self.before, *self.after)) < 0 or min(self.every, self.apart) < 1:
            raise ValueError(f"no such rule: {self}")

    def first(self, deadline: date) -> date:
        """The first day on which anybody is reminded."""
        return deadline + timedelta(days=min((*(-number for number in self.before), *self.after)))

    def latest(self, deadline: date, today: date) -> date | None:
        """The latest scheduled day up to today; None before the first."""
        passed, last = (today - deadline).days, max(self.after)
        if passed > last:
            return deadline + timedelta(days=passed - (passed - last) % self.every)
        reached = [number for number in (*(-day for day in self.before), *self.after) if number <= passed]
        return deadline + timedelta(days=max(reached)) if reached else None

    def is_due(self, deadline: date, today: date, last: date | None) -> bool:
        """Whether a scheduled day has come since `last`, the day of the reminder before (None: there was none)."""
        day = self.latest(deadline, today)
        if day is None or last is None:
            return day is not None
        repeats = (day - deadline).days > max(self.after)
        return last < day and (today - last).days >= (max(self.every, self.apart) if repeats else self.apart)

    def goes_along(self, deadline: date, today: date, last: date | None) -> bool:
        """Whether an overdue thing joins a message that the person gets today anyway, so that fewer messages go out."""
        return last is not None and today > deadline and (today - last).days >= self.apart


@dataclass(frozen=True, slots=True)
class NoticePart:
    """What a sentence in the reader's language is made of, and the path to its subject. `details` is JSON."""

    kind: str
    details: Details
    link: str


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that a person ought to do. `thing` names it, the same on every day: "figures:2014:quality:2014-06"."""

    thing: str
    deadline: date
    rule: ReminderRule
    part: NoticePart


def choose_matters(matters: list[Matter], last: Mapping[str, date], today: date) -> list[Matter]:
    """What the person is told today: nothing unless something is due; `last` is the last reminder of each thing."""
    due = [matter for matter in matters if matter.rule.is_due(matter.deadline, today, last.get(matter.thing))]
    if not due:
        return []
    return [
        matter
        for matter in matters
        if matter in due or matter.rule.goes_along(matter.deadline, today, last.get(matter.thing))
    ]
