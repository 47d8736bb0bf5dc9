"""The rules of `figures`, applied to many entries with the context they need, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence

from departments.models import Region
from plans.periods import Month
from targets.figures import Entry, EntryRule, Problem, check, check_to_date
from targets.loading import SeriesKey, official_now
from targets.models import Indicator


def check_entries(entries: Sequence[Entry]) -> dict[int, list[Problem]]:
    """The problems of each entry, by its position; entries without one are left out."""
    indicators = Indicator.objects.in_bulk({entry.indicator_id for entry in entries})
    wholes = set(Region.objects.filter(parent__isnull=False).values_list("parent_id", flat=True))
    problems: dict[int, list[Problem]] = {}
    for position, entry in enumerate(entries):
        rule = entry_rule(indicators[entry.indicator_id], has_parts=entry.region_id in wholes)
        if found := check(rule, entry):
            problems[position] = found
    for position, problem in _falls(entries, indicators, problems):
        problems.setdefault(position, []).append(problem)
    return problems


def entry_rule(indicator: Indicator, *, has_parts: bool) -> EntryRule:
    """What may be entered for an indicator in a region that has parts or has none."""
    return EntryRule(
        indicator.measure,
        indicator.entry_basis,
        indicator.scale,
        indicator.minimum,
        indicator.maximum,
        made_from_parts=has_parts and indicator.region_rule != Indicator.RegionRule.OWN,
    )


def _falls(
    entries: Sequence[Entry], indicators: dict[int, Indicator], refused: dict[int, list[Problem]]
) -> list[tuple[int, Problem]]:
    """Totals since January that fall, seen together with what is official already."""
    positions: dict[Entry, int] = {}
    series: dict[SeriesKey, dict[Month, tuple[Entry, bool]]] = defaultdict(dict)
    for position, entry in enumerate(entries):
        if position not in refused and indicators[entry.indicator_id].rule.accumulates_to_date:
            positions[entry] = position
            series[SeriesKey(entry.indicator_id, entry.region_id, entry.month.year)][entry.month] = entry, True
    for indicator_id, region_id, key, value, numerator, denominator, day, _revision in (
        official_now(series) if series else ()
    ):
        month = Month.from_key(key)
        known = Entry(indicator_id, region_id, month, value, numerator, denominator, day)
        series[SeriesKey(indicator_id, region_id, month.year)].setdefault(month, (known, False))
    return [(positions[entry], problem) for one in series.values() for entry, problem in check_to_date(one.values())]
