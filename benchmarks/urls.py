"""The service's addresses and, beside them, the two pages that it is measured against."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from benchmarks.pages import FRAMED, page


def hello(request: HttpRequest) -> HttpResponse:
    """The least that Django answers: no person, no query, no template."""
    return HttpResponse("hello")


urlpatterns = [
    path("hello/", hello),
    path("one-query/", login_required(page(FRAMED))),
    path("", include("qualityplan.urls")),
]
