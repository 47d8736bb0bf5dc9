"""The lines of a table of targets, of which a page has dozens."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString

from pages.patterns import NONE, Pattern
from targets.models import Target
from targets.reading.selectors import TargetRow
from targets.templatetags.lights import freshness, light_tag, progress_text, sparkline

register = template.Library()


class TargetRowValues(NamedTuple):
    """A line; `query` goes along to the target's page, `share` is how much of a number is reached."""

    address: str
    query: str
    name: str
    is_aspirational: bool
    actual: str
    share: str
    threshold: str
    trend: SafeString
    light: SafeString
    freshness: SafeString


TARGET_ROW = Pattern("targets/_target_row.html", TargetRowValues)


@register.simple_tag
def target_rows(rows: Iterable[TargetRow], query: str) -> SafeString:
    """Each target with what is reached, promised and how it stands; `query` goes along to its page."""
    return TARGET_ROW.fill_all(_row_values(row, query) for row in rows)


def _row_values(row: TargetRow, query: str) -> TargetRowValues:
    target, shown = row.target, row.shown
    has_trend = target.comparator != Target.Comparator.DONE_BY
    return TargetRowValues(
        address=row.address,
        query=query,
        name=target.name,
        is_aspirational=target.firmness == Target.Firmness.ASPIRATIONAL,
        actual=shown.actual or "—",
        share=progress_text(row.attainment),
        threshold=shown.threshold,
        trend=sparkline(row.trend, target.plan) if has_trend else NONE,
        light=light_tag(row.light),
        freshness=freshness(row.attainment),
    )
