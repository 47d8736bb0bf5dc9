"""What there is to remind people of: figures to hand in or to correct, entries to review, units that are late.

What is due from whom is asked where the worksheet asks it. Read in a constant number of queries, however many people,
units and figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
from plans.periods import Month
from reviews.workflow import State
from targets.deadlines import Deadlines
from targets.duties import Expected, expected_of
from targets.figures import Key
from targets.models import Latest, MonthLock, Revision
from targets.rows import state_of
from targets.worksheet import may_enter, units_of

MONTHLY = Rule(before=(3, 1), after=(1,), every=7, apart=2)
"""What is due every month, figures and reports: 3 days and 1 day before the deadline, the day after, then weekly."""

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A month whose figures are asked for; `earlier`: there is a later one."""

    plan: Plan
    month: Month
    deadline: date
    earlier: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """What one unit has not handed in of one month, or got back; `link` leads to where it is written."""

    unit: Department
    asked: Asked
    missing: int
    returned: int
    link: str

    @property
    def month(self) -> Month:
        return self.asked.month

    @property
    def deadline(self) -> date:
        return self.asked.deadline


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
    """What is not handed in, of every open month that is near its deadline or past it, newest month first."""
    asked = asked_on(today)
    months = {one.month for one in asked}
    units = units_of(EVERYTHING) if asked else []
    expected = {plan: expected_of(plan, months) for plan in {one.plan for one in asked}}
    latest = Revision.objects.latest_of([key for one in expected.values() for key in one.figures])
    return [gap for one in asked for gap in _gaps(one, expected[one.plan], units, latest)]


def asked_on(today: date) -> list[Asked]:
    """The open months of which somebody is reminded, newest first."""
    found: dict[Month, tuple[Plan, date]] = {}
    for plan in Plan.objects.published().begun(today).order_by("first_month", "code"):
        deadlines = {month: one.day for month, one in Deadlines.of(plan).by_month.items()}
        if today <= max(deadlines.values()) + LINGERS:
            found |= {month: (plan, day) for month, day in deadlines.items() if MONTHLY.first(day) <= today}
    newest, closed = max(found, default=None), MonthLock.objects.closing(set(found))
    asked = sorted(((month, *one) for month, one in found.items() if month not in closed), reverse=True)
    return [Asked(plan, month, day, month != newest) for month, plan, day in asked]


def _gaps(asked: Asked, expected: Expected, units: Sequence[Department], latest: Mapping[Key, Latest]) -> Iterator[Gap]:
    for unit in units:
        keys = expected.of(unit.pk, asked.month)
        states = Counter(state_of(None, latest[key].state if key in latest else None) for key in keys)
        if states["open"] or states["returned"]:
            link = reverse("worksheet", kwargs={"code": unit.code, "month": str(asked.month)})
            yield Gap(unit, asked, states["open"], states["returned"], link)


# --- Who is told of it -----------------------------------------------------------------------------------------------


def _own(person: User) -> Reach:
    """What the person answers for: not all that the quality office may enter for others."""
    return replace(access.reach(person, Action.ENTER_OBSERVATIONS), everything=False)


def _entering(person: User, gaps: Sequence[Gap], today: date) -> Iterator[Matter]:
    own = _own(person)
    yield from asked_of("figures", [gap for gap in gaps if may_enter(own, gap.unit)], today)


def asked_of(what: str, gaps: Sequence[Gap], today: date) -> Iterator[Matter]:
    """What a person is asked for who answers for these gaps, unit by unit; `what` ("figures") begins the kinds."""
    by_unit: dict[int, list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_unit[gap.unit.pk].append(gap)
    for lot in by_unit.values():
        single, several = _apart(lot)
        for gap in single:
            yield from _of_month(what, gap, today)
        if several:
            yield _of_earlier_months(what, several)


def _apart(gaps: Sequence[Gap]) -> tuple[list[Gap], list[Gap]]:
    """What is told month by month, and what is told in one sentence: several months before the latest."""
    earlier = [gap for gap in gaps if gap.asked.earlier]
    if len({gap.month for gap in earlier}) < 2:
        return list(gaps), []
    return [gap for gap in gaps if not gap.asked.earlier], earlier


def _of_month(what: str, gap: Gap, today: date) -> Iterator[Matter]:
    for kind, number in ((f"{what}_due", gap.missing), (f"{what}_returned", gap.returned)):
        if number:
            details = {"unit": gap.unit.short_name, "number": number, **_when(gap, today)}
            part = Part(kind, details, gap.link)
            yield Matter(thing_of(kind, gap.unit, gap.month), gap.deadline, MONTHLY, part)


def _of_earlier_months(what: str, gaps: Sequence[Gap]) -> Matter:
    """Follows the newest of them: its reminders go on as they were when it was the latest month."""
    newest, oldest = gaps[0], gaps[-1]
    number = sum(gap.missing + gap.returned for gap in gaps)
    details = {"unit": newest.unit.short_name, "number": number, "first": str(oldest.month), "last": str(newest.month)}
    part = Part(f"{what}_earlier", details, oldest.link)
    return Matter(thing_of(f"{what}_due", newest.unit, newest.month), newest.deadline, MONTHLY, part)


def thing_of(kind: str, unit: Department, month: Month) -> str:
    """What is remembered to have been said."""
    return f"{kind}:{unit.code}:{month}"


def _when(gap: Gap, today: date) -> dict[str, str | int]:
    return {"month": str(gap.month), "deadline": gap.deadline.isoformat(), "days": (gap.deadline - today).days}


def _supervising(person: User, gaps: Sequence[Gap], unmanned: Sequence[Gap], today: date) -> Iterator[Matter]:
    """For the quality office: which units are late, and before that which have nobody who could report."""
    if access.reach(person, Action.LOCK_MONTHS).everything:
        single, several = _apart([gap for gap in gaps if gap.deadline < today])
        yield from _units("units_late", single, LATE, today)
        if several:
            yield _units_of_earlier_months(several)
        yield from _units("units_unmanned", [gap for gap in unmanned if not gap.asked.earlier], MONTHLY, today)


def _units(kind: str, gaps: Sequence[Gap], rule: Rule, today: date) -> Iterator[Matter]:
    by_month: dict[Month, list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_month[gap.month].append(gap)
    for month, lot in by_month.items():
        details = {"units": [gap.unit.short_name for gap in lot], **_when(lot[0], today)}
        yield Matter(
            f"{kind}:{month}",
            lot[0].deadline,
            rule,
            Part(kind, details, reverse("months", args=[lot[0].asked.plan.code])),
        )


def _units_of_earlier_months(gaps: Sequence[Gap]) -> Matter:
    """Those that are missing most months first."""
    newest, oldest = gaps[0], gaps[-1]
    often = Counter(gap.unit.short_name for gap in gaps)
    units = [name for name, _months in often.most_common()]
    details = {"units": units, "first": str(oldest.month), "last": str(newest.month)}
    return Matter(
        f"units_late:{newest.month}",
        newest.deadline,
        LATE,
        Part("units_late_earlier", details, reverse("months", args=[newest.asked.plan.code])),
    )


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
