"""The port through which targets learn about milestones.

Milestones belong to tasks, which stand above targets; a "done by" promise is judged by them all the same. So the upper
app provides a function when it starts, and the lower one asks through it.
"""

from collections.abc import Callable, Collection
from datetime import date

from targets.arithmetic.formulas import DatedMilestone

Provider = Callable[[Collection[int]], dict[int, tuple[DatedMilestone, ...]]]

_providers: list[Provider] = []


def provide_milestones(provider: Provider) -> None:
    """Registers the function that maps target ids to their milestones, in one query however many there are."""
    if provider not in _providers:
        _providers.append(provider)


def provided_milestones_of(target_ids: Collection[int]) -> dict[int, tuple[DatedMilestone, ...]]:
    """Milestones by target id, sorted by due date; targets without any are left out."""
    found: dict[int, tuple[DatedMilestone, ...]] = {}
    for provider in _providers:
        for target_id, milestones in provider(target_ids).items():
            found[target_id] = found.get(target_id, ()) + milestones
    return {key: tuple(sorted(rows, key=lambda row: (row.due, row.done_on or date.max))) for key, rows in found.items()}
