"""Many figures judged while the database still writes them: their lights change with them, in one transaction.

The database takes as long to write a hundred thousand figures as the formulas take to judge them, and neither needs the
processor of the other. For this PostgreSQL alone: SQLite has one writer, which is this very process.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from targets import offering, recompute, storing
from targets.collecting import uncollected
from targets.loading import official_soon

logger = logging.getLogger(__name__)
MOST = 150_000
"""Figures that are loaded together; more are judged afterwards, lot by lot."""


def possible(figures: int) -> bool:
    """Whether so many figures can be judged while they are written. Nobody waits for a recompute that runs already: it
    would hold up everybody who decides about a figure."""
    return connection.vendor == "postgresql" and figures <= MOST and recompute.others_excluded()


def judge(statement: offering.Statement) -> None:
    """Executes the statement that makes the figures of GOING official, judges meanwhile what they affect, and writes
    it."""
    with uncollected():
        targets, rows = recompute.rows_if(offering.affected(), official_soon(offering.GOING))
        all_new = not storing.with_rows(targets)
        lines = storing.lines_of(rows)
        with _executing(statement) as done:
            while not done() and lines.prepare():
                pass
        written = storing.write_lines(lines, all_new=all_new)
    logger.info("attainments judged with their figures", extra={"rows": written})


@contextmanager
def _executing(statement: offering.Statement) -> Iterator[Callable[[], bool]]:
    """The statement is under way within, and gives whether it is done; until it is, nobody else uses the connection."""
    sql, parameters = statement
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as beside, connection.wrap_database_errors:
        running = beside.submit(cursor.cursor.execute, sql, parameters)
        yield running.done
        running.result()
