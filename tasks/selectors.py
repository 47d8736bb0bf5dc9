"""What pages read of tasks; each function takes a constant number of queries."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from departments.models import Department
from plans.models import Clause, Plan
from plans.periods import Month
from targets.lights import Light
from tasks.explanation import explain, share_text
from tasks.lights import LIGHTS, light
from tasks.models import Assignment, Task
from tasks.progress import Progress, State
from tasks.standing import Judged, Known, judged, known

PAGE = 50
"""Tasks on one page of a list."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task at the end of a day, ready to be shown; its assignments are at hand."""

    task: Task
    state: Progress
    day: date

    @property
    def light(self) -> Light:
        return light(self.state)

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
        return "" if self.state.share is None else share_text(Decimal(self.state.share))

    @property
    def sentence(self) -> str:
        """Why it stands there."""
        return explain(self.state, self.day)

    @property
    def assignments(self) -> Sequence[Assignment]:
        return list(self.task.assignments.all())


@dataclass(frozen=True, slots=True)
class Group:
    """The tasks of one clause (二(二), 三), under its heading."""

    clause: Clause
    rows: Sequence[Row]


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
class Tab:
    """How many of the tasks that are looked for stand so."""

    state: State
    light: Light
    number: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for: a page of rows, and how all of them stand, whatever state was asked for."""

    page: Page[Judged]
    rows: Sequence[Row]
    tabs: Sequence[Tab]
    number: int


def ordered(plan: Plan) -> QuerySet[Task]:
    """All tasks of a plan, in its order. Their words are left in the database: lists do not show them."""
    tasks = Task.objects.filter(plan=plan).select_related("clause__parent").defer("quote", "clause__text")
    return tasks.defer("quote", "clause__text", "clause__parent__text").order_by("order", "code")


def standing(plan: Plan, day: date) -> list[Row]:
    """All tasks of a plan with their words, in its order, as they stood at the end of a day."""
    tasks = Task.objects.filter(plan=plan).select_related("clause").order_by("order", "code")
    return with_assignments(judged(tasks, plan, day), day)


def with_assignments(found: Iterable[Judged], day: date) -> list[Row]:
    """The tasks with who answers for them: one query more, for these alone."""
    rows = [Row(one.task, one.state, day) for one in found]
    named = Prefetch("assignments", Assignment.objects.select_related("department").order_by("role", "id"))
    prefetch_related_objects([row.task for row in rows], named)
    return rows


def find(plan: Plan, day: date, wanted: Wanted, page: str | None) -> Found:
    """A page of the tasks that are looked for. The state is judged for all of them, the rest is read for the page."""
    all_found = judged(_matching(ordered(plan), wanted), plan, day)
    counts = Counter(one.state.state for one in all_found)
    chosen = [one for one in all_found if not wanted.state or one.state.state == wanted.state]
    shown: Page[Judged] = Paginator(chosen, PAGE).get_page(page)
    rows = with_assignments(shown.object_list, day)
    tabs = [Tab(state, LIGHTS[state], counts[state]) for state in LIGHTS if counts[state]]
    return Found(shown, rows, tabs, len(all_found))


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
        rows = rows.filter(department__code=wanted.department)
    return rows.filter(role=wanted.role) if wanted.role else rows


def chapters(plan: Plan) -> list[Clause]:
    """The clauses under which tasks stand, in the plan's order."""
    under = Task.objects.filter(plan=plan)
    ids = {parent or own for own, parent in under.values_list("clause_id", "clause__parent_id")}
    return list(plan.clauses.filter(pk__in=ids).order_by("order"))


def units(plan: Plan) -> list[Department]:
    """The departments that answer for tasks."""
    return list(Department.objects.filter(assignments__task__plan=plan).distinct().order_by("kind", "code"))


def grouped(rows: Sequence[Row]) -> list[Group]:
    """Tasks under the clause that their own clauses are part of."""
    parts = groupby(rows, key=lambda row: row.task.clause.parent or row.task.clause)
    return [Group(clause, list(part)) for clause, part in parts]


def of_departments(plan: Plan, day: date, departments: Collection[int]) -> list[Row]:
    """The tasks for which any of the departments answers, in the plan's order."""
    assigned = Assignment.objects.filter(department__in=departments)
    found = judged(ordered(plan).filter(pk__in=assigned.values("task")), plan, day)
    return with_assignments(found, day)


def row_of(task: Task, plan: Plan, day: date) -> Row:
    """One task."""
    found = judged(Task.objects.filter(pk=task.pk).select_related("clause__parent"), plan, day)
    return with_assignments(found, day)[0]


def milestones_of(task: Task, plan: Plan, day: date) -> list[Known]:
    """A task's milestones, in its order."""
    return known(task.milestones.all(), plan, day)
