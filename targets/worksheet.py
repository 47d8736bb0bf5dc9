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
from reviews.workflow import State
from targets.duties import expected_of
from targets.explanation import shown, threshold_text
from targets.figures import Entry, Key
from targets.lights import light
from targets.models import Attainment, Indicator, Observation, Target
from targets.rows import Promise, Row, texts_of
from targets.services import Background, months_before
from targets.work import Work, work_on

SHOWN = ("verdict", "signal", "actual", "compared", "done_on", "needed", "missing")
"""What of an attainment is shown beside a figure."""


@dataclass(slots=True)
class Sheet:
    """What one unit enters for one month, and what the rules hold it against."""

    department: Department
    plan: Plan
    region: Region
    month: Month
    rows: list[Row] = field(default_factory=list)
    background: Background = field(default_factory=Background)
    locked: bool = False


def may_enter(reached: Reach, department: Department) -> bool:
    """Whether the person's permission to enter figures covers what this unit enters."""
    if department.kind == Department.Kind.COUNTY_GOVERNMENT:
        return reached.everything or department.region_id in reached.regions
    return reached.everything or department.pk in reached.departments


def sheet_of(department: Department, plan: Plan, month: Month, user: User) -> Sheet:
    """The whole worksheet, its inputs filled with the draft or else with what was returned."""
    sheet = outline_of(department, plan, month, user)
    work = work_on(list(sheet.background.indicators), sheet.region.pk, month)
    put_past(sheet, user, work.indicators)
    put_work(sheet, work)
    return sheet


def outline_of(department: Department, plan: Plan, month: Month, user: User) -> Sheet:
    """The worksheet before any figure: what is due and what is promised about it. It holds nothing of other units, so
    that little has to be kept."""
    expected = expected_of(plan, {month})
    indicators = {one.pk: one for one in expected.indicators_of(department.pk, month)}
    region, background = department.region, Background()
    background.indicators = indicators
    background.targets = [one for one in expected.targets if one.indicator_id in indicators]
    background.wholes = {region.pk} & expected.regions.parts.keys()
    rows = [Row(one, region.pk, month) for one in indicators.values()]
    _bar(rows, access.reach(user, Action.ENTER_OBSERVATIONS))
    return Sheet(department, plan, region, month, rows, background)


def put_past(sheet: Sheet, user: User, indicators: Collection[int]) -> None:
    """Puts into the rows of these indicators what is official, and how their targets stand; other rows are left out.
    No row shows anything of another one's indicator."""
    background = sheet.background
    sheet.rows = [row for row in sheet.rows if row.indicator.pk in indicators]
    background.indicators = {pk: one for pk, one in background.indicators.items() if pk in indicators}
    background.targets = [one for one in background.targets if one.indicator_id in indicators]
    background.totals = background.earlier = _official(
        indicators, sheet.region.pk, sheet.month, background.accumulating
    )
    _put_figures(sheet.rows, background.totals)
    _put_promises(sheet.rows, background.targets, sheet.plan, user)


def put_work(sheet: Sheet, work: Work) -> None:
    """Puts into the rows what has been typed and handed in, with the files beside it."""
    drafts, attachments = work.drafts(), work.attachments()
    handed_in = work.entries(attachments)
    sheet.locked, sheet.background.closed = work.locked, {work.month} if work.locked else set()
    for row in sheet.rows:
        key = row.indicator.pk
        row.draft, row.handed_in, row.attachments = drafts.get(key), handed_in.get(key), attachments[key, None]
        returned = row.handed_in is not None and row.handed_in.state == State.RETURNED.value
        row.text = texts_of(row.draft or (row.handed_in if returned else None))
        row.version = row.draft.version if row.draft else 0


def _official(
    indicators: Collection[int], region_id: int, month: Month, accumulating: Collection[int]
) -> dict[Key, Entry]:
    """In one query the official figures of the month, of the months before and of last year, and of totals since
    January the whole year's."""
    held_against = {month, *months_before(month), *(one for every in _STEPS for one in _compared(month, every))}
    of_year = Q(indicator__in=accumulating, month__range=(Month(month.year, 1), Month(month.year, 12)))
    found = Observation.objects.filter(
        Q(month__in=held_against) | of_year,
        indicator__in=indicators,
        region=region_id,
        official__isnull=False,
    )
    figures = ("value", "numerator", "denominator", "occurred_on")
    entries = starmap(Entry, found.order_by().values_list("indicator_id", "region_id", "month", *figures))
    return {one.key: one for one in entries}


def _put_figures(rows: Iterable[Row], official: Mapping[Key, Entry]) -> None:
    """The figure that is official now, and those that it is compared with."""
    for row in rows:
        months = (row.month, *_compared(row.month, row.indicator.frequency))
        found = [official.get((row.indicator.pk, row.region_id, one)) for one in months]
        row.official, row.before, row.last_year = found


_STEPS = {
    Indicator.Frequency.MONTHLY.value: 1,
    Indicator.Frequency.QUARTERLY.value: 3,
    Indicator.Frequency.ANNUAL.value: 12,
}


@lru_cache(maxsize=256)
def _compared(month: Month, frequency: str) -> tuple[Month, Month]:
    """The period before (a quarterly figure's is the last quarter's) and the same month of last year."""
    return month.shifted(-_STEPS[frequency]), month.shifted(-12)


def _put_promises(rows: Sequence[Row], targets: Iterable[Target], plan: Plan, user: User) -> None:
    """The targets of each indicator with their lights: the region's own, else the whole's."""
    by_indicator = {row.indicator.pk: row for row in rows}
    judged = _judged(rows, targets, plan, user)
    promises: dict[int, list[Promise]] = defaultdict(list)
    for target in targets:
        row = by_indicator[target.indicator_id]
        attainment = judged.get((target.pk, row.region_id)) or judged.get((target.pk, plan.region_id))
        promises[target.indicator_id].append(_promise(target, attainment, row.region_id))
    for row in rows:
        row.promises = promises.get(row.indicator.pk, ())


def _judged(
    rows: Sequence[Row], targets: Iterable[Target], plan: Plan, user: User
) -> dict[tuple[int, int], Attainment]:
    """How the targets stand, by target and region."""
    places = {row.region_id for row in rows} | {plan.region_id}
    stored = Attainment.objects.visible_to(user).filter(target__in=[one.pk for one in targets], region__in=places)
    found = stored.filter(month__in={row.month for row in rows}).only(*SHOWN)
    return {(one.target_id, one.region_id): one for one in found}


def _promise(target: Target, attainment: Attainment | None, region_id: int) -> Promise:
    if attainment is None:
        return Promise(target, threshold_text(target))
    attainment.target = target
    figures = shown(attainment)
    return Promise(target, figures.threshold, figures, light(attainment), attainment.region_id != region_id)


def _bar(rows: Iterable[Row], reached: Reach) -> None:
    """Marks what is another department's to enter by now, and finds out whose."""
    for row in rows:
        row.barred = not reached.covers(department_id=row.indicator.department_id, region_id=row.region_id)
    prefetch_related_objects([row.indicator for row in rows if row.barred], "department")


def units_of(reached: Reach) -> list[Department]:
    """The units for which the person enters figures, in one query."""
    rows = Department.objects.select_related("region").order_by("kind", "code")
    return [one for one in cast("Iterable[Department]", rows) if may_enter(reached, one)]
