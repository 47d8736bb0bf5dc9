"""Other ways of looking at tasks: a board by state, a timeline, a calendar; each takes a constant number of queries."""

import calendar as weeks
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from targets.wording.lights import Light
from tasks.models import Assignment, Milestone
from tasks.reading.selectors import TaskRow, Wanted, judge_wanted_tasks, with_assignments
from tasks.reading.standing import KnownMilestone, read_known_milestones, shown_day
from tasks.rules.calendars import Event, write_calendar_file
from tasks.rules.progress import TaskState
from tasks.wording.lights import LIGHTS

IN_A_DAY = 50
"""Milestones that a day of the calendar shows; the list finds them all by their month."""
COLUMN = 20
"""Tasks that a column of the board shows; the list has them all."""


@dataclass(frozen=True, slots=True)
class TaskBoardColumn:
    """A column of the board: a state with its light, the first tasks in this state, and how many tasks there are."""

    state: TaskState
    light: Light
    rows: Sequence[TaskRow]
    number: int

    @property
    def further(self) -> int:
        return self.number - len(self.rows)


def columns_of_task_board(plan: Plan, day: date, wanted: Wanted) -> list[TaskBoardColumn]:
    """Sorts the tasks that are looked for into the columns of the board; the states that need attention stand first."""
    by_state = defaultdict(list)
    for judged in judge_wanted_tasks(plan, day, wanted):
        by_state[judged.state.state].append(judged)
    shown = with_assignments([judged for rows in by_state.values() for judged in rows[:COLUMN]])
    rows_of: dict[TaskState, list[TaskRow]] = defaultdict(list)
    for row in shown:
        rows_of[row.state.state].append(row)
    return [
        TaskBoardColumn(state, LIGHTS[state], rows_of[state], len(by_state[state]))
        for state in LIGHTS
        if by_state[state]
    ]


# --- Timeline ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """A milestone in the timeline: its place in percent of the year, and its colour."""

    at: str
    colour: str
    known: KnownMilestone


@dataclass(frozen=True, slots=True)
class TimelineBar:
    """A task in the timeline: how long it is and how much of it is done, in percent of the year; its milestones."""

    row: TaskRow
    length: str
    done: str
    marks: Sequence[TimelineMark]
    next: KnownMilestone | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The year with its months and the day that is shown, in percent of it, and a bar for each task."""

    months: Sequence[tuple[Month, str]]
    now: str
    bars: Sequence[TimelineBar]


def draw_task_timeline(plan: Plan, day: date, rows: Sequence[TaskRow]) -> Timeline:
    """Draws the tasks of a page through the plan's months."""
    steps: dict[int, list[KnownMilestone]] = defaultdict(list)
    for known in read_known_milestones(
        Milestone.objects.filter(task__in=[row.task.pk for row in rows]).order_by("due"), plan, day
    ):
        steps[known.milestone.task_id].append(known)
    months = [(month, _place(plan, month.first_day)) for month in plan.months]
    return Timeline(months, _place(plan, day), [_bar(plan, row, steps[row.task.pk]) for row in rows])


def _bar(plan: Plan, row: TaskRow, steps: Sequence[KnownMilestone]) -> TimelineBar:
    length = _share(plan, row.task.due)
    marks = [TimelineMark(_place(plan, known.milestone.due), _colour(known), known) for known in steps]
    coming = next((known for known in steps if not known.is_done), None)
    return TimelineBar(row, f"{length:.2f}", f"{length * row.percent / 100:.2f}", marks, coming)


def _colour(known: KnownMilestone) -> str:
    if known.is_done:
        return "green"
    return "red" if known.is_late else "grey"


def _place(plan: Plan, day: date) -> str:
    return f"{_share(plan, day):.2f}"


def _share(plan: Plan, day: date) -> float:
    """How much of the plan's time lies before the end of the day, in percent; only for drawing."""
    first, last = plan.first_month.first_day, plan.last_month.last_day
    return min(max((day - first).days / (last - first).days * 100, 0.0), 100.0)


# --- Calendar ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueDatesDay:
    """A day of the calendar with the first milestones that are due on it, and how many more there are; `within`: it
    belongs to the month that is shown."""

    day: date
    within: bool
    due: Sequence[KnownMilestone]
    further: int


def weeks_of_due_dates(plan: Plan, day: date, month: Month, user: User, *, own: bool) -> list[list[DueDatesDay]]:
    """Lays out the weeks of a month, Monday first, with the milestones that are due: of the own departments or of
    all."""
    due: dict[date, list[KnownMilestone]] = defaultdict(list)
    within = Milestone.objects.filter(due__range=(month.first_day, month.last_day))
    for known in read_known_milestones(_of(plan, within, department_ids_held_by(user) if own else None), plan, day):
        due[known.milestone.due].append(known)
    dates = weeks.Calendar().monthdatescalendar(month.year, month.number)
    return [[_day(calendar_day, month, due[calendar_day]) for calendar_day in week] for week in dates]


def _day(day: date, month: Month, due: Sequence[KnownMilestone]) -> DueDatesDay:
    return DueDatesDay(day, Month.of(day) == month, due[:IN_A_DAY], max(len(due) - IN_A_DAY, 0))


def _of(plan: Plan, milestones: QuerySet[Milestone], departments: Collection[int] | None) -> QuerySet[Milestone]:
    rows = milestones.filter(task__plan=plan).order_by("due", "task__order", "order")
    if departments is None:
        return rows
    return rows.filter(task__in=Assignment.objects.held_by(departments).values("task"))


def department_ids_held_by(user: User) -> frozenset[int]:
    """The departments in which the person holds a role."""
    return frozenset(membership.department_id for membership in user.held)


def write_calendar_feed(plans: Sequence[Plan], user: User, now: datetime, base: str) -> str:
    """Writes the person's calendar: the due dates of the own departments' tasks, or of all tasks for a person who sees
    all."""
    events = chain.from_iterable(_events_of(plan, user, now, base) for plan in plans)
    return write_calendar_file(_("Key tasks"), events, now)


def _events_of(plan: Plan, user: User, now: datetime, base: str) -> Iterator[Event]:
    everything = access.reach(user, Action.VIEW_TASK_REPORTS).sees(plan.region_id)
    departments = None if everything else department_ids_held_by(user)
    day = shown_day(plan, timezone.localdate(now))
    return _events(plan, read_known_milestones(_of(plan, Milestone.objects.all(), departments), plan, day), base)


def _events(plan: Plan, steps: Sequence[KnownMilestone], base: str) -> Iterator[Event]:
    for known in steps:
        row = known.milestone
        address = base + reverse("task", args=[plan.code, row.task.code])
        if known.step.done_on is not None and known.is_done:
            state = _("done on %(day)s") % {"day": date_format(known.step.done_on)}
        else:
            state = _("%(percentage)s %% done") % {"percentage": known.percentage}
        yield Event(f"milestone-{row.pk}@quality-plan", row.due, row.title, f"{row.task.title}\n{state}", address)
