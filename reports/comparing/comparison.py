"""对比表, the table that staff know: this month, the same months of last year, change, year to date, rank, target.

The year to date, its target and its light are those of the stored attainments; this month and last year are folded from
the official figures by the rules with which the attainments were made. One table shows the plan's region, one of its
parts, or one indicator in all parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from departments.models import Region
from plans.models import Clause
from plans.periods import Month
from reports.board.standing import PlanStanding
from targets.arithmetic.accumulation import Accumulated, last_month_of_set
from targets.arithmetic.comparing import figure_of_month, figure_to_date, subtract_quantities
from targets.arithmetic.quantities import Quantity, decimal_of_quantity, rounded
from targets.arithmetic.ranking import ranks
from targets.judging.loading import LoadedFigures, Regions, SeriesSpan
from targets.models import Indicator, Target
from targets.reading.selectors import TargetRow, TrendPoint
from targets.wording.completion import completion, completion_number, completion_text, is_divided, issued_text, owes
from targets.wording.explanation import difference_text, distance_text, numbers_shown
from targets.wording.number_texts import number_in_full, share_in_percent, with_unit


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """A target in a region; the numbers are rounded as they are shown, None where there is nothing to tell.

    `row` is None where the target is not judged for the region. `full` is the figure in full, never rounded; `rank` is
    its place among the parts; `whole` is the same target in the plan's region. `divided`: the parts have quotas of
    their own, so that they are ranked by completion. `states` are those of the plan's months.
    """

    target: Target
    region: Region
    row: TargetRow | None
    month: Decimal | None
    last_year: Decimal | None
    change: Decimal | None
    actual: Decimal | None
    full: Decimal | None
    states: Sequence[Accumulated | None] = field(repr=False)
    last_folded: Month | None = None
    divided: bool = False
    rank: int | None = None
    whole: "ComparisonLine | None" = None

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
    def owes(self) -> bool:
        """Whether the region owes anything of the target."""
        return self.row is None or owes(self.row.attainment)

    @property
    def quota(self) -> Decimal | None:
        """What the region owes, where the target is divided."""
        return self.row.attainment.compared if self.divided and self.row is not None and self.owes else None

    @property
    def issued(self) -> str:
        """By which paper it owes that, and from which month on."""
        return issued_text(self.row.attainment) if self.divided and self.row is not None else ""

    @property
    def completion(self) -> Decimal | None:
        """The share of its own quota in %, as it is shown, where the target is divided."""
        return completion_number(self.row.attainment) if self.divided and self.row is not None else None

    @property
    def completion_text(self) -> str:
        return completion_text(self.row.attainment) if self.divided and self.row is not None else ""

    @property
    def ranked(self) -> Decimal | None:
        """The figure by which it is ranked: the share of its own quota where the target is divided."""
        if not self.divided:
            return self.full
        return completion(self.row.attainment) if self.row is not None else None

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
        return self.against_whole_text if self.share is None else share_in_percent(self.share)

    @property
    def adds_up(self) -> bool:
        """Whether the whole is the sum of the parts."""
        return self.indicator.region_rule == Indicator.RegionRule.SUM

    @property
    def share(self) -> Decimal | None:
        """The part's share of a whole that is the sum of its parts."""
        whole = self.whole.full if self.whole is not None else None
        return self.full / whole if self.adds_up and self.full is not None and whole else None

    def trend(self, until: Month) -> list[TrendPoint]:
        """The months so far, for a small drawing."""
        compared = self.row.attainment.compared if self.row is not None else None
        months = [month for month in self.target.plan.months if month <= until]
        known = [figure_to_date(self.indicator.rule, state) for state in self.states[: len(months)]]
        return [
            TrendPoint(
                month, None if quantity is None else decimal_of_quantity(quantity), compared, self.signal or "grey"
            )
            for month, quantity in zip(months, known, strict=True)
        ]


def _text(value: Decimal | None, indicator: Indicator) -> str:
    return "" if value is None else with_unit(number_in_full(value), indicator.unit)


def lines_of_rows(standing: PlanStanding, rows: Sequence[TargetRow]) -> list[ComparisonLine]:
    """The rows with their figures, in the same order; two queries for all figures."""
    region = standing.plan.region
    figures = load_compared_figures(standing, [row.target for row in rows], [region.pk])
    return [line_of_target(row.target, region, row, figures, standing) for row in rows]


def load_compared_figures(
    standing: PlanStanding, targets: Sequence[Target], region_ids: Sequence[int]
) -> LoadedFigures:
    """The figures behind the targets in the regions: of the plan until the end of the year shown, and last year's."""
    figures = LoadedFigures(Regions.load(), standing.loader)
    indicators, shown = {target.indicator for target in targets}, standing.month.year
    years = range(min(standing.plan.year, shown - 1), shown + 1)
    figures.load(
        (indicator.pk, region_id, year, indicator.region_rule)
        for indicator in indicators
        for region_id in region_ids
        for year in years
    )
    return figures


def line_of_target(
    target: Target, region: Region, row: TargetRow | None, figures: LoadedFigures, standing: PlanStanding
) -> ComparisonLine:
    """One target in one region."""
    indicator, rule, month = target.indicator, target.indicator.rule, standing.month.number
    years = (standing.month.year, standing.month.year - 1)
    now, last = (figures.series(indicator.pk, rule, region.pk, year).states for year in years)
    states = _states(target, region, figures)
    reached = states[standing.months.passed - 1]
    so_far = figure_to_date(rule, reached)
    last_year = figure_to_date(rule, last[month - 1]) if _has_last_year(target) else None
    alone = figure_of_month(rule, now[month - 1], now[month - 2] if month > 1 else None, month)
    return ComparisonLine(
        target,
        region,
        row,
        _rounded(alone, indicator.decimals),
        _rounded(last_year, indicator.decimals),
        _rounded(subtract_quantities(so_far, last_year), max(indicator.decimals, 2)),
        _actual(row, so_far, indicator),
        row.attainment.actual if row is not None else None if so_far is None else decimal_of_quantity(so_far),
        states,
        _last_month(reached, _counted_from(target, standing.month)),
    )


def _has_last_year(target: Target) -> bool:
    """Whether figures are counted through one calendar year, so that there are the same months of last year."""
    plan = target.plan
    return not target.by_plan or plan.first_month == Month(plan.last_month.year, 1)


def _counted_from(target: Target, month: Month) -> Month:
    """The month with which counting began, as seen from a month."""
    return target.plan.first_month if target.by_plan else Month(month.year, 1)


def _states(target: Target, region: Region, figures: LoadedFigures) -> list[Accumulated | None]:
    """What has come together after each of the plan's months, since counting began."""
    indicator, months = target.indicator, target.plan.months
    if target.by_plan:
        return figures.counted(indicator.rule, SeriesSpan(indicator.pk, region.pk, months[0].key, len(months))).states
    years = {
        year: figures.series(indicator.pk, indicator.rule, region.pk, year).states
        for year in range(months[0].year, months[-1].year + 1)
    }
    return [years[month.year][month.number - 1] for month in months]


def _last_month(state: Accumulated | None, first: Month) -> Month | None:
    """The last month with data, of those counted from the first on."""
    number = last_month_of_set(state.months) if state is not None else None
    return first.shifted(number - 1) if number else None


def _actual(row: TargetRow | None, so_far: Quantity | None, indicator: Indicator) -> Decimal | None:
    """As the attainment has it; folded only where there is none."""
    if indicator.measure == Indicator.Measure.EVENT:
        return None
    return numbers_shown(row.attainment)[0] if row is not None else _rounded(so_far, indicator.decimals)


def _rounded(quantity: Quantity | None, decimals: int) -> Decimal | None:
    return None if quantity is None else rounded(decimal_of_quantity(quantity), decimals)


def rank_parts(listed: Sequence[ComparisonLine], whole: ComparisonLine) -> list[ComparisonLine]:
    """The lines of one target in the parts, each with the whole that it is part of and its rank in the indicator's own
    direction: by completion where the parts have quotas of their own, else by the full figure."""
    divided = is_divided(line.row.attainment for line in listed if line.row is not None)
    told = [replace(line, divided=divided, whole=replace(whole, divided=divided)) for line in listed]
    higher = whole.indicator.direction == Indicator.Direction.HIGHER
    places = ranks([line.ranked for line in told], higher=higher)
    return [replace(line, rank=rank) for line, rank in zip(told, places, strict=True)]
