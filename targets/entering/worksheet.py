"""The worksheet of one unit and month: what is due, what is known about it, and what has been typed and handed in.

Read in a constant number of queries, however many rows; nothing is judged here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import starmap
from typing import cast

from django.db.models import Q, prefetch_related_objects

from departments import access
from departments.access import Reach
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.entering.entry_grid import WorksheetPromise, WorksheetRow, input_texts_of
from targets.entering.work_done import Work, work_on
from targets.entry_rules.figures import Entry, Key
from targets.entry_rules.oddities import LONG
from targets.expected.asked_figures import first_asked
from targets.expected.closed_months import ClosedMonths, closed_in
from targets.expected.duties import expected_over, plans_above, seen_of, short_titles_beside
from targets.models import Attainment, Indicator, Observation, Target
from targets.services.checking import Background, months_before
from targets.wording.aims import threshold_text
from targets.wording.explanation import attainment_texts_of
from targets.wording.lights import light_of_attainment

SHOWN = ("verdict", "reason", "signal", "actual", "compared", "quota", "done_on", "needed", "missing")
"""What of an attainment is shown beside a figure."""


@dataclass(frozen=True, slots=True)
class AskedSheet:
    """The unit and month of a worksheet, the plans in force that may ask for something then, the one that began last
    first, and the months before and after for which one may ask."""

    department: Department
    plans: Sequence[Plan]
    month: Month
    before: Month | None
    after: Month | None

    @classmethod
    def of(cls, department: Department, month: Month) -> "AskedSheet | None":
        """Read in one query, two if a plan begins in the course of a year; None for a month that no plan asks for."""
        before, after = month.shifted(-1), month.shifted(1)
        around = list(plans_above(department.region).holding_any({before, after}))
        first = first_asked(around)
        plans = [plan for plan in around if first[plan.pk] <= month <= plan.last_month]
        if not plans:
            return None
        is_first = min(first.values()) == month
        is_last = max(plan.last_month for plan in around) == month
        return cls(department, plans, month, None if is_first else before, None if is_last else after)


@dataclass(slots=True)
class UnitWorksheet:
    """What one unit enters for one month, and what the rules hold it against: each figure once, whichever of the plans
    ask for it. `names` are the plans' short titles by their ids, where several ask for something; it is `locked` once
    all of it is closed."""

    department: Department
    plans: Sequence[Plan]
    month: Month
    rows: list[WorksheetRow] = field(default_factory=list)
    background: Background = field(default_factory=Background)
    asked: Mapping[int, Sequence[int]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    locked: bool = False

    @property
    def region(self) -> Region:
        """Where the unit's figures are measured."""
        return self.department.region


def may_enter_for_unit(reached: Reach, department: Department) -> bool:
    """Whether the person's permission to enter figures covers what this unit enters."""
    if reached.sees(department.region_id):
        return True
    if department.kind == Department.Kind.COUNTY_GOVERNMENT:
        return department.region_id in reached.regions
    return department.pk in reached.departments


def worksheet_of(department: Department, plans: Sequence[Plan], month: Month, user: User) -> UnitWorksheet:
    """The whole worksheet, its inputs filled with the draft or else with what was returned."""
    sheet = outline_of(department, plans, month, user)
    work = work_on(sheet.asked, {plan.pk: plan.title for plan in plans}, sheet.region.pk, month)
    put_past(sheet, user, work.indicators)
    put_work(sheet, work)
    return sheet


def outline_of(department: Department, plans: Sequence[Plan], month: Month, user: User) -> UnitWorksheet:
    """The worksheet before any figure: what is due, for which plans, and what is promised about it. It holds nothing of
    other units, so that little has to be kept."""
    expected = expected_over(plans, {month}, {department.region_id})
    keys = expected.of(department.pk, month)
    indicators = {key.indicator_id: expected.indicators[key.indicator_id] for key in keys}
    asking = {key.indicator_id: expected.plans_of(key) for key in keys}
    background = Background()
    background.indicators = indicators
    background.wholes = {department.region_id} & expected.regions.parts.keys()
    named = {plan.pk: plan for found in asking.values() for plan in found}
    # A county's coordinator enters what the city's plan asks of the county, and does not see that plan.
    seen = seen_of(named.values(), user)
    names = {pk: name for pk, name in short_titles_beside(named.values()).items() if pk in seen}
    known = [target for target in expected.targets if target.plan_id in seen]
    targets = [target for target in known if target.indicator_id in indicators]
    rows = [WorksheetRow(indicator, department.region_id, month) for indicator in indicators.values()]
    for row in rows:
        row.plans = [names[plan.pk] for plan in asking[row.indicator.pk] if plan.pk in names]
    _bar(rows, access.reach(user, Action.ENTER_OBSERVATIONS))
    asked = {indicator: [plan.pk for plan in found] for indicator, found in asking.items()}
    return UnitWorksheet(department, list(named.values()), month, rows, background, asked, names, targets)


def put_past(sheet: UnitWorksheet, user: User, indicators: Collection[int]) -> None:
    """Puts into the rows of these indicators what is official, and how their targets stand; other rows are left out.
    No row shows anything of another one's indicator."""
    background = sheet.background
    sheet.rows = [row for row in sheet.rows if row.indicator.pk in indicators]
    background.indicators = {pk: indicator for pk, indicator in background.indicators.items() if pk in indicators}
    targets = [target for target in sheet.targets if target.indicator_id in indicators]
    background.totals = background.earlier = _official(
        indicators, sheet.region.pk, sheet.month, background.accumulating
    )
    _put_figures(sheet.rows, background.totals)
    _put_promises(sheet, targets, user)


def put_work(sheet: UnitWorksheet, work: Work) -> None:
    """Puts into the rows what has been typed and handed in, with the files beside it."""
    drafts, attachments = work.drafts(), work.attachments()
    handed_in = work.entries(attachments)
    sheet.locked = work.locked
    sheet.background.closed = closed_in({work.month}) if work.closed else ClosedMonths({})
    for row in sheet.rows:
        key = row.indicator.pk
        row.closed = work.closed.get(key, "")
        row.draft, row.handed_in, row.attachments = drafts.get(key), handed_in.get(key), attachments[key, None]
        returned = row.handed_in is not None and row.handed_in.state == ReviewState.RETURNED.value
        row.text = input_texts_of(row.draft or (row.handed_in if returned else None))
        row.version = row.draft.version if row.draft else 0


def _official(
    indicators: Collection[int], region_id: int, month: Month, accumulating: Collection[int]
) -> dict[Key, Entry]:
    """In one query the official figures of the month, of the year before it and of last year, and of totals since
    January the whole year's."""
    held_against = {
        month,
        *months_before(month, LONG),
        *(compared for every in _STEPS for compared in _compared(month, every)),
    }
    of_year = Q(indicator__in=accumulating, month__range=(Month(month.year, 1), Month(month.year, 12)))
    found = Observation.objects.filter(
        Q(month__in=held_against) | of_year,
        indicator__in=indicators,
        region=region_id,
        official__isnull=False,
    )
    figures = ("value", "numerator", "denominator", "occurred_on")
    entries = starmap(Entry, found.order_by().values_list("indicator_id", "region_id", "month", *figures))
    return {entry.key: entry for entry in entries}


def _put_figures(rows: Iterable[WorksheetRow], official: Mapping[Key, Entry]) -> None:
    """The figure that is official now, and those that it is compared with."""
    for row in rows:
        months = (row.month, *_compared(row.month, row.indicator.frequency))
        found = [official.get((row.indicator.pk, row.region_id, month)) for month in months]
        row.official, row.before, row.last_year = found


_STEPS = {
    Indicator.Frequency.MONTHLY.value: 1,
    Indicator.Frequency.QUARTERLY.value: 3,
    Indicator.Frequency.HALF_YEARLY.value: 6,
    Indicator.Frequency.ANNUAL.value: 12,
}


@lru_cache(maxsize=256)
def _compared(month: Month, frequency: str) -> tuple[Month, Month]:
    """The period before (a quarterly figure's is the last quarter's) and the same month of last year."""
    return month.shifted(-_STEPS[frequency]), month.shifted(-12)


def _put_promises(sheet: UnitWorksheet, targets: Collection[Target], user: User) -> None:
    """The targets of each indicator with their lights: the region's own, else the whole's."""
    judged = _judged(sheet, targets, user)
    promises: dict[int, list[WorksheetPromise]] = defaultdict(list)
    for target in targets:
        own, whole = (target.pk, sheet.region.pk), (target.pk, target.plan.region_id)
        promises[target.indicator_id].append(_promise(target, judged.get(own) or judged.get(whole), sheet))
    for row in sheet.rows:
        row.promises = promises.get(row.indicator.pk, ())


def _judged(sheet: UnitWorksheet, targets: Collection[Target], user: User) -> dict[tuple[int, int], Attainment]:
    """How the targets stand, by target and region."""
    places = {sheet.region.pk} | {target.plan.region_id for target in targets}
    stored = Attainment.objects.visible_to(user).filter(target__in=[target.pk for target in targets], region__in=places)
    found = stored.filter(month=sheet.month).select_related("quota").only(*SHOWN)
    return {(attainment.target_id, attainment.region_id): attainment for attainment in found}


def _promise(target: Target, attainment: Attainment | None, sheet: UnitWorksheet) -> WorksheetPromise:
    name = sheet.names.get(target.plan_id, "")
    if attainment is None:
        return WorksheetPromise(target, threshold_text(target.in_month(sheet.month)), plan=name)
    attainment.of_target(target)
    figures, whole = attainment_texts_of(attainment), attainment.region_id != sheet.region.pk
    return WorksheetPromise(target, figures.threshold, figures, light_of_attainment(attainment), whole, name)


def _bar(rows: Iterable[WorksheetRow], reached: Reach) -> None:
    """Marks what is another department's to enter by now, and finds out whose."""
    for row in rows:
        row.barred = not reached.covers(department_id=row.indicator.department_id, region_id=row.region_id)
    barred = [row for row in rows if row.barred]
    prefetch_related_objects([row.indicator for row in barred], "department")
    for row in barred:
        unit = row.indicator.department
        row.barred = unit is None or not reached.sees(unit.region_id)


def units_of(reached: Reach) -> list[Department]:
    """The units for which the person enters figures, in one query."""
    near = Q(region__in=reached.realm | reached.regions) | Q(pk__in=reached.departments)
    rows = Department.objects.filter(near).select_related("region").order_by("kind", "code")
    return [unit for unit in cast("Iterable[Department]", rows) if may_enter_for_unit(reached, unit)]
