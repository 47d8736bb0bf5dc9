"""My desk: what is due this month for the units I enter for, what came back, and what waits for my review."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import State
from targets.deadlines import Deadline, Deadlines
from targets.duties import expected_of
from targets.figures import Key
from targets.models import Draft, Latest, MonthLock, Revision
from targets.queue import waiting
from targets.rows import state_of
from targets.worksheet import units_of


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
    every = [key for _unit, keys in asked for key in keys]
    drafts, latest = _drafts(every), Revision.objects.latest_of(every)
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


def _drafts(keys: Sequence[Key]) -> dict[Key, Draft]:
    found = Draft.objects.filter(month__in={month for _indicator, _region, month in keys})
    return {(one.indicator_id, one.region_id, one.month): one for one in found}


def _duty(unit: Department, keys: Sequence[Key], drafts: Mapping[Key, Draft], latest: Mapping[Key, Latest]) -> Duty:
    states = Counter(state_of(drafts.get(key), latest[key].state if key in latest else None) for key in keys)
    named = ("open", "drafted", "submitted", "returned", "approved")
    return Duty(unit, len(keys), *(states[one] for one in named))


def _returned(asked: Iterable[tuple[Department, Sequence[Key]]], latest: Mapping[Key, Latest]) -> list[Returned]:
    """What came back, with the reasons: two queries, however much it is."""
    units = {key: unit for unit, keys in asked for key in keys}
    known = ((latest[key], unit) for key, unit in units.items() if key in latest)
    back = {one.revision_id: unit for one, unit in known if one.state == State.RETURNED.value}
    named = Revision.objects.select_related("observation__indicator", "observation__region").with_decisions()
    found = named.in_bulk(back)
    return [Returned(unit, found[pk]) for pk, unit in back.items()]


def waiting_for_review(user: User) -> int:
    """How many submitted figures the person may approve or return; own entries are a colleague's to judge."""
    return waiting(user).exclude(author=user).count()
