"""From official figures to attainments: the only place that writes Attainment rows.

A dirty key says "this indicator, in this region, from this month on". It expands to every target that is judged by
those figures, in the regions and months that are made from them (`dependencies`). What is affected is loaded in a
constant number of queries, judged by the pure formulas, and written in one upsert of the rows that differ. Runs that
judge one plan exclude each other (`exclusion`), so jobs may be repeated, reordered or killed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, groupby, islice, repeat
from typing import NamedTuple

from django.db import transaction

from plans.periods import Month, expected_months
from targets.arithmetic import provenance
from targets.arithmetic.accumulation import Accumulated, IndicatorRule
from targets.arithmetic.formulas import FORMULA_VERSION, DatedMilestone, TargetFacts, TargetRule
from targets.arithmetic.judging import Judgement, judge_months, not_owed
from targets.arithmetic.pace import PaceStep, Window, windows
from targets.bulk.garbage_collection import uncollected
from targets.entry_rules.figures import Entry
from targets.judging import milestones, storing
from targets.judging.dependencies import (
    Changed,
    FigureUse,
    Pairs,
    all_judged_pairs,
    baseline_year,
    judged_regions,
    looks_back,
    pairs_affected_by_keys,
    place_of_use,
    uses_held,
    uses_of,
)
from targets.judging.exclusion import Claim, claim_plans, exclude_others
from targets.judging.loading import (
    FoldedSeries,
    LoadedFigures,
    Loader,
    Regions,
    Row,
    SeriesKey,
    SeriesSpan,
    official_now,
)
from targets.models import AppliedFormulas, Attainment, DirtyKey, HeldRule, Quota, Target

Made = tuple[TargetFacts, Judgement, Quota | None, str, str]
"""A month: what is known, what comes of it, the quota in force, the revisions used and the hash of the inputs"""
KeyRow = tuple[int, int, int | None, Month]
"""A dirty key: its own id, indicator id, region id or None, month"""
KEYS_AT_A_TIME = 10_000
PAIRS_AT_A_TIME = 4_000
_known = partial(tuple.__new__, TargetFacts)
_NOTHING = (None, None, 0, 0, None)


@dataclass(frozen=True, slots=True)
class JudgedTarget:
    """A target by one of its rules, with all that is the same for its regions and months. `frozen` are the months, as
    integers YYYYMM, that stay judged as in the due month; `held` are the first and the last in which the rule held."""

    target: Target
    version: int
    first: Month
    rule: TargetRule
    operand: IndicatorRule | None
    windows: Sequence[Window]
    uses: Sequence[FigureUse]
    head: str
    milestones: tuple[DatedMilestone, ...]
    quotas: dict[int, list[Quota]]
    due: int
    frozen: Sequence[int]
    held: tuple[int, int]

    def place(self, month: Month) -> int:
        """The place of a month among the plan's, from 0."""
        return month.index - self.first.index

    @property
    def begins(self) -> int:
        """The place of the first month in which the rule held."""
        return self.place(Month.from_key(self.held[0]))

    @property
    def ends(self) -> int:
        """The place of the last one."""
        return self.place(Month.from_key(self.held[1]))


@transaction.atomic
def recompute_dirty(limit: int = KEYS_AT_A_TIME) -> tuple[int, int]:
    """Works off up to `limit` dirty keys of plans that no other run judges now: how many keys, and how many rows were
    written; (0, 0) for nothing. OutdatedFormulasError if newer formulas are applied: then the keys stay."""
    apply_formulas()
    waiting = list(DirtyKey.objects.order_by("id").values_list("indicator_id", "region_id")[:limit])
    if not waiting:
        return 0, 0
    claim = claim_plans(waiting)
    _demand_formulas()
    found = DirtyKey.objects.filter(indicator__in=claim.indicators).order_by("id")
    keys = list(found.values_list("id", "indicator_id", "region_id", "month")[:limit])
    regions, targets = Regions.load(), _targets({indicator_id for _pk, indicator_id, _region, _month in keys})
    rows, targets = _within(claim, keys, targets)
    whole = {indicator_id for _pk, indicator_id, region_id, _month in rows if region_id is None}
    _forget_unjudged([target for target in targets if target.indicator_id in whole], regions)
    written = _written(targets, regions, pairs_affected_by_keys((row[1:] for row in rows), targets, regions))
    DirtyKey.objects.filter(id__in=[row[0] for row in rows]).delete()
    return len(rows), written


def _within(claim: Claim, rows: Sequence[KeyRow], targets: list[Target]) -> tuple[Sequence[KeyRow], list[Target]]:
    """The keys and targets without those of plans that were found since the claim was made: another run judges them."""
    later = [target for target in targets if target.plan_id not in claim.plans]
    if not later:
        return rows, targets
    used = {use.indicator.id for target in later for _rule, use in uses_held(target)}
    return [row for row in rows if row[1] not in used], [target for target in targets if target not in later]


@transaction.atomic
def recompute_all() -> int:
    """Judges every target for every region and month anew, writes the rows that differ and returns their number.
    OutdatedFormulasError if newer formulas are applied."""
    exclude_others()
    apply_formulas()
    regions, targets = Regions.load(), _targets()
    _forget_unjudged(targets, regions)
    return _written(targets, regions, all_judged_pairs(targets, regions))


class OutdatedFormulasError(Exception):
    """The attainments are judged by newer formulas than this process knows."""

    def __init__(self, applied: int) -> None:
        super().__init__(
            f"attainments are judged by version {applied} of the formulas, this process knows version "
            f"{FORMULA_VERSION}: restart it with the new release"
        )


def apply_formulas() -> bool:
    """Sees to it that everything is judged by the formulas of this process: whether anything has to be judged anew
    for that, which is marked. OutdatedFormulasError if newer ones are applied."""
    return False if formulas_applied() else _apply_formulas()


@transaction.atomic
def _apply_formulas() -> bool:
    exclude_others()
    applied = AppliedFormulas.objects.values_list("version", flat=True).first()
    if applied is not None and applied > FORMULA_VERSION:
        raise OutdatedFormulasError(applied)
    AppliedFormulas.objects.update_or_create(defaults={"version": FORMULA_VERSION})
    return mark_outdated()


def _demand_formulas() -> None:
    """OutdatedFormulasError if newer formulas were applied since this process saw to its own."""
    applied = AppliedFormulas.objects.values_list("version", flat=True).get()
    if applied != FORMULA_VERSION:
        raise OutdatedFormulasError(applied)


@transaction.atomic
def mark_outdated() -> bool:
    """Marks everything to be judged anew if an attainment was judged by other formulas: whether it is so."""
    promised = Target.objects.in_force()
    if not Attainment.objects.filter(target__in=promised).exclude(formula_version=FORMULA_VERSION).exists():
        return False
    wanted = {(target.indicator_id, target.plan.first_month) for target in promised.select_related("plan")}
    DirtyKey.objects.bulk_create(
        DirtyKey(indicator_id=indicator_id, region_id=None, month=month) for indicator_id, month in sorted(wanted)
    )
    return True


def outdated_marked() -> bool:
    """The same as `apply_formulas`, with a look at the attainments themselves, some of which may come from elsewhere:
    asked whenever a process starts."""
    return apply_formulas() or mark_outdated()


def formulas_applied() -> bool:
    """Whether everything is judged by the formulas of this process, or marked to be."""
    return AppliedFormulas.objects.filter(version=FORMULA_VERSION).exists()


def fresh_rows(targets: list[Target], regions: Regions, loader: Loader = official_now) -> Iterator[storing.Row]:
    """Every row of the targets as it ought to be, computed from the figures alone."""
    for lot in _lots(all_judged_pairs(targets, regions)):
        yield from _judge_all(targets, regions, lot, loader)


def attainments_from(targets: list[Target], region_id: int, loader: Loader, *, parts: bool = False) -> list[Attainment]:
    """The targets judged for a region, with `parts` for every region of theirs, from the figures that `loader` gives;
    not saved."""
    regions = Regions.load()
    pairs = {pair: 0 for pair in all_judged_pairs(targets, regions) if parts or pair[1] == region_id}
    return [storing.attainment_of_row(row) for row in _judge_all(targets, regions, pairs, loader)]


def replay_month(
    target: Target, region_id: int, month: Month, regions: Regions, loaders: Iterable[Loader]
) -> Iterator[Attainment]:
    """The target judged for one month, from each of the loaders' figures in turn; not saved. What is not a figure, its
    rule and its milestones, stays as it is now."""
    pair = (target.id, region_id)
    judged = _judged([target.in_month(month)], {pair: 0})
    pairs = {pair: judged[target.id][0].place(month)}
    for loader in loaders:
        figures = _figures(judged, regions, pairs, loader)
        rows = _judge_pair(judged[target.id], region_id, regions, pairs[pair], figures)
        yield storing.attainment_of_row(next(row for row in rows if row[storing.MONTH] == month.key))


def _targets(indicator_ids: Collection[int] | None = None) -> list[Target]:
    """The targets that are judged by the indicators or compared with them; all if none are named."""
    targets = Target.objects.in_force().to_be_judged()
    return list(targets if indicator_ids is None else targets.judged_by(indicator_ids))


def _forget_unjudged(targets: Collection[Target], regions: Regions) -> None:
    """Removes rows of regions for which a target is no longer judged; one query for all targets of one coverage in the
    same months."""
    grouped: dict[tuple[tuple[int, ...], tuple[Month, Month] | None], list[int]] = defaultdict(list)
    for target in targets:
        rules = target.rules_held
        for held in rules:
            months = (held.first, held.last) if len(rules) > 1 else None
            grouped[tuple(judged_regions(held.target, regions)), months].append(target.id)
    for (region_ids, months), target_ids in grouped.items():
        rows = Attainment.objects.filter(target_id__in=target_ids, **{"month__range": months} if months else {})
        rows.exclude(region_id__in=region_ids).delete()


def _written(targets: list[Target], regions: Regions, pairs: Pairs) -> int:
    """Judges the pairs and writes what differs: how many rows."""
    known, written = storing.targets_with_rows({target_id for target_id, _region in pairs}), 0
    for lot in _lots(pairs):
        all_new = known.isdisjoint(target_id for target_id, _region in lot)
        with uncollected():
            written += storing.write_attainments(_judge_all(targets, regions, lot), all_new=all_new)
    return written


def _lots(pairs: Pairs) -> Iterator[Pairs]:
    """The pairs in lots that fit in memory, sorted so that a lot shares its series."""
    ordered = iter(sorted(pairs.items()))
    while lot := dict(islice(ordered, PAIRS_AT_A_TIME)):
        yield lot


def _judged(targets: Iterable[Target], pairs: Pairs) -> dict[int, list[JudgedTarget]]:
    """Each target by all the rules that it has had, in the order of the months in which they held: mostly one."""
    wanted = {target_id for target_id, _region in pairs}
    chosen = [target for target in targets if target.id in wanted]
    events = [target.id for target in chosen if target.comparator == Target.Comparator.DONE_BY]
    found = milestones.provided_milestones_of(events) if events else {}
    return {target.id: [_prepared(held, found.get(target.id, ())) for held in target.rules_held] for target in chosen}


def _prepared(held: HeldRule, found: tuple[DatedMilestone, ...]) -> JudgedTarget:
    target = held.target
    rule, version = target.rule, target.version
    operand = target.operand.rule if target.operand is not None else None
    course = target.course(PaceStep(step.due, step.threshold) for step in target.all_steps)
    when = (str(course.begins), course.by_plan, course.steps)
    return JudgedTarget(
        target,
        version,
        course.first,
        rule,
        operand,
        windows(course, expected_months(target.indicator.frequency), earlier=target.indicator.rule.adds_up),
        uses_of(target),
        f"{FORMULA_VERSION}|{target.plan.code}|{target.code}|{version}|{provenance.rule_values(rule)}|{operand}|{when}|",
        found,
        _by_region(target),
        course.due.key,
        [month.key for month in course.frozen],
        (held.first.key, held.last.key),
    )


def _by_region(target: Target) -> dict[int, list[Quota]]:
    """The versions of each region's own threshold, in order of time."""
    if target.coverage == Target.Coverage.WHOLE:
        return {}
    found: dict[int, list[Quota]] = defaultdict(list)
    for quota in sorted(target.all_quotas, key=lambda quota: quota.from_month):
        found[quota.region_id].append(quota)
    return found


def _judge_all(
    targets: Iterable[Target], regions: Regions, pairs: Pairs, loader: Loader = official_now
) -> Iterator[storing.Row]:
    """The rows of the pairs, from the figures of one query, which is done before the first row is asked for."""
    judged = _judged(targets, pairs)
    figures = _figures(judged, regions, pairs, loader)
    return chain.from_iterable(
        _judge_pair(judged[target_id], region_id, regions, first, figures)
        for (target_id, region_id), first in pairs.items()
    )


def _figures(judged: dict[int, list[JudgedTarget]], regions: Regions, pairs: Pairs, loader: Loader) -> LoadedFigures:
    """The figures from which the pairs are judged, those of years that matter no more left out."""
    figures = LoadedFigures(regions, loader)
    figures.load(
        (use.indicator.id, place, use.year, use.indicator.region_rule)
        for (target_id, region_id), first in pairs.items()
        for rule in judged[target_id]
        for use in rule.uses
        if use.last >= first and (place := place_of_use(rule.target, use, region_id, regions)) is not None
    )
    return figures


def _judge_pair(
    rules: Sequence[JudgedTarget], region_id: int, regions: Regions, first: int, figures: LoadedFigures
) -> Iterator[storing.Row]:
    """The rows of a target for a region, from a place among the plan's months on; each by the rule that held then."""
    if len(rules) == 1:
        return _judge_by(rules[0], region_id, regions, first, figures)
    return chain.from_iterable(
        _while_held(judged, _judge_by(judged, region_id, regions, max(first, judged.begins), figures))
        for judged in rules
        if judged.ends >= first and region_id in judged_regions(judged.target, regions)
    )


def _while_held(judged: JudgedTarget, rows: Iterable[storing.Row]) -> Iterator[storing.Row]:
    """Of the rows that a rule makes those of the months in which it held: each is made from all figures up to it."""
    first, last = judged.held
    return (row for row in rows if first <= row[storing.MONTH] <= last)


def _judge_by(
    judged: JudgedTarget, region_id: int, regions: Regions, first: int, figures: LoadedFigures
) -> Iterator[storing.Row]:
    if not judged.frozen:
        return _judge_windows(judged, region_id, regions, first, figures)
    due = judged.place(Month.from_key(judged.due))
    return _with_frozen(judged, _judge_windows(judged, region_id, regions, min(first, due), figures))


def _with_frozen(judged: JudgedTarget, rows: Iterable[storing.Row]) -> Iterator[storing.Row]:
    """The rows, and that of the due month once more for each month of the years after it."""
    kept: storing.Row = ()
    for row in rows:
        kept = row if row[storing.MONTH] == judged.due else kept
        yield row
    for month in judged.frozen:
        yield (*kept[: storing.MONTH], month, *kept[storing.MONTH + 1 :])


def _judge_windows(
    judged: JudgedTarget, region_id: int, regions: Regions, first: int, figures: LoadedFigures
) -> Iterator[storing.Row]:
    ahead = [window for window in judged.windows if window.last >= first]
    return chain.from_iterable(_judge_window(judged, window, region_id, regions, first, figures) for window in ahead)


def _judge_window(
    judged: JudgedTarget, window: Window, region_id: int, regions: Regions, first: int, figures: LoadedFigures
) -> Iterator[storing.Row]:
    """The rows of the months that are counted together, from a place among the plan's months on."""
    inputs = _inputs(judged, window, region_id, regions, figures)
    facts = _facts(judged, window, inputs)
    quotas = _quotas(judged, region_id, facts)
    head = f"{judged.head}{regions.codes[region_id]}|{window.months[0]}|{inputs.baseline}|"
    digests = provenance.input_digests(
        head, [series.tokens for series in inputs.used], _alone(judged, window, facts, quotas)
    )
    revisions = provenance.revision_lists(_revisions(inputs.used), inputs.before)
    start = max(first - window.place, 0)
    facts, quotas, kept = facts[start:], quotas[start:], slice(window.skipped + start, None)
    results = _results(judged, region_id, facts, quotas)
    return _rows(judged, window, region_id, zip(facts, results, quotas, revisions[kept], digests[kept], strict=False))


class JudgementInputs(NamedTuple):
    """The states from which a target is judged for a region, month by month; the series that it looks at; and what of a
    baseline counts for all months: its text for the hash, and its revisions."""

    own: Sequence[Accumulated | None]
    against: Sequence[Accumulated | None]
    used: tuple[FoldedSeries, ...]
    baseline: str = ""
    before: Sequence[int] = ()


@lru_cache(maxsize=20)
def _nothing(months: int) -> list[None]:
    return [None] * months


def _inputs(
    judged: JudgedTarget, window: Window, region_id: int, regions: Regions, figures: LoadedFigures
) -> JudgementInputs:
    target, rule, months = judged.target, judged.rule.indicator, len(window.months)
    own = figures.counted(rule, SeriesSpan(target.indicator_id, region_id, window.months[0], months))
    year = baseline_year(target)
    if year is not None:
        series = figures.series(target.indicator_id, rule, region_id, year)
        known = [series.states[-1]] * months
        return JudgementInputs(
            own.states, known, (own,), "".join(series.tokens), [*chain.from_iterable(series.revisions)]
        )
    against = _against(judged, window, region_id, regions)
    if against is None:
        return JudgementInputs(own.states, _nothing(months), (own,))
    other = figures.counted(judged.operand or rule, against)
    return JudgementInputs(own.states, other.states, (own, other))


def _against(judged: JudgedTarget, window: Window, region_id: int, regions: Regions) -> SeriesSpan | None:
    """The figures that the target's are held against month by month."""
    target, months = judged.target, len(window.months)
    if target.operand_id is not None:
        return SeriesSpan(target.operand_id, region_id, window.months[0], months)
    if looks_back(target):
        return SeriesSpan(target.indicator_id, region_id, window.months[0] - 100, months)
    use = next((use for use in judged.uses if use.elsewhere), None)
    place = place_of_use(target, use, region_id, regions) if use is not None else None
    return SeriesSpan(target.indicator_id, place, window.months[0], months) if place is not None else None


def _facts(judged: JudgedTarget, window: Window, inputs: JudgementInputs) -> list[TargetFacts]:
    """What is known as of each month that is judged."""
    own, against, skipped = inputs.own, inputs.against, window.skipped
    if skipped:
        own, against = own[skipped:], against[skipped:]
    return list(map(_known, zip(window.stages, own, against, repeat(judged.milestones), strict=False)))


def _quotas(judged: JudgedTarget, region_id: int, facts: Sequence[TargetFacts]) -> list[Quota | None]:
    """Of a region's versions the one by which each month is judged: the latest that had begun."""
    versions = judged.quotas.get(region_id)
    if not versions:
        return [None] * len(facts)
    months = (fact.stage.month for fact in facts)
    return [next((quota for quota in reversed(versions) if quota.from_month <= month), None) for month in months]


def _alone(
    judged: JudgedTarget, window: Window, facts: Sequence[TargetFacts], quotas: Sequence[Quota | None]
) -> list[str]:
    """What decides a month and none after it, for the hash, a text for each month of the window: those that are counted
    and not judged, before and after the others, have none. Empty where there is nothing of the kind."""
    if not judged.quotas and not judged.milestones:
        return []
    texts = (provenance.milestones_text(judged.milestones, fact.stage.end) for fact in facts)
    pairs = zip(texts, quotas, strict=True)
    told = [text if quota is None else f"{text}|quota {quota.threshold}" for text, quota in pairs]
    after = len(window.months) - window.skipped - len(told)
    return [""] * window.skipped + told + [""] * after


def _results(
    judged: JudgedTarget, region_id: int, facts: Sequence[TargetFacts], quotas: Sequence[Quota | None]
) -> Iterable[Judgement]:
    """What comes of the months: those of one quota are judged together."""
    owes = judged.target.coverage != Target.Coverage.QUOTAS or region_id == judged.target.plan.region_id
    if owes and not judged.quotas:
        return judge_months(judged.rule, facts)
    found: list[Judgement] = []
    for quota, of in groupby(zip(facts, quotas, strict=True), key=lambda pair: pair[1]):
        months = [fact for fact, _quota in of]
        if quota is not None and quota.threshold is not None:
            found += judge_months(judged.rule.for_part(quota.threshold), months)
        else:
            found += judge_months(judged.rule, months) if owes else not_owed(judged.rule, months)
    return found


def _revisions(used: tuple[FoldedSeries, ...]) -> list[list[int]]:
    """The ids of the revisions of each month."""
    if len(used) == 1:
        return used[0].revisions
    return [[pk for series in used for pk in series.revisions[index]] for index in range(len(used[0].revisions))]


def _rows(judged: JudgedTarget, window: Window, region_id: int, made: Iterable[Made]) -> Iterator[storing.Row]:
    """What is stored of the months that are judged."""
    target_id, version, months = judged.target.id, judged.version, window.months
    for (stage, own, *_rest), result, quota, revisions, digest in made:
        numerator, denominator, known, complete, _done_on = own or _NOTHING
        yield (
            target_id,
            region_id,
            stage.key,
            *result[:3],
            numerator,
            denominator,
            *result[3:],
            quota.pk if quota is not None else None,
            months[0],
            months[known.bit_length() - 1] if known else None,
            known,
            stage.expected & ~complete,
            version,
            FORMULA_VERSION,
            revisions,
            digest,
        )


@dataclass(frozen=True, slots=True)
class AffectedTargets:
    """What changed figures reach: targets, and of these the regions and months."""

    targets: list[Target]
    regions: Regions
    pairs: Pairs

    @classmethod
    def by(cls, keys: Collection[Changed]) -> "AffectedTargets":
        """Everything that is to be judged anew after these."""
        regions, targets = Regions.load(), _targets({indicator_id for indicator_id, _region, _month in keys})
        return cls(targets, regions, pairs_affected_by_keys(keys, targets, regions))

    @property
    def target_ids(self) -> set[int]:
        """The targets of which something is judged anew."""
        return {target_id for target_id, _region in self.pairs}

    @property
    def plan_ids(self) -> set[int]:
        """The plans of the targets."""
        return {target.plan_id for target in self.targets}

    @property
    def size(self) -> int:
        """At most how many series, each a year of figures, it is judged from."""
        inputs = {target.id: [use.indicator.region_rule for _rule, use in uses_held(target)] for target in self.targets}
        measured = self.regions.measured
        return sum(len(measured(region_id, rule)) for target, region_id in self.pairs for rule in inputs[target])

    def rows(self, loader: Loader) -> Iterator[storing.Row]:
        """Judged from the figures that `loader` gives, for which nothing more is asked of the database."""
        return _judge_all(self.targets, self.regions, self.pairs, loader)


def attainments_if(entries: Collection[Entry]) -> list[Attainment]:
    """What the targets would be judged if these entries were official too; not saved. One attainment for each target
    and region that the entries touch, as of the entries' latest month; the wholes they are part of among them.
    """
    latest = max((entry.month for entry in entries), default=None)
    rows = AffectedTargets.by([entry.key for entry in entries]).rows(_with_entries(entries))
    return [made for made in map(storing.attainment_of_row, rows) if made.month == latest]


def _with_entries(entries: Collection[Entry]) -> Loader:
    """The official figures, with those of the entries in their place; an entry has no revision yet, so its id is 0."""
    offered = {(entry.indicator_id, entry.region_id, entry.month.key): entry for entry in entries}

    def load(keys: Collection[SeriesKey]) -> Iterator[Row]:
        yield from (row for row in official_now(keys) if row[:3] not in offered)
        for (indicator_id, region_id, month), entry in offered.items():
            if SeriesKey(indicator_id, region_id, entry.month.year) in keys:
                yield indicator_id, region_id, month, *entry.figures, 0

    return load
