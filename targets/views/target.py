"""A result of a target computed anew, on demand; the page itself reads more than targets."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from departments import access
from departments.permissions import Action
from plans.addresses import plan_named
from targets.judging import audit
from targets.models import Attainment, Target
from targets.reading.selectors import month_asked_for


@require_POST
@access.requires(Action.VIEW_PLAN)
def verify_target(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """Computes the result of a month anew from the entries it names, and tells whether it agrees; stores nothing."""
    found = get_object_or_404(Target.objects.select_related("plan"), plan=plan_named(request, plan_code), code=code)
    month, _understood = month_asked_for(request.POST.get("month"), found.plan, None)
    visible = Attainment.objects.visible_to(access.person_of_request(request))
    row = get_object_or_404(visible, target=found, region_id=found.plan.region_id, month=month)
    result = audit.verify_attainment(row)
    told = {"number": len(row.revisions), "hash": result.inputs_hash[:16]}
    if result.agrees:
        messages.success(request, _("Computed anew from %(number)d entries: result and hash %(hash)s… agree.") % told)
    else:
        messages.error(
            request,
            _(
                "Computed anew from %(number)d entries: the stored result does not agree. Tell your administrator, who "
                "can run audit_attainment and recompute_attainment on the server."
            )
            % told,
        )
    return redirect(f"{reverse('target', args=[plan_code, code])}?month={month}")
