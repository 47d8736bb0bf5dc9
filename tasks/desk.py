"""My tasks: what my departments answer for, plan by plan, where their reports of the month stand, and what waits for
me."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import State
from targets.deadlines import Deadlines, last_month_with_data, reporting_month
from targets.duties import plans_of
from targets.situation import Situation
from tasks.models import Assignment, ProgressReport, ReportDraft
from tasks.selectors import Row, of_departments
from tasks.standing import shown_day

OPEN = "open"
DRAFTED = "drafted"


@dataclass(frozen=True, slots=True)
class Duty:
    """A department's part in a task, and where its report of the month stands: `open`, `drafted`, or a review state."""

    row: Row
    assignment: Assignment
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
        return sum(not one.is_done and one.assignment.role != Assignment.Role.SUPPORT for one in self.duties)


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
    named = Plan.objects.filter(tasks__assignments__department__in=_own(user)).values("pk")
    return list(plans_of(user).filter(pk__in=named).latest_first())


def summary(user: User, today: date) -> Summary | None:
    """Over all plans, in a constant number of queries, however many there are; None for who has nothing to do with
    tasks."""
    own = _own(user)
    if not own:
        return None
    situation = Situation.of(named_in(user), today)
    months = {plan.pk: situation.reported[plan.pk] for plan in situation.running()}
    asked = Assignment.objects.filter(department__in=own, task__plan__in=months, task__closed_on__isnull=True)
    rows = asked.exclude(role=Assignment.Role.SUPPORT).values_list("task_id", "department_id", "task__plan_id")
    states = {month: _states(month, own) for month in set(months.values())}
    standings = [states[months[plan]].get((task, unit), OPEN) for task, unit, plan in rows]
    writes = bool(access.reach(user, Action.REPORT_TASKS))
    return Summary(sorted(states), sum(map(_is_owed, standings)), waiting_for(user), writes)


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
    units = [_unit(one, rows, states) for one in Department.objects.filter(pk__in=own).order_by("code")]
    waiting = waiting_for(user) if own else 0
    return Mine(plan, month, Deadlines.of(plan)[month].day, day, units, waiting, bool(writing))


def month_reported(plan: Plan, today: date) -> Month:
    """The month of which reports are written now."""
    return reporting_month(plan, today, last_month_with_data(plan))


def _unit(department: Department, rows: Sequence[Row], states: dict[tuple[int, int], str]) -> Unit:
    duties = [
        Duty(row, one, states.get((row.task.pk, department.pk), OPEN))
        for row in rows
        for one in row.assignments
        if one.department_id == department.pk and row.task.closed_on is None
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
