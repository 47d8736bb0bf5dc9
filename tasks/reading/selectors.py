"""What pages read of tasks; each function takes a constant number of queries."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from departments.models import Department, User
from departments.people.groups import spread_groups
from plans.models import Clause, Plan
from plans.periods import Month
from targets.models import Indicator, Target
from targets.wording.lights import Light
from tasks.models import Assignment, Milestone, ProgressReport, SignOff, Task
from tasks.reading.responsible_units import CountyReporting, county_reporting_of_tasks
from tasks.reading.standing import (
    Days,
    JudgedTask,
    KnownMilestone,
    judge_tasks,
    judge_tasks_over_plans,
    read_known_milestones,
)
from tasks.rules.progress import Progress, TaskState
from tasks.wording.explanation import explain_task_state, text_of_task_share
from tasks.wording.lights import LIGHTS, light_of_task_state

PAGE = 50
"""Tasks on one page of a list."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task at the end of a day, ready to be shown; its assignments are at hand."""

    task: Task
    state: Progress
    day: date
    counties: CountyReporting | None = None

    @property
    def light(self) -> Light:
        return light_of_task_state(self.state)

    @property
    def done(self) -> int:
        return self.state.done

    @property
    def total(self) -> int:
        return self.state.total

    @property
    def percent(self) -> int:
        """The weighted percentage for drawing, never 100 before all of it is done."""
        return min(int(self.state.share * 100), 100 if self.state.share == 1 else 99) if self.state.share else 0

    @property
    def share(self) -> str:
        """The weighted percentage in words; empty without milestones."""
        return "" if self.state.share is None else text_of_task_share(Decimal(self.state.share))

    @property
    def sentence(self) -> str:
        """The sentence that says why the task has its state."""
        return explain_task_state(self.state, self.day)

    @property
    def assignments(self) -> Sequence[Assignment]:
        return list(self.task.assignments.all())


@dataclass(frozen=True, slots=True)
class ClauseTaskGroup:
    """The tasks of one clause (二(二), 三), under its name."""

    clause: Clause
    rows: Sequence[TaskRow]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks are looked for; what is empty is not asked about. `due` is the month in which a milestone or the task
    is due, `chapter` a clause's number, `department` a code."""

    chapter: str = ""
    department: str = ""
    role: str = ""
    state: str = ""
    due: Month | None = None


@dataclass(frozen=True, slots=True)
class TaskStateTab:
    """A tab of the list: a state with its light, and how many of the tasks that are looked for have this state."""

    state: TaskState
    light: Light
    number: int


@dataclass(frozen=True, slots=True)
class FoundTasks:
    """The tasks that were found: a page of rows, and how many tasks have each state, whatever state was asked for."""

    page: Page[JudgedTask]
    rows: Sequence[TaskRow]
    tabs: Sequence[TaskStateTab]
    number: int


def ordered_tasks_of_plan(plan: Plan) -> QuerySet[Task]:
    """Selects all tasks of a plan, in its order. Their words are left in the database, because lists do not show
    them."""
    return _in_order(Task.objects.filter(plan=plan))


def _in_order(tasks: QuerySet[Task]) -> QuerySet[Task]:
    listed = tasks.select_related("clause__parent").defer("quote", "clause__text", "clause__parent__text")
    return listed.order_by("order", "code")


def task_rows_of_plan(plan: Plan, day: date) -> list[TaskRow]:
    """Reads all tasks of a plan with their words, in its order, as they stood at the end of a day."""
    tasks = Task.objects.filter(plan=plan).select_related("clause").order_by("order", "code")
    return with_assignments(judge_tasks(tasks, plan, day))


def with_assignments(found: Iterable[JudgedTask]) -> list[TaskRow]:
    """Adds to the tasks the departments that answer for them: one query more, and three where each county answers."""
    judged_tasks = list(found)
    named = Prefetch("assignments", Assignment.objects.select_related("department").order_by("role", "id"))
    prefetch_related_objects([judged.task for judged in judged_tasks], named)
    counties = county_reporting_of_tasks({judged.task: judged.day for judged in judged_tasks})
    return [TaskRow(judged.task, judged.state, judged.day, counties.get(judged.task.pk)) for judged in judged_tasks]


def find_wanted_tasks(plan: Plan, day: date, wanted: Wanted, page: str | None) -> FoundTasks:
    """Finds a page of the tasks that are looked for. It judges the state of all of them, and reads the rest for the
    page alone."""
    all_found = judge_tasks(_matching(ordered_tasks_of_plan(plan), wanted), plan, day)
    counts = Counter(judged.state.state for judged in all_found)
    chosen = [judged for judged in all_found if _stands(judged, wanted)]
    shown: Page[JudgedTask] = Paginator(chosen, PAGE).get_page(page)
    rows = with_assignments(shown.object_list)
    tabs = [TaskStateTab(state, LIGHTS[state], counts[state]) for state in LIGHTS if counts[state]]
    return FoundTasks(shown, rows, tabs, len(all_found))


def judge_wanted_tasks(plan: Plan, day: date, wanted: Wanted) -> list[JudgedTask]:
    """Judges all tasks that are looked for, without the departments that answer for them."""
    return [
        judged
        for judged in judge_tasks(_matching(ordered_tasks_of_plan(plan), wanted), plan, day)
        if _stands(judged, wanted)
    ]


def _stands(judged: JudgedTask, wanted: Wanted) -> bool:
    return not wanted.state or judged.state.state == wanted.state


def _matching(tasks: QuerySet[Task], wanted: Wanted) -> QuerySet[Task]:
    if wanted.chapter:
        tasks = tasks.filter(Q(clause__path=wanted.chapter) | Q(clause__parent__path=wanted.chapter))
    if wanted.department or wanted.role:
        tasks = tasks.filter(pk__in=_assigned(wanted).values("task"))
    if wanted.due is not None:
        within = (wanted.due.first_day, wanted.due.last_day)
        tasks = tasks.filter(Q(due__range=within) | Q(milestones__due__range=within)).distinct()
    return tasks


def _assigned(wanted: Wanted) -> QuerySet[Assignment]:
    rows = Assignment.objects.all()
    if wanted.department:
        rows = rows.held_by(Department.objects.filter(code=wanted.department).values("pk"))
    return rows.filter(role=wanted.role) if wanted.role else rows


def chapters_with_tasks(plan: Plan) -> list[Clause]:
    """Finds the clauses under which tasks stand, in the plan's order."""
    under = Task.objects.filter(plan=plan)
    ids = {parent or own for own, parent in under.values_list("clause_id", "clause__parent_id")}
    return list(plan.clauses.filter(pk__in=ids).with_names().order_by("order"))


def units_with_tasks(plan: Plan) -> list[Department]:
    """Finds the departments that answer for tasks: those that the plan names, and each county where it names all
    counties."""
    named = Department.objects.filter(assignments__task__plan=plan)
    every = Q(pk__in=named.values("pk")) | Q(pk__in=spread_groups(named).values("pk"))
    return list(Department.objects.filter(every).order_by("kind", "code"))


def group_task_rows_by_clause(rows: Sequence[TaskRow]) -> list[ClauseTaskGroup]:
    """Groups tasks by the clause above their own clause; one query reads the names of the clauses that have no
    heading."""
    parts = groupby(rows, key=lambda row: row.task.clause.parent or row.task.clause)
    groups = [ClauseTaskGroup(clause, list(part)) for clause, part in parts]
    named = Clause.objects.with_names().in_bulk([group.clause.pk for group in groups if not group.clause.heading])
    return [ClauseTaskGroup(named.get(group.clause.pk, group.clause), group.rows) for group in groups]


def task_rows_of_departments(plan: Plan, day: date, departments: Collection[int]) -> list[TaskRow]:
    """Finds the tasks for which any of the departments answers, in the plan's order."""
    return task_rows_of_departments_over_plans({plan: day}, departments)


def task_rows_of_departments_over_plans(days: Days, departments: Collection[int]) -> list[TaskRow]:
    """Finds the tasks of several plans for which any of the departments answers, as they stand at the end of each
    plan's day."""
    assigned = Assignment.objects.held_by(departments)
    tasks = _in_order(Task.objects.filter(plan__in=days, pk__in=assigned.values("task")))
    return with_assignments(judge_tasks_over_plans(tasks, days))


def row_of_task(task: Task, plan: Plan, day: date) -> TaskRow:
    """Reads and judges one task."""
    found = judge_tasks(Task.objects.filter(pk=task.pk).select_related("clause__parent"), plan, day)
    return with_assignments(found)[0]


def milestones_of(task: Task, plan: Plan, day: date) -> list[KnownMilestone]:
    """A task's milestones, in its order."""
    return read_known_milestones(task.milestones.all(), plan, day)


def countable_targets(task: Task) -> QuerySet[Target]:
    """The targets of the task's plan from which a milestone's progress can be read, in the plan's order."""
    grow = (Target.Comparator.AT_LEAST, Target.Comparator.MORE_THAN)
    counts = Target.objects.filter(plan=task.plan_id, comparator__in=grow, indicator__measure=Indicator.Measure.COUNT)
    return counts.filter(indicator__time_rule=Indicator.TimeRule.SUM).order_by("order", "code")


@dataclass(frozen=True, slots=True)
class MilestoneChange:
    """A change of a milestone: what was done to it, its title, who changed it and why."""

    kind: str
    title: str
    by: str
    at: datetime
    reason: str


def history_of(task: Task, limit: int = 50) -> list[MilestoneChange]:
    """The latest changes of a task's milestones by people, newest first; what the plan's file brought is no change."""
    rows = (
        Milestone.history.filter(task=task, history_user__isnull=False)
        .select_related("history_user")
        .order_by("-history_date", "-history_id")
    )
    kinds = {"+": _("added"), "~": _("changed"), "-": _("removed")}
    return [
        MilestoneChange(
            kinds[row.history_type],
            row.title,
            str(row.history_user or ""),
            row.history_date,
            row.history_change_reason or "",
        )
        for row in rows[:limit]
    ]


@dataclass(frozen=True, slots=True)
class MonthOfTask:
    """The reports about a task in a month, and the signature under them. `own`: the person who looks has typed a part
    of what is to be signed."""

    month: Month
    reports: Sequence[ProgressReport]
    signed: SignOff | None
    own: bool

    @property
    def is_outdated(self) -> bool:
        """Whether a report became official after the signature."""
        if self.signed is None:
            return False
        return any(report.official_at is not None and report.official_at > self.signed.at for report in self.reports)

    @property
    def may_be_signed(self) -> bool:
        """Whether there is something to sign that is not signed as it is now."""
        approved = any(report.state == ProgressReport.StateChoices.APPROVED for report in self.reports)
        return approved and (self.signed is None or self.is_outdated)


def months_of_task(task: Task, user: User) -> list[MonthOfTask]:
    """The reports about a task that the person may see, without those that were replaced; newest month first."""
    reports = _with_words(ProgressReport.objects.visible_to(user).filter(task=task))
    by_month: dict[Month, list[ProgressReport]] = defaultdict(list)
    for report in reports.exclude(state=ProgressReport.StateChoices.SUPERSEDED).order_by("-month", "department", "pk"):
        by_month[report.month].append(report)
    signed: dict[Month, SignOff] = {}
    for row in task.sign_offs.select_related("by").order_by("pk"):
        signed[row.month] = row
    months = sorted({*by_month, *signed}, reverse=True)
    return [
        MonthOfTask(month, by_month[month], signed.get(month), _has_typed_official(by_month[month], user))
        for month in months
    ]


def _has_typed_official(reports: Sequence[ProgressReport], user: User) -> bool:
    official = [report for report in reports if report.state == ProgressReport.StateChoices.APPROVED]
    return any(report.is_typed_by(user) for report in official)


def reports_waiting_for(user: User) -> list[ProgressReport]:
    """The reports about which the person's department decides, oldest first."""
    return list(_with_words(ProgressReport.objects.waiting_for(user)).order_by("pk")[:200])


def _with_words(reports: QuerySet[ProgressReport]) -> QuerySet[ProgressReport]:
    """Adds to the reports all that a page says about them: six queries more, however many reports there are."""
    related = reports.select_related("task__plan", "department", "author", "approved_by")
    return related.prefetch_related("steps__milestone", "attachments", "decisions__by", "authors__user")
