"""Statements that take long are told in the log: the SQL with placeholders, never what was filled in."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

logger = logging.getLogger(__name__)

Execute = Callable[..., Any]
"""What runs a statement; the database's driver decides what comes of it."""
LONGEST = 2000
"""Characters of a statement that are told."""


def tell_slow_queries() -> None:
    """Every connection that is opened from now on tells its slow statements, unless the setting is 0."""
    if settings.SLOW_QUERY_MS > 0:
        connection_created.connect(_watch_connection, dispatch_uid="slow queries")


def _watch_connection(connection: BaseDatabaseWrapper, **_sent: object) -> None:
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Execute, sql: str, params: object, many: bool, context: dict[str, Any]) -> Any:
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        if milliseconds >= settings.SLOW_QUERY_MS:
            logger.warning("slow query", extra={"milliseconds": round(milliseconds, 1), "sql": str(sql)[:LONGEST]})
