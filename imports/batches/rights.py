"""Whose figures are in a file: what may be handed in for a unit, and what a plan office may make official.

The first by the same rule as on the worksheet (`targets.expected.duties`): what is expected of the person's units in
the month.
"""

from collections.abc import Mapping, Sequence

from departments import access
from departments.models import User
from departments.permissions import Action
from plans.models import Plan
from targets.entering.worksheet import units_of
from targets.entry_rules.figures import Entry, Problem
from targets.expected.duties import FigureKey, expected_over
from targets.services.official import positions_beyond_office


def find_unasked_entries(entries: Sequence[Entry], by: User) -> dict[int, list[Problem]]:
    """The entries, by their position, that the person may not hand in."""
    units = {unit.pk for unit in units_of(access.demand(by, Action.IMPORT_OBSERVATIONS))}
    asked = _asked(entries)
    return {
        position: [Problem("not_asked", "indicator")]
        for position, entry in enumerate(entries)
        if asked.get(FigureKey(*entry.key)) not in units
    }


def find_foreign_entries(entries: Sequence[Entry], by: User) -> dict[int, list[Problem]]:
    """The entries, by their position, of figures that are another city's: measured neither in the person's region nor
    in its parts, and reported by none of its departments."""
    return {position: [Problem("not_of_region", "region")] for position in positions_beyond_office(entries, by)}


def _asked(entries: Sequence[Entry]) -> Mapping[FigureKey, int | None]:
    """Who reports each figure of the entries' months."""
    months = {entry.month for entry in entries}
    plans = list(Plan.objects.published().holding_any(months))
    return expected_over(plans, months, {entry.region_id for entry in entries}).figures
