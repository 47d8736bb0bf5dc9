"""封账 and 解封: the months of the plan's year, for the quality office."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import month_named
from plans.models import Plan
from plans.periods import Month
from targets.months import standings
from targets.services import lock, reopen
from targets.views.review import reason_of


@require_safe
@access.requires(Action.LOCK_MONTHS)
def months(request: HttpRequest) -> HttpResponse:
    """Which months are closed, by whom, and how complete each is."""
    plan = Plan.objects.newest()
    rows = standings(plan) if plan is not None else []
    return render(request, "targets/months.html", {"plan": plan, "months": rows})


@require_POST
@access.requires(Action.LOCK_MONTHS)
def lock_month(request: HttpRequest, month: str) -> HttpResponse:
    """Closes a month."""
    when = _month(month)
    try:
        lock(when, by=request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, _("%(month)s is closed now: no figure of it changes any more.") % _named(when))
    return redirect("months")


@require_POST
@access.requires(Action.LOCK_MONTHS)
def reopen_month(request: HttpRequest, month: str) -> HttpResponse:
    """Opens a closed month again, with a reason."""
    when = _month(month)
    try:
        reopen(when, by=request.user, reason=reason_of(request))  # type: ignore[arg-type]
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, _("%(month)s is open again. Close it once the corrections are made.") % _named(when))
    return redirect("months")


def _month(text: str) -> Month:
    """A month of the newest plan's year; 404 for any other."""
    plan = Plan.objects.newest()
    if plan is None:
        raise Http404
    return month_named(text, plan)


def _named(month: Month) -> dict[str, str]:
    return {"month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}
