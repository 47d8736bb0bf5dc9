"""What there is to remind people of: figures to hand in or to correct, entries to review, units that are late.

What is due from whom is asked where the worksheet asks it. Read in a constant number of queries, however many people,
units and figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from departments import access
from departments.access import Reach
from departments.models import Department, User
from departments.permissions import Action
from departments.reminding import Matter, Part, Rule
from plans.models import Plan
from plans.periods import Month, months_of
from reviews.workflow import State
from targets.deadlines import deadline_of
from targets.models import MonthLock, Revision
from targets.worksheet import asked_of, due_indicators, may_enter, place_of, state_of, units_of

FIGURES = Rule(before=(3, 1), after=(1,), every=7, apart=2)
"""A month's figures: 3 days and 1 day before the deadline, the day after, then weekly."""

LATE = Rule(before=(), after=(1,), every=7)
"""What the quality office hears of it: the day after the deadline, then weekly."""

REVIEW = Rule(before=(), after=(1,), every=7, apart=2)
"""Entries that wait for a review: the day after the oldest came in, then weekly."""

LINGERS = timedelta(days=60)
"""How long after the deadline of its last month a plan's figures are asked for. Missing months of the year are asked
for while the year can still be judged: the plan's work is assessed in the first two months after it. A plan of long
ago, such as a worked example, reminds nobody.
"""

EVERYTHING = Reach(everything=True, departments=frozenset(), regions=frozenset())
Key = tuple[int, int, Month]
"""indicator id, region id, month"""


@dataclass(frozen=True, slots=True)
class Gap:
    """What one unit has not handed in of one month, or got back."""

    unit: Department
    plan: Plan
    month: Month
    missing: int
    returned: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Entries by one author that wait for a review, of one department, region and month."""

    department_id: int | None
    region_id: int
    month: Month
    author_id: int
    number: int
    since: date


def matters_of(people: Sequence[User], today: date) -> dict[int, list[Matter]]:
    """What each person has to do, by the person's id (a provider for `departments.matters`)."""
    gaps, waiting = gaps_on(today), _waiting()
    unmanned = [gap for gap in gaps if not any(may_enter(_own(one), gap.unit) for one in people)]
    return {
        person.pk: [
            *_entering(person, gaps, today),
            *_reviewing(person, waiting, today),
            *_supervising(person, gaps, unmanned, today),
        ]
        for person in people
    }


# --- What is missing -------------------------------------------------------------------------------------------------


def gaps_on(today: date) -> list[Gap]:
    """What is not handed in, of every open month that is near its deadline or past it, by month and unit."""
    plans = Plan.objects.select_related("region").filter(year__in=(today.year - 1, today.year)).order_by("year")
    asked_for = [(plan, month) for plan in plans if _runs(plan, today) for month in _near(plan, today)]
    months = {month for _plan, month in asked_for}
    closed, latest = MonthLock.objects.closing(months), _latest(months)
    units = units_of(EVERYTHING) if asked_for else []
    found = [gap for plan, month in asked_for if month not in closed for gap in _gaps(plan, month, units, latest)]
    return [gap for gap in found if gap.missing or gap.returned]


def _runs(plan: Plan, today: date) -> bool:
    return today <= deadline_of(plan, Month(plan.year, 12)) + LINGERS


def _near(plan: Plan, today: date) -> list[Month]:
    return [month for month in months_of(plan.year) if FIGURES.first(deadline_of(plan, month)) <= today]


def _latest(months: set[Month]) -> dict[Key, str]:
    """Where the latest entry of each figure stands."""
    rows = Revision.objects.filter(observation__month__in=months).exclude(state=State.DRAFT.value).order_by("id")
    columns = ("observation__indicator_id", "observation__region_id", "observation__month", "state")
    return {(indicator, region, month): state for indicator, region, month, state in rows.values_list(*columns)}


def _gaps(plan: Plan, month: Month, units: Sequence[Department], latest: dict[Key, str]) -> Iterator[Gap]:
    due = due_indicators(plan, month)
    for unit in units:
        place = place_of(unit, plan).pk
        states = Counter(state_of(None, latest.get((one.pk, place, month))) for one in asked_of(unit, due))
        yield Gap(unit, plan, month, states["open"], states["returned"])


# --- Who is told of it -----------------------------------------------------------------------------------------------


def _own(person: User) -> Reach:
    """What the person answers for: not all that the quality office may enter for others."""
    return replace(access.reach(person, Action.ENTER_OBSERVATIONS), everything=False)


def _entering(person: User, gaps: Sequence[Gap], today: date) -> Iterator[Matter]:
    own = _own(person)
    for gap in gaps:
        if may_enter(own, gap.unit):
            if gap.missing:
                yield _to_do(gap, "figures_due", gap.missing, today)
            if gap.returned:
                yield _to_do(gap, "figures_returned", gap.returned, today)


def _to_do(gap: Gap, kind: str, number: int, today: date) -> Matter:
    deadline = deadline_of(gap.plan, gap.month)
    details = {"unit": gap.unit.short_name, "number": number, **_when(gap.month, deadline, today)}
    link = reverse("worksheet", kwargs={"code": gap.unit.code, "month": str(gap.month)})
    return Matter(thing_of(kind, gap.unit, gap.month), deadline, FIGURES, Part(kind, details, link))


def thing_of(kind: str, unit: Department, month: Month) -> str:
    """What is remembered to have been said."""
    return f"{kind}:{unit.code}:{month}"


def _when(month: Month, deadline: date, today: date) -> dict[str, str | int]:
    return {"month": str(month), "deadline": deadline.isoformat(), "days": (deadline - today).days}


def _supervising(person: User, gaps: Sequence[Gap], unmanned: Sequence[Gap], today: date) -> list[Matter]:
    """For the quality office: which units are late, and before that which have nobody who could report."""
    if not access.reach(person, Action.LOCK_MONTHS).everything:
        return []
    late = [gap for gap in gaps if deadline_of(gap.plan, gap.month) < today]
    return [*_units("units_late", late, LATE, today), *_units("units_unmanned", unmanned, FIGURES, today)]


def _units(kind: str, gaps: Sequence[Gap], rule: Rule, today: date) -> Iterator[Matter]:
    by_month: dict[Month, list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_month[gap.month].append(gap)
    for month, lot in by_month.items():
        deadline = deadline_of(lot[0].plan, month)
        details = {"units": [gap.unit.short_name for gap in lot], **_when(month, deadline, today)}
        yield Matter(f"{kind}:{month}", deadline, rule, Part(kind, details, reverse("months")))


# --- What waits for a review -----------------------------------------------------------------------------------------


def _waiting() -> list[Waiting]:
    """Submitted entries of open months, counted."""
    rows = (
        Revision.objects.filter(state=State.SUBMITTED.value)
        .order_by()
        .values_list(
            "observation__indicator__department_id", "observation__region_id", "observation__month", "author_id"
        )
        .annotate(number=Count("pk"), since=Min("created_at"))
    )
    found = [
        Waiting(department_id, region_id, month, author_id, number, timezone.localdate(since))
        for department_id, region_id, month, author_id, number, since in rows
    ]
    closed = MonthLock.objects.closing({one.month for one in found})
    return [one for one in found if one.month not in closed]


def _reviewing(person: User, waiting: Sequence[Waiting], today: date) -> Iterator[Matter]:
    """Others' entries about which the person decides, in one line."""
    reached = access.reach(person, Action.REVIEW_OBSERVATIONS)
    own = [
        one
        for one in waiting
        if one.author_id != person.pk and reached.covers(department_id=one.department_id, region_id=one.region_id)
    ]
    if own:
        since = min(one.since for one in own)
        details = {"number": sum(one.number for one in own), "since": since.isoformat()}
        yield Matter("reviews", since, REVIEW, Part("reviews", details, reverse("reviews")))
