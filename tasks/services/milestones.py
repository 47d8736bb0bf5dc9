"""Milestones that were changed, and what targets ask about them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from django.db import models

from plans.periods import Month, months_between
from targets.arithmetic.formulas import DatedMilestone as Step
from targets.arithmetic.formulas import Signal
from targets.models import MonthLock, Target
from targets.services.dirty import promises_changed
from targets.services.locking import keep_open
from targets.services.ruling import Fields, demand_unclosed_months, fields_that_differ
from tasks.models import Milestone, Task
from tasks.reading.standing import judge_task_with_milestones

RULES = Fields(
    frozenset({"due", "done_on", "target"}),
    frozenset({"id", "task", "code", "order", "title", "quote", "department", "weight", "evidence", "counted_by"}),
)
"""By which fields of a milestone the promise is judged towards which it leads, and its task."""
COUNTED = frozenset({"task", "counted_by"})
"""By which further fields its task alone is judged."""
TASK_RULES = Fields(
    frozenset({"plan", "due", "closed_on"}),
    frozenset({"id", "code", "order", "title", "clause", "quote", "open_ended", "closed_by"}),
)
"""By which fields of a task it is judged itself."""


def milestones_of_targets(target_ids: Collection[int]) -> dict[int, tuple[Step, ...]]:
    """The milestones that are steps towards the targets, by target id, in one query."""
    rows = Milestone.objects.filter(target_id__in=target_ids).values_list("target_id", "due", "done_on")
    found: dict[int, list[Step]] = defaultdict(list)
    for target_id, due, done_on in rows:
        found[target_id].append(Step(due, done_on))
    return {target_id: tuple(steps) for target_id, steps in found.items()}


def milestones_changed(milestones: Collection[Milestone]) -> None:
    """Marks the targets towards which changed milestones lead."""
    promises_changed([milestone.target for milestone in milestones if milestone.target is not None])


def demand_lights_alike(before: models.Model | None, after: models.Model | None) -> None:
    """Raises ValidationError if the change of a milestone, or of a task with its milestones, would give a promise or
    the task another light in a closed month; keeps the months open until the transaction ends."""
    demand_promises_alike(before, after)
    for task, states in _tasks_judged(before, after):
        demand_task_alike(task, *states)


def demand_promises_alike(before: models.Model | None, after: models.Model | None) -> None:
    """Raises ValidationError if the change would give a promise towards which milestones lead another light in a closed
    month; keeps the months open until the transaction ends."""
    if isinstance(before, Task) and after is None:
        for milestone in before.milestones.filter(target__isnull=False).select_related("target__plan"):
            _demand(milestone, None)
    elif isinstance(before or after, Milestone):
        _demand(before, after)


class TaskWithMilestones(NamedTuple):
    """A task as it is or would be, and its milestones."""

    task: Task
    milestones: Sequence[Milestone]


def demand_task_alike(task: Task, before: TaskWithMilestones | None, after: TaskWithMilestones | None) -> None:
    """Raises ValidationError if a task would have another light in a closed month than it has; keeps the months open
    until the transaction ends. A light that comes where there was none says nothing else of a month, unless it is one
    that warns."""
    plan = task.plan
    keep_open(plan.months)
    closed = MonthLock.objects.closed(plan.months).filter(plan=plan).order_by("month")
    for month in closed.values_list("month", flat=True):
        now, then = (_light(state, month) for state in (before, after))
        if then in WARNING if now is Signal.GREY else now is not then:
            demand_unclosed_months(plan, [month])


WARNING = frozenset({Signal.YELLOW, Signal.RED})


def _light(state: TaskWithMilestones | None, month: Month) -> Signal:
    return Signal.GREY if state is None else judge_task_with_milestones(*state, month.last_day).signal


def _tasks_judged(
    before: models.Model | None, after: models.Model | None
) -> Iterator[tuple[Task, tuple[TaskWithMilestones | None, TaskWithMilestones | None]]]:
    """Finds the tasks whose light the change may decide, each as it is and as it would be."""
    row = after if after is not None else before
    if isinstance(row, Task):
        steps = list(row.milestones.all()) if row.pk is not None else []
        new_or_gone = before is None or after is None
        if row.plan_id is not None and (new_or_gone or fields_that_differ(before, after, TASK_RULES.judging)):
            yield row, (_standing(before, steps), _standing(after, steps))
    elif isinstance(row, Milestone):
        yield from _tasks_of(_milestone(before), _milestone(after))


def _standing(state: models.Model | None, steps: Sequence[Milestone]) -> TaskWithMilestones | None:
    return TaskWithMilestones(state, steps) if isinstance(state, Task) else None


def _milestone(state: models.Model | None) -> Milestone | None:
    return state if isinstance(state, Milestone) else None


def _tasks_of(
    before: Milestone | None, after: Milestone | None
) -> Iterator[tuple[Task, tuple[TaskWithMilestones | None, TaskWithMilestones | None]]]:
    states = [state for state in (before, after) if state is not None]
    if len(states) == 2 and not fields_that_differ(before, after, RULES.judging | COUNTED):
        return
    for task in {state.task for state in states if state.task_id is not None}:
        stored = list(task.milestones.all())
        others = [milestone for milestone in stored if before is None or milestone.pk != before.pk]
        now = [*others, after] if after is not None and after.task_id == task.pk else others
        yield task, (TaskWithMilestones(task, stored), TaskWithMilestones(task, now))


def _demand(before: models.Model | None, after: models.Model | None) -> None:
    """Demands that the months of the promise that are judged anew are open. A promise without milestones has no light,
    so all months are judged anew when a milestone comes or goes."""
    states = [state for state in (before, after) if isinstance(state, Milestone)]
    if len(states) == 2 and not fields_that_differ(states[0], states[1], RULES.judging):
        return
    whole = len(states) == 1 or bool(fields_that_differ(states[0], states[1], ("target",)))
    days = [day for state in states for day in _days(state, states)]
    for target in {state.target for state in states if state.target is not None}:
        demand_unclosed_months(target.plan, _months(target, None if whole else min(days)))


def _days(state: Milestone, states: list[Milestone]) -> list[date]:
    """The days of a milestone's state that are not those of its other state."""
    changed = fields_that_differ(states[0], states[-1], ("due", "done_on"))
    return [day for name in changed if (day := getattr(state, name)) is not None]


def _months(target: Target, first: date | None) -> list[Month]:
    """The plan's months from a day on, or all of its months if no day is given."""
    plan = target.plan
    begins = plan.first_month if first is None else max(plan.first_month, Month.of(first))
    return months_between(begins, plan.last_month)
