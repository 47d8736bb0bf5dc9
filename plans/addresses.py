"""What the addresses of pages name: a month written as 2014-06, and the plan of its year."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from plans.models import Plan
from plans.periods import Month


def month_named(text: str, year: int | None = None) -> Month:
    """The month; Http404 for a text that is none, and for one of another year than `year`."""
    try:
        month = Month.parse(text)
    except ValueError as error:
        raise Http404 from error
    if year is not None and month.year != year:
        raise Http404
    return month


def plan_and_month(text: str) -> tuple[Plan, Month]:
    """The month and the plan in force of its year; Http404 if there is none."""
    month = month_named(text)
    return get_object_or_404(Plan.objects.published(), year=month.year), month
