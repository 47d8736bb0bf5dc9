"""The timer: its notes on when it has sent what last, of which torn ones are begun anew, and its sign of life.

A timer that is killed while it writes them, with the machine or alone, leaves half of them. Celery copes with some such
halves and ends at others, at every start, until somebody removes the file.
"""

import logging
from contextlib import suppress
from typing import Any

from celery.beat import PersistentScheduler

from qualityplan.watching import marks

logger = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):
    """Celery's, which starts whatever its notes look like: without them everything is sent when it is next due."""

    def setup_schedule(self) -> None:
        """Reads the notes, or begins new ones."""
        try:
            super().setup_schedule()
        except Exception as error:  # what a torn file fails with depends on where it is torn
            logger.warning("the timer's notes are torn, begun anew", extra={"error": repr(error)})
            self._forget()
            super().setup_schedule()

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Sends what is due, and leaves a mark that it has looked: at least once a minute, as something always is."""
        marks.mark_seen(marks.BEAT)
        return float(super().tick(*arguments, **options))

    def _forget(self) -> None:
        """Closed first: a store that is closed later would write over the new one."""
        notes: Any = self._store
        with suppress(Exception):
            notes.close()
        self._remove_db()
