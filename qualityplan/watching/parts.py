"""Which parts of the service answer now, and whether the disk has room. Nobody waits long for an answer."""

import logging
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu.connection import Connection

from qualityplan.watching import marks

logger = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds each part has to answer."""
LATE = timedelta(minutes=3)
"""Beat looks at least once a minute what is due; after three without a sign of it, it stands still."""
LEAST_FREE, LEAST_SHARE = 1024**3, 0.05
"""Bytes, and share of the whole disk, below which there is little room left."""


def database_answers() -> bool:
    """A query is answered."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        logger.exception("the database does not answer")
        return False
    return True


def open_broker_link() -> Connection:
    """A connection to the broker that waits no longer than `PATIENCE`; to be closed after use."""
    limits = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    return current_app.connection_for_write(transport_options=limits)


def broker_answers() -> bool:
    """A message could be sent."""
    try:
        with open_broker_link() as link:
            link.ensure_connection(max_retries=0, timeout=PATIENCE)
            # As a sender does; a Redis whose memory is full answers and refuses this.
            current_app.amqp.queues[current_app.conf.task_default_queue](link.default_channel).declare()
            return True
    except Exception:
        logger.warning("the broker does not answer")
        return False


def worker_answers() -> bool:
    """At least one worker takes messages."""
    try:
        return bool(current_app.control.ping(timeout=PATIENCE, limit=1))
    except Exception:
        return False


def beat_ticks() -> bool:
    """The timer has looked lately what is due."""
    seen = marks.last_seen(marks.BEAT)
    return seen is not None and not is_late(seen, timezone.now())


def is_late(seen: datetime, now: datetime) -> bool:
    """Whether a sign of life is too old; one of the future is one of a clock that was set back."""
    return abs(now - seen) > LATE


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Bytes that are free where the service writes, and all of them."""

    free: int
    whole: int

    @property
    def little(self) -> bool:
        """Whether somebody should make room."""
        return self.free < LEAST_FREE or self.free < LEAST_SHARE * self.whole


def room_on_disk() -> DiskRoom:
    """The room under VAR_DIR."""
    usage = shutil.disk_usage(settings.VAR_DIR)
    return DiskRoom(usage.free, usage.total)


def ask_parts() -> dict[str, bool]:
    """Which parts answer, by name. A broker that is away is waited for once: nobody asks a worker through it."""
    broker = broker_answers()
    return {
        "database": database_answers(),
        "broker": broker,
        "worker": broker and worker_answers(),
        "beat": beat_ticks(),
    }
