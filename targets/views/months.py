"""封账 and 解封: the months of a plan, for the plan office."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import month_named, plan_named
from plans.periods import Month
from targets.expected.month_standings import by_year, standings_of_months
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.views.review import read_reason


@require_safe
@access.requires(Action.LOCK_MONTHS)
def months_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Which months are closed, by whom, and how complete each is."""
    plan = plan_named(request, plan_code)
    closes = access.reach(access.person_of_request(request), Action.LOCK_MONTHS).acts_for(plan.region_id)
    return render(
        request, "targets/months.html", {"plan": plan, "years": by_year(standings_of_months(plan)), "closes": closes}
    )


@require_POST
@access.requires(Action.LOCK_MONTHS)
def lock_month(request: HttpRequest, plan_code: str, month: str) -> HttpResponse:
    """Closes a month."""
    plan = plan_named(request, plan_code)
    when = month_named(month, plan)
    try:
        close_plan_month(plan, when, by=access.person_of_request(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, _("%(month)s is closed now: no figure of it changes any more.") % _named(when))
    return redirect("months", plan_code)


@require_POST
@access.requires(Action.LOCK_MONTHS)
def reopen_month(request: HttpRequest, plan_code: str, month: str) -> HttpResponse:
    """Opens a closed month again, with a reason."""
    plan = plan_named(request, plan_code)
    when = month_named(month, plan)
    try:
        reopen_plan_month(plan, when, by=access.person_of_request(request), reason=read_reason(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, _("%(month)s is open again. Close it once the corrections are made.") % _named(when))
    return redirect("months", plan_code)


def _named(month: Month) -> dict[str, str]:
    return {"month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}
