"""Many figures judged while the database still writes them: their lights change with them, in one transaction.

The database takes as long to write a hundred thousand figures as the formulas take to judge them, and neither needs the
processor of the other. For this PostgreSQL alone: SQLite has one writer, which is this very process.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from targets.bulk import offered_figures
from targets.bulk.garbage_collection import uncollected
from targets.judging import exclusion, recompute, storing
from targets.judging.loading import official_soon

logger = logging.getLogger(__name__)
MOST = 20_000
"""Series, each a year of figures, that are loaded together; what is judged from more is judged afterwards, in lots."""


def judge_while_publishing(publication: Sequence[offered_figures.Statement]) -> bool:
    """Executes what makes the figures of GOING official, judges meanwhile what they affect, and writes it.

    False, with nothing done, where that cannot be: on SQLite, for too many figures, where other formulas are applied,
    and while a recompute of the same plans runs, for whoever waits for that would hold up everybody who decides about a
    figure.
    """
    if connection.vendor != "postgresql":
        return False
    keys = offered_figures.keys_affected_by_publication()
    plans = exclusion.try_all_plans_of({indicator_id for indicator_id, _region, _month in keys})
    if plans is None or not recompute.formulas_applied():
        return False
    affected = recompute.AffectedTargets.by(keys)
    if affected.size > MOST or not affected.plan_ids <= plans:
        return False
    with uncollected():
        lines = storing.lines_of(affected.rows(official_soon(offered_figures.GOING)))
        all_new = not storing.targets_with_rows(affected.target_ids)
        with _executing(*publication) as done:
            while not done() and lines.prepare():
                pass
        written = storing.write_lines(lines, all_new=all_new)
    logger.info("attainments judged with their figures", extra={"rows": written})
    return True


@contextmanager
def _executing(statement: offered_figures.Statement) -> Iterator[Callable[[], bool]]:
    """The statement is under way within, and gives whether it is done; until it is, nobody else uses the connection."""
    sql, parameters = statement
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as beside, connection.wrap_database_errors:
        running = beside.submit(cursor.cursor.execute, sql, parameters)
        yield running.done
        running.result()
