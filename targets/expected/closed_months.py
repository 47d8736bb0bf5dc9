"""Which figures may not change any more, because a month is closed for a plan that asks for them.

A figure stands above plans: while one plan in force that asks for it has closed its month, no other plan's work may
change it. The question is put for many figures at once: one query, and four more where any of their months is closed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from plans.models import Plan
from plans.periods import Month
from targets.entry_rules.figures import Key
from targets.expected.asked_figures import AskedFigures, asked_by
from targets.models import MonthLock


@dataclass(frozen=True, slots=True)
class ClosedMonths:
    """The months that are closed, each for which plans (by their ids), and what these plans ask for."""

    plans: Mapping[Month, Collection[int]]
    asked: AskedFigures | None = None

    def __bool__(self) -> bool:
        return bool(self.plans)

    def plan_of(self, key: Key) -> Plan | None:
        """The first plan that has closed the month of a figure; None if the figure may change."""
        if self.asked is None or key[2] not in self.plans:
            return None
        return next((plan for plan in self.asked.plans_for(*key) if plan.pk in self.plans[key[2]]), None)


def closed_in(months: Collection[Month]) -> ClosedMonths:
    """What is closed in these months."""
    found = MonthLock.objects.closing(months).select_related("plan")
    locks = list(found.order_by("plan__first_month", "plan__code"))
    if not locks:
        return ClosedMonths({})
    plans: dict[Month, set[int]] = defaultdict(set)
    for lock in locks:
        for month in filter(lock.closes, months):
            plans[month].add(lock.plan_id)
    return ClosedMonths(plans, asked_by(list({lock.plan_id: lock.plan for lock in locks}.values())))
