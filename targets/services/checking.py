"""The rules of `figures`, applied to many entries with the context they need, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import localcontext
from functools import cached_property, lru_cache
from itertools import starmap

from django.db.models import QuerySet

from departments.models import Region
from plans.periods import Month
from targets.arithmetic.accumulation import EXACT
from targets.entry_rules import oddities
from targets.entry_rules.figures import Entry, EntryRule, Key, Problem, check_entry, check_to_date
from targets.expected.closed_months import ClosedMonths, closed_in
from targets.judging.loading import SeriesKey, official_now
from targets.models import Indicator
from targets.services.locking import locked_problem

BY_MONTH = Indicator.EntryBasis.MONTH.value
MONTHS_BEFORE = oddities.MONTHS
"""How many months an entry is held against at first."""


class Background:
    """What entries are held against. Each part is read when it is first asked for, in one query; whoever has read a
    part already puts it in its place."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = entries

    @cached_property
    def indicators(self) -> Mapping[int, Indicator]:
        return Indicator.objects.in_bulk({entry.indicator_id for entry in self._entries})

    @cached_property
    def accumulating(self) -> Collection[int]:
        """The indicators of which totals since January are entered."""
        return {pk for pk, indicator in self.indicators.items() if indicator.rule.accumulates_to_date}

    @cached_property
    def by_month(self) -> Collection[int]:
        """The indicators of which each month has its own figure."""
        return {pk for pk, indicator in self.indicators.items() if indicator.entry_basis == BY_MONTH}

    @cached_property
    def wholes(self) -> Collection[int]:
        """The regions that have parts."""
        return set(Region.objects.filter(parent__isnull=False).order_by().values_list("parent_id", flat=True))

    @cached_property
    def closed(self) -> ClosedMonths:
        """What is closed of the entries' months."""
        return closed_in({entry.month for entry in self._entries})

    @cached_property
    def totals(self) -> Mapping[Key, Entry]:
        """The official figures of the entries' years, where these are totals since January."""
        entries = [entry for entry in self._entries if entry.indicator_id in self.accumulating]
        return _official({SeriesKey(entry.indicator_id, entry.region_id, entry.month.year) for entry in entries})

    @cached_property
    def earlier(self) -> Mapping[Key, Entry]:
        """The official figures of the months before an entry, where each month has its own."""
        entries = [entry for entry in self._entries if entry[0] in self.by_month]
        keys = {(key[0], key[1], key[2].year - back) for key in entries for back in (0, 1)}
        return _official(list(starmap(SeriesKey, keys)))


def _official(keys: Collection[SeriesKey]) -> dict[Key, Entry]:
    """The official figures of whole years."""
    found = {}
    for row in official_now(keys) if keys else ():
        key = (row[0], row[1], Month.from_key(row[2]))
        found[key] = Entry(*key, row[3], row[4], row[5], row[6])
    return found


def check_entries(entries: Sequence[Entry], background: Background | None = None) -> dict[int, list[Problem]]:
    """The problems of each entry, by its position; entries without one are left out."""
    background = background or Background(entries)
    wholes, closed = background.wholes, background.closed
    rules: dict[tuple[int, bool], EntryRule] = {}
    problems: dict[int, list[Problem]] = {}
    for position, entry in enumerate(entries):
        made_of = (entry[0], entry[1] in wholes)
        if made_of not in rules:
            rules[made_of] = entry_rule(background.indicators[entry.indicator_id], has_parts=made_of[1])
        if closed and (plan := closed.plan_of(entry.key)) is not None:
            problems[position] = [locked_problem(plan, entry.month)]
        elif found := check_entry(rules[made_of], entry):
            problems[position] = found
    for position, problem in _falls(entries, background, problems):
        problems.setdefault(position, []).append(problem)
    return problems


def odd_entries(entries: Sequence[Entry], background: Background | None = None) -> dict[int, list[Problem]]:
    """What looks odd about each entry, by its position, seen beside the last months: beside a year of them where the
    last few make it look like a jump."""
    background = background or Background(entries)
    has_earlier = bool(background.earlier)
    alone: dict[int, oddities.EntrySurroundings] = {}
    found = {}
    with localcontext(EXACT):
        for position, entry in enumerate(entries):
            if entry[0] not in alone:
                alone[entry[0]] = _surroundings(background.indicators[entry.indicator_id])
            around = alone[entry[0]]
            if has_earlier and (before := _before(entry, background, MONTHS_BEFORE)):
                around = replace(around, earlier=before)
            problems = oddities.oddities(entry, around)
            if any(problem.code == "jump" for problem in problems):
                around = replace(around, earlier=_before(entry, background, oddities.LONG))
                problems = oddities.oddities(entry, around)
            if problems:
                found[position] = problems
    return found


def _surroundings(indicator: Indicator) -> oddities.EntrySurroundings:
    """What an entry of the indicator is held against, but for the months before."""
    return oddities.EntrySurroundings(indicator.scale, indicator.measure, indicator.usual_low, indicator.usual_high)


def _before(entry: Entry, background: Background, number: int) -> list[Entry]:
    """The official figures of so many months before, oldest first, across the turn of the year; none for totals since
    January."""
    if entry.indicator_id not in background.by_month:
        return []
    keys = ((entry.indicator_id, entry.region_id, month) for month in months_before(entry.month, number))
    return [entry for entry in map(background.earlier.get, keys) if entry is not None]


@lru_cache(maxsize=4096)
def months_before(month: Month, number: int = MONTHS_BEFORE) -> tuple[Month, ...]:
    """The months whose figures an entry is held against, oldest first."""
    return tuple(month.shifted(-back) for back in range(number, 0, -1))


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


def hold_totals(indicator_ids: QuerySet | Collection[int]) -> None:
    """Keeps others from deciding about totals since January of these indicators until the transaction ends.

    A fall lies between two months, which are two rows: locking the rows that change would let two decisions at the same
    instant pass each other. To be called before observations are locked.
    """
    totals = Indicator.objects.filter(pk__in=indicator_ids, entry_basis=Indicator.EntryBasis.TO_DATE)
    list(totals.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def unexplained_falls(entries: Sequence[Entry], indicators: dict[int, Indicator]) -> list[tuple[Entry, Problem]]:
    """Totals since January that would fall if these entries were official now; see `hold_totals`."""
    background = Background(entries)
    background.indicators = indicators
    return [(entries[position], problem) for position, problem in _falls(entries, background, {})]


def _falls(
    entries: Sequence[Entry], background: Background, refused: Mapping[int, list[Problem]]
) -> list[tuple[int, Problem]]:
    """Totals since January that fall, seen together with what is official already."""
    if not background.accumulating:
        return []
    positions: dict[Entry, int] = {}
    series: dict[SeriesKey, dict[Month, tuple[Entry, bool]]] = defaultdict(dict)
    for position, entry in enumerate(entries):
        if position not in refused and entry.indicator_id in background.accumulating:
            positions[entry] = position
            series[SeriesKey(entry.indicator_id, entry.region_id, entry.month.year)][entry.month] = entry, True
    for (indicator_id, region_id, month), official in background.totals.items() if series else ():
        if (key := SeriesKey(indicator_id, region_id, month.year)) in series:
            series[key].setdefault(month, (official, False))
    return [
        (positions[entry], problem) for months in series.values() for entry, problem in check_to_date(months.values())
    ]
