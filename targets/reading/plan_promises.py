"""What a plan promises, without a single figure: every page of leadership shows it, and it seldom changes."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.http import Http404, HttpRequest

from plans.models import Clause, Plan
from plans.page_cache.plan_context import read_plan_context
from plans.page_cache.visible_plans import plans_seen
from plans.periods import Month
from targets.models import Attainment, Target
from targets.reading.selectors import Duties, duties_of_plan


@dataclass(frozen=True, slots=True)
class PlanPromises:
    """A published plan with its region; its clauses with names and without their words, and its targets with plan,
    clause, indicator, operand, steps and former rules, both by id and in the plan's order; and who answers for which
    target."""

    plan: Plan
    clauses: Mapping[int, Clause]
    targets: Mapping[int, Target]
    duties: Duties


def plan_promises_asked_for(request: HttpRequest, plan_code: str) -> PlanPromises:
    """What a plan promises; Http404 where no such plan was published, or the person may not see it.

    A process reads it once for each version of the plan's outline (see `plans.page_cache.plan_context`) and keeps it as
    bytes, so that no request sees what another has done to it.
    """
    known = read_plan_context(request, plan_code)
    found: PlanPromises | None = None
    if known.plan_id is not None:
        found = pickle.loads(_kept(known.plan_id, known.outline))  # noqa: S301 - made below, by ourselves
    if found is None or all(plan.code != plan_code for plan in plans_seen(request)):
        raise Http404
    return found


@lru_cache(maxsize=4)
def _kept(plan_id: int, _outline: int) -> bytes:
    plan = Plan.objects.published().filter(pk=plan_id).first()
    return pickle.dumps(None if plan is None else plan_promises_of(plan), pickle.HIGHEST_PROTOCOL)


_OF_INDICATOR = ("definition", "source", "minimum", "maximum", "usual_low", "usual_high")
_NOT_LISTED = (
    "baseline_source",
    "reference_source",
    *(f"{name}__{column}" for name in ("indicator", "operand") for column in _OF_INDICATOR),
)
"""What no list shows: the page of the target itself does."""


def plan_promises_of(plan: Plan) -> PlanPromises:
    """As it is stored; six queries."""
    stored = Target.objects.filter(plan=plan).select_related("indicator", "operand", "operand_region")
    stored = stored.prefetch_related("steps").with_rules().defer(*_NOT_LISTED)
    targets = {target.pk: target for target in stored.order_by("order", "code")}
    clauses = {clause.pk: clause for clause in plan.clauses.with_names().order_by("order")}
    for target in targets.values():
        target.plan, target.clause = plan, clauses[target.clause_id]
    return PlanPromises(plan, clauses, targets, duties_of_plan(plan))


def judged_in(promised: PlanPromises, month: Month) -> list[Attainment]:
    """How each target stands in the plan's own region, in the plan's order. A target that has come since the plan was
    read is not among them."""
    plan, targets = promised.plan, promised.targets
    rows = Attainment.objects.filter(target__plan=plan, region_id=plan.region_id, month=month).defer("inputs_hash")
    found = {attainment.target_id: attainment for attainment in rows}
    judged = [found[pk] for pk in targets if pk in found]
    for attainment in judged:
        attainment.region = plan.region
        attainment.of_target(targets[attainment.target_id])
    return judged
