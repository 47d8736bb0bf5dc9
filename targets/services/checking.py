"""The rules of `figures`, applied to many entries with the context they need, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from itertools import starmap
from typing import Any

from django.db.models import QuerySet

from departments.models import Region
from plans.periods import Month
from targets.figures import Entry, EntryRule, Problem, check, check_to_date
from targets.loading import SeriesKey, official_now
from targets.models import Indicator, MonthLock, Target
from targets.oddities import Surroundings, is_ordinary, oddities
from targets.services.locking import locked_problem

BY_MONTH = Indicator.EntryBasis.MONTH.value
MONTHS_BEFORE = 3
"""How many months an entry is held against."""


def check_entries(entries: Sequence[Entry]) -> dict[int, list[Problem]]:
    """The problems of each entry, by its position; entries without one are left out."""
    indicators = Indicator.objects.in_bulk({entry.indicator_id for entry in entries})
    wholes = set(Region.objects.filter(parent__isnull=False).values_list("parent_id", flat=True))
    closed = MonthLock.objects.closing({entry.month for entry in entries})
    rules: dict[tuple[int, bool], EntryRule] = {}
    problems: dict[int, list[Problem]] = {}
    for position, entry in enumerate(entries):
        known = (entry[0], entry[1] in wholes)
        if known not in rules:
            rules[known] = entry_rule(indicators[entry.indicator_id], has_parts=known[1])
        if closed and entry.month in closed:
            problems[position] = [locked_problem(entry.month)]
        elif found := check(rules[known], entry):
            problems[position] = found
    for position, problem in _falls(entries, indicators, problems):
        problems.setdefault(position, []).append(problem)
    return problems


def odd_entries(entries: Sequence[Entry]) -> dict[int, list[Problem]]:
    """What looks odd about each entry, by its position, seen beside the last months and the threshold."""
    indicators = Indicator.objects.in_bulk({entry.indicator_id for entry in entries})
    thresholds = _thresholds(entries)
    by_month = {pk for pk, one in indicators.items() if one.entry_basis == BY_MONTH}
    earlier = _earlier([one for one in entries if one[0] in by_month])
    alone: dict[tuple[int, int], Surroundings] = {}
    found = {}
    for position, entry in enumerate(entries):
        known = (entry.indicator_id, entry.month.year)
        if known not in alone:
            alone[known] = _surroundings(indicators[entry.indicator_id], thresholds.get(known))
        around = alone[known]
        if before := earlier(entry):
            around = replace(around, earlier=before)
        if not is_ordinary(entry, around) and (problems := oddities(entry, around)):
            found[position] = problems
    return found


def _surroundings(indicator: Indicator, threshold: Decimal | None) -> Surroundings:
    """What an entry of the indicator is held against, but for the months before."""
    return Surroundings(indicator.scale, indicator.usual_low, indicator.usual_high, threshold)


def _thresholds(entries: Sequence[Entry]) -> dict[tuple[int, int], Decimal]:
    """The constant thresholds of what is judged month by month; a count's is for the year and says nothing here."""
    rows = Target.objects.filter(
        indicator__in={entry.indicator_id for entry in entries}, threshold_kind=Target.ThresholdKind.CONSTANT
    ).exclude(indicator__measure=Indicator.Measure.COUNT)
    return {(row[0], row[1]): row[2] for row in rows.values_list("indicator_id", "plan__year", "threshold") if row[2]}


def _earlier(entries: Sequence[Entry]) -> Callable[[Entry], list[Entry]]:
    """The official figures of the months before an entry's own, oldest first, across the turn of the year."""
    keys = {(one[0], one[1], one[2].year) for one in entries}
    keys |= {(one[0], one[1], one[2].year - 1) for one in entries if one[2].number <= MONTHS_BEFORE}
    known: dict[tuple[int, int, Month], Entry] = {}
    for indicator_id, region_id, key, value, numerator, denominator, day, _revision in (
        official_now(list(starmap(SeriesKey, keys))) if keys else ()
    ):
        month = Month.from_key(key)
        known[indicator_id, region_id, month] = Entry(
            indicator_id, region_id, month, value, numerator, denominator, day
        )

    def before(entry: Entry) -> list[Entry]:
        if not known:
            return []
        found = (known.get((entry.indicator_id, entry.region_id, month)) for month in _months_before(entry.month))
        return [one for one in found if one is not None]

    return before


@lru_cache(maxsize=1024)
def _months_before(month: Month) -> tuple[Month, ...]:
    return tuple(month.shifted(-back) for back in range(MONTHS_BEFORE, 0, -1))


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


def hold_totals(indicator_ids: QuerySet[Any] | Collection[int]) -> None:
    """Keeps others from deciding about totals since January of these indicators until the transaction ends.

    A fall lies between two months, which are two rows: locking the rows that change would let two decisions at the same
    instant pass each other. To be called before observations are locked.
    """
    totals = Indicator.objects.filter(pk__in=indicator_ids, entry_basis=Indicator.EntryBasis.TO_DATE)
    list(totals.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def unexplained_falls(entries: Sequence[Entry], indicators: dict[int, Indicator]) -> list[tuple[Entry, Problem]]:
    """Totals since January that would fall if these entries were official now; see `hold_totals`."""
    return [(entries[position], problem) for position, problem in _falls(entries, indicators, {})]


def _falls(
    entries: Sequence[Entry], indicators: dict[int, Indicator], refused: dict[int, list[Problem]]
) -> list[tuple[int, Problem]]:
    """Totals since January that fall, seen together with what is official already."""
    totals = {pk for pk, one in indicators.items() if one.rule.accumulates_to_date}
    if not totals:
        return []
    positions: dict[Entry, int] = {}
    series: dict[SeriesKey, dict[Month, tuple[Entry, bool]]] = defaultdict(dict)
    for position, entry in enumerate(entries):
        if entry.indicator_id in totals and position not in refused:
            positions[entry] = position
            series[SeriesKey(entry.indicator_id, entry.region_id, entry.month.year)][entry.month] = entry, True
    for indicator_id, region_id, key, value, numerator, denominator, day, _revision in (
        official_now(series) if series else ()
    ):
        month = Month.from_key(key)
        known = Entry(indicator_id, region_id, month, value, numerator, denominator, day)
        series[SeriesKey(indicator_id, region_id, month.year)].setdefault(month, (known, False))
    return [(positions[entry], problem) for one in series.values() for entry, problem in check_to_date(one.values())]
