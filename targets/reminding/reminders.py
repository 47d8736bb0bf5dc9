"""What there is to remind people of: figures to hand in or to correct, entries to review, units that are late.

What is due from whom is asked where the worksheet asks it. Read in a constant number of queries, however many people,
units and figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from departments import access
from departments.access import Reach
from departments.models import Department, User
from departments.permissions import Action
from departments.rules.reminding import Matter, NoticePart, ReminderRule
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.entering.entry_grid import worksheet_state_of
from targets.entering.worksheet import may_enter_for_unit
from targets.entry_rules.figures import Key
from targets.expected.closed_months import ClosedMonths, closed_in
from targets.expected.duties import ExpectedFigures, expected_over
from targets.expected.plan_situation import Situation
from targets.models import LatestEntry, Revision

MONTHLY = ReminderRule(before=(3, 1), after=(1,), every=7, apart=2)
"""What is due every month, figures and reports: 3 days and 1 day before the deadline, the day after, then weekly."""

LATE = ReminderRule(before=(), after=(1,), every=7)
"""What the plan office hears of it: the day after the deadline, then weekly."""

REVIEW = ReminderRule(before=(), after=(1,), every=7, apart=2)
"""Entries that wait for a review: the day after the oldest came in, then weekly."""


@dataclass(frozen=True, slots=True)
class AskedMonth:
    """A plan's month that is asked for; `earlier`: there is a later one."""

    plan: Plan
    month: Month
    deadline: date
    earlier: bool


@dataclass(frozen=True, slots=True)
class FigureGap:
    """What one unit has not handed in of one month by one day, or got back; `link` leads to where it is written,
    `plan` is the first that asks for it, `regions` are those of all plans that ask; `later`: there is an earlier day
    for others of the month."""

    unit: Department
    plan: Plan
    month: Month
    deadline: date
    earlier: bool
    missing: int
    returned: int
    link: str
    regions: frozenset[int]
    later: bool = False


@dataclass(frozen=True, slots=True)
class WaitingEntries:
    """Entries by the same authors that wait for a review, of one indicator, region and month."""

    department_id: int | None
    region_id: int
    month: Month
    authors: frozenset[int]
    number: int
    since: date


def figure_matters_of(people: Sequence[User], today: date) -> dict[int, list[Matter]]:
    """What each person has to do, by the person's id (a provider for `departments.notices.matters`)."""
    gaps, waiting = figure_gaps_on(today), _waiting()
    everybody = _together([_own(person) for person in people])
    unmanned = [gap for gap in gaps if not may_enter_for_unit(everybody, gap.unit)]
    return {
        person.pk: [
            *_entering(person, gaps, today),
            *_reviewing(person, waiting, today),
            *_supervising(person, gaps, unmanned, today),
        ]
        for person in people
    }


# --- What is missing -------------------------------------------------------------------------------------------------


def figure_gaps_on(today: date) -> list[FigureGap]:
    """What is not handed in, of every open month that is near its deadline or past it, newest month first: each figure
    once, by the earliest day of the plans that ask for it. Months before a plan are asked for with its first one."""
    asked = {
        (asked_month.plan.pk, asked_month.month): asked_month
        for first in asked_on(today)
        for asked_month in (first, *_earlier(first))
    }
    months = {month for _plan, month in asked}
    units = list(Department.objects.select_related("region").order_by("kind", "code")) if asked else []
    expected = expected_over(
        list({asked_month.plan.pk: asked_month.plan for asked_month in asked.values()}.values()), months
    )
    latest = Revision.objects.latest_of(list(expected.figures))
    closed = closed_in(months)
    return [
        gap
        for month in sorted(months, reverse=True)
        for unit in units
        for gap in _gaps(unit, _owed(expected.of(unit.pk, month), latest, closed), expected, asked)
    ]


def asked_on(today: date) -> list[AskedMonth]:
    """The open months of plans of which somebody is reminded, newest first."""
    situation = Situation.of(list(Plan.objects.published().begun(today).order_by("first_month", "code")), today)
    near = [
        (month, plan, deadline.day)
        for plan in situation.asking()
        for month, deadline in situation.deadlines[plan.pk].by_month.items()
        if MONTHLY.first(deadline.day) <= today
    ]
    newest = max((month for month, _plan, _day in near), default=None)
    open_now = [due for due in near if not situation.is_closed([due[1]], due[0])]
    latest_first = sorted(open_now, key=lambda due: due[0], reverse=True)
    return [AskedMonth(plan, month, day, month != newest) for month, plan, day in latest_first]


def _earlier(asked: AskedMonth) -> Iterator[AskedMonth]:
    """The months before a plan, if its first month is asked for."""
    if asked.month == asked.plan.first_month:
        yield from (replace(asked, month=month, earlier=True) for month in asked.plan.earlier_months)


Owed = tuple[Key, str]
"""A figure, and whether it is "open" or was "returned"."""


def _owed(keys: Iterable[Key], latest: Mapping[Key, LatestEntry], closed: ClosedMonths) -> list[Owed]:
    """The figures that are not handed in, and can be."""
    states = ((key, worksheet_state_of(None, latest[key].state if key in latest else None)) for key in keys)
    return [(key, state) for key, state in states if state in ("open", "returned") and closed.plan_of(key) is None]


def _gaps(
    unit: Department, owed: Iterable[Owed], expected: ExpectedFigures, asked: Mapping[tuple[int, Month], AskedMonth]
) -> Iterator[FigureGap]:
    """One for each day by which some of a unit's figures of a month are due."""
    by_day: dict[date, list[tuple[str, AskedMonth]]] = defaultdict(list)
    regions: dict[date, set[int]] = defaultdict(set)
    for key, state in owed:
        known = [asked[plan.pk, key[2]] for plan in expected.plans_of(key) if (plan.pk, key[2]) in asked]
        if known:
            first = min(known, key=lambda asked_month: asked_month.deadline)
            by_day[first.deadline].append((state, first))
            regions[first.deadline].update(asked_month.plan.region_id for asked_month in known)
    for number, (day, lot) in enumerate(sorted(by_day.items())):
        states, first = Counter(state for state, _asked in lot), lot[0][1]
        link = reverse("worksheet", kwargs={"code": unit.code, "month": str(first.month)})
        missing, returned = states["open"], states["returned"]
        gap = FigureGap(
            unit, first.plan, first.month, day, first.earlier, missing, returned, link, frozenset(regions[day])
        )
        yield replace(gap, later=number > 0)


# --- Who is told of it -----------------------------------------------------------------------------------------------


def _own(person: User) -> Reach:
    """What the person answers for: not all that the plan office may enter for others."""
    return replace(access.reach(person, Action.ENTER_OBSERVATIONS), realm=frozenset())


def _together(reached: Sequence[Reach]) -> Reach:
    """The units for which any of them answers."""
    return Reach(
        departments=frozenset().union(*(reach.departments for reach in reached)),
        regions=frozenset().union(*(reach.regions for reach in reached)),
    )


def _entering(person: User, gaps: Sequence[FigureGap], today: date) -> Iterator[Matter]:
    own = _own(person)
    yield from figure_matters_of_gaps(
        "figures", [gap for gap in gaps if may_enter_for_unit(own, gap.unit)] if own else (), today
    )


def figure_matters_of_gaps(what: str, gaps: Sequence[FigureGap], today: date) -> Iterator[Matter]:
    """What a person is asked for who answers for these gaps, unit by unit; `what` ("figures") begins the kinds."""
    by_unit: dict[int, list[FigureGap]] = defaultdict(list)
    for gap in gaps:
        by_unit[gap.unit.pk].append(gap)
    for lot in by_unit.values():
        single, several = _apart(lot)
        for gap in single:
            yield from _of_month(what, gap, today)
        if several:
            yield _of_earlier_months(what, several)


def _apart(gaps: Sequence[FigureGap]) -> tuple[list[FigureGap], list[FigureGap]]:
    """What is told month by month, and what is told in one sentence: several months before the latest."""
    earlier = [gap for gap in gaps if gap.earlier]
    if len({gap.month for gap in earlier}) < 2:
        return list(gaps), []
    return [gap for gap in gaps if not gap.earlier], earlier


def _of_month(what: str, gap: FigureGap, today: date) -> Iterator[Matter]:
    for kind, number in ((f"{what}_due", gap.missing), (f"{what}_returned", gap.returned)):
        if number:
            details = {"unit": gap.unit.short_name, "number": number, **_when(gap, today)}
            part = NoticePart(kind, details, gap.link)
            yield Matter(thing_of(kind, gap), gap.deadline, MONTHLY, part)


def _of_earlier_months(what: str, gaps: Sequence[FigureGap]) -> Matter:
    """Follows the newest of them: its reminders go on as they were when it was the latest month."""
    newest, oldest = gaps[0], gaps[-1]
    number = sum(gap.missing + gap.returned for gap in gaps)
    details = {"unit": newest.unit.short_name, "number": number, "first": str(oldest.month), "last": str(newest.month)}
    part = NoticePart(f"{what}_earlier", details, oldest.link)
    return Matter(thing_of(f"{what}_due", newest), newest.deadline, MONTHLY, part)


def thing_of(kind: str, gap: FigureGap) -> str:
    """What is remembered to have been said."""
    thing = f"{kind}:{gap.unit.code}:{gap.month}"
    return f"{thing}:{gap.deadline}" if gap.later else thing


def _when(gap: FigureGap, today: date) -> dict[str, str | int]:
    return {"month": str(gap.month), "deadline": gap.deadline.isoformat(), "days": (gap.deadline - today).days}


def _supervising(
    person: User, gaps: Sequence[FigureGap], unmanned: Sequence[FigureGap], today: date
) -> Iterator[Matter]:
    """For the plan offices of the plans that ask: which units are late, and before that which have nobody who could
    report."""
    seats = access.reach(person, Action.LOCK_MONTHS).seats
    own = [gap for gap in gaps if gap.regions & seats] if seats else []
    single, several = _apart([gap for gap in own if gap.deadline < today])
    yield from _units("units_late", single, LATE, today)
    if several:
        yield _units_of_earlier_months(several)
    nobody = [gap for gap in unmanned if not gap.earlier and gap.regions & seats]
    yield from _units("units_unmanned", nobody, MONTHLY, today)


def _units(kind: str, gaps: Sequence[FigureGap], rule: ReminderRule, today: date) -> Iterator[Matter]:
    by_month: dict[Month, list[FigureGap]] = defaultdict(list)
    for gap in gaps:
        by_month[gap.month].append(gap)
    for month, lot in by_month.items():
        names = dict.fromkeys(gap.unit.short_name for gap in lot)
        details = {"units": list(names), **_when(lot[0], today)}
        part = NoticePart(kind, details, reverse("months", args=[lot[0].plan.code]))
        yield Matter(f"{kind}:{month}", lot[0].deadline, rule, part)


def _units_of_earlier_months(gaps: Sequence[FigureGap]) -> Matter:
    """Those that are missing most months first."""
    newest, oldest = gaps[0], gaps[-1]
    often = Counter(name for name, _month in dict.fromkeys((gap.unit.short_name, gap.month) for gap in gaps))
    units = [name for name, _times in often.most_common()]
    details = {"units": units, "first": str(oldest.month), "last": str(newest.month)}
    return Matter(
        f"units_late:{newest.month}",
        newest.deadline,
        LATE,
        NoticePart("units_late_earlier", details, reverse("months", args=[newest.plan.code])),
    )


# --- What waits for a review -----------------------------------------------------------------------------------------


def _waiting() -> list[WaitingEntries]:
    """Submitted entries that nothing keeps from being approved, counted."""
    columns = ("indicator_id", "region_id", "month", "indicator__department_id")
    submitted = Revision.objects.filter(state=ReviewState.SUBMITTED.value).order_by()
    places = [f"observation__{column}" for column in columns]
    of_one = submitted.filter(authors__isnull=True).values_list(*places, "author_id")
    counted = [
        (*place, frozenset({author}), number, since)
        for *place, author, number, since in of_one.annotate(number=Count("pk"), since=Min("created_at"))
    ]
    of_several = defaultdict(set)
    several = submitted.filter(authors__isnull=False).values_list(*places, "created_at", "authors__user_id")
    for *known, author in several:
        of_several[tuple(known)].add(author)
    counted += [(*place, frozenset(authors), 1, since) for (*place, since), authors in of_several.items()]
    closed = closed_in({row[2] for row in counted})
    return [
        WaitingEntries(department_id, region_id, month, authors, number, timezone.localdate(since))
        for indicator_id, region_id, month, department_id, authors, number, since in counted
        if closed.plan_of((indicator_id, region_id, month)) is None
    ]


def _reviewing(person: User, waiting: Sequence[WaitingEntries], today: date) -> Iterator[Matter]:
    """Others' entries about which the person decides, in one line."""
    reached = access.reach(person, Action.REVIEW_OBSERVATIONS)
    own = [
        entry
        for entry in waiting
        if person.pk not in entry.authors
        and reached.covers(department_id=entry.department_id, region_id=entry.region_id)
    ]
    if own:
        since = min(entry.since for entry in own)
        details = {"number": sum(entry.number for entry in own), "since": since.isoformat()}
        yield Matter("reviews", since, REVIEW, NoticePart("reviews", details, reverse("reviews")))
