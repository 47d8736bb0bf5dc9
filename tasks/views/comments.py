"""批示: what leaders wrote and asked, writing and answering, making a notice of supervision of it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import plan_named
from plans.models import Plan
from targets.models import Target
from tasks import clock
from tasks.forms.comments import AnswerForm, CommentForm
from tasks.forms.supervision import add_errors
from tasks.models import Comment, Task
from tasks.services import commenting

PAGE = 50


@require_safe
@access.requires(Action.VIEW_COMMENTS)
def comments(request: HttpRequest) -> HttpResponse:
    """Shows the comments that wait for an answer; with `?all=on` all comments."""
    today = timezone.localdate(clock.now())
    found = Comment.objects.visible_to(access.person_of_request(request)).listed()
    everything = bool(request.GET.get("all"))
    shown = found.order_by("-pk") if everything else found.waiting().order_by("due", "pk")
    page: Page[Comment] = Paginator(shown, PAGE).get_page(request.GET.get("page") or 1)
    context = {"page": page, "everything": everything, "today": today, "waiting": found.waiting().count()}
    return render(request, "tasks/comments.html", context)


@require_POST
@access.requires(Action.COMMENT)
def post_comment(request: HttpRequest, plan_code: str, kind: str, code: str) -> HttpResponse:
    """A leader writes about a target or a task."""
    about = _subject(plan_named(request, plan_code), kind, code)
    access.demand_acting(access.person_of_request(request), Action.COMMENT, about.plan.region_id)
    form = CommentForm(about.plan, request.POST)
    if form.is_valid():
        try:
            made = commenting.write_comment(
                about, **form.cleaned_data, by=access.person_of_request(request), now=clock.now()
            )
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            asked = _("%(unit)s is told.") % {"unit": made.asked} if made.asked else ""
            messages.success(request, " ".join(filter(None, [_("Your comment is there."), asked])))
            return redirect(commenting.address_of_comment(made))
    return render(request, "tasks/comment_form.html", {"form": form, "about": about}, status=422)


@require_POST
@access.requires(Action.ANSWER_COMMENTS)
def post_comment_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The unit that was asked answers."""
    found = _visible(request, pk)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            commenting.answer_comment(
                found, text=form.cleaned_data["answer"], by=access.person_of_request(request), now=clock.now()
            )
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            messages.success(request, _("Answered. %(person)s is told.") % {"person": found.author})
            return redirect(commenting.address_of_comment(found))
    context = {"form": form, "about": found.subject, "comment": found}
    return render(request, "tasks/comment_form.html", context, status=422)


@require_POST
@access.requires(Action.ISSUE_SUPERVISION)
def post_comment_pressing(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan office makes a notice of supervision of a comment."""
    found = _visible(request, pk)
    try:
        made = commenting.press_comment(found, by=access.person_of_request(request), now=clock.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect(commenting.address_of_comment(found))
    messages.success(request, _("The notice is written. Issue it when it is ready."))
    return redirect("supervision_notice", pk=made.pk)


def _visible(request: HttpRequest, pk: int) -> Comment:
    return get_object_or_404(Comment.objects.visible_to(access.person_of_request(request)).listed(), pk=pk)


def _subject(plan: Plan, kind: str, code: str) -> Target | Task:
    """The target or task of the plan; 404 if there is none."""
    if kind == "target":
        return get_object_or_404(Target, plan=plan, code=code)
    if kind == "task":
        return get_object_or_404(Task, plan=plan, code=code)
    raise Http404
