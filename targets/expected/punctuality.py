"""How punctual reporting is (pure, imports no Django and reads no clock).

A figure has been handed in, came back, or is not there; a unit's month is the worst of its figures. Shares are made
from sums over months (Σ/Σ), of months whose deadline has passed; numerator and denominator count the same figures, so
none is ever below 0 or above 1. Percentages are never averaged.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from reviews.workflow import ReviewState


class Status(StrEnum):
    """Where a figure stands against its deadline, the worst first: a cell shows the first that any figure has."""

    MISSING = "missing"
    RETURNED = "returned"
    LATE = "late"
    NOT_DUE = "not_due"
    ON_TIME = "on_time"
    NOTHING_EXPECTED = "nothing_expected"


class DatedEntry(NamedTuple):
    """One entry of a figure: when it was made, and where it stands."""

    at: datetime
    state: ReviewState


@dataclass(frozen=True, slots=True)
class HandingInFact:
    """What is known of a figure: when it was first handed in, if ever, and whether it is there now (it waits for review
    or is official)."""

    first_at: datetime | None = None
    provided: bool = False


NOTHING = HandingInFact()
_THERE = frozenset({ReviewState.SUBMITTED, ReviewState.APPROVED})


def fact_of(entries: Iterable[DatedEntry]) -> HandingInFact:
    """The fact that a figure's entries, oldest first, make.

    An import counts from its own time. A withdrawal takes back all that was before it: what
    is entered afterwards counts from then. What came back counts as handed in when it first was, once it is handed in
    again; until then it is not there. A correction that came back takes nothing away: what is official stays there.
    """
    standing: list[DatedEntry] = []
    for entry in entries:
        if entry.state is ReviewState.WITHDRAWN:
            standing.clear()
        else:
            standing.append(entry)
    first = min((entry.at for entry in standing), default=None)
    return HandingInFact(first, any(entry.state in _THERE for entry in standing))


def status_of(fact: HandingInFact, ends: datetime, now: datetime) -> Status:
    """The status of an expected figure; `ends` is the first moment at which it is too late.

    | handed in         | is there | before the end | after the end |
    |-------------------|----------|----------------|---------------|
    | before the end    | yes      | on time        | on time       |
    | after the end     | yes      |                | late          |
    | at any time       | came back| returned       | returned      |
    | never             | no       | not due        | missing       |
    """
    if fact.first_at is None:
        return Status.NOT_DUE if now < ends else Status.MISSING
    if not fact.provided:
        return Status.RETURNED
    return Status.ON_TIME if fact.first_at < ends else Status.LATE


@dataclass(frozen=True, slots=True)
class PunctualityTally:
    """How many figures have which status."""

    on_time: int = 0
    late: int = 0
    returned: int = 0
    missing: int = 0
    not_due: int = 0

    @classmethod
    def of(cls, statuses: Iterable[Status]) -> "PunctualityTally":
        """Counts what is expected."""
        counts = Counter(statuses)
        return cls(*(counts[status] for status in COUNTED))

    def __add__(self, other: "PunctualityTally") -> "PunctualityTally":
        return PunctualityTally(*(getattr(self, status) + getattr(other, status) for status in COUNTED))

    @property
    def due(self) -> int:
        """How many figures are expected."""
        return sum(getattr(self, status) for status in COUNTED)

    @property
    def provided(self) -> int:
        """How many are there, on time or late."""
        return self.on_time + self.late

    @property
    def status(self) -> Status:
        """The worst of them."""
        return next((status for status in Status if getattr(self, status, 0)), Status.NOTHING_EXPECTED)

    @property
    def punctuality(self) -> Fraction | None:
        """准时率: on time / expected; None where nothing is expected."""
        return Fraction(self.on_time, self.due) if self.due else None

    @property
    def completeness(self) -> Fraction | None:
        """完整率: provided / expected."""
        return Fraction(self.provided, self.due) if self.due else None


COUNTED = (Status.ON_TIME, Status.LATE, Status.RETURNED, Status.MISSING, Status.NOT_DUE)


def pool_tallies(tallies: Iterable[PunctualityTally]) -> PunctualityTally:
    """The figures of several months together."""
    return sum(tallies, PunctualityTally())
