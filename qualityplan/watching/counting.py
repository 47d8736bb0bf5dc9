"""What is counted for monitoring as it happens: requests by route and jobs by name, over all processes.

Each process of the web server and of the worker counts in files of its own under VAR_DIR, which the scrape adds up
(prometheus-client's multiprocess mode). A process takes the first number that no living process holds, so that a web
process in place of one that has ended goes on with its files: counts survive, and the files do not grow in number.

The files are mapped into memory. They get their room at once, because a process that writes into a hole of a mapped
file on a full disk is killed by the kernel; where there is no room, the process counts for itself alone.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector

logger = logging.getLogger(__name__)

KINDS = ("counter", "histogram")
ROOM = 2 * 1024 * 1024
"""Bytes of each file: some nine thousand series."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client finds the folder."""
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_own = CollectorRegistry()
REQUESTS = Counter(
    "qualityplan_requests", "Requests answered, by the route's name and status.", ["route", "status"], registry=_own
)
REQUEST_SECONDS = Histogram(
    "qualityplan_request_seconds", "Seconds until a request was answered.", ["route"], buckets=SECONDS, registry=_own
)
JOBS = Counter("qualityplan_jobs", "Jobs that ended, by name and outcome.", ["job", "outcome"], registry=_own)
JOB_SECONDS = Histogram(
    "qualityplan_job_seconds", "Seconds that a job took.", ["job"], buckets=(*SECONDS, 60.0, 600.0), registry=_own
)


def count_request(route: str, status: int, seconds: float) -> None:
    """Counts a request that was answered. `route` is the name of an address, never an address."""
    REQUESTS.labels(route, str(status)).inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def count_job(job: str, outcome: str, seconds: float | None) -> None:
    """Counts a job that has ended."""
    JOBS.labels(job, outcome).inc()
    if seconds is not None:
        JOB_SECONDS.labels(job).observe(seconds)


def collect_counts() -> Iterator[Metric]:
    """What all processes have counted; where this one counts for itself alone, its own as well."""
    for folder in sorted(_folders().glob("*/")):
        yield from MultiProcessCollector(None, str(folder)).collect()
    if FOLDER not in os.environ:
        yield from _own.collect()


def count_together(part: str) -> None:
    """Lets this process, which has just been forked, count in files beside those of its siblings. To be called before
    anything is counted."""
    folder = _folders() / part
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[FOLDER] = str(folder)
        _number_of_process(os.getpid())
    except OSError as error:
        del os.environ[FOLDER]
        logger.warning("counts of this process are its own", extra={"error": type(error).__name__})
        return
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: _number_of_process(os.getpid()))


def begin_counts_anew(part: str) -> None:
    """Removes what processes of an earlier start have left; files that a living process holds stay."""
    for lock in (_folders() / part).glob("*.lock"):
        with suppress(OSError), lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for kind in KINDS:
                (lock.parent / f"{kind}_{lock.stem}.db").unlink(missing_ok=True)


@cache
def _number_of_process(_pid: int) -> int:
    """The first number that no living process holds. It is held for as long as this process lives: the kernel lets go
    of the lock, however the process ends."""
    folder = Path(os.environ[FOLDER])
    for number in count():
        lock = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        for kind in KINDS:
            _make_room(folder / f"{kind}_{number}.db")
        return number
    raise AssertionError("numbers do not end")


def _make_room(path: Path) -> None:
    try:
        with path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, ROOM)
    except OSError:
        path.unlink(missing_ok=True)  # nobody reads half a file
        raise


def _folders() -> Path:
    folder: Path = settings.VAR_DIR / "metrics"
    return folder
