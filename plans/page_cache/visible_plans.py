"""Which plans a person sees: every page asks, for its header and for whether the person may come in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F
from django.http import HttpRequest

from departments.access import person_of_request
from departments.models import User
from departments.models.lineage import RegionsAbove, parse_region_ids
from plans.models import Plan
from plans.page_cache.cached_pages import keep_value_of_all_plans
from plans.page_cache.plan_context import LAST_PLAN, last_plan


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A plan in force as it is offered: `place` is its region's name, `depth` how many regions that is a part of,
    itself counted, and `span` its months in short."""

    region_id: int
    code: str
    title: str
    place: str
    depth: int
    span: str
    demonstration: bool


def plans_seen(request: HttpRequest) -> Sequence[PlanSeen]:
    """Every plan in force that the person sees, the one that began last first; asked of the database once for each
    version of the plans' outlines and each reach."""
    return keep_value_of_all_plans(request, lambda: _seen(person_of_request(request)), of="plans seen")


def plan_meant(request: HttpRequest) -> PlanSeen | None:
    """The plan to which a page without a plan leads: the plan last looked at in this session, else the plan that is
    meant first; None where the person sees no plan."""
    plans, last = plans_seen(request), last_plan(request)
    return next((plan for plan in plans if plan.code == last), None) or meant_first(plans)


def note_plan(request: HttpRequest, code: str) -> None:
    """Notes in the session that the person looks at this plan, if it is in force and another plan would be meant."""
    if code == last_plan(request):
        return
    meant = plan_meant(request)
    if meant is not None and meant.code != code and any(plan.code == code for plan in plans_seen(request)):
        request.session[LAST_PLAN] = code


def _seen(user: User) -> list[PlanSeen]:
    plans = Plan.objects.published().visible_to(user).latest_first().annotate(above=RegionsAbove(F("region_id")))
    return [_offered(plan, len(parse_region_ids(plan.above))) for plan in plans]


def _offered(plan: Plan, depth: int) -> PlanSeen:
    return PlanSeen(plan.region_id, plan.code, plan.title, plan.region.name, depth, plan.span, plan.demonstration)


def meant_first(plans: Sequence[PlanSeen]) -> PlanSeen | None:
    """The plan that is meant where nobody has chosen a plan: the first plan of the highest region, and a made-up plan
    only where there are no others; None if there are no plans."""
    return min(plans, key=lambda plan: (plan.demonstration, plan.depth), default=None)
