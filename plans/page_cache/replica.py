"""Pages made from a replica of the database, so that many readers take nothing from those who enter figures.

A replica lags. So it is asked only where it knows every change that the database knows (`plans.models.Change`): then
the page is the one that the database itself would give. Who may come in, what waits for whom and everything that is
written stays with the database. A replica that lags, is away or breaks off makes no page wrong: the database makes it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import Error, connections, models
from django.http import HttpResponse

logger = logging.getLogger(__name__)

REPLICA = "replica"
"""Its alias among the databases."""
PAUSE = 10.0
"""Seconds for which a replica that did not answer is not asked."""
_CHANGES = "SELECT COALESCE(SUM(number), 0) FROM plans_change"
_reading: ContextVar[bool] = ContextVar("reading", default=False)
_asked_again: dict[str, float] = {}


class ReplicaRouter:
    """Sends to the replica what is read while a page is made from it, and all else to the database."""

    def db_for_read(self, _model: type[models.Model], **_hints: object) -> str:
        return REPLICA if _reading.get() else "default"

    def db_for_write(self, _model: type[models.Model], **_hints: object) -> str:
        return "default"

    def allow_relation(self, *_objects: models.Model, **_hints: object) -> bool:
        return True

    def allow_migrate(self, db: str, *_names: str, **_hints: object) -> bool:
        return db == "default"


def make_from_replica(make: Callable[[], HttpResponse]) -> HttpResponse:
    """The page, made from the replica where there is one that knows all; else, or where it breaks off, from the
    database. `make` reads and writes nothing."""
    if not _knows_all():
        return make()
    try:
        with _reading_from_replica():
            return make()
    except Error as error:
        # Also an error of the database itself comes by here; asked once more it tells of itself.
        _leave_alone(error)
        return make()


@contextmanager
def _reading_from_replica() -> Iterator[None]:
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def _knows_all() -> bool:
    """Whether there is a replica that has every change which the database has."""
    if REPLICA not in connections.databases or time.monotonic() < _asked_again.get(REPLICA, 0.0):
        return False
    known = _changes("default")
    try:
        return _changes(REPLICA) == known
    except Error as error:
        _leave_alone(error)
        return False


def _changes(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(_CHANGES)
        return int(cursor.fetchone()[0])


def _leave_alone(error: Error) -> None:
    _asked_again[REPLICA] = time.monotonic() + PAUSE
    connections[REPLICA].close()
    logger.warning("replica left alone", extra={"reason": type(error).__name__, "seconds": PAUSE})
