"""What every page asks of the address: which plan, which month, which day; what is not understood is said."""

from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest

from reports.board.standing import Moment, Standing, standing
from targets.reading.plan_promises import Promised

Told = TypeVar("Told", bound=Moment)


def standing_shown(request: HttpRequest, promised: Promised) -> Standing:
    """Where the plan stands as the address asks."""
    return told(request, standing(promised, request.GET.dict()))


def told(request: HttpRequest, moment: Told) -> Told:
    """The same; what of the address was not understood is said on the page."""
    for complaint in moment.complaints:
        messages.warning(request, complaint)
    return moment
