"""Whose figures are in a file: what may be handed in by somebody who does not import for everybody.

The same rule as on the worksheet: what is asked of the person's units, where they measure it, in the months it is due.
"""

from collections.abc import Sequence

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month, expected_months
from targets.figures import Entry, Problem
from targets.models import Indicator
from targets.worksheet import asked_of, due_indicators, place_of, units_of

Asked = frozenset[tuple[int, int]]
"""(indicator id, region id)"""


def not_asked(entries: Sequence[Entry], by: User) -> dict[int, list[Problem]]:
    """The entries, by their position, that the person may not hand in."""
    units = units_of(access.demand(by, Action.IMPORT_OBSERVATIONS))
    plans = {plan.year: plan for plan in Plan.objects.select_related("region")}
    months = {entry.month for entry in entries}
    known: dict[tuple[int, tuple[str, ...]], Asked] = {}
    asked = {month: _asked(plans.get(month.year), month, units, known) for month in months}
    return {
        position: [Problem("not_asked", "indicator")]
        for position, entry in enumerate(entries)
        if (entry.indicator_id, entry.region_id) not in asked[entry.month]
    }


def _asked(
    plan: Plan | None, month: Month, units: Sequence[Department], known: dict[tuple[int, tuple[str, ...]], Asked]
) -> Asked:
    """What is asked of the units in a month; looked up once a plan for all months in which the same is due."""
    if plan is None:
        return frozenset()
    due = tuple(one for one in Indicator.Frequency.values if month.number in expected_months(one))
    if (plan.pk, due) not in known:
        indicators = due_indicators(plan, month)
        known[plan.pk, due] = frozenset(
            (one.pk, place_of(unit, plan).pk) for unit in units for one in asked_of(unit, indicators)
        )
    return known[plan.pk, due]
