"""The worksheet of one unit and month: what is due, what is known about it, and what has been typed and handed in.

Read in a constant number of queries, however many rows; nothing is judged here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

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


def sheet_of(department: Department, plan: Plan, month: Month, user: User) -> Sheet:
    """The whole worksheet, its inputs filled with the draft or else with what was returned."""
    region = place_of(department, plan)
    expected = expected_of(plan, {month})
    rows = [Row(one, region.pk, month) for one in expected.indicators_of(department.pk, month)]
    background = _background(rows, expected, month)
    _put_figures(rows, background.earlier)
    _put_entries(rows)
    _put_promises(rows, expected, plan, user)
    _bar(rows, access.reach(user, Action.ENTER_OBSERVATIONS))
    return Sheet(department, plan, region, month, month in background.closed, rows, background)


def _of(rows: Sequence[Row], path: str = "") -> dict[str, Any]:
    """The rows' figures, as a condition on a table that names indicator, region and month, or leads to them."""
    return {
        f"{path}indicator__in": [row.indicator.pk for row in rows],
        f"{path}region__in": {row.region_id for row in rows},
        f"{path}month__in": {row.month for row in rows},
    }


def _background(rows: Sequence[Row], expected: Expected, month: Month) -> Background:
    """What the rows' figures are held against: from what was read anyway, their lock, and one query for every official
    figure that is shown or compared with."""
    found = Background()
    found.indicators, found.targets = expected.indicators, expected.targets
    found.wholes, found.closed = expected.regions.parts.keys(), MonthLock.objects.closing({month})
    found.totals = found.earlier = _official(rows, month, found.accumulating)
    return found


def _official(rows: Sequence[Row], month: Month, accumulating: Collection[int]) -> dict[Key, Entry]:
    """The month's figures, those of the months before and of last year; of totals since January the whole year's."""
    shown = {month, *months_before(month), *(one for frequency in _STEPS for one in _compared(month, frequency))}
    of_year = Q(indicator__in=accumulating, month__range=(Month(month.year, 1), Month(month.year, 12)))
    wanted = {name: one for name, one in _of(rows).items() if name != "month__in"}
    found = Observation.objects.official().filter(Q(month__in=shown) | of_year, **wanted)
    figures = found.order_by().values_list(
        "indicator_id", "region_id", "month", "value", "numerator", "denominator", "occurred_on"
    )
    return {one[:3]: Entry(*one) for one in figures}


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


def _put_entries(rows: Sequence[Row]) -> None:
    """What has been typed and handed in, with the files beside it."""
    drafts = {one.indicator_id: one for one in Draft.objects.filter(**_of(rows)).order_by()}
    attachments = _attachments(rows)
    handed_in = _handed_in(rows, attachments)
    for row in rows:
        key = row.indicator.pk
        row.draft, row.handed_in, row.attachments = drafts.get(key), handed_in.get(key), attachments[key, None]
        returned = row.handed_in is not None and row.handed_in.state == State.RETURNED.value
        row.text = texts_of(row.draft or (row.handed_in if returned else None))
        row.version = row.draft.version if row.draft else 0


def _attachments(rows: Sequence[Row]) -> dict[tuple[int, int | None], list[Attachment]]:
    """What lies beside the drafts (no revision) and beside each entry."""
    beside: dict[tuple[int, int | None], list[Attachment]] = defaultdict(list)
    for one in Attachment.objects.filter(**_of(rows, "observation__")).select_related("observation"):
        beside[one.observation.indicator_id, one.revision_id].append(one)
    return beside


def _handed_in(
    rows: Sequence[Row], attachments: Mapping[tuple[int, int | None], Sequence[Attachment]]
) -> dict[int, HandedIn]:
    """The latest entry of each figure that was handed in."""
    found = Revision.objects.filter(**_of(rows, "observation__")).exclude(state=State.DRAFT.value)
    who = ("author__display_name", "author__username")
    what = ("state", "created_at", *TEXTS)
    entries = found.order_by("id").values_list("observation__indicator_id", "pk", *who, *what)
    latest = {one[0]: one for one in entries}
    reasons = _return_reasons([one[1] for one in latest.values() if one[4] == State.RETURNED.value])
    return {
        indicator_id: HandedIn(name or username, reasons.get(pk, ""), attachments.get((indicator_id, pk), ()), *entry)
        for indicator_id, pk, name, username, *entry in latest.values()
    }


def _return_reasons(revisions: Collection[int]) -> dict[int, str]:
    """Why each was returned; a query only if any was."""
    found = Decision.objects.filter(revision__in=revisions, verb=Verb.RETURN.value).order_by("-id")
    return dict(found.values_list("revision_id", "reason")) if revisions else {}


def _put_promises(rows: Iterable[Row], expected: Expected, plan: Plan, user: User) -> None:
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
    rows: Iterable[Row], targets: Iterable[Target], plan: Plan, user: User
) -> dict[tuple[int, int], Attainment]:
    """How the targets stand, by target and region."""
    stored = Attainment.objects.visible_to(user).filter(
        target__in=[one.pk for one in targets],
        month__in={row.month for row in rows},
        region__in={row.region_id for row in rows} | {plan.region_id},
    )
    return {(one.target_id, one.region_id): one for one in stored.only(*SHOWN)}


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
