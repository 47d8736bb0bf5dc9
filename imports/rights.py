"""Whose figures are in a file: what may be handed in by somebody who does not import for everybody.

The same rule as on the worksheet (`targets.duties`): what is expected of the person's units in the month.
"""

from collections.abc import Sequence

from departments import access
from departments.models import User
from departments.permissions import Action
from plans.models import Plan
from targets.duties import Key, expected_of
from targets.figures import Entry, Problem
from targets.worksheet import units_of


def not_asked(entries: Sequence[Entry], by: User) -> dict[int, list[Problem]]:
    """The entries, by their position, that the person may not hand in."""
    units = {unit.pk for unit in units_of(access.demand(by, Action.IMPORT_OBSERVATIONS))}
    asked = _asked(entries)
    return {
        position: [Problem("not_asked", "indicator")]
        for position, entry in enumerate(entries)
        if asked.get(Key(*entry.key)) not in units
    }


def _asked(entries: Sequence[Entry]) -> dict[Key, int | None]:
    """Who reports each figure of the entries' months."""
    months = {entry.month for entry in entries}
    plans = Plan.objects.published().holding_any(months)
    return {key: unit for plan in plans for key, unit in expected_of(plan, months).figures.items()}
