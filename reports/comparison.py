"""对比表, the table that staff know: this month, the same months of last year, change, year to date, target.

The year to date, its target and its light are those of the stored attainments; this month and last year are folded from
the official figures by the rules with which the attainments were made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plans.models import Clause
from reports.overview import chapters
from reports.standing import Standing
from reports.tallies import Tally, by_chapter, by_lead, choice
from targets.comparing import difference, of_month, to_date
from targets.explanation import difference_text, number, numbers_shown, with_unit
from targets.loading import Figures, Regions
from targets.models import Indicator
from targets.quantities import Quantity, rounded, written
from targets.selectors import Row, responsible

URGENCY = {"red": 0, "yellow": 1, "green": 2, "grey": 3}


@dataclass(frozen=True, slots=True)
class Line:
    """A target in the table; the numbers are rounded as they are shown, None where there is nothing to tell."""

    row: Row
    month: Decimal | None
    last_year: Decimal | None
    change: Decimal | None
    actual: Decimal | None

    @property
    def indicator(self) -> Indicator:
        return self.row.target.indicator

    @property
    def clause(self) -> Clause:
        return self.row.target.clause

    @property
    def month_text(self) -> str:
        return _text(self.month, self.indicator)

    @property
    def last_year_text(self) -> str:
        return _text(self.last_year, self.indicator)

    @property
    def change_text(self) -> str:
        return "" if self.change is None else difference_text(self.change, self.indicator)


def _text(value: Decimal | None, indicator: Indicator) -> str:
    return "" if value is None else with_unit(number(value), indicator.unit)


def lines(standing: Standing, rows: Sequence[Row]) -> list[Line]:
    """The rows with their figures, in the same order; one query for all figures."""
    plan = standing.plan
    figures = Figures(Regions.load(), standing.loader)
    indicators = {row.target.indicator for row in rows}
    years = (plan.year, plan.year - 1)
    figures.load((one.pk, plan.region_id, year, one.region_rule) for one in indicators for year in years)
    return [_line(row, figures, standing) for row in rows]


def _line(row: Row, figures: Figures, standing: Standing) -> Line:
    indicator, month = row.target.indicator, standing.month.number
    rule, region = indicator.rule, standing.plan.region_id
    now, last = (
        figures.series(indicator.pk, rule, region, year).states for year in (standing.plan.year, standing.plan.year - 1)
    )
    this_year, last_year = to_date(rule, now[month - 1]), to_date(rule, last[month - 1])
    alone = of_month(rule, now[month - 1], now[month - 2] if month > 1 else None, month)
    actual = numbers_shown(row.attainment)[0] if rule.measure != "event" else None
    changed = difference(this_year, last_year)
    return Line(
        row,
        _rounded(alone, indicator.decimals),
        _rounded(last_year, indicator.decimals),
        _rounded(changed, max(indicator.decimals, 2)),
        actual,
    )


def _rounded(quantity: Quantity | None, decimals: int) -> Decimal | None:
    return None if quantity is None else rounded(written(quantity), decimals)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines chosen, in the order asked for, and what there is to choose from."""

    lines: Sequence[Line]
    units: Sequence[Tally]
    chapters: Sequence[Tally]
    asked: dict[str, str]


def compared(standing: Standing, asked: Mapping[str, str]) -> Table:
    """The table as the address asks; what is understood of it is kept in `asked`."""
    duties = responsible(standing.plan)
    parts = chapters(standing.plan, standing.rows)
    chosen = choice(asked, parts, duties)
    by = asked.get("sort", "")
    listed = ordered(lines(standing, chosen.of(standing.rows, duties)), by)
    kept = chosen.asked | ({"sort": by} if by in _BY else {})
    return Table(listed, by_lead(standing.rows, duties), by_chapter(parts), kept)


_BY: Mapping[str, Callable[[Line], Any]] = {
    "light": lambda line: URGENCY[line.row.attainment.signal],
    "change": lambda line: (line.change is None, line.change or 0),
}


def ordered(listed: Sequence[Line], by: str) -> list[Line]:
    """In the plan's order, by light (red first) or by the change against last year (falling most first)."""
    return sorted(listed, key=_BY[by]) if by in _BY else list(listed)
