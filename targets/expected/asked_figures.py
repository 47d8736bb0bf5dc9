"""Which figures plans ask for: of which indicators, in which regions and months.

A plan asks for every indicator that one of its targets is judged by or compared with, wherever its figures are
measured; and for the indicators of its own region that no plan in force there promises anything about: they are only
watched. An indicator is of the region of the department that reports it; where no department does, of the one region
that is a part of no other. A plan asks for its own months; and where it begins in the course of a year by which a
target is counted, for the months from January on of what is made from the figures of all months. Whoever has to hand
the figures in is told by `targets.expected.duties`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Coalesce

from plans.models import Plan
from plans.periods import Month
from targets.judging.dependencies import judged_regions
from targets.judging.loading import Regions
from targets.models import Indicator, Target


@dataclass(frozen=True, slots=True)
class PlanAsking:
    """What one plan asks for: its targets with plan, indicator and operand; the indicators by id, in the plan's order;
    in which regions each is measured, by their codes; of which of them the months before the plan count too; and of
    those with which only former rules compare, the last month in which one did."""

    plan: Plan
    targets: Sequence[Target]
    indicators: Mapping[int, Indicator]
    places: Mapping[int, Sequence[int]]
    earlier: Collection[int] = ()
    until: Mapping[int, Month] = field(default_factory=dict)

    def months_of(self, indicator_id: int) -> list[Month]:
        """The months of which it asks for the figures of an indicator."""
        last = self.until.get(indicator_id, self.plan.last_month)
        asked = [*(self.plan.earlier_months if indicator_id in self.earlier else ()), *self.plan.months]
        return [month for month in asked if month <= last]

    def asks_in(self, indicator_id: int, month: Month) -> bool:
        """Whether it asks for the figures of an indicator in a month."""
        first = self.plan.first_month
        begun = first <= month or (indicator_id in self.earlier and month.year == first.year)
        return begun and month <= self.until.get(indicator_id, self.plan.last_month)


@dataclass(frozen=True)
class AskedFigures:
    """What several plans ask for, in the order of the plans, and the regions that this follows from."""

    plans: Sequence[PlanAsking]
    regions: Regions

    @cached_property
    def by_indicator(self) -> Mapping[int, Sequence[PlanAsking]]:
        """By the indicators that they ask for."""
        found: dict[int, list[PlanAsking]] = defaultdict(list)
        for asking in self.plans:
            for indicator_id in asking.places:
                found[indicator_id].append(asking)
        return found

    def plans_for(self, indicator_id: int, region_id: int, month: Month) -> list[Plan]:
        """The plans for which a figure counts."""
        asking = self.by_indicator.get(indicator_id, ())
        there = (found for found in asking if region_id in found.places[indicator_id])
        return [found.plan for found in there if found.asks_in(indicator_id, month)]


def asked_by(plans: Sequence[Plan]) -> AskedFigures:
    """What the plans ask for; four queries, one more where parts have quotas, however many plans and however much it
    is."""
    regions = Regions.load()
    targets = _targets(plans)
    indicators = _indicators(targets, plans, regions)
    for target in targets:
        target.indicator = indicators[target.indicator_id]
        target.operand = indicators[target.operand_id] if target.operand_id is not None else None
    by_plan: dict[int, list[Target]] = defaultdict(list)
    for target in targets:
        by_plan[target.plan_id].append(target)
    watched, measured = _watched(indicators.values()), _Measured(regions)
    return AskedFigures(
        [_asking(plan, by_plan[plan.pk], watched.get(plan.region_id, ()), measured) for plan in plans], regions
    )


def _targets(plans: Sequence[Plan]) -> list[Target]:
    """The targets in the order of their plans, each with its plan."""
    known = {plan.pk: plan for plan in plans}
    found = list(Target.objects.filter(plan__in=known).with_rules().order_by("plan", "order", "code"))
    for target in found:
        target.plan = known[target.plan_id]
    parted = [target for target in found if any(rule.coverage == Target.Coverage.QUOTAS for rule in _rules(target))]
    prefetch_related_objects(parted, "quotas")
    return found


def _rules(target: Target) -> list[Target]:
    """The target by each rule that it has had in a month of its plan."""
    return [held.target for held in target.rules_held]


def _indicators(targets: Iterable[Target], plans: Iterable[Plan], regions: Regions) -> dict[int, Indicator]:
    """The indicators of the targets, and those that are only watched in a region of the plans. An indicator is read
    once, whatever refers to it."""
    rules = [rule for target in targets for rule in _rules(target)]
    promised = {pk for rule in rules for pk in (rule.indicator_id, rule.operand_id) if pk is not None}
    places = {plan.region_id for plan in plans}
    return with_watched(regions).filter(Q(pk__in=promised) | Q(watched=True, home__in=places)).in_bulk()


def with_watched(regions: Regions) -> "QuerySet[Indicator]":
    """Indicators with `home`, the id of their region (0 for none), and `watched`: no plan in force there promises
    anything about them, and of those that no department reports no plan at all."""
    wholes = [region_id for region_id, parent in regions.parents.items() if parent is None]
    only = wholes[0] if len(wholes) == 1 else 0
    compared = Q(operand=OuterRef("pk")) | Q(versions__operand=OuterRef("pk"))
    promised = Target.objects.in_force().filter(Q(indicator=OuterRef("pk")) | compared)
    there = promised.filter(plan__region=OuterRef("home"))
    watched = ~Exists(there) & (Q(department__isnull=False) | ~Exists(promised))
    return Indicator.objects.annotate(home=Coalesce("department__region", Value(only))).annotate(watched=watched)


def _watched(indicators: Iterable[Indicator]) -> dict[int, list[Indicator]]:
    """What is only watched in each region, of indicators `with_watched`."""
    found: dict[int, list[Indicator]] = defaultdict(list)
    for indicator in indicators:
        known = vars(indicator)
        if known["watched"]:
            found[known["home"]].append(indicator)
    return found


def _asking(plan: Plan, targets: Sequence[Target], watched: Sequence[Indicator], measured: "_Measured") -> PlanAsking:
    rules = [rule for target in targets for rule in _rules(target)]
    compared = [rule.operand for rule in rules if rule.operand is not None]
    promised = {target.indicator_id for target in targets} | {operand.pk for operand in compared}
    only_watched = [indicator for indicator in watched if indicator.pk not in promised]
    places: dict[int, Sequence[int]] = {}
    for rule in rules:
        judged = tuple(judged_regions(rule, measured.regions))
        for indicator in filter(None, (rule.indicator, rule.operand)):
            places[indicator.pk] = measured.united(places.get(indicator.pk, ()), measured.places(judged, indicator))
    for indicator in only_watched:
        places[indicator.pk] = measured.places((plan.region_id,), indicator)
    further = sorted([*compared, *only_watched], key=lambda indicator: indicator.code)
    ordered = [*(target.indicator for target in targets), *further]
    earlier = frozenset(indicator.pk for rule in rules for indicator in _counted_earlier(rule))
    return PlanAsking(
        plan, targets, {indicator.pk: indicator for indicator in ordered}, places, earlier, _compared_until(targets)
    )


def _compared_until(targets: Sequence[Target]) -> dict[int, Month]:
    """Of the indicators with which only former rules compare, the last month in which one did."""
    lasting = {pk for target in targets for pk in (target.indicator_id, target.operand_id)}
    found: dict[int, Month] = {}
    for held in (held for target in targets for held in target.rules_held):
        operand = held.target.operand_id
        if operand is not None and operand not in lasting:
            found[operand] = max(held.last, found.get(operand, held.last))
    return found


def _counted_earlier(target: Target) -> list[Indicator]:
    """The indicators of a target whose figures of the months before its plan count too."""
    used = (target.indicator, target.operand) if target.counts_earlier else ()
    return [indicator for indicator in used if indicator is not None and indicator.rule.adds_up]


def first_asked(plans: Collection[Plan]) -> dict[int, Month]:
    """The first month of which each plan asks for any figure, by the plan's id: its own first one, or January of that
    year. Two queries, none where all plans begin in January."""
    late = [plan for plan in plans if plan.earlier_months]
    related = Target.objects.filter(plan__in=late).select_related("plan", "indicator", "operand").with_rules()
    targets = related if late else ()
    earlier = {target.plan_id for target in targets for rule in _rules(target) if _counted_earlier(rule)}
    return {plan.pk: plan.earlier_months[0] if plan.pk in earlier else plan.first_month for plan in plans}


class _Measured:
    """Where figures are entered that make up those of regions, by their codes: plans ask the same again and again."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self._known: dict[tuple[Sequence[int], str], Sequence[int]] = {}

    def places(self, judged: Sequence[int], indicator: Indicator) -> Sequence[int]:
        """Where an indicator is measured that is judged in these regions."""
        key = judged, indicator.region_rule
        if key not in self._known:
            found = {leaf for region in judged for leaf in self.regions.measured(region, indicator.region_rule)}
            self._known[key] = self.united(found, ())
        return self._known[key]

    def united(self, some: Collection[int], others: Sequence[int]) -> Sequence[int]:
        """Both together, each once."""
        if not some:
            return others
        return sorted({*some, *others}, key=lambda region: self.regions.codes[region]) if some != others else others
