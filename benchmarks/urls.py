"""The service's addresses and, beside them, the two pages that it is measured against."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from benchmarks.worksheet import FRAMED
from targets.models import Indicator

LISTED = 40
FRAME = engines["django"].from_string(FRAMED)


def hello(request: HttpRequest) -> HttpResponse:
    """The least that Django answers: no person, no query, no template."""
    return HttpResponse("hello")


@login_required
def one_query(request: HttpRequest) -> HttpResponse:
    """A list of as many indicators as a plan has, by one query, in the product's own frame."""
    return HttpResponse(FRAME.render({"indicators": Indicator.objects.order_by("code")[:LISTED]}, request))


urlpatterns = [
    path("hello/", hello),
    path("one-query/", one_query),
    path("", include("qualityplan.urls")),
]
