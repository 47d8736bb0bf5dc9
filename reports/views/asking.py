"""What every page asks of the address: which plan, which month, which day; what is not understood is said."""

from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest

from reports.board.standing import PlanStanding, ShownMoment, read_plan_standing
from targets.reading.plan_promises import PlanPromises

Told = TypeVar("Told", bound=ShownMoment)


def standing_shown(request: HttpRequest, promised: PlanPromises) -> PlanStanding:
    """Where the plan stands as the address asks."""
    return warn_of_complaints(request, read_plan_standing(promised, request.GET.dict()))


def warn_of_complaints(request: HttpRequest, moment: Told) -> Told:
    """The same; what of the address was not understood is said on the page."""
    for complaint in moment.complaints:
        messages.warning(request, complaint)
    return moment
