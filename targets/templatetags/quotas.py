"""Quotas in a page: sums against the whole, versions region by region."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString

from pages.patterns import NONE, Pattern
from plans.periods import Month
from targets.models import Target
from targets.quotas.tables import QuotaColumn, QuotaPlace, QuotaTable, QuotaTableVersion
from targets.quotas.wording import sum_text
from targets.reading.divisions import RegionChange
from targets.wording.aims import threshold_text
from targets.wording.number_texts import number_without_zeros

register = template.Library()


class SumMarkValues(NamedTuple):
    """What is said of a sum; `outcome` is how it stands to the whole, `mark` colours what needs a reason and what the
    parts owe beyond the whole."""

    said: str
    outcome: str
    mark: str


class SumCellValues(NamedTuple):
    """The sum of a column; `whole` as the script reads it."""

    whole: str
    is_limit: bool
    total: str
    mark: SafeString


SUM_MARK = Pattern("targets/_sum_mark.html", SumMarkValues)
SUM_CELL = Pattern("targets/_sum_cell.html", SumCellValues)
NO_SUM_MARK, NO_SUM_CELL = SumMarkValues("", "", ""), SumCellValues("", False, "", NONE)


@register.simple_tag
def promise_of(target: Target) -> str:
    """The threshold of the whole in signs."""
    return threshold_text(target)


@register.simple_tag
def sum_mark(column: QuotaColumn) -> SafeString:
    """How the sum stands to the whole, marked; a dash where it says nothing, or nothing has been divided."""
    check = column.check
    if check is None or not column.quotas:
        return SUM_MARK.fill(NO_SUM_MARK)
    mark = "short" if check.falls_short else "beyond" if check.goes_beyond else ""
    return SUM_MARK.fill(SumMarkValues(sum_text(column.target, check), check.outcome.value, mark))


@register.simple_tag
def sum_cell(column: QuotaColumn) -> SafeString:
    """The sum of a column, which the script keeps as numbers are typed: with the whole as it counts."""
    check = column.check
    if check is None:
        return SUM_CELL.fill(NO_SUM_CELL)
    whole, total = f"{check.whole.normalize():f}", number_without_zeros(check.total)
    return SUM_CELL.fill(SumCellValues(whole, check.is_limit, total, sum_mark(column)))


@register.filter
def later(column: QuotaColumn, month: Month) -> Month | None:
    """The next month from which another version holds."""
    return column.later(month)


@register.filter
def by_place(
    versions: Sequence[QuotaTableVersion], places: Sequence[QuotaPlace]
) -> list[tuple[QuotaPlace, list[Decimal | None]]]:
    """The versions as lines of a table."""
    return [(place, [version.numbers[number] for version in versions]) for number, place in enumerate(places)]


@register.filter
def seen_in(changes: Iterable[RegionChange], table: QuotaTable) -> list[RegionChange]:
    """What became different for the regions that the table shows."""
    return [change for change in changes if change.region.pk not in table.hidden]
