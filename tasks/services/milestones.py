"""Milestones that were changed, and what targets ask about them."""

from collections import defaultdict
from collections.abc import Collection

from targets.formulas import Milestone as Step
from targets.services import promises_changed
from tasks.models import Milestone


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
