"""Indicators, targets, attainments and official figures for other systems.

Attainments are the stored rows. Only the question what was official at an earlier time is answered by judging anew,
with the same formulas, and nothing of that is stored.
"""

from typing import Annotated

from django.db.models import Max, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from ninja.pagination import paginate

from departments import access
from departments.http_api.authentication import person_of_api_request, token_name
from departments.http_api.bodies import describe_request_body, read_body
from departments.http_api.contract import (
    NAMED_REFUSALS,
    PLAN_REFUSALS,
    REFUSALS,
    WRITING_REFUSALS,
    AskedCode,
    AskedMoment,
    AskedRegion,
    Code,
    Paging,
    bad_value,
)
from departments.http_api.idempotency import PARAMETER, idempotent
from departments.models import Region, User
from departments.permissions import Action
from plans.api import AskedMonth, MonthText, PlanCode, find_plan_by_code_or_year
from plans.models import Plan
from plans.periods import Month
from targets.entering.received_figures import keep_received_figures
from targets.entering.received_schemas import EXAMPLES, ObservationsIn, ObservationsKept
from targets.models import Attainment, Indicator, Observation, Quota, Target, TargetAssignment
from targets.reading.schemas import AttainmentOut, IndicatorOut, ObservationOut, TargetOut
from targets.reading.selectors import attainments_official_then, last_in_plan

router = Router(tags=["targets"])


@router.get(
    "/indicators",
    operation_id="list_indicators",
    summary="Indicators",
    response={200: list[IndicatorOut], **REFUSALS},
)
@paginate(Paging)
def indicators(request: HttpRequest) -> QuerySet[Indicator]:
    """Every indicator of the own city's departments and of the plans that the person sees, by code."""
    return Indicator.objects.visible_to(person_of_api_request(request)).select_related("department")


@router.get(
    "/plans/{plan}/targets",
    operation_id="list_targets",
    summary="A plan's targets",
    response={200: list[TargetOut], **PLAN_REFUSALS},
)
@paginate(Paging)
def targets(request: HttpRequest, plan: PlanCode) -> QuerySet[Target]:
    """A plan's promises in numbers, in its order, with their steps, all versions of their quotas (of the regions that
    the person sees, of a county its own alone), and the rules that they had before they were changed from a month
    on."""
    assigned = Prefetch("assignments", TargetAssignment.objects.select_related("department"))
    quotas = Prefetch("quotas", Quota.objects.in_regions_of(person_of_api_request(request)).select_related("region"))
    found = Target.objects.filter(plan=find_plan_by_code_or_year(plan, person_of_api_request(request)))
    related = found.with_rules().select_related("clause", "indicator", "operand", "operand_region")
    return related.prefetch_related(assigned, quotas, "steps")


@router.get(
    "/plans/{plan}/attainment",
    operation_id="list_attainments",
    summary="Every target, judged as of a month",
    response={200: list[AttainmentOut], **PLAN_REFUSALS},
)
@paginate(Paging)
def attainment(
    request: HttpRequest,
    plan: PlanCode,
    month: AskedMonth = None,
    region: AskedRegion = None,
    as_of: AskedMoment = None,
) -> list[Attainment]:
    """Every target of a plan, judged for a region as of a month.

    Without `region` the plan's own; without `month` the last one with data. `as_of` answers by the figures that were
    official at that time.
    """
    known = find_plan_by_code_or_year(plan, person_of_api_request(request))
    place = judged_region(known, region, person_of_api_request(request))
    if as_of is None:
        chosen = month_of(known, month, last_month(known, place))
        found = Attainment.objects.of_plan(known, region_id=place.pk).visible_to(person_of_api_request(request))
        return found.filter(month=chosen).with_rules()
    rows = attainments_official_then(Target.objects.filter(plan=known), place, as_of)
    chosen = month_of(known, month, last_in_plan(known, (row.last_month for row in rows)))
    return [row for row in rows if row.month == chosen]


@router.get(
    "/plans/{plan}/targets/{code}/attainment",
    operation_id="list_attainments_of_target",
    summary="One target, month by month",
    response={200: list[AttainmentOut], **PLAN_REFUSALS},
)
@paginate(Paging)
def attainment_by_month(
    request: HttpRequest, plan: PlanCode, code: AskedCode, region: AskedRegion = None, as_of: AskedMoment = None
) -> list[Attainment]:
    """One target through the months of its plan; `region` and `as_of` as for all targets."""
    known = find_plan_by_code_or_year(plan, person_of_api_request(request))
    target = get_object_or_404(Target, plan=known, code=code)
    place = judged_region(known, region, person_of_api_request(request))
    if as_of is not None:
        return attainments_official_then(Target.objects.filter(pk=target.pk), place, as_of)
    found = Attainment.objects.of_plan(known, region_id=place.pk).visible_to(person_of_api_request(request))
    return found.filter(target=target).with_rules()


@router.get(
    "/observations",
    operation_id="list_observations",
    summary="Official figures",
    response={200: list[ObservationOut], **NAMED_REFUSALS},
)
@paginate(Paging)
def observations(
    request: HttpRequest,
    indicator: Annotated[Code | None, Query(description="The indicator's code. Default: every indicator.")] = None,
    region: AskedRegion = None,
    first: Annotated[MonthText | None, Query(alias="from", description="The first month. Default: any.")] = None,
    last: Annotated[MonthText | None, Query(alias="to", description="The last month, included. Default: any.")] = None,
) -> QuerySet[Observation]:
    """The official figures that the person may see, by indicator, region and month; `to` includes its month."""
    found = Observation.objects.visible_to(person_of_api_request(request)).official()
    if indicator is not None:
        known = Q(pk__in=Indicator.objects.visible_to(person_of_api_request(request)).values("pk")) | Q(
            pk__in=found.values("indicator")
        )
        found = found.filter(indicator=get_object_or_404(Indicator.objects.filter(known), code=indicator))
    if region is not None:
        found = found.filter(region=observed_region(region, person_of_api_request(request)))
    if first is not None:
        found = found.filter(month__gte=first)
    if last is not None:
        found = found.filter(month__lte=last)
    related = found.select_related("indicator", "region", "official__source", "official__author")
    related = related.prefetch_related("official__authors__user")
    return related.order_by("indicator__code", "region__code", "month")


@router.post(
    "/observations",
    operation_id="send_observations",
    summary="Figures as drafts, or handed in",
    response={201: ObservationsKept, **WRITING_REFUSALS},
    openapi_extra=PARAMETER | describe_request_body(ObservationsIn, EXAMPLES),
)
@idempotent
def keep_observations(request: HttpRequest) -> Status[ObservationsKept]:
    """Figures as drafts or handed in for review, by the rules of the worksheet: all of them or none.

    A refusal tells everything that is wrong; `row` counts the list from 1. 403: a figure is not the person's to enter.
    409: the month is closed, or somebody has saved another draft; a draft of somebody else is replaced only by a row
    that names its `version`. 422: whatever is not well entered; with mode submit also what looks odd and has no `note`,
    and a change of an approved figure without a `reason`. Nothing becomes official without a colleague's approval.
    """
    access.demand(person_of_api_request(request), Action.ENTER_OBSERVATIONS)
    sent = read_body(request, ObservationsIn)
    return Status(
        201,
        ObservationsKept(
            observations=keep_received_figures(sent, by=person_of_api_request(request), label=token_name(request))
        ),
    )


def judged_region(plan: Plan, code: str | None, user: User) -> Region:
    """The region asked for, the plan's own by default; 404 if nothing is judged there that the person may see."""
    if code is None or code == plan.region.code:
        return plan.region
    region = get_object_or_404(Region, code=code)
    if not Attainment.objects.visible_to(user).filter(target__plan=plan, region=region).exists():
        raise Http404
    return region


def observed_region(code: str, user: User) -> Region:
    """The region asked for; 404 if the person sees no figures of it, whatever the indicator."""
    reached = access.reach(user, Action.VIEW_OBSERVATIONS)
    return get_object_or_404(Region, code=code, pk__in=reached.lineage)


def last_month(plan: Plan, region: Region) -> Month | None:
    """The last month with data for any of the plan's targets in a region."""
    found = Attainment.objects.filter(target__plan=plan, region=region).aggregate(last=Max("last_month"))
    return last_in_plan(plan, [found["last"]])


def month_of(plan: Plan, month: Month | None, last: Month | None) -> Month:
    """The month asked for, else the last one with data, else the plan's first; 422 for a month outside the plan."""
    if month is None:
        return last or plan.first_month
    if not plan.first_month <= month <= plan.last_month:
        told = {"first": plan.first_month, "last": plan.last_month}
        message = _("The month must be one of the plan's: from %(first)s to %(last)s.") % told
        raise bad_value("month", "month_of_plan", message)
    return month
