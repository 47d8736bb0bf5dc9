"""What pages read of attainments: the months through the year, the month that is asked for, a row of a list.

Everything comes from stored attainments; nothing is judged here. Each function takes one query, however many rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from departments.models import User
from plans.models import Plan
from plans.periods import Month, months_of
from targets.explanation import Shown, shown
from targets.formulas import UNRECOVERABLE
from targets.lights import Light, light
from targets.models import Attainment, Target


class Point(NamedTuple):
    """One month of a target for drawing: what was reached and what it was compared with."""

    month: Month
    actual: Decimal | None
    compared: Decimal | None
    signal: str


@dataclass(frozen=True, slots=True)
class Trends:
    """All months of a plan's targets in the plan's region; `last_month` is the last one with any approved data."""

    points: dict[int, list[Point]]
    last_month: Month | None

    def until(self, target_id: int, month: Month) -> list[Point]:
        """A target's months up to one of them."""
        return [point for point in self.points.get(target_id, []) if point.month <= month]


@dataclass(frozen=True, slots=True)
class Row:
    """A target in a list, ready to be shown."""

    attainment: Attainment
    shown: Shown
    light: Light
    trend: Sequence[Point] = field(default=())

    @property
    def target(self) -> Target:
        return self.attainment.target

    @property
    def still_needed(self) -> bool:
        """Whether there is anything to say about the rest of the year: 0 more is nothing, but at most 0 is a lot."""
        one = self.attainment
        return bool(one.needed) or not one.needed_reachable or self.target.comparator in UNRECOVERABLE


@dataclass(frozen=True, slots=True)
class Months:
    """The month shown, its neighbours in the plan's year, and all twelve to choose from."""

    shown: Month
    all: Sequence[Month]
    last_with_data: Month | None

    @property
    def time_progress(self) -> Decimal:
        """时序进度: the share of the year that has passed at the end of the month."""
        return Decimal(self.shown.number) / 12

    @property
    def before(self) -> Month | None:
        return self.shown.shifted(-1) if self.shown.number > 1 else None

    @property
    def after(self) -> Month | None:
        return self.shown.shifted(1) if self.shown.number < 12 else None


def trends(plan: Plan, user: User) -> Trends:
    """The months of every target that the person may see, as bare values: they are many and only drawn."""
    rows = (
        Attainment.objects.filter(target__plan=plan, region_id=plan.region_id)
        .visible_to(user)
        .order_by("month")
        .values_list("target_id", "month", "actual", "compared", "signal", "last_month")
    )
    points: dict[int, list[Point]] = defaultdict(list)
    last = 0
    for target_id, month, actual, compared, signal, last_month in rows:
        points[target_id].append(Point(month, actual, compared, signal))
        last = max(last, last_month or 0)
    return Trends(points, Month(plan.year, last) if last else None)


def month_of(text: str | None, plan: Plan, otherwise: Month | None) -> tuple[Month, bool]:
    """The month asked for, and whether it could be understood; else the given one, or January of the plan's year."""
    usual = otherwise or Month(plan.year, 1)
    if not text:
        return usual, True
    try:
        month = Month.parse(text)
    except ValueError:
        return usual, False
    return (month, True) if month.year == plan.year else (usual, False)


def months(plan: Plan, shown: Month, last_with_data: Month | None) -> Months:
    """The month switch."""
    return Months(shown, months_of(plan.year), last_with_data)


def rows_of(attainments: Iterable[Attainment], known: Trends | None = None) -> list[Row]:
    """The attainments as rows of a list, with their months so far where these are known."""
    return [
        Row(one, shown(one), light(one), known.until(one.target_id, one.month) if known is not None else ())
        for one in attainments
    ]
