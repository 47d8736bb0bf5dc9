"""What the addresses of pages name: a month written as 2014-06, and the plan that it is of."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from departments.access import person_of_request
from plans.models import Plan
from plans.periods import Month


def month_named(text: str, plan: Plan | None = None) -> Month:
    """The month that a text names; Http404 for a text that names no month, or a month outside the plan."""
    try:
        month = Month.parse(text)
    except ValueError as error:
        raise Http404 from error
    if plan is not None and month not in plan.months:
        raise Http404
    return month


def plan_named(request: HttpRequest, plan_code: str) -> Plan:
    """The plan in force with this code; Http404 if there is none, or if the person may not see it."""
    return get_object_or_404(Plan.objects.published().visible_to(person_of_request(request)), code=plan_code)


def plan_and_month(text: str) -> tuple[Plan, Month]:
    """The month and the plan in force that it is of; Http404 if there is none."""
    month = month_named(text)
    plan = Plan.objects.published().holding(month).order_by("first_month", "code").first()
    if plan is None:
        raise Http404
    return plan, month
