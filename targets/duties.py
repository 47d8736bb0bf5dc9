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

from django.db.models import Q

from departments.models import Department, Region
from plans.models import Plan
from plans.periods import Month, expected_months, months_of
from targets.loading import Regions
from targets.models import Indicator, ReportingDuty, Target
from targets.models.duty import COUNTY
from targets.recompute import judged_regions


class Key(NamedTuple):
    """One figure."""

    indicator_id: int
    region_id: int
    month: Month


@dataclass(frozen=True)
class Expected:
    """Every figure that is expected, in the plan's order, with the department that reports it (None: nobody has been
    named); and the indicators by id, in the same order."""

    indicators: Mapping[int, Indicator]
    figures: Mapping[Key, int | None]

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


def place_of(department: Department, plan: Plan) -> Region:
    """Where the unit's figures are measured: a county's in the county, a bureau's in the plan's region."""
    return department.region if department.kind == COUNTY else plan.region


def expected_of(plan: Plan, months: Collection[Month] | None = None) -> Expected:
    """What is expected in the plan's year, or only in some of its months; five queries, however much it is."""
    indicators, places = _asked(plan)
    reporters = _Reporters(plan)
    wanted = [one for one in months_of(plan.year) if months is None or one in months]
    figures: dict[Key, int | None] = {}
    for one in indicators.values():
        due = set(expected_months(one.frequency))
        for key in (Key(one.pk, place, month) for month in wanted if month.number in due for place in places[one.pk]):
            expected, department_id = reporters.of(one, key)
            if expected:
                figures[key] = department_id
    return Expected(indicators, figures)


def indicators_for(department: Department, plan: Plan, month: Month) -> list[Indicator]:
    """What the unit reports for the month, in the plan's order."""
    expected = expected_of(plan, {month})
    return [expected.indicators[key.indicator_id] for key in expected.of(department.pk, month)]


def _asked(plan: Plan) -> tuple[dict[int, Indicator], dict[int, list[int]]]:
    """The indicators that the plan's year asks for, in the plan's order, and where each is measured."""
    regions = Regions.load()
    indicators: dict[int, Indicator] = {}
    compared: dict[int, Indicator] = {}
    places: dict[int, set[int]] = defaultdict(set)
    targets = Target.objects.filter(plan=plan).select_related("plan", "indicator__department", "operand__department")
    for target in targets.order_by("order", "code"):
        indicators.setdefault(target.indicator_id, target.indicator)
        _measure(places, target.indicator, judged_regions(target, regions), regions)
        if target.operand is not None:
            compared[target.operand.pk] = target.operand
            _measure(places, target.operand, judged_regions(target, regions), regions)
    watched = Indicator.objects.exclude(_promised_by(plan.year)).select_related("department")
    for one in sorted([*compared.values(), *watched], key=lambda one: one.code):
        indicators.setdefault(one.pk, one)
        _measure(places, one, [plan.region_id], regions)
    return indicators, {pk: _by_code(found, regions) for pk, found in places.items()}


def _promised_by(year: int) -> Q:
    """What was promised up to a year: what a later plan promises about an indicator changes nothing in this one."""
    earlier = Target.objects.filter(plan__year__lte=year)
    return Q(pk__in=earlier.values("indicator")) | Q(pk__in=earlier.exclude(operand=None).values("operand"))


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
        self.countys: dict[tuple[int, int | None], list[ReportingDuty]] = defaultdict(list)
        for duty in ReportingDuty.objects.select_related("department"):
            if duty.department is not None and duty.is_countys:
                self.countys[duty.department.pk, duty.indicator_id].append(duty)
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
