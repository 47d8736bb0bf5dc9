"""When each part of the service was last seen at work: the time of an empty file under VAR_DIR for each.

Marks outlive PostgreSQL, Redis and every process, and touching a file that is there needs no room on a full disk. All
parts of the service share VAR_DIR, as they share the files that were uploaded.
"""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

logger = logging.getLogger(__name__)

BEAT, WORKER, BROKER, WEB, WATCH = "beat", "worker", "broker", "web", "watch"


def watch_folder() -> Path:
    """Where marks and notes lie; made when it is missing."""
    folder: Path = settings.VAR_DIR / "watch"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def mark_seen(part: str, now: datetime | None = None) -> None:
    """Notes that the part is at work now. Whoever does so never fails by it."""
    _set_time(part, now or timezone.now())


def mark_started(part: str, now: datetime | None = None) -> None:
    """Notes that the part starts now."""
    _set_time(f"{part}-started", now or timezone.now())


def last_seen(part: str) -> datetime | None:
    """When the part was last at work; None if it never was."""
    return _time_of(part)


def last_started(part: str) -> datetime | None:
    """When the part was last started; None if it never was."""
    return _time_of(f"{part}-started")


def _set_time(name: str, moment: datetime) -> None:
    try:
        path = watch_folder() / name
        path.touch(mode=0o600)
        os.utime(path, (moment.timestamp(), moment.timestamp()))
    except OSError as error:
        logger.warning("mark not set", extra={"mark": name, "error": type(error).__name__})


def _time_of(name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp((settings.VAR_DIR / "watch" / name).stat().st_mtime, UTC)
    except OSError:
        return None
