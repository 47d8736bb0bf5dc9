"""The portfolio as the address asks for it: which plans, in which order. Page and file are made from the same lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from departments import access
from departments.models import Region, User
from departments.permissions import Action
from plans.models import Plan
from reports.portfolio.plans_together import PlanSummary, summarise_plans
from targets.wording.lights import COLOURS, Colour

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

BACKWARDS = "-"
"""Stands before the name of a column in the address where its order is turned round."""


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """A column by which plans can be ordered. `value` tells by what, None where there is nothing to compare: that
    stands last either way. `falling`: the greatest stands first, because it is what one looks for."""

    key: str
    heading: str | Promise
    value: Callable[[PlanSummary], "SupportsRichComparison | None"]
    falling: bool = True
    colour: Colour | None = None


def _of_colour(colour: Colour) -> PlanColumn:
    return PlanColumn(colour.name, colour.word, lambda line: line.number(colour.name), colour=colour)


COLUMNS = (
    PlanColumn("plan", pgettext_lazy("in a list of plans", "Plan"), lambda line: line.plan.title, falling=False),
    *map(_of_colour, COLOURS),
    PlanColumn(
        "turn", _("Against last month"), lambda line: (line.turn.worse, -line.turn.better) if line.turn else None
    ),
    PlanColumn("time", _("Time progress"), lambda line: line.time_progress),
    PlanColumn("data", _("Data to"), lambda line: line.last, falling=False),
    PlanColumn(
        "behind", _("Furthest behind"), lambda line: (line.behind.red, line.behind.yellow) if line.behind else None
    ),
    PlanColumn(
        "supervision",
        pgettext_lazy("of a plan", "Open supervision"),
        lambda line: (line.supervision.overdue, line.supervision.open),
    ),
)


@dataclass(frozen=True, slots=True)
class PortfolioColumnHead:
    """The head of a column: what the address has to ask for to order by it, or to turn its order round, and which way
    the lines are ordered by it now (aria-sort)."""

    column: PlanColumn
    sort: str
    direction: str


@dataclass(frozen=True, slots=True)
class PortfolioChoice:
    """Which plans are chosen: the plans of a region, the plans for any month of a year; None for all."""

    region: Region | None
    year: int | None

    def of(self, plans: Sequence[Plan]) -> list[Plan]:
        """The plans that fit."""
        return [plan for plan in plans if self._fits(plan)]

    def _fits(self, plan: Plan) -> bool:
        of_region = self.region is None or plan.region_id == self.region.pk
        return of_region and (self.year is None or plan.first_month.year <= self.year <= plan.last_month.year)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The plans chosen, in the order asked for, and what there is to choose from. `every` counts all that the person
    sees; `supervises`: the person may see what is under supervision."""

    lines: Sequence[PlanSummary]
    every: int
    regions: Sequence[Region]
    years: Sequence[int]
    choice: PortfolioChoice
    column: PlanColumn | None
    backwards: bool
    supervises: bool

    @property
    def columns(self) -> list[PlanColumn]:
        """The columns that the person is shown."""
        return [column for column in COLUMNS if self.supervises or column.key != "supervision"]

    @property
    def sort(self) -> str:
        """The order as it stands in an address."""
        return "" if self.column is None else f"{BACKWARDS if self.backwards else ''}{self.column.key}"

    @property
    def asked(self) -> dict[str, str]:
        """What was understood of the address, for a form that asks for the same."""
        region = self.choice.region.code if self.choice.region is not None else ""
        every = {"region": region, "year": str(self.choice.year or ""), "sort": self.sort}
        return {name: value for name, value in every.items() if value}

    @property
    def heads(self) -> list[PortfolioColumnHead]:
        """The heads of the columns."""
        return [self._head(column) for column in self.columns]

    def _head(self, column: PlanColumn) -> PortfolioColumnHead:
        if column != self.column:
            return PortfolioColumnHead(column, column.key, "")
        direction = "descending" if column.falling != self.backwards else "ascending"
        return PortfolioColumnHead(column, column.key if self.backwards else f"{BACKWARDS}{column.key}", direction)


def read_portfolio(user: User, asked: Mapping[str, str], today: date) -> Portfolio:
    """The plans in force that the person sees, the one that began last first unless another order is asked for; what is
    not understood chooses nothing. Five queries, however many plans."""
    plans = list(Plan.objects.published().visible_to(user).latest_first())
    regions = sorted({plan.region for plan in plans}, key=lambda region: region.code)
    years = sorted({year for plan in plans for year in _years(plan)}, reverse=True)
    choice = _choice(asked, regions, years)
    supervises = bool(access.reach(user, Action.VIEW_SUPERVISION))
    column, backwards = _column(asked.get("sort", ""))
    lines = order_summaries(summarise_plans(choice.of(plans), user, today), column, backwards=backwards)
    return Portfolio(lines, len(plans), regions, years, choice, column, backwards, supervises)


def _years(plan: Plan) -> range:
    return range(plan.first_month.year, plan.last_month.year + 1)


def _choice(asked: Mapping[str, str], regions: Sequence[Region], years: Sequence[int]) -> PortfolioChoice:
    return PortfolioChoice(
        next((region for region in regions if region.code == asked.get("region")), None),
        next((year for year in years if str(year) == asked.get("year")), None),
    )


def _column(sort: str) -> tuple[PlanColumn | None, bool]:
    """The column to order by, and whether its order is turned round."""
    column = next((column for column in COLUMNS if column.key == sort.removeprefix(BACKWARDS)), None)
    return column, column is not None and sort.startswith(BACKWARDS)


def order_summaries(lines: Sequence[PlanSummary], column: PlanColumn | None, *, backwards: bool) -> list[PlanSummary]:
    """The lines ordered by a column; equal lines keep their order, and lines with nothing to compare stand last."""
    if column is None:
        return list(lines)
    told = [(column.value(line), line) for line in lines]
    compared = [(value, line) for value, line in told if value is not None]
    others = [line for value, line in told if value is None]
    compared.sort(key=lambda pair: pair[0], reverse=column.falling != backwards)
    return [line for _value, line in compared] + others
