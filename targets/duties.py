"""Who is expected to report what and when: the one rule, by which desk, worksheet, months and timeliness all go.

A plan's year asks for every indicator that one of its targets is judged by or compared with, and for those that no plan
promises anything about (the quality office only watches them), in each month in which the indicator is due, wherever
its figures are measured. The figure of the plan's own region is reported by the department on duty that month, a
county's by the county's government. See `ReportingDuty` for how that changes from a month on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from departments.models import Department, Region
from plans.models import Plan
from plans.periods import Month, expected_months
from targets.dependencies import judged_regions
from targets.loading import Regions
from targets.models import Indicator, ReportingDuty, Target
from targets.models.duty import COUNTY


class Key(NamedTuple):
    """One figure."""

    indicator_id: int
    region_id: int
    month: Month


@dataclass(frozen=True)
class Expected:
    """Every figure that is expected, in the plan's order, with the department that reports it (None: nobody has been
    named); the indicators by id, in the same order; and what this follows from: targets, with their indicators, and
    regions."""

    indicators: Mapping[int, Indicator]
    figures: Mapping[Key, int | None]
    targets: Sequence[Target]
    regions: Regions

    @cached_property
    def by_unit(self) -> Mapping[tuple[int | None, Month], Sequence[Key]]:
        """The figures of each department and month."""
        found: dict[tuple[int | None, Month], list[Key]] = defaultdict(list)
        for key, department_id in self.figures.items():
            found[department_id, key.month].append(key)
        return found

    def of(self, department_id: int | None, month: Month) -> Sequence[Key]:
        """What a department reports for a month."""
        return self.by_unit.get((department_id, month), ())

    def due_of(self, department_id: int | None, month: Month) -> list[int]:
        """The ids of the indicators of these figures."""
        return [key.indicator_id for key in self.of(department_id, month)]

    def indicators_of(self, department_id: int | None, month: Month) -> list[Indicator]:
        """The indicators of these figures."""
        return [self.indicators[key.indicator_id] for key in self.of(department_id, month)]


def place_of(department: Department, plan: Plan) -> Region:
    """Where the unit's figures are measured: a county's in the county, a bureau's in the plan's region."""
    return department.region if department.kind == COUNTY else plan.region


def expected_of(plan: Plan, months: Collection[Month] | None = None) -> Expected:
    """What is expected in the plan's months, or only in some of them; five queries, however much it is."""
    regions = Regions.load()
    targets, watched = _read(plan)
    indicators, places = _asked(plan, targets, watched, regions)
    reporters = _Reporters(plan)
    wanted = [one for one in plan.months if months is None or one in months]
    figures: dict[Key, int | None] = {}
    for one in indicators.values():
        due = set(expected_months(one.frequency))
        for key in (Key(one.pk, place, month) for month in wanted if month.number in due for place in places[one.pk]):
            expected, department_id = reporters.of(one, key)
            if expected:
                figures[key] = department_id
    return Expected(indicators, figures, targets, regions)


def _read(plan: Plan) -> tuple[list[Target], list[Indicator]]:
    """The plan's targets in its order, with plan, indicator and operand; and the indicators that no plan promises
    anything about. An indicator is read once, whatever refers to it."""
    targets = list(Target.objects.filter(plan=plan).order_by("order", "code"))
    promised = {pk for one in targets for pk in (one.indicator_id, one.operand_id) if pk is not None}
    known = Indicator.objects.filter(Q(pk__in=promised) | _NOT_PROMISED).in_bulk()
    for one in targets:
        one.plan, one.indicator = plan, known[one.indicator_id]
        one.operand = known[one.operand_id] if one.operand_id is not None else None
    return targets, [one for pk, one in known.items() if pk not in promised]


_NOT_PROMISED = ~Exists(Target.objects.filter(Q(indicator=OuterRef("pk")) | Q(operand=OuterRef("pk"))))


def _asked(
    plan: Plan, targets: Iterable[Target], watched: Iterable[Indicator], regions: Regions
) -> tuple[dict[int, Indicator], dict[int, list[int]]]:
    """The indicators that the plan's year asks for, in the plan's order, and where each is measured."""
    compared = []
    places: dict[int, set[int]] = defaultdict(set)
    for target in targets:
        _measure(places, target.indicator, judged_regions(target, regions), regions)
        if target.operand is not None:
            compared.append(target.operand)
            _measure(places, target.operand, judged_regions(target, regions), regions)
    for one in watched:
        _measure(places, one, [plan.region_id], regions)
    ordered = [*(one.indicator for one in targets), *sorted([*compared, *watched], key=lambda one: one.code)]
    return {one.pk: one for one in ordered}, {pk: _by_code(found, regions) for pk, found in places.items()}


def _measure(places: dict[int, set[int]], indicator: Indicator, judged: Iterable[int], regions: Regions) -> None:
    places[indicator.pk].update(leaf for one in judged for leaf in regions.measured(one, indicator.region_rule))


def _by_code(places: Iterable[int], regions: Regions) -> list[int]:
    return sorted(places, key=lambda one: regions.codes[one])


class _Reporters:
    """Who reports a figure, by the duties or else by who is there now; two queries."""

    def __init__(self, plan: Plan) -> None:
        self.whole = plan.region_id
        self.counties: dict[int, list[Department]] = defaultdict(list)
        for county in Department.objects.filter(kind=COUNTY).order_by("code"):
            self.counties[county.region_id].append(county)
        self.governments = {one.pk for found in self.counties.values() for one in found}
        self.bureaus: dict[int, list[ReportingDuty]] = defaultdict(list)
        self.countys: dict[tuple[int | None, int | None], list[ReportingDuty]] = defaultdict(list)
        for duty in ReportingDuty.objects.order_by("since"):
            if duty.department_id in self.governments:
                self.countys[duty.department_id, duty.indicator_id].append(duty)
            elif duty.indicator_id is not None:
                self.bureaus[duty.indicator_id].append(duty)

    def of(self, indicator: Indicator, key: Key) -> tuple[bool, int | None]:
        """Whether the figure is expected, and of whom: nobody if none has been named, or a county for the whole."""
        if key.region_id == self.whole:
            return self._bureau(indicator, key.month)
        governments = self.counties.get(key.region_id, [])
        on_duty = [one for one in governments if self._reports(one, key)]
        return bool(on_duty) or not governments, on_duty[0].pk if on_duty else None

    def _bureau(self, indicator: Indicator, month: Month) -> tuple[bool, int | None]:
        if duties := self.bureaus.get(indicator.pk):
            covering = next((one for one in duties if one.covers(month)), None)
            return covering is not None, covering.department_id if covering else None
        return True, None if indicator.department_id in self.governments else indicator.department_id

    def _reports(self, county: Department, key: Key) -> bool:
        """By the county's duties for the indicator, else by those for everything, else always."""
        duties = self.countys.get((county.pk, key.indicator_id)) or self.countys.get((county.pk, None))
        return duties is None or any(one.covers(key.month) for one in duties)
