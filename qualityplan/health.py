"""Is the service alive, and can it work: for load balancers, monitoring and `manage.py serve`."""

import logging

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qualityplan.celery import app

logger = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds each part has to answer."""


def database_answers() -> bool:
    """A query is answered."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        logger.exception("the database does not answer")
        return False
    return True


def broker_answers() -> bool:
    """A message could be sent."""
    try:
        limits = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
        with app.connection_for_write(transport_options=limits) as link:
            link.ensure_connection(max_retries=0, timeout=PATIENCE)
            return True
    except Exception:
        logger.warning("the broker does not answer")
        return False


def worker_answers() -> bool:
    """At least one worker takes messages."""
    try:
        return bool(app.control.ping(timeout=PATIENCE, limit=1))
    except Exception:
        return False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This web process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and worker, each told; 503 when one is down."""
    broker = broker_answers()
    parts = {"database": database_answers(), "broker": broker, "worker": broker and worker_answers()}
    said = {name: "up" if up else "down" for name, up in parts.items()}
    return JsonResponse(said, status=200 if all(parts.values()) else 503)
