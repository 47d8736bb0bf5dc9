"""My tasks: what my departments answer for, plan by plan, where their reports of the month stand, and what waits for
me."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import QuerySet
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import AbstractAssignment, Plan
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.expected.duties import plans_of
from targets.expected.plan_situation import Situation
from tasks.models import Assignment, ProgressReport, ReportDraft, Task
from tasks.reading.responsible_units import AnsweringUnit, AnsweringUnits
from tasks.reading.selectors import TaskRow, task_rows_of_departments_over_plans
from tasks.reading.standing import shown_days

OPEN = "open"
DRAFTED = "drafted"


@dataclass(frozen=True, slots=True)
class TaskReportDuty:
    """A department's part in a task, and where its report of the month stands: `open`, `drafted`, or a review state."""

    row: TaskRow
    assignment: AbstractAssignment
    standing: str

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do for whoever reports."""
        return not _is_owed(self.standing)


@dataclass(frozen=True, slots=True)
class UnitReportDuties:
    """One department with its parts in tasks: what is to be done first."""

    department: Department
    duties: Sequence[TaskReportDuty]

    @property
    def open(self) -> int:
        """How many reports of the month are still to be handed in; supporting units report when they have something."""
        return sum(not duty.is_done and duty.assignment.role != AbstractAssignment.Role.SUPPORT for duty in self.duties)


@dataclass(frozen=True, slots=True)
class TaskDesk:
    """What a person has to do with the tasks of one plan. `reports`: whether the person writes reports."""

    plan: Plan
    month: Month
    deadline: date
    day: date
    units: Sequence[UnitReportDuties]
    waiting: int
    reports: bool

    @property
    def open(self) -> int:
        return sum(unit.open for unit in self.units)


@dataclass(frozen=True, slots=True)
class Summary:
    """The desks of all plans that run, in numbers: the months of which reports are written, how many reports are still
    to be handed in, and how many wait for the person's review."""

    months: Sequence[Month]
    open: int
    waiting: int
    reports: bool


def plans_naming_units_of(user: User) -> list[Plan]:
    """Finds the plans whose tasks name one of the person's departments, the plan that began last first."""
    named = Assignment.objects.held_by(_own(user)).values("task__plan")
    return list(plans_of(user).filter(pk__in=named).latest_first())


def draw_own_tasks(context: Context) -> str:
    """Draws how many reports the person has to write and how many to review, for the desk of figures."""
    mine = summary(context["user"], timezone.localdate())
    return render_to_string("tasks/_desk.html", {"mine": mine})


def summary(user: User, today: date) -> Summary | None:
    """Sums up the person's desks of all plans, in a constant number of queries, however many plans there are; None for
    a person who has nothing to do with tasks."""
    own = _own(user)
    if not own:
        return None
    situation = Situation.of(plans_naming_units_of(user), today)
    months = {plan.pk: situation.reported[plan.pk] for plan in situation.running()}
    asked = Assignment.objects.held_by(own).filter(task__plan__in=months, task__closed_on__isnull=True)
    states = _states(set(months.values()), own)
    standings = [states.get((task.pk, unit, months[task.plan_id]), OPEN) for task, unit in _owing(asked, own)]
    writes = bool(access.reach(user, Action.REPORT_TASKS))
    return Summary(sorted(set(months.values())), sum(map(_is_owed, standings)), count_reports_to_decide(user), writes)


def _owing(asked: "QuerySet[Assignment]", own: Collection[int]) -> list[tuple[Task, int]]:
    """Pairs each task with each of these units that owes a report about it; a supporting unit reports when it has
    something."""
    listed = list(asked.select_related("task", "department").order_by("task_id", "pk"))
    answering = AnsweringUnits(listed)
    return [
        (task, unit.pk)
        for task, assigned in groupby(listed, key=lambda assignment: assignment.task)
        for unit, assignment in answering.of(assigned)
        if unit.pk in own and assignment.role != Assignment.Role.SUPPORT
    ]


def _own(user: User) -> frozenset[int]:
    """The departments for which the person reports or reviews."""
    reviewing = access.reach(user, Action.REVIEW_TASK_REPORTS).departments
    return access.reach(user, Action.REPORT_TASKS).departments | reviewing


def _is_owed(standing: str) -> bool:
    return standing not in (ReviewState.SUBMITTED, ReviewState.APPROVED)


def task_desks_of(user: User, plans: Sequence[Plan], situation: Situation) -> list[TaskDesk]:
    """Makes the person's desk of tasks for each plan, whose situation is known, in a constant number of queries,
    however many plans and tasks."""
    days, own = shown_days(plans, situation.today), _own(user)
    rows: dict[int, list[TaskRow]] = defaultdict(list)
    for row in task_rows_of_departments_over_plans(days, own) if own else ():
        rows[row.task.plan_id].append(row)
    answering = AnsweringUnits(
        assignment for listed in rows.values() for row in listed for assignment in row.assignments
    )
    states = _states({situation.reported[plan.pk] for plan in plans}, own)
    departments = list(Department.objects.filter(pk__in=own).order_by("code"))
    waiting, writes = count_reports_to_decide(user) if own else 0, bool(access.reach(user, Action.REPORT_TASKS))
    found = []
    for plan in plans:
        month = situation.reported[plan.pk]
        answers = [(row, answering.of(row.assignments)) for row in rows[plan.pk] if row.task.closed_on is None]
        units = [_unit(department, month, answers, states) for department in departments]
        found.append(TaskDesk(plan, month, situation.deadlines[plan.pk][month].day, days[plan], units, waiting, writes))
    return found


def month_reported(plan: Plan, today: date) -> Month:
    """The month of which reports of a plan are written now."""
    return Situation.of([plan], today).reported[plan.pk]


def _unit(
    department: Department,
    month: Month,
    answers: Sequence[tuple[TaskRow, Sequence[AnsweringUnit]]],
    states: Mapping[tuple[int, int, Month], str],
) -> UnitReportDuties:
    duties = [
        TaskReportDuty(row, unit.assignment, states.get((row.task.pk, department.pk, month), OPEN))
        for row, listed in answers
        for unit in listed
        if unit.department == department
    ]
    return UnitReportDuties(department, sorted(duties, key=lambda duty: (duty.is_done, duty.assignment.role)))


def _states(months: Collection[Month], departments: frozenset[int]) -> dict[tuple[int, int, Month], str]:
    """(task, department, month) → where the report stands: a draft counts for more than what came before it."""
    columns = ("task_id", "department_id", "month")
    reports = ProgressReport.objects.filter(month__in=months, department__in=departments).order_by("pk")
    found = {(task, unit, month): state for task, unit, month, state in reports.values_list(*columns, "state")}
    drafts = ReportDraft.objects.filter(month__in=months, department__in=departments)
    return found | dict.fromkeys(drafts.values_list(*columns), DRAFTED)


def count_reports_to_decide(user: User) -> int:
    """How many reports the person may decide; a colleague decides the person's own reports."""
    return ProgressReport.objects.waiting_for(user).by_others(user).count()
