"""From official figures to attainments: the only place that writes Attainment rows.

A dirty key says "this indicator, in this region, from this month on". It expands to every target judged by the
indicator, compared with it, or compared with its last year; to the regions made from that region; and to the later
months of the year. What is affected is loaded in a constant number of queries, judged by the pure formulas, and written
in one upsert of the rows that differ. Runs exclude each other, so jobs may be repeated, reordered or killed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date
from functools import partial
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from plans.periods import Month, months_of
from targets import milestones, provenance, storing
from targets.accumulation import ONE, Accumulated, IndicatorRule, last_month
from targets.collecting import uncollected
from targets.figures import Entry
from targets.formulas import FORMULA_VERSION, Facts, Judgement, Milestone, TargetRule, judge_months
from targets.loading import Figures, Loader, Regions, Row, Series, SeriesKey, official_now
from targets.models import Attainment, DirtyKey, Target

KEYS_AT_A_TIME = 10_000
PAIRS_AT_A_TIME = 4_000
LOCK = 0x7175616C  # any constant: one recompute at a time
_known = partial(tuple.__new__, Facts)
_NOTHING = Series([None] * 12, [""] * 12, [[]] * 12)


@dataclass(frozen=True, slots=True)
class Judged:
    """A target with all that is the same for its regions and months."""

    target: Target
    version: int
    year: int
    rule: TargetRule
    operand: IndicatorRule | None
    improves: bool
    head: str
    steps: tuple[Milestone, ...]
    month_ends: tuple[date, ...]


Changed = tuple[int, int | None, Month]
"""As a `DirtyKey` keeps it: indicator id, region id (None: all regions), month from which on figures have changed."""
Pairs = dict[tuple[int, int], int]
"""(target id, region id) → number of the month from which on it is to be judged"""


@transaction.atomic
def recompute_dirty(limit: int = KEYS_AT_A_TIME) -> tuple[int, int]:
    """Works off up to `limit` dirty keys: how many keys, and how many rows were written; (0, 0) for nothing."""
    exclude_others()
    rows = list(DirtyKey.objects.order_by("id").values_list("id", "indicator_id", "region_id", "month")[:limit])
    if not rows:
        return 0, 0
    regions, targets = Regions.load(), _targets({indicator_id for _pk, indicator_id, _region, _month in rows})
    whole = {indicator_id for _pk, indicator_id, region_id, _month in rows if region_id is None}
    _forget_unjudged([target for target in targets if target.indicator_id in whole], regions)
    written = _written(targets, regions, expand((row[1:] for row in rows), targets, regions))
    DirtyKey.objects.filter(id__in=[row[0] for row in rows]).delete()
    return len(rows), written


@transaction.atomic
def recompute_all() -> int:
    """Judges every target for every region and month anew, writes the rows that differ and returns their number."""
    exclude_others()
    regions, targets = Regions.load(), _targets()
    _forget_unjudged(targets, regions)
    return _written(targets, regions, everything(targets, regions))


def exclude_others() -> None:
    """Waits until no other recompute runs, and keeps any from running until the end of the transaction.

    Two runs that overlap could write what the older one read. On SQLite IMMEDIATE transactions exclude each other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def others_excluded() -> bool:
    """The same without waiting: whether no other recompute runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def fresh_rows(targets: list[Target], regions: Regions, loader: Loader = official_now) -> Iterator[storing.Row]:
    """Every row of the targets as it ought to be, computed from the figures alone."""
    for lot in _lots(everything(targets, regions)):
        yield from _judge_all(targets, regions, lot, loader)


def attainments_from(targets: list[Target], region_id: int, loader: Loader, *, parts: bool = False) -> list[Attainment]:
    """The targets judged for a region, with `parts` for every region of theirs, from the figures that `loader` gives;
    not saved."""
    regions = Regions.load()
    pairs = {pair: 1 for pair in everything(targets, regions) if parts or pair[1] == region_id}
    return [storing.instance(row) for row in _judge_all(targets, regions, pairs, loader)]


def replayed(
    target: Target, region_id: int, month: int, regions: Regions, loaders: Iterable[Loader]
) -> Iterator[Attainment]:
    """The target judged for one month (1 to 12), from each of the loaders' figures in turn; not saved. What is not a
    figure, its rule and its milestones, stays as it is now."""
    judged = _judged([target], {(target.id, region_id): month})[target.id]
    for loader in loaders:
        figures = Figures(regions, loader)
        figures.load((one.id, region_id, year, one.region_rule) for one, year in _inputs(target))
        yield storing.instance(next(_judge_pair(judged, region_id, regions.codes[region_id], month, figures)))


def series_of(target: Target, region_id: int, regions: Regions) -> set[SeriesKey]:
    """The series of figures, each where it is measured, from which a target is judged for a region."""
    return {
        SeriesKey(indicator.id, leaf, year)
        for indicator, year in _inputs(target)
        for leaf in regions.measured(region_id, indicator.region_rule)
    }


def _targets(indicator_ids: Collection[int] | None = None) -> list[Target]:
    """The targets that are judged by the indicators or compared with them; all if none are named."""
    targets = Target.objects.in_force().with_version().select_related("plan", "indicator", "operand")
    if indicator_ids is not None:
        targets = targets.filter(Q(indicator__in=indicator_ids) | Q(operand__in=indicator_ids))
    return list(targets)


def judged_regions(target: Target, regions: Regions) -> list[int]:
    """For which regions a target is judged: the plan's, and its parts where the target covers them."""
    whole = target.plan.region_id
    return [whole, *regions.parts.get(whole, [])] if target.coverage == Target.Coverage.PARTS else [whole]


def everything(targets: Iterable[Target], regions: Regions) -> Pairs:
    """All pairs, from January on."""
    return {(target.id, region_id): 1 for target in targets for region_id in judged_regions(target, regions)}


def expand(keys: Iterable[Changed], targets: Iterable[Target], regions: Regions) -> Pairs:
    """What the keys affect."""
    changed: dict[tuple[int, int], dict[int | None, int]] = defaultdict(dict)
    for indicator_id, region_id, month in keys:
        months = changed[indicator_id, month.year]
        months[region_id] = min(month.number, months.get(region_id, 12))
    pairs: Pairs = {}
    for target in targets:
        for indicator, year in _inputs(target):
            _affect(pairs, target, indicator.region_rule, changed.get((indicator.id, year), {}), regions)
    return pairs


def _inputs(target: Target) -> Iterator[tuple[Any, int]]:
    """The indicators and years from which a target is judged."""
    yield target.indicator, target.plan.year
    if target.operand is not None:
        yield target.operand, target.plan.year
    if target.comparator == Target.Comparator.IMPROVES:
        yield target.indicator, target.plan.year - 1


def _affect(pairs: Pairs, target: Target, region_rule: str, changed: dict[int | None, int], regions: Regions) -> None:
    if not changed:
        return
    judged = judged_regions(target, regions)
    for region_id, month in changed.items():
        reached = judged if region_id is None else [region_id] if region_rule == "own" else regions.upwards(region_id)
        for one in set(judged).intersection(reached):
            pairs[target.id, one] = min(month, pairs.get((target.id, one), 12))


def _forget_unjudged(targets: Collection[Target], regions: Regions) -> None:
    """Removes rows of regions for which a target is no longer judged; one query for all targets of one coverage."""
    grouped: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for target in targets:
        grouped[tuple(judged_regions(target, regions))].append(target.id)
    for region_ids, target_ids in grouped.items():
        Attainment.objects.filter(target_id__in=target_ids).exclude(region_id__in=region_ids).delete()


def _written(targets: list[Target], regions: Regions, pairs: Pairs) -> int:
    """Judges the pairs and writes what differs: how many rows."""
    known, written = storing.with_rows({target_id for target_id, _region in pairs}), 0
    for lot in _lots(pairs):
        all_new = known.isdisjoint(target_id for target_id, _region in lot)
        with uncollected():
            written += storing.write(_judge_all(targets, regions, lot), all_new=all_new)
    return written


def _lots(pairs: Pairs) -> Iterator[Pairs]:
    """The pairs in lots that fit in memory, sorted so that a lot shares its series."""
    ordered = iter(sorted(pairs.items()))
    while lot := dict(islice(ordered, PAIRS_AT_A_TIME)):
        yield lot


def _judged(targets: Iterable[Target], pairs: Pairs) -> dict[int, Judged]:
    wanted = {target_id for target_id, _region in pairs}
    chosen = [target for target in targets if target.id in wanted]
    events = [target.id for target in chosen if target.comparator == Target.Comparator.DONE_BY]
    steps = milestones.of_targets(events) if events else {}
    return {target.id: _prepared(target, steps.get(target.id, ())) for target in chosen}


def _prepared(target: Target, steps: tuple[Milestone, ...]) -> Judged:
    rule, year, version = target.rule, target.plan.year, target.version
    operand = target.operand.rule if target.operand is not None else None
    head = f"{FORMULA_VERSION}|{year}|{target.code}|{version}|{astuple(rule)}|{operand}|"
    ends = tuple(month.last_day for month in months_of(year))
    improves = target.comparator == Target.Comparator.IMPROVES
    return Judged(target, version, year, rule, operand, improves, head, steps, ends)


def _judge_all(
    targets: Iterable[Target], regions: Regions, pairs: Pairs, loader: Loader = official_now
) -> Iterator[storing.Row]:
    """The rows of the pairs, from the figures of one query, which is done before the first row is asked for."""
    judged = _judged(targets, pairs)
    figures = Figures(regions, loader)
    figures.load(
        (indicator.id, region_id, year, indicator.region_rule)
        for target_id, region_id in pairs
        for indicator, year in _inputs(judged[target_id].target)
    )
    return chain.from_iterable(
        _judge_pair(judged[target_id], region_id, regions.codes[region_id], month, figures)
        for (target_id, region_id), month in pairs.items()
    )


def _judge_pair(
    judged: Judged, region_id: int, region_code: str, first: int, figures: Figures
) -> Iterator[storing.Row]:
    """The rows of a target for a region, from a month (1 to 12) on."""
    inputs = _series(judged, region_id, figures)
    tokens = [series.tokens for series in inputs.used]
    digests = provenance.digests(f"{judged.head}{region_code}|", tokens, judged.steps, judged.month_ends)
    revisions = provenance.revision_lists(_revisions(inputs.used))
    facts = _facts(judged, inputs)[first - 1 :]
    results = judge_months(judged.rule, facts)
    kept = zip(revisions[first - 1 :], digests[first - 1 :], strict=True)
    return map(_row, repeat(judged), repeat(region_id), facts, results, kept)


class Inputs(NamedTuple):
    """The series from which a target is judged for a region; `used` are those that the target looks at."""

    own: Series
    operand: Series
    last_year: Series
    used: tuple[Series, ...]


def _series(judged: Judged, region_id: int, figures: Figures) -> Inputs:
    target = judged.target
    own = figures.series(target.indicator_id, judged.rule.indicator, region_id, judged.year)
    operand = last_year = _NOTHING
    if judged.operand is not None and target.operand_id is not None:
        operand = figures.series(target.operand_id, judged.operand, region_id, judged.year)
    if judged.improves:
        last_year = figures.series(target.indicator_id, judged.rule.indicator, region_id, judged.year - 1)
    return Inputs(own, operand, last_year, (own, *(one for one in (operand, last_year) if one is not _NOTHING)))


def _facts(judged: Judged, inputs: Inputs) -> list[Facts]:
    """What is known as of each month of the year."""
    scale = judged.operand.scale if judged.operand else ONE
    own, operand, last_year = inputs.own.states, inputs.operand.states, inputs.last_year.states
    steps = repeat(judged.steps)
    months = zip(range(1, 13), judged.month_ends, own, operand, repeat(scale), last_year, steps, strict=False)
    return list(map(_known, months))


def _revisions(used: tuple[Series, ...]) -> list[list[int]]:
    """The ids of the revisions of each month."""
    if len(used) == 1:
        return used[0].revisions
    return [[one for series in used for one in series.revisions[index]] for index in range(12)]


def _row(judged: Judged, region_id: int, facts: Facts, result: Judgement, kept: tuple[str, str]) -> storing.Row:
    own = facts.own
    months, missing = _freshness(own, judged.rule.indicator.expected, facts.month)
    return (
        judged.target.id,
        region_id,
        judged.year * 100 + facts.month,
        *result[:3],
        own.numerator if own else None,
        own.denominator if own else None,
        *result[3:],
        last_month(months),
        months,
        missing,
        judged.version,
        FORMULA_VERSION,
        *kept,
    )


def _freshness(state: Accumulated | None, expected: int, number: int) -> tuple[int, int]:
    """The months with data, and the expected months up to now in which a part or all of it is missing."""
    due = expected & ((1 << number) - 1)
    return (state.months, due & ~state.complete) if state else (0, due)


@dataclass(frozen=True, slots=True)
class Affected:
    """What changed figures reach: targets, and of these the regions and months."""

    targets: list[Target]
    regions: Regions
    pairs: Pairs

    @classmethod
    def by(cls, keys: Collection[Changed]) -> "Affected":
        """Everything that is to be judged anew after these."""
        regions, targets = Regions.load(), _targets({indicator_id for indicator_id, _region, _month in keys})
        return cls(targets, regions, expand(keys, targets, regions))

    @property
    def target_ids(self) -> set[int]:
        """The targets of which something is judged anew."""
        return {target_id for target_id, _region in self.pairs}

    @property
    def size(self) -> int:
        """At most how many series, each a year of figures, it is judged from."""
        inputs = {target.id: [one.region_rule for one, _year in _inputs(target)] for target in self.targets}
        measured = self.regions.measured
        return sum(len(measured(region_id, rule)) for target, region_id in self.pairs for rule in inputs[target])

    def rows(self, loader: Loader) -> Iterator[storing.Row]:
        """Judged from the figures that `loader` gives, for which nothing more is asked of the database."""
        return _judge_all(self.targets, self.regions, self.pairs, loader)


def attainments_if(entries: Collection[Entry]) -> list[Attainment]:
    """What the targets would be judged if these entries were official too; not saved. One attainment for each target
    and region that the entries touch, as of the entries' latest month; the wholes they are part of among them.
    """
    latest = max((one.month for one in entries), default=None)
    rows = Affected.by([one.key for one in entries]).rows(_with_entries(entries))
    return [made for made in map(storing.instance, rows) if made.month == latest]


def _with_entries(entries: Collection[Entry]) -> Loader:
    """The official figures, with those of the entries in their place; an entry has no revision yet, so its id is 0."""
    offered = {(one.indicator_id, one.region_id, one.month.key): one for one in entries}

    def load(keys: Collection[SeriesKey]) -> Iterator[Row]:
        yield from (row for row in official_now(keys) if row[:3] not in offered)
        for (indicator_id, region_id, month), one in offered.items():
            if SeriesKey(indicator_id, region_id, one.month.year) in keys:
                yield indicator_id, region_id, month, *one.figures, 0

    return load
