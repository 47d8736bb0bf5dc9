"""Which jobs have failed lately: a line each in a file under VAR_DIR, of which the last few hundred are kept.

Celery keeps no results here, and what a worker counts for monitoring ends with the worker.
"""

import fcntl
import json
import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from qualityplan.watching.marks import watch_folder

logger = logging.getLogger(__name__)

LATELY = timedelta(days=7)
LARGEST = 64 * 1024
"""Bytes from which on the older half of the file is let go."""


def note_failed_job(job: str, error: str) -> None:
    """Notes that a job has failed now; `error` is the name of the exception's class. Never fails itself."""
    line = json.dumps({"at": timezone.now().isoformat(), "job": job, "error": error}) + "\n"
    try:
        with _path().open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if file.tell() > LARGEST:
                file.seek(0)
                lines = file.readlines()
                file.truncate(0)
                file.writelines(lines[len(lines) // 2 :])
            file.write(line)
    except OSError as failed:
        logger.warning("failed job not noted", extra={"job": job, "error": type(failed).__name__})


def failed_jobs_lately(now: datetime) -> Counter[str]:
    """How often each job has failed within `LATELY`."""
    counted: Counter[str] = Counter()
    with suppress(OSError):
        for line in _path().read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError):  # a torn line
                noted = json.loads(line)
                if now - datetime.fromisoformat(noted["at"]) <= LATELY:
                    counted[str(noted["job"])] += 1
    return counted


def _path() -> Path:
    return watch_folder() / "failed-jobs"
