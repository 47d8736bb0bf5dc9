"""How long anybody waits for Redis: a request 0.3 seconds for all that it asks, and nobody for one that is away.

Redis keeps pages and carries wake-up calls. Both can be done without, so waiting longer would buy nothing.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic

logger = logging.getLogger(__name__)

SECONDS = 0.3
"""What a request waits for Redis, all in all."""
LEAST = 0.005
"""With less than this left nothing is asked any more: it would fail, and be taken for a failure of Redis."""
REST = 5.0
"""Seconds for which a Redis that has failed is left alone."""


@dataclass
class Patience:
    """The seconds that a request has waited, and what is left of them while it waits."""

    spent: float = 0.0
    _since: float | None = None

    def left(self) -> float:
        """The seconds for which an answer may still be waited for."""
        waiting = 0.0 if self._since is None else monotonic() - self._since
        return max(SECONDS - self.spent - waiting, 0.0)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Whatever happens inside is waiting."""
        self._since = monotonic()
        try:
            yield
        finally:
            self.spent += monotonic() - self._since
            self._since = None


_of_request: ContextVar[Patience | None] = ContextVar("patience", default=None)


def patience_of_request() -> Patience | None:
    """The patience of the request that is being answered; a worker or a command has none."""
    return _of_request.get()


@contextmanager
def begin_patience() -> Iterator[Patience]:
    """A new patience for all that happens inside."""
    patience = Patience()
    token = _of_request.set(patience)
    try:
        yield patience
    finally:
        _of_request.reset(token)


@contextmanager
def count_waiting() -> Iterator[Patience]:
    """Counts what happens inside as waiting of the request; without one, as a wait by itself."""
    if (patience := patience_of_request()) is not None:
        with patience.counted():
            yield patience
        return
    with begin_patience() as alone, alone.counted():
        yield alone


def patience_has_run_out() -> bool:
    """Whether the request has no time left to wait."""
    patience = patience_of_request()
    return patience is not None and patience.left() < LEAST


def seconds_of_patience() -> float:
    """For how long a socket may wait now; a socket takes 0 for something else."""
    patience = patience_of_request()
    return max(patience.left() if patience is not None else SECONDS, 0.001)


@dataclass
class Circuit:
    """Whether a server is asked. After a failure it is not for a while; then one of all that come tries again."""

    name: str
    _open: bool = False
    _again: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def lets_through(self) -> bool:
        """Whether to ask now; whoever is told so while others are not finds out for all."""
        if not self._open:
            return True
        with self._lock:
            now = monotonic()
            if self._open and now < self._again:
                return False
            self._again = now + REST
            return True

    def failed(self, error: Exception) -> None:
        """There was no answer, or not the one that was needed."""
        with self._lock:
            new, self._open, self._again = not self._open, True, monotonic() + REST
        if new:
            logger.warning("%s fails, going on without", self.name, extra={"error": type(error).__name__})

    def worked(self) -> None:
        """There was an answer."""
        if not self._open:
            return
        with self._lock:
            self._open = False
        logger.info("%s answers again", self.name)
