"""What a worker notes of its jobs, by Celery's signals: how each ended, how long it took, and which have failed.

Messages say when they were sent, so that it can be told how long the oldest has waited.
"""

import time
from typing import Any

from celery import Task
from celery.signals import (
    before_task_publish,
    task_failure,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_ready,
)

from qualityplan.watching import counting, failures, marks

SENT_AT = "sent_at"
"""The header of a message that says when it was sent, in seconds since 1970."""
_started: dict[str, float] = {}
"""When the jobs that this process has in hand were started, by their ids."""


@before_task_publish.connect
def note_when_sent(headers: dict[str, Any], **_sent: object) -> None:
    """For whoever looks at the queue."""
    headers[SENT_AT] = time.time()


@worker_init.connect
def forget_earlier_workers(**_sent: object) -> None:
    """What workers have counted that have ended."""
    counting.begin_counts_anew(marks.WORKER)


@worker_ready.connect
def note_started_worker(**_sent: object) -> None:
    """Since when there is a worker."""
    marks.mark_started(marks.WORKER)
    marks.mark_seen(marks.WORKER)


@worker_process_init.connect
def count_with_the_others(**_sent: object) -> None:
    """A process of the pool counts beside the others."""
    counting.count_together(marks.WORKER)


@task_prerun.connect
def note_start(task_id: str, **_sent: object) -> None:
    """A job begins."""
    _started[task_id] = time.perf_counter()


@task_postrun.connect
def count_end(task_id: str, task: Task, state: str | None = None, **_sent: object) -> None:
    """A job has ended, well or not: either is a sign of life of the worker."""
    marks.mark_seen(marks.WORKER)
    started = _started.pop(task_id, None)
    seconds = time.perf_counter() - started if started is not None else None
    counting.count_job(task.name, (state or "unknown").lower(), seconds)


@task_failure.connect
def note_failure(sender: Task, exception: BaseException, **_sent: object) -> None:
    """Kept for the administrators' page."""
    failures.note_failed_job(sender.name, type(exception).__name__)
