"""What pages read of tasks; each function takes a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Count, Prefetch, Q

from plans.models import Clause, Plan
from targets.formulas import Milestone as Step
from targets.lights import Light
from tasks.lights import light
from tasks.models import Assignment, Milestone, Task
from tasks.progress import progress


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in a list: how many of its milestones are done, and who answers for it."""

    task: Task
    done: int
    total: int
    assignments: Sequence[Assignment]


@dataclass(frozen=True, slots=True)
class Standing:
    """A task at the end of a day: its light, how many of its milestones are done, and who answers for it."""

    task: Task
    light: Light
    done: int
    total: int
    assignments: Sequence[Assignment]


@dataclass(frozen=True, slots=True)
class Group:
    """The tasks of one clause (二(二), 三), under its heading."""

    clause: Clause
    rows: Sequence[TaskRow]


def with_steps(plan: Plan) -> list[TaskRow]:
    """All tasks of a plan, in its order."""
    named = Prefetch("assignments", Assignment.objects.select_related("department").order_by("role", "id"))
    tasks = (
        Task.objects.filter(plan=plan)
        .select_related("clause__parent")
        .prefetch_related(named)
        .annotate(total=Count("milestones"), done=Count("milestones", filter=Q(milestones__done_on__isnull=False)))
        .order_by("order", "code")  # the model's own ordering does not hold where rows are counted
    )
    return [TaskRow(task, task.done, task.total, list(task.assignments.all())) for task in tasks]


def standing(plan: Plan, day: date) -> list[Standing]:
    """All tasks of a plan, in its order, as they stood at the end of a day."""
    named = Prefetch("assignments", Assignment.objects.select_related("department").order_by("role", "id"))
    tasks = Task.objects.filter(plan=plan).select_related("clause").prefetch_related(named, "milestones")
    return [_standing(task, day) for task in tasks.order_by("order", "code")]


def _standing(task: Task, day: date) -> Standing:
    steps = [Step(one.due, one.done_on) for one in task.milestones.all()]
    done = sum(step.done_on is not None and step.done_on <= day for step in steps)
    return Standing(task, light(progress(steps, day)), done, len(steps), list(task.assignments.all()))


def grouped(rows: Sequence[TaskRow]) -> list[Group]:
    """Tasks under the clause that their own clauses are part of."""
    parts = groupby(rows, key=lambda row: row.task.clause.parent or row.task.clause)
    return [Group(clause, list(part)) for clause, part in parts]


def assignments_of(task: Task) -> list[Assignment]:
    """Who answers for a task: lead, shared, support (the alphabet happens to agree)."""
    return list(task.assignments.select_related("department").order_by("role", "id"))


def milestones_of(task: Task) -> list[Milestone]:
    """The deliverables that the text names, in its order."""
    return list(task.milestones.select_related("target__plan"))
