"""A draft of a plan on pages: what it is made of, each row in a form of its own, what is taken away; then published or
discarded.

Whoever comes to a draft that is in force or discarded meanwhile is told so, and led to what there is instead.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.permissions import Action
from pages.links import address_of_page
from plans.models import Clause, Plan
from targets.models import Target
from tasks.forms.drafts import FORMS, ClauseForm, DraftForm, PromiseForm
from tasks.models import Milestone, Task
from tasks.reading import drafts
from tasks.reading.drafts import Draftable
from tasks.services import drafting
from tasks.services.drafting import discard_draft_plan, keep_clause, keep_draft_row, leave_out, publish_draft_plan

REFUSED = 422
REMOVABLE = ("clause", "target", "task", "milestone")
LISTS = {"clause": "clauses", "target": "targets", "task": "works", "milestone": "works"}
"""Kind of row → the list in which it stands on the page."""


class _EndedError(Exception):
    """The draft is in force, or discarded: why, and the plan as it was last seen."""

    def __init__(self, plan: Plan, said: str, code: str) -> None:
        super().__init__(said)
        self.plan, self.code = plan, code


def gives_own_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Gives a view the draft of the administrator's own region; whoever comes too late is told what became of it."""

    @access.requires(Action.ADMINISTER)
    @wraps(view)
    def opened(request: HttpRequest, plan_code: str, **named: object) -> HttpResponse:
        try:
            return view(request, _draft(request, plan_code), **named)
        except _EndedError as ended:
            messages.error(request, str(ended))
            return _instead(ended)

    return opened


def _draft(request: HttpRequest, plan_code: str) -> Plan:
    governed = Plan.objects.governed_by(access.person_of_request(request), Action.ADMINISTER)
    plan = governed.filter(code=plan_code).first()
    if plan is None:
        plan = _discarded(request, plan_code)
        raise _EndedError(plan, drafting.explain_draft_gone(plan), drafting.GONE)
    if not plan.is_draft:
        raise _EndedError(plan, drafting.explain_draft_in_force(plan), drafting.IN_FORCE)
    return plan


def _discarded(request: HttpRequest, plan_code: str) -> Plan:
    """A draft of the own region that was discarded, as it was last; 404 if there never was one."""
    seats = access.reach(access.person_of_request(request), Action.ADMINISTER).seats
    gone = Plan.history.filter(code=plan_code, history_type="-", state=Plan.State.DRAFT, region__in=seats)
    last = gone.order_by("-history_id").first()
    if last is None:
        raise Http404
    found: Plan = last.instance
    return found


def _instead(ended: _EndedError) -> HttpResponse:
    """The plan in force; for a draft that was discarded the one before it, else the own plans."""
    if ended.code == drafting.IN_FORCE:
        return redirect("years", ended.plan.code)
    return _before(ended.plan)


def _before(draft: Plan) -> HttpResponse:
    before = Plan.objects.preceding(draft)
    return redirect("years", before.code) if before is not None else redirect(address_of_page("home"))


def _demand_going_on(draft: Plan, refused: ValidationError) -> None:
    """A refusal because the draft has ended is none of what was typed."""
    code = getattr(refused, "code", None)
    if code in (drafting.GONE, drafting.IN_FORCE):
        raise _EndedError(draft, refused.messages[0], code) from refused


@require_safe
@gives_own_draft
def draft_edit(request: HttpRequest, draft: Plan) -> HttpResponse:
    """Shows all that the draft is made of, with what it lacks."""
    before, lacking = Plan.objects.preceding(draft), drafts.find_draft_gaps(draft)
    context = {
        "plan": draft,
        "before": before,
        "draft": drafts.contents(draft, before, lacking),
        "gaps": lacking,
    }
    return render(request, "tasks/draft.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gives_own_draft
def draft_add(request: HttpRequest, draft: Plan, kind: str) -> HttpResponse:
    """A new row of a draft; a milestone is of the task `?task=CODE`."""
    row = _new(request, draft, kind)
    initial = {"after": draft.clauses.order_by("-order").values_list("pk", flat=True).first()}
    form = _form(request, kind, row, initial=initial if kind == "clause" else {"due": draft.last_month.last_day})
    return _answered(request, draft, kind, form)


@require_http_methods(["GET", "HEAD", "POST"])
@gives_own_draft
def draft_row(request: HttpRequest, draft: Plan, kind: str, pk: int) -> HttpResponse:
    """One row of a draft, changed."""
    return _answered(request, draft, kind, _form(request, kind, _row(draft, kind, pk)))


@require_http_methods(["GET", "HEAD", "POST"])
@gives_own_draft
def draft_remove(request: HttpRequest, draft: Plan, kind: str, pk: int) -> HttpResponse:
    """Takes a row out of a draft, after what goes with it was shown."""
    if kind not in REMOVABLE:
        raise Http404
    row = _row(draft, kind, pk)
    if request.method == "POST" and _is_left_out(request, draft, row):
        return _back(draft, LISTS[kind])
    context = {"plan": draft, "row": row, "kind": kind, "going": drafts.removal_of_draft_row(row)}
    return render(request, "tasks/draft_remove.html", context, status=REFUSED if request.method == "POST" else 200)


@require_POST
@gives_own_draft
def publish_draft(request: HttpRequest, draft: Plan) -> HttpResponse:
    """Puts a draft into force, or says everything that is missing."""
    try:
        publish_draft_plan(draft, by=access.person_of_request(request))
    except ValidationError as refused:
        _demand_going_on(draft, refused)
        messages.error(request, _("Not published: %(number)d things are missing.") % {"number": len(refused.messages)})
        return redirect("draft_edit", draft.code)
    messages.success(request, _("%(plan)s is in force.") % {"plan": draft})
    return redirect("years", draft.code)


@require_POST
@gives_own_draft
def discard(request: HttpRequest, draft: Plan) -> HttpResponse:
    """Takes a draft away."""
    try:
        discard_draft_plan(draft, by=access.person_of_request(request))
    except ValidationError as refused:
        _demand_going_on(draft, refused)
        raise
    messages.success(request, _("The draft is discarded: %(plan)s.") % {"plan": draft})
    return _before(draft)


# --- Rows -------------------------------------------------------------------------------------------------------------


# Which model it is stands in the address: nothing tells the checker.
def _row(draft: Plan, kind: str, pk: int) -> Any:
    """A row of a draft; 404 if there is none."""
    if kind not in FORMS:
        raise Http404
    model = FORMS[kind][0]
    owner = "" if model is Plan else "task__plan__" if model is Milestone else "plan__"
    return get_object_or_404(model._default_manager.filter(**{f"{owner}pk": draft.pk}), pk=pk)


def _new(request: HttpRequest, draft: Plan, kind: str) -> Any:
    """A row that is not stored yet."""
    if kind not in REMOVABLE:
        raise Http404
    if kind == "milestone":
        return Milestone(task=get_object_or_404(Task, plan=draft, code=request.GET.get("task", "")))
    return FORMS[kind][0](plan=draft)


def _answered(request: HttpRequest, draft: Plan, kind: str, form: DraftForm) -> HttpResponse:
    """The form, or the draft once the row is stored."""
    if _is_kept(request, draft, form):
        return _back(draft, f"{kind}-{form.instance.pk}" if kind in REMOVABLE else "document")
    return _shown(request, draft, kind, form)


def _form(request: HttpRequest, kind: str, row: Draftable, **further: object) -> DraftForm:
    return FORMS[kind][1](request.POST or None, instance=row, by=access.person_of_request(request), **further)


def _is_kept(request: HttpRequest, draft: Plan, form: DraftForm) -> bool:
    """Whether the row was stored; if it was asked for and not done, the form says why."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        _keep(form, request)
    except ValidationError as refused:
        _demand_going_on(draft, refused)
        form.add_error(None, ValidationError(refused.messages))
        return False
    messages.success(request, _("%(name)s: saved.") % {"name": form.instance})
    return True


def _keep(form: DraftForm, request: HttpRequest) -> None:
    by = access.person_of_request(request)
    if isinstance(form, ClauseForm):
        keep_clause(form.instance, after=form.cleaned_data["after"], by=by)
    else:
        keep_draft_row(form.instance, by=by, roles=form.roles if isinstance(form, PromiseForm) else None)


def _is_left_out(request: HttpRequest, draft: Plan, row: Clause | Target | Task | Milestone) -> bool:
    try:
        leave_out(row, by=access.person_of_request(request), seen=request.POST.get("seen", ""))
    except ValidationError as refused:
        _demand_going_on(draft, refused)
        for said in refused.messages:
            messages.error(request, said)
        return False
    messages.success(request, _("%(name)s is left out of the draft.") % {"name": row})
    return True


def _shown(request: HttpRequest, draft: Plan, kind: str, form: DraftForm) -> HttpResponse:
    row = form.instance
    context = {
        "plan": draft,
        "kind": kind,
        "form": form,
        "stored": row if row.pk is not None else None,
        "removable": kind in REMOVABLE,
        "words": _words(draft, row),
    }
    return render(request, "tasks/draft_row.html", context, status=REFUSED if form.errors else 200)


def _words(draft: Plan, row: Draftable) -> Clause | None:
    """The clause that is read beside the form: for a promise the clause from which its quote is taken, once that is
    known; for a clause the clause of the same number in the earlier plan."""
    if isinstance(row, Clause):
        return Clause.objects.filter(plan=Plan.objects.preceding(draft), path=row.path).select_related("plan").first()
    promise = row.task if isinstance(row, Milestone) else row
    return promise.clause if isinstance(promise, Target | Task) and promise.clause_id is not None else None


def _back(draft: Plan, place: str) -> HttpResponse:
    """The draft, where the row stands or, once that is gone, at the list in which it stood."""
    return redirect(f"{reverse('draft_edit', args=[draft.code])}#{place}")
