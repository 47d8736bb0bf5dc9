"""Milestones that were changed, and what targets ask about them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db import models

from plans.periods import Month, months_between
from targets.formulas import Milestone as Step
from targets.models import Target
from targets.services import promises_changed
from targets.services.ruling import Fields, demand_unclosed_months, differing
from tasks.models import Milestone, Task

RULES = Fields(
    frozenset({"due", "done_on", "target"}),
    frozenset({"id", "task", "code", "order", "title", "quote", "department", "weight", "evidence", "counted_by"}),
)
"""By which fields of a milestone the promise is judged towards which it leads."""


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
    """Raises ValidationError if the change of a milestone, or of a task with its milestones, would give a promise
    another light in a closed month; keeps the months open until the transaction ends."""
    if isinstance(before, Task) and after is None:
        for milestone in before.milestones.filter(target__isnull=False).select_related("target__plan"):
            _demand(milestone, None)
    elif isinstance(before or after, Milestone):
        _demand(before, after)


def _demand(before: models.Model | None, after: models.Model | None) -> None:
    """A promise without milestones has no light: with a milestone that comes or goes all months are judged anew."""
    states = [state for state in (before, after) if isinstance(state, Milestone)]
    if len(states) == 2 and not differing(states[0], states[1], RULES.judging):
        return
    whole = len(states) == 1 or bool(differing(states[0], states[1], ("target",)))
    days = [day for state in states for day in _days(state, states)]
    for target in {state.target for state in states if state.target is not None}:
        demand_unclosed_months(target.plan, _months(target, None if whole else min(days)))


def _days(state: Milestone, states: list[Milestone]) -> list[date]:
    """The days of a state that are not those of the other."""
    changed = differing(states[0], states[-1], ("due", "done_on"))
    return [day for name in changed if (day := getattr(state, name)) is not None]


def _months(target: Target, first: date | None) -> list[Month]:
    """The plan's months from a day on; all of them without one."""
    plan = target.plan
    begins = plan.first_month if first is None else max(plan.first_month, Month.of(first))
    return months_between(begins, plan.last_month)
