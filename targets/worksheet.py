"""The worksheet of one unit and month: what is due, what is known about it, and what has been typed and handed in.

Read in a constant number of queries, however many rows; nothing is judged here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, cast

from django.db.models import Q, prefetch_related_objects

from departments import access
from departments.access import Reach
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import State, Verb
from targets.duties import Expected, expected_of, place_of
from targets.explanation import shown, threshold_text
from targets.figures import Entry
from targets.lights import light
from targets.models import Attachment, Attainment, Decision, Draft, Indicator, MonthLock, Observation, Revision, Target
from targets.rows import TEXTS, HandedIn, Promise, Row, texts_of
from targets.services import Background, months_before
from targets.services.keys import Key

SHOWN = ("verdict", "signal", "actual", "compared", "done_on", "needed", "missing")
"""What of an attainment is shown beside a figure."""


@dataclass(slots=True)
class Sheet:
    """What one unit enters for one month, and what the rules hold it against."""

    department: Department
    plan: Plan
    region: Region
    month: Month
    locked: bool
    rows: list[Row]
    background: Background


def may_enter(reached: Reach, department: Department) -> bool:
    """Whether the person's permission to enter figures covers what this unit enters."""
    if department.kind == Department.Kind.COUNTY_GOVERNMENT:
        return reached.everything or department.region_id in reached.regions
    return reached.everything or department.pk in reached.departments


class _Due(NamedTuple):
    """What is asked for: figures of one region and month. `entered` are the observations among them, each with its
    indicator, `official` the official figures of the month and of those that it is held against."""

    indicators: Sequence[int]
    region_id: int
    month: Month
    entered: Mapping[int, int]
    official: Mapping[Key, Entry]


def sheet_of(department: Department, plan: Plan, month: Month, user: User) -> Sheet:
    """The whole worksheet, its inputs filled with the draft or else with what was returned."""
    region = place_of(department, plan)
    expected = expected_of(plan, {month})
    rows = [Row(one, region.pk, month) for one in expected.indicators_of(department.pk, month)]
    background = _background(expected, month)
    due = _due([row.indicator.pk for row in rows], region.pk, month, background.accumulating)
    background.totals = background.earlier = due.official
    _put_figures(rows, due.official)
    _put_entries(rows, due)
    _put_promises(rows, expected, plan, user)
    _bar(rows, access.reach(user, Action.ENTER_OBSERVATIONS))
    return Sheet(department, plan, region, month, month in background.closed, rows, background)


def _background(expected: Expected, month: Month) -> Background:
    """What figures are held against, as far as it has been read anyway; and the month's lock."""
    found = Background()
    found.indicators, found.targets = expected.indicators, expected.targets
    found.wholes, found.closed = expected.regions.parts.keys(), MonthLock.objects.closing({month})
    return found


def _due(indicators: Sequence[int], region_id: int, month: Month, accumulating: Collection[int]) -> _Due:
    """In one query the month's figures, those of the months before and of last year, and of totals since January the
    whole year's."""
    held_against = {month, *months_before(month), *(one for every in _STEPS for one in _compared(month, every))}
    of_year = Q(indicator__in=accumulating, month__range=(Month(month.year, 1), Month(month.year, 12)))
    found = Observation.objects.filter(Q(month__in=held_against) | of_year, indicator__in=indicators, region=region_id)
    entered, official = {}, {}
    key, figures = ("indicator_id", "region_id", "month"), ("value", "numerator", "denominator", "occurred_on")
    for pk, official_id, *one in found.order_by().values_list("pk", "official_id", *key, *figures):
        entry = Entry(*one)
        if entry.month == month:
            entered[pk] = entry.indicator_id
        if official_id is not None:
            official[entry.key] = entry
    return _Due(indicators, region_id, month, entered, official)


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


def _put_entries(rows: Sequence[Row], due: _Due) -> None:
    """What has been typed and handed in, with the files beside it."""
    typed = Draft.objects.filter(indicator__in=due.indicators, region=due.region_id, month=due.month).order_by()
    drafts = {one.indicator_id: one for one in typed}
    attachments = _attachments(due)
    handed_in = _handed_in(due, attachments)
    for row in rows:
        key = row.indicator.pk
        row.draft, row.handed_in, row.attachments = drafts.get(key), handed_in.get(key), attachments[key, None]
        returned = row.handed_in is not None and row.handed_in.state == State.RETURNED.value
        row.text = texts_of(row.draft or (row.handed_in if returned else None))
        row.version = row.draft.version if row.draft else 0


def _attachments(due: _Due) -> dict[tuple[int, int | None], list[Attachment]]:
    """What lies beside the drafts (no revision) and beside each entry, by indicator."""
    beside: dict[tuple[int, int | None], list[Attachment]] = defaultdict(list)
    for one in Attachment.objects.filter(observation__in=due.entered):
        beside[due.entered[one.observation_id], one.revision_id].append(one)
    return beside


def _handed_in(due: _Due, attachments: Mapping[tuple[int, int | None], Sequence[Attachment]]) -> dict[int, HandedIn]:
    """The latest entry of each figure that was handed in."""
    found = Revision.objects.filter(observation__in=due.entered).exclude(state=State.DRAFT.value)
    who = ("author__display_name", "author__username")
    what = ("state", "created_at", *TEXTS)
    latest = {one[0]: one for one in found.order_by("id").values_list("observation_id", "pk", *who, *what)}
    reasons = _return_reasons([one[1] for one in latest.values() if one[4] == State.RETURNED.value])
    made = {}
    for observation_id, pk, name, username, *entry in latest.values():
        key = due.entered[observation_id]
        made[key] = HandedIn(name or username, reasons.get(pk, ""), attachments.get((key, pk), ()), *entry)
    return made


def _return_reasons(revisions: Collection[int]) -> dict[int, str]:
    """Why each was returned; a query only if any was."""
    found = Decision.objects.filter(revision__in=revisions, verb=Verb.RETURN.value).order_by("-id")
    return dict(found.values_list("revision_id", "reason")) if revisions else {}


def _put_promises(rows: Sequence[Row], expected: Expected, plan: Plan, user: User) -> None:
    """The targets of each indicator with their lights: the region's own, else the whole's."""
    by_indicator = {row.indicator.pk: row for row in rows}
    targets = [one for one in expected.targets if one.indicator_id in by_indicator]
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
