"""My desk (待办): what is due, what came back, what waits for my review."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from departments import access
from departments.models import User
from departments.permissions import Action
from plans.periods import Month
from targets.entering.desk import desk_of, waiting_for_review
from targets.expected.duties import plans_of
from targets.models import DataQuestion


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """For whoever enters or reviews; `?month=2014-06` for another month than those that are being reported, `?plan=`
    for one plan alone."""
    user = cast(User, request.user)
    enters, reviews = (access.reach(user, action) for action in (Action.ENTER_OBSERVATIONS, Action.REVIEW_OBSERVATIONS))
    if not enters and not reviews:
        raise access.refusal()
    if not plans_of(user).exists():
        return render(request, "pages/empty.html")
    month, plan_code = _month(request.GET.get("month", "")), request.GET.get("plan", "")
    found = desk_of(user, timezone.localdate(), month, plan_code)
    context = {
        "desk": found,
        "months": found,
        "kept": {"plan": found.plan} if found.plan else {},
        "enters": bool(enters),
        "reviews": bool(reviews),
        "questions": DataQuestion.objects.to_answer(user).named(),
        "waiting": waiting_for_review(user) if reviews else 0,
    }
    return render(request, "targets/desk.html", context)


def _month(text: str) -> Month | None:
    """The month that is asked for; None for none, and for what is none."""
    try:
        return Month.parse(text)
    except ValueError:
        return None
