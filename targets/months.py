"""The months of a plan's year for the quality office: closed by whom, and how complete."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from plans.models import Plan
from plans.periods import Month, expected_months, months_of
from targets.loading import Regions
from targets.models import Indicator, MonthLock, Observation, Revision, Target
from targets.recompute import judged_regions

Key = tuple[int, int, Month]
"""indicator id, region id, month"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A month: how many figures are official, wait for review, or are expected and neither; and its locks."""

    month: Month
    approved: int
    waiting: int
    missing: int
    locks: Sequence[MonthLock]

    @property
    def lock(self) -> MonthLock | None:
        """The lock that holds now."""
        return next((one for one in self.locks if one.reopened_at is None), None)

    @property
    def reopened(self) -> Sequence[MonthLock]:
        """The locks that were opened again, newest first."""
        return [one for one in self.locks if one.reopened_at is not None]


def standings(plan: Plan) -> list[Standing]:
    """Every month of the plan's year."""
    months = months_of(plan.year)
    expected = expected_figures(plan)
    indicators = {key[0] for key in expected}
    official, waiting = _official(indicators, plan), _waiting(indicators, plan)
    approved, open_ones = Counter(key[2] for key in official), Counter(key[2] for key in waiting)
    missing = Counter(key[2] for key in expected - official - waiting)
    locks = _locks(plan)
    return [Standing(one, approved[one], open_ones[one], missing[one], locks[one]) for one in months]


def newest_plan() -> Plan | None:
    """The plan of the latest year."""
    return Plan.objects.select_related("region").order_by("-year").first()


def expected_figures(plan: Plan) -> set[Key]:
    """Every figure that the plan's targets need: each indicator where and in the months in which it is due."""
    regions = Regions.load()
    expected: set[Key] = set()
    for target in Target.objects.filter(plan=plan).select_related("plan", "indicator", "operand"):
        for indicator in (target.indicator, target.operand):
            if indicator is not None:
                expected |= _due(indicator, target, regions)
    return expected


def _due(indicator: Indicator, target: Target, regions: Regions) -> set[Key]:
    judged, rule = judged_regions(target, regions), indicator.region_rule
    measured = {place for one in judged for place in regions.measured(one, rule)}
    numbers = expected_months(indicator.frequency)
    return {(indicator.pk, place, Month(target.plan.year, number)) for place in measured for number in numbers}


def _range(plan: Plan) -> tuple[Month, Month]:
    return Month(plan.year, 1), Month(plan.year, 12)


def _official(indicators: set[int], plan: Plan) -> set[Key]:
    rows = Observation.objects.official().filter(indicator__in=indicators, month__range=_range(plan))
    return set(rows.values_list("indicator_id", "region_id", "month"))


def _waiting(indicators: set[int], plan: Plan) -> set[Key]:
    rows = Revision.objects.filter(
        state=Revision.StateChoices.SUBMITTED,
        observation__indicator__in=indicators,
        observation__month__range=_range(plan),
    )
    return set(rows.values_list("observation__indicator_id", "observation__region_id", "observation__month"))


def _locks(plan: Plan) -> dict[Month, list[MonthLock]]:
    found: dict[Month, list[MonthLock]] = defaultdict(list)
    rows = MonthLock.objects.filter(month__range=_range(plan)).select_related("locked_by", "reopened_by")
    for one in rows.order_by("-pk"):
        found[one.month].append(one)
    return found
