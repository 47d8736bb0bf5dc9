"""对比表, the table that staff know: this month, the same months of last year, change, year to date, rank, target.

The year to date, its target and its light are those of the stored attainments; this month and last year are folded from
the official figures by the rules with which the attainments were made. One table shows the plan's region, one of its
parts, or one indicator in all parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from departments.models import Region
from plans.models import Clause, Plan
from plans.periods import Month
from reports.standing import Standing
from targets.accumulation import Accumulated, last_month
from targets.comparing import difference, of_month, to_date
from targets.explanation import difference_text, distance_text, number, numbers_shown, share_text, with_unit
from targets.loading import Figures, Regions
from targets.models import Indicator, Target
from targets.quantities import Quantity, rounded, written
from targets.selectors import Point, Row


@dataclass(frozen=True, slots=True)
class Line:
    """A target in a region; the numbers are rounded as they are shown, None where there is nothing to tell.

    `row` is None where the target is not judged for the region. `full` is the year to date as it is ranked, never
    rounded; `rank` is its place among the parts; `whole` is the same target in the plan's region.
    """

    target: Target
    region: Region
    row: Row | None
    month: Decimal | None
    last_year: Decimal | None
    change: Decimal | None
    actual: Decimal | None
    full: Decimal | None
    states: Sequence[Accumulated | None] = field(repr=False)
    last_folded: Month | None = None
    rank: int | None = None
    whole: "Line | None" = None

    @property
    def indicator(self) -> Indicator:
        return self.target.indicator

    @property
    def clause(self) -> Clause:
        return self.target.clause

    @property
    def signal(self) -> str:
        return self.row.attainment.signal if self.row is not None else ""

    @property
    def month_text(self) -> str:
        return _text(self.month, self.indicator)

    @property
    def last_year_text(self) -> str:
        return _text(self.last_year, self.indicator)

    @property
    def change_text(self) -> str:
        return "" if self.change is None else difference_text(self.change, self.indicator)

    @property
    def actual_text(self) -> str:
        return self.row.shown.actual if self.row is not None else _text(self.actual, self.indicator)

    @property
    def target_text(self) -> str:
        return self.row.shown.threshold if self.row is not None else ""

    @property
    def to_threshold(self) -> str:
        return distance_text(self.row.attainment) if self.row is not None else ""

    @property
    def last_data(self) -> Month | None:
        """The last month with official data, of those that are shown."""
        return self.row.attainment.last_data_month if self.row is not None else self.last_folded

    @property
    def against_whole(self) -> Decimal | None:
        """How far it is from the plan's region, unless that is the sum of its parts."""
        if self.full is None or self.whole is None or self.whole.full is None or self.adds_up:
            return None
        return self.full - self.whole.full

    @property
    def against_whole_text(self) -> str:
        return "" if self.against_whole is None else difference_text(self.against_whole, self.indicator)

    @property
    def against_text(self) -> str:
        """How far it is from the whole, or its share of it."""
        return self.against_whole_text if self.share is None else share_text(self.share)

    @property
    def adds_up(self) -> bool:
        """Whether the whole is the sum of the parts."""
        return self.indicator.region_rule == Indicator.RegionRule.SUM

    @property
    def share(self) -> Decimal | None:
        """The part's share of a whole that is the sum of its parts."""
        whole = self.whole.full if self.whole is not None else None
        return self.full / whole if self.adds_up and self.full is not None and whole else None

    def trend(self, until: Month) -> list[Point]:
        """The months so far, for a small drawing."""
        compared = self.row.attainment.compared if self.row is not None else None
        known = [to_date(self.indicator.rule, state) for state in self.states[: until.number]]
        return [
            Point(Month(until.year, index), None if one is None else written(one), compared, self.signal or "grey")
            for index, one in enumerate(known, 1)
        ]


def _text(value: Decimal | None, indicator: Indicator) -> str:
    return "" if value is None else with_unit(number(value), indicator.unit)


def lines(standing: Standing, rows: Sequence[Row]) -> list[Line]:
    """The rows with their figures, in the same order; two queries for all figures."""
    region = standing.plan.region
    figures = figures_of(standing, [row.target for row in rows], [region.pk])
    return [line_of(row.target, region, row, figures, standing) for row in rows]


def figures_of(standing: Standing, targets: Sequence[Target], region_ids: Sequence[int]) -> Figures:
    """The figures of this year and last year behind the targets in the regions."""
    figures = Figures(Regions.load(), standing.loader)
    indicators, plan = {target.indicator for target in targets}, standing.plan
    years = (plan.year, plan.year - 1)
    figures.load(
        (one.pk, region_id, year, one.region_rule) for one in indicators for region_id in region_ids for year in years
    )
    return figures


def line_of(target: Target, region: Region, row: Row | None, figures: Figures, standing: Standing) -> Line:
    """One target in one region."""
    indicator, month = target.indicator, standing.month.number
    rule = indicator.rule
    now, last = (figures.series(indicator.pk, rule, region.pk, year).states for year in _years(standing.plan))
    this_year, last_year = to_date(rule, now[month - 1]), to_date(rule, last[month - 1])
    alone = of_month(rule, now[month - 1], now[month - 2] if month > 1 else None, month)
    return Line(
        target,
        region,
        row,
        _rounded(alone, indicator.decimals),
        _rounded(last_year, indicator.decimals),
        _rounded(difference(this_year, last_year), max(indicator.decimals, 2)),
        _actual(row, this_year, indicator),
        row.attainment.actual if row is not None else None if this_year is None else written(this_year),
        now,
        _last_month(now[month - 1], standing.plan),
    )


def _last_month(state: Accumulated | None, plan: Plan) -> Month | None:
    number = last_month(state.months) if state is not None else None
    return Month(plan.year, number) if number else None


def _years(plan: Plan) -> tuple[int, int]:
    return plan.year, plan.year - 1


def _actual(row: Row | None, this_year: Quantity | None, indicator: Indicator) -> Decimal | None:
    """As the attainment has it; folded only where there is none."""
    if indicator.measure == Indicator.Measure.EVENT:
        return None
    return numbers_shown(row.attainment)[0] if row is not None else _rounded(this_year, indicator.decimals)


def _rounded(quantity: Quantity | None, decimals: int) -> Decimal | None:
    return None if quantity is None else rounded(written(quantity), decimals)


def ranked(listed: Sequence[Line], whole: Line, places: Mapping[int, int | None]) -> list[Line]:
    """The lines of one target in the parts, each with its rank and the whole that it is part of."""
    return [replace(line, rank=places.get(line.region.pk), whole=whole) for line in listed]
