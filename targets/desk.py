"""My desk: what is due this month for the units I enter for, what came back, and what waits for my review."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import prefetch_related_objects

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import State
from targets.deadlines import deadline_of
from targets.models import Draft, Indicator, MonthLock, Revision
from targets.queue import waiting
from targets.worksheet import asked_of, due_indicators, place_of, state_of, units_of

Key = tuple[int, int]
"""indicator id, region id"""


@dataclass(frozen=True, slots=True)
class Duty:
    """What one unit has to enter for the month, counted by where it stands."""

    department: Department
    due: int
    open: int
    drafted: int
    submitted: int
    returned: int
    approved: int

    @property
    def is_done(self) -> bool:
        """Nothing left to do for whoever enters."""
        return self.submitted + self.approved == self.due


@dataclass(frozen=True, slots=True)
class Returned:
    """A figure that came back, and to which worksheet."""

    department: Department
    revision: Revision


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything on the desk for one month."""

    plan: Plan
    month: Month
    deadline: date
    days_left: int
    locked: bool
    duties: Sequence[Duty]
    returned: Sequence[Returned]

    @property
    def late_days(self) -> int:
        """How many days ago the deadline was."""
        return -self.days_left


def desk_of(user: User, plan: Plan, month: Month, today: date) -> Desk:
    """The desk, in a constant number of queries, however many units and rows."""
    units = units_of(access.reach(user, Action.ENTER_OBSERVATIONS))
    due = due_indicators(plan, month) if units else []
    asked = [(unit, asked_of(unit, due)) for unit in units]
    drafts, latest = _drafts(month), _latest(month)
    duties = [_duty(unit, plan, indicators, drafts, latest) for unit, indicators in asked if indicators]
    deadline = deadline_of(plan, month)
    return Desk(
        plan,
        month,
        deadline,
        (deadline - today).days,
        bool(MonthLock.objects.closing({month})),
        sorted(duties, key=lambda one: (one.is_done, not one.returned)),
        _returned(asked, plan, latest),
    )


def _drafts(month: Month) -> dict[Key, Draft]:
    return {(one.indicator_id, one.region_id): one for one in Draft.objects.filter(month=month)}


def _latest(month: Month) -> dict[Key, Revision]:
    """The latest revision of each figure of the month."""
    found = Revision.objects.filter(observation__month=month).exclude(state=State.DRAFT.value)
    related = found.select_related("observation__indicator", "observation__region").order_by("id")
    return {(one.observation.indicator_id, one.observation.region_id): one for one in related}


def _duty(
    unit: Department,
    plan: Plan,
    indicators: Sequence[Indicator],
    drafts: dict[Key, Draft],
    latest: dict[Key, Revision],
) -> Duty:
    keys = [(one.pk, place_of(unit, plan).pk) for one in indicators]
    states = Counter(state_of(drafts.get(key), latest[key].state if key in latest else None) for key in keys)
    named = ("open", "drafted", "submitted", "returned", "approved")
    return Duty(unit, len(keys), *(states[one] for one in named))


def _returned(
    asked: Iterable[tuple[Department, Sequence[Indicator]]], plan: Plan, latest: dict[Key, Revision]
) -> list[Returned]:
    found = [
        Returned(unit, latest[key])
        for unit, indicators in asked
        for key in ((one.pk, place_of(unit, plan).pk) for one in indicators)
        if key in latest and latest[key].state == State.RETURNED.value
    ]
    prefetch_related_objects([one.revision for one in found], "decisions")
    return found


def waiting_for_review(user: User) -> int:
    """How many submitted figures the person may approve or return; own entries are a colleague's to judge."""
    return waiting(user).exclude(author=user).count()
