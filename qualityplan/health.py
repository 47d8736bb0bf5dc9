"""Is the service alive, can it answer, and what is missing: for load balancers, monitoring and `manage.py serve`."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qualityplan.watching import parts


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This web process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, worker and beat, each told, and whether the disk has room. 503 when the database is down:
    without the others pages are answered all the same, and what was written is judged when they are back."""
    answers = parts.ask_parts()
    said = {name: "up" if up else "down" for name, up in answers.items()}
    said["disk"] = "low" if parts.room_on_disk().little else "ok"
    return JsonResponse(said, status=200 if answers["database"] else 503)
