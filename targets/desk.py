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
from targets.deadlines import Deadline, Deadlines
from targets.duties import Key, expected_of
from targets.models import Draft, MonthLock, Revision
from targets.queue import waiting
from targets.rows import state_of
from targets.worksheet import units_of

Place = tuple[int, int]
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
    due: Deadline
    days_left: int
    locked: bool
    duties: Sequence[Duty]
    returned: Sequence[Returned]

    @property
    def deadline(self) -> date:
        """The last day."""
        return self.due.day

    @property
    def late_days(self) -> int:
        """How many days ago the deadline was."""
        return -self.days_left


def desk_of(user: User, plan: Plan, month: Month, today: date) -> Desk:
    """The desk, in a constant number of queries, however many units and rows."""
    units = units_of(access.reach(user, Action.ENTER_OBSERVATIONS))
    expected = expected_of(plan, {month}) if units else None
    asked = [(unit, expected.of(unit.pk, month)) for unit in units] if expected else []
    drafts, latest = _drafts(month), _latest(month)
    duties = [_duty(unit, keys, drafts, latest) for unit, keys in asked if keys]
    due = Deadlines.of(plan)[month]
    return Desk(
        plan,
        month,
        due,
        (due.day - today).days,
        bool(MonthLock.objects.closing({month})),
        sorted(duties, key=lambda one: (one.is_done, not one.returned)),
        _returned(asked, latest),
    )


def _drafts(month: Month) -> dict[Place, Draft]:
    return {(one.indicator_id, one.region_id): one for one in Draft.objects.filter(month=month)}


def _latest(month: Month) -> dict[Place, Revision]:
    """The latest revision of each figure of the month."""
    found = Revision.objects.filter(observation__month=month).exclude(state=State.DRAFT.value)
    related = found.select_related("observation__indicator", "observation__region").order_by("id")
    return {(one.observation.indicator_id, one.observation.region_id): one for one in related}


def _duty(unit: Department, keys: Sequence[Key], drafts: dict[Place, Draft], latest: dict[Place, Revision]) -> Duty:
    places = [key[:2] for key in keys]
    states = Counter(state_of(drafts.get(one), latest[one].state if one in latest else None) for one in places)
    named = ("open", "drafted", "submitted", "returned", "approved")
    return Duty(unit, len(keys), *(states[one] for one in named))


def _returned(asked: Iterable[tuple[Department, Sequence[Key]]], latest: dict[Place, Revision]) -> list[Returned]:
    found = [
        Returned(unit, latest[key[:2]])
        for unit, keys in asked
        for key in keys
        if key[:2] in latest and latest[key[:2]].state == State.RETURNED.value
    ]
    prefetch_related_objects([one.revision for one in found], "decisions")
    return found


def waiting_for_review(user: User) -> int:
    """How many submitted figures the person may approve or return; own entries are a colleague's to judge."""
    return waiting(user).exclude(author=user).count()
