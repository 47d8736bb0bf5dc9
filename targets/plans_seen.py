"""Which plans a person sees: every page asks, for its header and for whether the person may come in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from departments.access import person
from departments.models import User
from plans.models import Plan
from targets.kept import value_of_all


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A plan in force as it is offered: `place` is its region's name, `span` its months in short."""

    region_id: int
    code: str
    title: str
    place: str
    span: str
    demonstration: bool


def plans_seen(request: HttpRequest) -> Sequence[PlanSeen]:
    """Every plan in force that the person sees, the one that began last first; asked of the database once for each
    version of the plans' outlines and each reach."""
    return value_of_all(request, lambda: _seen(person(request)), of="plans seen")


def _seen(user: User) -> list[PlanSeen]:
    plans = Plan.objects.published().visible_to(user).latest_first()
    return [
        PlanSeen(plan.region_id, plan.code, plan.title, plan.region.name, plan.span, plan.demonstration)
        for plan in plans
    ]
