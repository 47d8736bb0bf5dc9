"""Who is expected to report what and when: the one rule, by which desk, worksheet, months and timeliness all go.

What plans ask for (`targets.expected.asked_figures`) is expected in each of the months in which the indicator is due. A
figure has one reporter, whichever plans ask for it: a county's figure is reported by the county's government, and the
figure of the region where the indicator's department is by the department on duty that month. See `ReportingDuty` for
how that changes from a month on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.models import Plan
from plans.models.plan import PlanQuerySet
from plans.periods import Month, expected_months
from plans.titles import Titled, short_titles
from targets.expected.asked_figures import AskedFigures, PlanAsking, asked_by
from targets.judging.loading import Regions
from targets.models import Indicator, ReportingDuty, Target
from targets.models.duty import COUNTY


class FigureKey(NamedTuple):
    """One figure."""

    indicator_id: int
    region_id: int
    month: Month


@dataclass(frozen=True)
class ExpectedFigures:
    """Every figure that is expected, in the plans' order, with the department that reports it (None: nobody has been
    named); the indicators by id, in the same order; and what this follows from."""

    indicators: Mapping[int, Indicator]
    figures: Mapping[FigureKey, int | None]
    asked: AskedFigures

    @property
    def targets(self) -> list[Target]:
        """The plans' targets, with plan, indicator and operand."""
        return [target for asking in self.asked.plans for target in asking.targets]

    @property
    def regions(self) -> Regions:
        return self.asked.regions

    def plans_of(self, key: tuple[int, int, Month]) -> list[Plan]:
        """The plans for which a figure counts."""
        return self.asked.plans_for(*key)

    @cached_property
    def by_unit(self) -> Mapping[tuple[int | None, Month], Sequence[FigureKey]]:
        """The figures of each department and month."""
        found: dict[tuple[int | None, Month], list[FigureKey]] = defaultdict(list)
        for key, department_id in self.figures.items():
            found[department_id, key.month].append(key)
        return found

    def of(self, department_id: int | None, month: Month) -> Sequence[FigureKey]:
        """What a department reports for a month."""
        return self.by_unit.get((department_id, month), ())

    def due_of(self, department_id: int | None, month: Month) -> list[int]:
        """The ids of the indicators of these figures."""
        return [key.indicator_id for key in self.of(department_id, month)]

    def indicators_of(self, department_id: int | None, month: Month) -> list[Indicator]:
        """The indicators of these figures."""
        return [self.indicators[key.indicator_id] for key in self.of(department_id, month)]


def plans_of(user: User) -> PlanQuerySet:
    """The plans in force that the person may see."""
    return Plan.objects.published().visible_to(user)


def seen_of(plans: Collection[Plan], user: User) -> set[int]:
    """The ids of those of these plans in force that the person sees. The database is asked of those alone that may name
    the person's unit, though they are of another region."""
    nearby = access.reach(user, Action.VIEW_PLAN).nearby
    seen = {plan.pk for plan in plans if plan.region_id in nearby}
    others = {plan.pk for plan in plans} - seen
    return seen | set(plans_of(user).filter(pk__in=others).values_list("pk", flat=True)) if others else seen


def plans_above(place: Region) -> PlanQuerySet:
    """The plans in force of a region and of all that it is a part of: no others ask for its figures."""
    regions = [place.pk]
    while place.parent is not None:
        place = place.parent
        regions.append(place.pk)
    return Plan.objects.published().filter(region__in=regions)


def short_titles_beside(plans: Collection[Plan]) -> dict[int, str]:
    """The short titles of plans beside each other, by their ids; none where there is one alone."""
    if len(plans) < 2:
        return {}
    return short_titles({plan.pk: Titled(plan.title, plan.region.name) for plan in plans})


def expected_of(plan: Plan, months: Collection[Month] | None = None) -> ExpectedFigures:
    """What is expected in the plan's months, or only in some of them; five queries, however much it is."""
    return expected_over([plan], months)


def expected_over(
    plans: Sequence[Plan], months: Collection[Month] | None = None, places: Collection[int] | None = None
) -> ExpectedFigures:
    """What is expected in the months of several plans, or only in some months and regions: each figure once, whichever
    plans ask for it. Five queries, however many plans."""
    asked, reporters = asked_by(plans), _Reporters()
    indicators: dict[int, Indicator] = {}
    figures: dict[FigureKey, int | None] = {}
    for asking in asked.plans:
        indicators |= {pk: indicator for pk, indicator in asking.indicators.items() if pk not in indicators}
        for key in _due(asking, months, places):
            if key not in figures:
                expected, department_id = reporters.of(indicators[key.indicator_id], key)
                if expected:
                    figures[key] = department_id
    return ExpectedFigures(indicators, figures, asked)


def _due(asking: PlanAsking, months: Collection[Month] | None, places: Collection[int] | None) -> Iterator[FigureKey]:
    """The figures that a plan asks for, whoever reports them."""
    due: dict[tuple[str, bool], list[Month]] = {}
    for indicator in asking.indicators.values():
        regions = [region for region in asking.places[indicator.pk] if places is None or region in places]
        if regions:
            alike = indicator.frequency, indicator.pk in asking.earlier
            if alike not in due:
                numbers = expected_months(indicator.frequency)
                wanted = (month for month in asking.months_of(indicator.pk) if months is None or month in months)
                due[alike] = [month for month in wanted if month.number in numbers]
            yield from (FigureKey(indicator.pk, region, month) for month in due[alike] for region in regions)


class _Reporters:
    """Who reports a figure, by the duties or else by who is there now; two queries."""

    def __init__(self) -> None:
        self.places: dict[int | None, int] = {}
        self.counties: dict[int, list[int]] = defaultdict(list)
        for pk, region_id, kind in Department.objects.order_by("code").values_list("pk", "region_id", "kind"):
            self.places[pk] = region_id
            if kind == COUNTY:
                self.counties[region_id].append(pk)
        self.bureaus: dict[int, list[ReportingDuty]] = defaultdict(list)
        self.countys: dict[tuple[int | None, int | None], list[ReportingDuty]] = defaultdict(list)
        self.there: dict[tuple[int, int], bool] = {}
        """Asked once for all months of a figure."""
        for duty in ReportingDuty.objects.order_by("since"):
            if duty.department_id in self.counties[self.places.get(duty.department_id, 0)]:
                self.countys[duty.department_id, duty.indicator_id].append(duty)
            elif duty.indicator_id is not None:
                self.bureaus[duty.indicator_id].append(duty)

    def of(self, indicator: Indicator, key: FigureKey) -> tuple[bool, int | None]:
        """Whether the figure is expected, and of whom: nobody if none has been named who is there."""
        governments = self.counties.get(key.region_id, [])
        pair = key.indicator_id, key.region_id
        if pair not in self.there:
            self.there[pair] = self._is_reported_there(indicator, key.region_id, governments)
        if self.there[pair]:
            return self._bureau(indicator, key)
        on_duty = [pk for pk in governments if self._reports(pk, key)]
        return bool(on_duty) or not governments, on_duty[0] if on_duty else None

    def _is_reported_there(self, indicator: Indicator, region_id: int, governments: Collection[int]) -> bool:
        """Whether a department of the region itself has been named, so that no county's government is asked."""
        named = [indicator.department_id, *(duty.department_id for duty in self.bureaus.get(indicator.pk, ()))]
        return any(self.places.get(pk) == region_id and pk not in governments for pk in named)

    def _bureau(self, indicator: Indicator, key: FigureKey) -> tuple[bool, int | None]:
        if duties := self._duties(indicator, key.region_id):
            covering = next((duty for duty in duties if duty.covers(key.month)), None)
            return covering is not None, self._there(covering.department_id if covering else None, key.region_id)
        return True, self._there(indicator.department_id, key.region_id)

    def _duties(self, indicator: Indicator, region_id: int) -> list[ReportingDuty]:
        """The bureaus' duties for the indicator's figure of a region (see `ReportingDuty.place_id`)."""
        home = self.places.get(indicator.department_id)
        placed = [
            (duty, home if duty.department_id is None else self.places[duty.department_id])
            for duty in self.bureaus.get(indicator.pk, ())
        ]
        return [duty for duty, place in placed if place in (None, region_id)]

    def _there(self, department_id: int | None, region_id: int) -> int | None:
        """The department, if the figure is of the region where it is."""
        return department_id if self.places.get(department_id) == region_id else None

    def _reports(self, county_id: int, key: FigureKey) -> bool:
        """By the county's duties for the indicator, else by those for everything, else always."""
        duties = self.countys.get((county_id, key.indicator_id)) or self.countys.get((county_id, None))
        return duties is None or any(duty.covers(key.month) for duty in duties)
