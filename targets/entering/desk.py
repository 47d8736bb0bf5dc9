"""My desk: what is due for the units I enter for, over all plans, what came back, and what waits for my review.

A month is on the desk while a plan that runs is reporting it: in January the December of last year's plan lies beside
the January of this year's. Every other month that is open can be chosen, and what is left of it is told. A figure that
several plans ask for is counted once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.entering.entry_grid import worksheet_state_of
from targets.entering.review_queue import entries_waiting_for
from targets.entering.worksheet import may_enter_for_unit, units_of
from targets.expected.deadlines import Deadline
from targets.expected.duties import ExpectedFigures, FigureKey, expected_over, plans_of, short_titles_beside
from targets.expected.plan_situation import Situation
from targets.models import Draft, LatestEntry, Revision

TO_DO = frozenset({"open", "drafted", "returned"})
"""Where a figure stands that is still to be handed in."""


@dataclass(frozen=True, slots=True)
class WorksheetDuty:
    """What one unit has to enter for the month, counted by where it stands; `closed` may not be handed in any more."""

    department: Department
    due: int
    open: int
    drafted: int
    submitted: int
    returned: int
    approved: int
    closed: int

    @property
    def is_done(self) -> bool:
        """Nothing left to do for whoever enters."""
        return self.submitted + self.approved + self.closed == self.due


@dataclass(frozen=True, slots=True)
class ReturnedDeskFigure:
    """A figure that came back, and to which worksheet."""

    department: Department
    revision: Revision


@dataclass(frozen=True, slots=True)
class DeskDeadline:
    """The last day of a month's figures, for these plans (short titles; none where it is the same for all)."""

    deadline: Deadline
    days_left: int
    plans: Sequence[str]

    @property
    def late_days(self) -> int:
        """How many days ago the deadline was."""
        return -self.days_left


@dataclass(frozen=True, slots=True)
class DeskMonth:
    """A month on the desk: for which plans (short titles; none where the person has one alone; the first by its code),
    by when, and what."""

    month: Month
    plan_code: str
    plans: Sequence[str]
    limits: Sequence[DeskDeadline]
    locked: bool
    duties: Sequence[WorksheetDuty]
    returned: Sequence[ReturnedDeskFigure]


@dataclass(frozen=True, slots=True)
class LeftoverFigures:
    """How many figures one of the person's own units has not handed in of another month, and how many came back."""

    department: Department
    month: Month
    missing: int
    returned: int


@dataclass(frozen=True, slots=True)
class Desk:
    """The months on the desk, the earliest first; what is left of others; the months to choose from; and the plans to
    choose from, short titles by their codes, with the one that was chosen (empty for all)."""

    months: Sequence[DeskMonth]
    left: Sequence[LeftoverFigures]
    all: Sequence[Month]
    plans: Mapping[str, str]
    plan: str

    @property
    def shown(self) -> Month | None:
        """The month that stands first."""
        return self.months[0].month if self.months else None

    @property
    def before(self) -> Month | None:
        """The month to choose before the first that is shown."""
        return max((month for month in self.all if self.shown and month < self.shown), default=None)

    @property
    def after(self) -> Month | None:
        """The month to choose after the last that is shown."""
        last = self.months[-1].month if self.months else None
        return min((month for month in self.all if last and month > last), default=None)


def desk_of(user: User, today: date, month: Month | None = None, plan_code: str = "") -> Desk:
    """The desk, in a constant number of queries, however many plans, units and rows. A month or a plan that was asked
    for and is none of the person's means nothing."""
    reached = access.reach(user, Action.ENTER_OBSERVATIONS)
    units = units_of(reached)
    plans = list(plans_of(user).latest_first()) if units else []
    if not plans:
        return Desk([], [], [], {}, "")
    situation, own = Situation.of(plans, today), replace(reached, realm=frozenset())
    asked = {month} if month is not None and situation.hold(month) else set()
    pressed = {known for plan in situation.asking() for known in situation.open(plan)} if own else set()
    months = {*asked, *pressed, *situation.reported.values()}
    due = DueFigures(expected_over(plans, months, {unit.region_id for unit in units}), situation, units)
    return _desk(due, asked, pressed, [unit for unit in units if may_enter_for_unit(own, unit)], plan_code)


def _desk(
    due: "DueFigures", asked: Collection[Month], pressed: Collection[Month], own: Collection[Department], plan_code: str
) -> Desk:
    """The desk of what is due, of one plan alone if that was asked for."""
    situation, names = due.situation, short_titles_beside(due.plans)
    plans = {plan.code: names[plan.pk] for plan in due.plans if plan.pk in names}
    due = replace(due, plan_code=plan_code if plan_code in plans else "")
    current = [plan for plan in due.plans if due.plan_code or plan in situation.running()]
    shown = sorted(asked or {situation.reported[plan.pk] for plan in current or situation.plans})
    months = [due.on_desk(month, names) for month in shown]
    there = [found for found in months if found.duties] or months[-1:]
    seen = {found.month for found in there}
    choice = {month for plan in due.plans for month in situation.open(plan)} | seen
    left = [found for found in due.left(own) if found.month in pressed and found.month not in seen]
    return Desk(there, left, sorted(choice), plans, due.plan_code)


@dataclass(frozen=True)
class DueFigures:
    """What is expected of units, as plans stand; of one plan alone where a code is given."""

    expected: ExpectedFigures
    situation: Situation
    units: Sequence[Department]
    plan_code: str = ""

    @cached_property
    def keys(self) -> Mapping[tuple[Department, Month], Sequence[FigureKey]]:
        """The figures of each unit and month."""
        months = sorted({key.month for key in self.expected.figures})
        found = {(unit, month): self._of(unit, month) for unit in self.units for month in months}
        return {place: keys for place, keys in found.items() if keys}

    def _of(self, unit: Department, month: Month) -> Sequence[FigureKey]:
        keys = self.expected.of(unit.pk, month)
        if not self.plan_code:
            return keys
        return [key for key in keys if any(plan.code == self.plan_code for plan in self.expected.plans_of(key))]

    @cached_property
    def plans(self) -> list[Plan]:
        """The plans that ask the units for something, in their order."""
        asking = {plan.pk for keys in self.keys.values() for key in keys for plan in self.expected.plans_of(key)}
        return [plan for plan in self.situation.plans if plan.pk in asking]

    @cached_property
    def latest(self) -> Mapping[tuple[int, int, Month], LatestEntry]:
        """The latest entry of each figure."""
        return Revision.objects.latest_of([key for keys in self.keys.values() for key in keys])

    @cached_property
    def drafts(self) -> Mapping[FigureKey, Draft]:
        """What has been typed."""
        places = {key.region_id for keys in self.keys.values() for key in keys}
        found = Draft.objects.filter(month__in={month for _unit, month in self.keys}, region__in=places)
        return {FigureKey(draft.indicator_id, draft.region_id, draft.month): draft for draft in found}

    @cached_property
    def returned(self) -> Mapping[int, Revision]:
        """What came back, with the reasons: two queries, however much it is."""
        back = [found.revision_id for found in self.latest.values() if found.state == ReviewState.RETURNED.value]
        named = Revision.objects.select_related("observation__indicator", "observation__region").with_decisions()
        return named.in_bulk(back)

    def state(self, key: FigureKey) -> str:
        """Where a figure stands; "closed" if it is not handed in and cannot be any more."""
        entry = self.latest.get(key)
        state = worksheet_state_of(self.drafts.get(key), entry.state if entry is not None else None)
        is_closed = state in TO_DO and self.situation.is_closed(self.expected.plans_of(key), key.month)
        return "closed" if is_closed else state

    def on_desk(self, month: Month, names: Mapping[int, str]) -> DeskMonth:
        """A month as it lies on the desk."""
        duties = [self._duty(unit, keys) for (unit, known), keys in self.keys.items() if known == month]
        plans = self._asking(month)
        return DeskMonth(
            month,
            plans[0].code if plans else "",
            [names[plan.pk] for plan in plans if plan.pk in names],
            self._limits(plans, month, names),
            bool(plans) and all(self.situation.is_closed([plan], month) for plan in plans),
            sorted(duties, key=lambda duty: (duty.is_done, not duty.returned)),
            list(self._came_back(month)),
        )

    def _duty(self, unit: Department, keys: Sequence[FigureKey]) -> WorksheetDuty:
        states = Counter(self.state(key) for key in keys)
        named = ("open", "drafted", "submitted", "returned", "approved", "closed")
        return WorksheetDuty(unit, len(keys), *(states[state] for state in named))

    def _asking(self, month: Month) -> list[Plan]:
        """The plans that ask for something in a month; where none does, those that the month is of."""
        keys = [key for (_unit, known), found in self.keys.items() if known == month for key in found]
        asking = {plan.pk for key in keys for plan in self.expected.plans_of(key)}
        plans = self.situation.plans
        held = (plan for plan in plans if plan.first_month <= month <= plan.last_month)
        return [plan for plan in plans if plan.pk in asking] or list(held)

    def _limits(self, plans: Iterable[Plan], month: Month, names: Mapping[int, str]) -> list[DeskDeadline]:
        """The deadlines of plans that have not closed the month, the earliest first."""
        by_day: dict[date, list[Plan]] = {}
        for plan in plans:
            if not self.situation.is_closed([plan], month):
                by_day.setdefault(self.situation.deadlines[plan.pk][month].day, []).append(plan)
        several = len(by_day) > 1
        return [
            DeskDeadline(
                self.situation.deadlines[found[0].pk][month],
                (day - self.situation.today).days,
                [names[plan.pk] for plan in found if several and plan.pk in names],
            )
            for day, found in sorted(by_day.items())
        ]

    def _came_back(self, month: Month) -> Iterator[ReturnedDeskFigure]:
        for (unit, known), keys in self.keys.items():
            for key in keys if known == month else ():
                if key in self.latest and (revision := self.returned.get(self.latest[key].revision_id)) is not None:
                    yield ReturnedDeskFigure(unit, revision)

    def left(self, own: Collection[Department]) -> Iterator[LeftoverFigures]:
        """What own units have not handed in, the latest month first."""
        for (unit, month), keys in sorted(self.keys.items(), key=lambda item: item[0][1], reverse=True):
            if unit in own:
                states = Counter(self.state(key) for key in keys)
                if any(states[state] for state in TO_DO):
                    yield LeftoverFigures(unit, month, states["open"] + states["drafted"], states["returned"])


def waiting_for_review(user: User) -> int:
    """How many submitted figures the person may approve or return; own entries are a colleague's to judge."""
    return entries_waiting_for(user).by_others(user).count()
