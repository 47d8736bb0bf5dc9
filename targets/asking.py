"""Which figures plans ask for: of which indicators, in which regions and months.

A plan asks for every indicator that one of its targets is judged by or compared with, wherever its figures are
measured; and for the indicators of its own region that no plan in force there promises anything about: they are only
watched. An indicator is of the region of the department that reports it; where no department does, of the one region
that is a part of no other. Whoever has to hand the figures in is told by `targets.duties`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Coalesce

from plans.models import Plan
from plans.periods import Month
from targets.dependencies import judged_regions
from targets.loading import Regions
from targets.models import Indicator, Target


@dataclass(frozen=True, slots=True)
class Asking:
    """What one plan asks for: its targets with plan, indicator and operand; the indicators by id, in the plan's order;
    and in which regions each is measured, by their codes."""

    plan: Plan
    targets: Sequence[Target]
    indicators: Mapping[int, Indicator]
    places: Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Asked:
    """What several plans ask for, in the order of the plans, and the regions that this follows from."""

    plans: Sequence[Asking]
    regions: Regions

    @cached_property
    def by_place(self) -> Mapping[tuple[int, int], Sequence[Plan]]:
        """The plans that ask for an indicator in a region."""
        found: dict[tuple[int, int], list[Plan]] = defaultdict(list)
        for asking in self.plans:
            for indicator_id, places in asking.places.items():
                for region_id in places:
                    found[indicator_id, region_id].append(asking.plan)
        return found

    def plans_for(self, indicator_id: int, region_id: int, month: Month) -> list[Plan]:
        """The plans for which a figure counts."""
        asking = self.by_place.get((indicator_id, region_id), ())
        return [plan for plan in asking if plan.first_month <= month <= plan.last_month]


def asked_by(plans: Sequence[Plan]) -> Asked:
    """What the plans ask for; three queries, one more where parts have quotas, however many plans and however much it
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
    return Asked([_asking(plan, by_plan[plan.pk], indicators.values(), regions) for plan in plans], regions)


def _targets(plans: Sequence[Plan]) -> list[Target]:
    """The targets in the order of their plans, each with its plan."""
    known = {plan.pk: plan for plan in plans}
    found = list(Target.objects.filter(plan__in=known).order_by("plan", "order", "code"))
    for target in found:
        target.plan = known[target.plan_id]
    prefetch_related_objects([target for target in found if target.coverage == Target.Coverage.QUOTAS], "quotas")
    return found


def _indicators(targets: Iterable[Target], plans: Iterable[Plan], regions: Regions) -> dict[int, Indicator]:
    """The indicators of the targets, and those that are only watched in a region of the plans. An indicator is read
    once, whatever refers to it."""
    promised = {pk for target in targets for pk in (target.indicator_id, target.operand_id) if pk is not None}
    places = {plan.region_id for plan in plans}
    return with_watched(regions).filter(Q(pk__in=promised) | Q(watched=True, home__in=places)).in_bulk()


def with_watched(regions: Regions) -> "QuerySet[Indicator]":
    """Indicators with `home`, the id of their region (0 for none), and `watched`: no plan in force there promises
    anything about them, and of those that no department reports no plan at all."""
    wholes = [region_id for region_id, parent in regions.parents.items() if parent is None]
    only = wholes[0] if len(wholes) == 1 else 0
    promised = Target.objects.in_force().filter(Q(indicator=OuterRef("pk")) | Q(operand=OuterRef("pk")))
    there = promised.filter(plan__region=OuterRef("home"))
    watched = ~Exists(there) & (Q(department__isnull=False) | ~Exists(promised))
    return Indicator.objects.annotate(home=Coalesce("department__region", Value(only))).annotate(watched=watched)


def _asking(plan: Plan, targets: Sequence[Target], indicators: Collection[Indicator], regions: Regions) -> Asking:
    places: dict[int, set[int]] = defaultdict(set)
    compared = [target.operand for target in targets if target.operand is not None]
    promised = {target.indicator_id for target in targets} | {operand.pk for operand in compared}
    watched = [indicator for indicator in indicators if _is_watched(indicator, plan) and indicator.pk not in promised]
    for target in targets:
        for indicator in filter(None, (target.indicator, target.operand)):
            _measure(places[indicator.pk], indicator, judged_regions(target, regions), regions)
    for indicator in watched:
        _measure(places[indicator.pk], indicator, [plan.region_id], regions)
    ordered = [*(target.indicator for target in targets), *sorted([*compared, *watched], key=lambda found: found.code)]
    by_code = {pk: sorted(found, key=lambda region_id: regions.codes[region_id]) for pk, found in places.items()}
    return Asking(plan, targets, {indicator.pk: indicator for indicator in ordered}, by_code)


def _is_watched(indicator: Indicator, plan: Plan) -> bool:
    """Whether the plan's region watches it; asked of indicators `with_watched`."""
    known = vars(indicator)
    return bool(known["watched"]) and known["home"] == plan.region_id


def _measure(places: set[int], indicator: Indicator, judged: Iterable[int], regions: Regions) -> None:
    places.update(leaf for region_id in judged for leaf in regions.measured(region_id, indicator.region_rule))
