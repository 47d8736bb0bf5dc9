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
from plans.models import Plan
from targets.deadlines import last_month_with_data, reporting_month
from targets.desk import desk_of, waiting_for_review
from targets.selectors import month_of, months


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """For whoever enters or reviews; `?month=2014-06` for another month than the one that is being reported."""
    user = cast(User, request.user)
    enters, reviews = (access.reach(user, one) for one in (Action.ENTER_OBSERVATIONS, Action.REVIEW_OBSERVATIONS))
    if not enters and not reviews:
        raise access.refusal()
    plan = Plan.objects.published().latest_first().first()
    if plan is None:
        return render(request, "reports/empty.html")
    today, last = timezone.localdate(), last_month_with_data(plan)
    month, _understood = month_of(request.GET.get("month"), plan, reporting_month(plan, today, last))
    context = {
        "desk": desk_of(user, plan, month, today),
        "months": months(plan, month, last),
        "enters": bool(enters),
        "reviews": bool(reviews),
        "waiting": waiting_for_review(user) if reviews else 0,
    }
    return render(request, "targets/desk.html", context)
