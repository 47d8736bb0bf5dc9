"""Who never updates, for reviewers of their unit and for the plan office."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import plan_named
from tasks import clock
from tasks.models import SupervisionRules
from tasks.supervision.inactivity import silent_units


@require_safe
@access.requires(Action.VIEW_SILENCE)
def silence(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Units and people without figures or log-in for as many days as the rules say; a reviewer sees the own unit."""
    plan = plan_named(request, plan_code)
    reached = access.reach(access.person_of_request(request), Action.VIEW_SILENCE)
    units = None if reached.sees(plan.region_id) else reached.departments
    context = {
        "plan": plan,
        "rules": SupervisionRules.of(plan),
        "units": silent_units(plan, timezone.localdate(clock.now()), units),
    }
    return render(request, "tasks/silence.html", context)
