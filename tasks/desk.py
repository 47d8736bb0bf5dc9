"""My tasks: what my departments answer for, plan by plan, where their reports of the month stand, and what waits for
me."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import QuerySet

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import AbstractAssignment, Plan
from plans.periods import Month
from reviews.workflow import State
from targets.deadlines import Deadlines, last_month_with_data, reporting_month
from targets.duties import plans_of
from targets.situation import Situation
from tasks.answering import Answer, Answering
from tasks.models import Assignment, ProgressReport, ReportDraft, Task
from tasks.selectors import Row, of_departments
from tasks.standing import shown_day

OPEN = "open"
DRAFTED = "drafted"


@dataclass(frozen=True, slots=True)
class Duty:
    """A department's part in a task, and where its report of the month stands: `open`, `drafted`, or a review state."""

    row: Row
    assignment: AbstractAssignment
    standing: str

    @property
    def is_done(self) -> bool:
        """Nothing left to do for whoever reports."""
        return not _is_owed(self.standing)


@dataclass(frozen=True, slots=True)
class Unit:
    """One department with its parts in tasks: what is to be done first."""

    department: Department
    duties: Sequence[Duty]

    @property
    def open(self) -> int:
        """How many reports of the month are still to be handed in; supporting units report when they have something."""
        return sum(not one.is_done and one.assignment.role != AbstractAssignment.Role.SUPPORT for one in self.duties)


@dataclass(frozen=True, slots=True)
class Mine:
    """What a person has to do with the tasks of one plan. `reports`: whether the person writes reports."""

    plan: Plan
    month: Month
    deadline: date
    day: date
    units: Sequence[Unit]
    waiting: int
    reports: bool

    @property
    def open(self) -> int:
        return sum(unit.open for unit in self.units)


@dataclass(frozen=True, slots=True)
class Summary:
    """The same of all plans that run, in numbers: the months of which reports are written, how many are still to be
    handed in, and how many wait for the person's review."""

    months: Sequence[Month]
    open: int
    waiting: int
    reports: bool


def named_in(user: User) -> list[Plan]:
    """The plans whose tasks name one of the person's departments, the one that began last first."""
    named = Assignment.objects.held_by(_own(user)).values("task__plan")
    return list(plans_of(user).filter(pk__in=named).latest_first())


def summary(user: User, today: date) -> Summary | None:
    """Over all plans, in a constant number of queries, however many there are; None for who has nothing to do with
    tasks."""
    own = _own(user)
    if not own:
        return None
    situation = Situation.of(named_in(user), today)
    months = {plan.pk: situation.reported[plan.pk] for plan in situation.running()}
    asked = Assignment.objects.held_by(own).filter(task__plan__in=months, task__closed_on__isnull=True)
    states = {month: _states(month, own) for month in set(months.values())}
    standings = [states[months[task.plan_id]].get((task.pk, unit), OPEN) for task, unit in _owing(asked, own)]
    writes = bool(access.reach(user, Action.REPORT_TASKS))
    return Summary(sorted(states), sum(map(_is_owed, standings)), waiting_for(user), writes)


def _owing(asked: "QuerySet[Assignment]", own: Collection[int]) -> list[tuple[Task, int]]:
    """Each task with a unit of these that owes a report about it; supporting ones report when they have something."""
    listed = list(asked.select_related("task", "department").order_by("task_id", "pk"))
    answering = Answering(listed)
    return [
        (task, unit.pk)
        for task, assigned in groupby(listed, key=lambda one: one.task)
        for unit, one in answering.of(assigned)
        if unit.pk in own and one.role != Assignment.Role.SUPPORT
    ]


def _own(user: User) -> frozenset[int]:
    """The departments for which the person reports or reviews."""
    reviewing = access.reach(user, Action.REVIEW_TASK_REPORTS).departments
    return access.reach(user, Action.REPORT_TASKS).departments | reviewing


def _is_owed(standing: str) -> bool:
    return standing not in (State.SUBMITTED, State.APPROVED)


def mine(user: User, plan: Plan, today: date) -> Mine:
    """The person's tasks of a plan in a constant number of queries, however many there are."""
    month, day = month_reported(plan, today), shown_day(plan, today)
    writing, own = access.reach(user, Action.REPORT_TASKS), _own(user)
    rows = of_departments(plan, day, own) if own else []
    states = _states(month, own) if own else {}
    answering = Answering(one for row in rows for one in row.assignments)
    answers = [(row, answering.of(row.assignments)) for row in rows if row.task.closed_on is None]
    units = [_unit(one, answers, states) for one in Department.objects.filter(pk__in=own).order_by("code")]
    waiting = waiting_for(user) if own else 0
    return Mine(plan, month, Deadlines.of(plan)[month].day, day, units, waiting, bool(writing))


def month_reported(plan: Plan, today: date) -> Month:
    """The month of which reports are written now."""
    return reporting_month(plan, today, last_month_with_data(plan))


def _unit(
    department: Department, answers: Sequence[tuple[Row, Sequence[Answer]]], states: dict[tuple[int, int], str]
) -> Unit:
    duties = [
        Duty(row, one.assignment, states.get((row.task.pk, department.pk), OPEN))
        for row, listed in answers
        for one in listed
        if one.department == department
    ]
    return Unit(department, sorted(duties, key=lambda one: (one.is_done, one.assignment.role)))


def _states(month: Month, departments: frozenset[int]) -> dict[tuple[int, int], str]:
    """(task, department) → where the report of the month stands: a draft counts for more than what came before it."""
    reports = ProgressReport.objects.filter(month=month, department__in=departments).order_by("pk")
    found = {(task, unit): state for task, unit, state in reports.values_list("task_id", "department_id", "state")}
    drafts = ReportDraft.objects.filter(month=month, department__in=departments)
    return found | dict.fromkeys(drafts.values_list("task_id", "department_id"), DRAFTED)


def waiting_for(user: User) -> int:
    """How many reports the person may decide; own ones are a colleague's to judge."""
    return ProgressReport.objects.waiting_for(user).exclude(author=user).count()
