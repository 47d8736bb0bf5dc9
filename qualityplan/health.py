"""Is the service alive, can it answer, and what is missing: for load balancers, monitoring and `manage.py serve`."""

import logging

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qualityplan.celery import app
from qualityplan.version import VERSION

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
            # As a sender does; a Redis whose memory is full answers and refuses this.
            app.amqp.queues[app.conf.task_default_queue](link.default_channel).declare()
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
    """This web process answers, and which release it is."""
    return HttpResponse(f"ok {VERSION}", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and worker, each told. 503 when the database is down: without the others pages are answered all
    the same, and what was written is judged when they are back."""
    broker = broker_answers()
    parts = {"database": database_answers(), "broker": broker, "worker": broker and worker_answers()}
    said = {name: "up" if up else "down" for name, up in parts.items()}
    return JsonResponse(said, status=200 if parts["database"] else 503)
