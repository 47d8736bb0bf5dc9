"""Is the service alive, can it answer, and what is missing: for load balancers, monitoring and `manage.py serve`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qualityplan.version import VERSION
from qualityplan.watching import parts

PROBES = ("/healthz", "/readyz")
"""Addresses that load balancers and monitoring ask, by whatever name or number they know this machine."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This web process answers, and which release it is."""
    return HttpResponse(f"ok {VERSION}", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, worker and beat, each told, and whether the disk has room. 503 when the database is down:
    without the others pages are answered all the same, and what was written is judged when they are back."""
    answers = parts.ask_parts()
    said = {name: "up" if up else "down" for name, up in answers.items()}
    said["disk"] = "low" if parts.room_on_disk().little else "ok"
    return JsonResponse(said, status=200 if answers["database"] else 503)


def probes_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers the two probes, and passes everything else on.

    What would refuse a foreign Host header, lead to https, or look for the person's log-in stands behind this. The two
    answers hold no address and nothing of the request, so that a forged name gains nothing.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path_info not in PROBES:
            return get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        response: HttpResponse = match.func(request)
        return response

    return answer
