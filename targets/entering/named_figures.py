"""Which figure a row of another system is about: codes and months, looked up once a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from departments.models import Region
from plans.periods import Month
from targets.entering.received_schemas import ObservationIn
from targets.entry_rules.figures import Key, Problem
from targets.models import Indicator
from targets.services.drafting import FIELDS, Typed

MOST_SIMILAR, MOST_LOOKED_UP, QUOTED = 3, 20, 40
Known = TypeVar("Known", Indicator, Region)


@dataclass(frozen=True, slots=True)
class NamedFigureRow:
    """A row that names a figure; `number` counts from 1."""

    number: int
    sent: ObservationIn
    indicator: Indicator
    region: Region
    month: Month

    @property
    def key(self) -> Key:
        return self.indicator.pk, self.region.pk, self.month

    @property
    def texts(self) -> dict[str, str]:
        """Its fields, as if they had been typed."""
        return {name: getattr(self.sent, name) for name in FIELDS}

    @property
    def typed(self) -> Typed:
        """The same as a service takes it."""
        return Typed(**self.texts)


class NamesByCode(Generic[Known]):
    """Everything of one kind by its code."""

    def __init__(self, kind: str, known: Iterable[Known]) -> None:
        self._kind = kind
        self._known: dict[str, Known] = {named.code: named for named in known}
        self._unknown: dict[str, Problem] = {}

    def find(self, code: str) -> Known | Problem:
        """What has this code, or why that cannot be told."""
        found = self._known.get(code)
        if found is not None:
            return found
        if code not in self._unknown:
            self._unknown[code] = self._problem(code)
        return self._unknown[code]

    def _problem(self, code: str) -> Problem:
        """With the nearest codes, for the first ones that are unknown: comparing takes its time."""
        if not code:
            return Problem(f"{self._kind}_missing", self._kind)
        quoted = ("found", code[:QUOTED])
        looked_up = len(self._unknown) < MOST_LOOKED_UP
        similar = get_close_matches(code, self._known, n=MOST_SIMILAR, cutoff=0.6) if looked_up else []
        if similar:
            return Problem(f"{self._kind}_similar", self._kind, (quoted, ("similar", ", ".join(similar))))
        return Problem(f"{self._kind}_unknown", self._kind, (quoted,))


def find_named_figure(
    number: int, sent: ObservationIn, indicators: NamesByCode[Indicator], regions: NamesByCode[Region]
) -> NamedFigureRow | list[Problem]:
    """The row with what it names, or all in it that names nothing."""
    indicator, region, month = indicators.find(sent.indicator), regions.find(sent.region), read_named_month(sent.month)
    if isinstance(indicator, Problem) or isinstance(region, Problem) or isinstance(month, Problem):
        return [problem for problem in (indicator, region, month) if isinstance(problem, Problem)]
    return NamedFigureRow(number, sent, indicator, region, month)


def read_named_month(text: str) -> Month | Problem:
    """The month written as "2014-06", or why it is none."""
    if not text:
        return Problem("month_missing", "month")
    try:
        return Month.parse(text)
    except ValueError:
        return Problem("not_a_month", "month", (("found", text[:QUOTED]),))


def problem_given_twice(first: NamedFigureRow) -> Problem:
    """What is told of a row about the same figure as an earlier one."""
    return Problem("given_twice_here", "indicator", (("first", str(first.number)),))
