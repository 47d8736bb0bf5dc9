"""下年度计划: two plans' promises side by side, and the draft of the next plan for administrators."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.models import Plan
from tasks import drafts
from tasks.draft_forms import FORMS, DraftForm
from tasks.models import Milestone
from tasks.services import discard_draft_plan, keep, leave_out, plan_of, propose_next_year, publish


@require_safe
@access.requires(Action.VIEW_PLAN)
def years(request: HttpRequest, plan_code: str) -> HttpResponse:
    """What a plan promises beside the one before it; a draft is shown to administrators of its region alone."""
    by = access.person(request)
    plan = get_object_or_404(Plan.objects.visible_to(by), code=plan_code)
    may_prepare = access.reach(by, Action.ADMINISTER).acts_for(plan.region_id)
    before = Plan.objects.preceding(plan)
    context: dict[str, Any] = {
        "plan": plan,
        "before": before,
        "after": Plan.objects.following(plan) if may_prepare else None,
        "pairs": drafts.pairs(before, plan) if before is not None else [],
        "may_prepare": may_prepare,
    }
    if plan.is_draft:
        context |= {"draft": drafts.contents(plan, before), "gaps": drafts.gaps(plan)}
    return render(request, "tasks/years.html", context)


@require_POST
@access.requires(Action.ADMINISTER)
def propose(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Copies a plan to the months that follow it, as a draft."""
    plan = _own(request, plan_code)
    try:
        draft = propose_next_year(plan, by=access.person(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("years", plan_code)
    messages.success(
        request, _("The draft is made. Go through its promises, then enter the words of the new document.")
    )
    return redirect("years", draft.code)


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.ADMINISTER)
def draft_row(request: HttpRequest, plan_code: str, kind: str, pk: int) -> HttpResponse:
    """One row of a draft: changed, or taken out."""
    row = _row(_own(request, plan_code), kind, pk)
    form: DraftForm = FORMS[kind][1](request.POST or None, instance=row, by=access.person(request))
    if request.method == "POST" and _done(request, form, row, kind):
        return redirect("years", plan_code)
    context = {"plan": plan_of(row), "row": row, "kind": kind, "form": form, "may_leave_out": kind in _REMOVABLE}
    return render(request, "tasks/draft_row.html", context)


_REMOVABLE = ("target", "task", "milestone")


def _done(request: HttpRequest, form: DraftForm, row: Any, kind: str) -> bool:
    """Whether the row was changed or taken out; if not, the form says why."""
    by = access.person(request)
    try:
        if request.POST.get("deed") == "leave-out" and kind in _REMOVABLE:
            leave_out(row, by=by)
            messages.success(request, _("%(name)s is left out of the draft.") % {"name": row})
            return True
        if not form.is_valid():
            return False
        keep(form.instance, by=by)
    except ValidationError as refused:
        form.add_error(None, ValidationError(refused.messages))
        return False
    messages.success(request, _("%(name)s: saved.") % {"name": row})
    return True


def _own(request: HttpRequest, plan_code: str) -> Plan:
    """The plan, a draft or not, of exactly the administrator's region; 404 for another one."""
    return get_object_or_404(Plan.objects.governed_by(access.person(request), Action.ADMINISTER), code=plan_code)


def _row(plan: Plan, kind: str, pk: int) -> Any:
    """A row of a draft; 404 if there is none, or the plan is in force."""
    if kind not in FORMS:
        raise Http404
    model = FORMS[kind][0]
    owner = "" if model is Plan else "task__plan__" if model is Milestone else "plan__"
    wanted = {f"{owner}pk": plan.pk, f"{owner}state": Plan.State.DRAFT}
    return get_object_or_404(model._default_manager.filter(**wanted), pk=pk)


@require_POST
@access.requires(Action.ADMINISTER)
def publish_draft(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Puts a draft into force, or says everything that is missing."""
    draft = _own(request, plan_code)
    try:
        publish(draft, by=access.person(request))
    except ValidationError as refused:
        messages.error(request, _("Not published: %(number)d things are missing.") % {"number": len(refused.messages)})
    else:
        messages.success(request, _("%(plan)s is in force.") % {"plan": draft})
    return redirect("years", plan_code)


@require_POST
@access.requires(Action.ADMINISTER)
def discard(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Takes a draft away."""
    draft = _own(request, plan_code)
    before = Plan.objects.preceding(draft)
    try:
        discard_draft_plan(draft, by=access.person(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("years", plan_code)
    messages.success(request, _("The draft is discarded: %(plan)s.") % {"plan": draft})
    return redirect("years", before.code) if before is not None else redirect("home")
