"""What stands on other pages of supervision: of a department, about a target or a task, on the desk."""

from datetime import date

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from targets.models import Target
from tasks import clock
from tasks.forms.comments import CommentForm
from tasks.models import Comment, Task
from tasks.services.supervision import may_act_for_plan_or_unit
from tasks.supervision.pages import open_notices_of

register = template.Library()


@register.inclusion_tag("tasks/_supervision_of.html", takes_context=True)
def supervision_of(
    context: Context, *, department: Department | None = None, target: Target | None = None, task: Task | None = None
) -> dict[str, object]:
    """Shows the open notices of a department, or about a promise, that the reader may see."""
    about = {name: promise for name, promise in (("target", target), ("task", task)) if promise is not None}
    rows = open_notices_of(context["request"].user, _today(), department=department, **about)
    return {"rows": rows, "of_department": department is not None}


@register.inclusion_tag("tasks/_comments_of.html", takes_context=True)
def comments_of(context: Context, *, target: Target | None = None, task: Task | None = None) -> dict[str, object]:
    """Shows what leaders wrote about a promise, with what the reader may do: write, answer, press."""
    request, about = context["request"], target or task
    assert about is not None  # noqa: S101 - a template names one of them
    user, kind = request.user, "target" if target is not None else "task"
    found = Comment.objects.visible_to(user).filter(**{kind: about}).listed().order_by("pk")
    writes = access.reach(user, Action.COMMENT).acts_for(about.plan.region_id)
    return {
        "comments": [(comment, _may_answer(user, comment)) for comment in found],
        "presses": access.reach(user, Action.ISSUE_SUPERVISION).acts_for(about.plan.region_id),
        "form": CommentForm(about.plan) if writes else None,
        "address": reverse("comment_add", args=[about.plan.code, kind, about.code]),
        "today": _today(),
        "request": request,
        "csrf_token": context.get("csrf_token"),
    }


def _may_answer(user: User, comment: Comment) -> bool:
    return comment.is_waiting and may_act_for_plan_or_unit(
        user, Action.ANSWER_COMMENTS, comment.subject.plan, comment.asked
    )


def _today() -> date:
    return timezone.localdate(clock.now())
