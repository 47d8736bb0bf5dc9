"""Quotas in a page: sums against the whole, versions region by region."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from plans.periods import Month
from targets.arithmetic.sums import SumCheck
from targets.models import Target
from targets.quotas.tables import QuotaColumn, QuotaPlace, QuotaTable, QuotaTableVersion
from targets.quotas.wording import sum_text
from targets.reading.divisions import RegionChange
from targets.wording.aims import threshold_text
from targets.wording.number_texts import number_without_zeros

register = template.Library()
NOTHING = mark_safe('<span class="muted">—</span>')


@register.simple_tag
def promise_of(target: Target) -> str:
    """The threshold of the whole in signs."""
    return threshold_text(target)


@register.simple_tag
def sum_mark(column: QuotaColumn) -> SafeString:
    """How the sum stands to the whole, marked; a dash where it says nothing, or nothing has been divided."""
    if column.check is None or not column.quotas:
        return NOTHING
    said, found = sum_text(column.target, column.check), column.check.outcome.value
    return format_html('<span class="sum sum-{}{}">{}</span>', found, _meant(column.check), said)


def _meant(check: SumCheck) -> str:
    """The class that colours what needs a reason, and what the parts owe beyond the whole."""
    return " sum-short" if check.falls_short else " sum-beyond" if check.goes_beyond else ""


@register.simple_tag
def sum_cell(column: QuotaColumn) -> SafeString:
    """The sum of a column, which the script keeps as numbers are typed: with the whole as it counts."""
    if column.check is None:
        return NOTHING
    return format_html(
        '<output data-sum data-whole="{}"{}><strong>{}</strong> {}</output>',
        f"{column.check.whole.normalize():f}",
        mark_safe(" data-limit") if column.check.is_limit else "",
        number_without_zeros(column.check.total),
        sum_mark(column),
    )


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
