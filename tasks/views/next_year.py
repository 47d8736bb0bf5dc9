"""下年度计划: two plans' promises side by side, and how the next plan is made from an earlier one."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from departments import access
from departments.permissions import Action
from plans.models import Plan
from tasks.forms.drafts import ProposalForm
from tasks.reading import drafts
from tasks.reading.proposals import NextPlanProposal
from tasks.services.next_year import propose_next_year

REFUSED = 422


@require_safe
@access.requires(Action.VIEW_PLAN)
def plan_comparison_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Shows what a plan promises beside an earlier plan: `?before=CODE`, else the last plan of its series.
    Administrators of its region alone see a draft."""
    by = access.person_of_request(request)
    plan = get_object_or_404(Plan.objects.visible_to(by), code=plan_code)
    earlier = list(Plan.objects.earlier_than(plan).visible_to(by).latest_first())
    before = choose_earlier_plan(request, earlier) or Plan.objects.preceding(plan)
    may_prepare = access.reach(by, Action.ADMINISTER).acts_for(plan.region_id)
    context: dict[str, object] = {
        "plan": plan,
        "before": before,
        "earlier": earlier,
        "pairs": drafts.pair_promises_of_plans(before, plan) if before is not None else [],
        "may_prepare": may_prepare,
        "following": Plan.objects.following(plan) if may_prepare else None,
        "drafts": Plan.objects.drafts_of(plan.region_id).exclude(pk=plan.pk) if may_prepare else (),
    }
    return render(request, "tasks/years.html", context)


def choose_earlier_plan(request: HttpRequest, plans: Sequence[Plan]) -> Plan | None:
    """The plan that `?before=CODE` names, None without; 404 for a plan that cannot be chosen."""
    code = request.GET.get("before", "")
    if not code:
        return None
    for plan in plans:
        if plan.code == code:
            return plan
    raise Http404


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.ADMINISTER)
def next_plan_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The next plan's names and months, as they are suggested after an earlier plan; then it is copied as a draft.

    The earlier plan is `?before=CODE`, else the last one of the same series, else the last one of the region.
    """
    by = access.person_of_request(request)
    plan = find_governed_plan(request, plan_code)
    offered = list(Plan.objects.published().filter(region=plan.region_id).latest_first())
    before = choose_earlier_plan(request, offered) or _newest(plan, offered)
    context: dict[str, object] = {"plan": plan, "before": before, "offered": offered}
    if before is None:
        return render(request, "tasks/propose.html", context)
    suggested = NextPlanProposal.suggested(before, Plan.objects.last_of_series(before))
    initial = {name: getattr(suggested, name) for name in ProposalForm.Meta.fields}
    form = ProposalForm(request.POST or None, initial=initial, instance=Plan(region_id=plan.region_id), by=by)
    if request.method == "POST" and (draft := _proposed(request, form, before)) is not None:
        return redirect("draft_edit", draft.code)
    context |= {"form": form, "drafts": Plan.objects.drafts_of(plan.region_id)}
    return render(request, "tasks/propose.html", context, status=REFUSED if form.errors else 200)


def _newest(plan: Plan, offered: Sequence[Plan]) -> Plan | None:
    """The last of the plans that is of the same series, else the last of all."""
    series = plan.series or plan.code
    alike = [other for other in offered if series in (other.series, other.code)]
    return next(iter(alike or offered), None)


def _proposed(request: HttpRequest, form: ProposalForm, before: Plan) -> Plan | None:
    """The draft; None if it was refused, and the form says why."""
    if not form.is_valid():
        return None
    try:
        draft = propose_next_year(before, by=access.person_of_request(request), named=form.proposal)
    except ValidationError as refused:
        form.add_error("code" if getattr(refused, "code", "") == "code" else None, ValidationError(refused.messages))
        return None
    messages.success(
        request, _("The draft is made. Go through its promises, then enter the words of the new document.")
    )
    return draft


def find_governed_plan(request: HttpRequest, plan_code: str) -> Plan:
    """The plan, a draft or not, of exactly the administrator's region; 404 for another one."""
    return get_object_or_404(
        Plan.objects.governed_by(access.person_of_request(request), Action.ADMINISTER), code=plan_code
    )
