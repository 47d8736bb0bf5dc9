"""When the last backup was made, proved or failed, noted in `VAR_DIR/backup.json` for whoever watches the service."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

FILE = "backup.json"


@dataclass(frozen=True, slots=True)
class BackupNote:
    """The last complete backup, and the last failure where no backup has succeeded since.

    `made_at` is None, `path_name` empty and `bytes` 0 as long as every backup has failed. `verified_at` says when this
    very archive was proved by `verify_backup`. Both moments have a time zone.
    """

    made_at: datetime | None
    path_name: str
    bytes: int
    encrypted: bool
    verified_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str | None = None


MOMENTS = ("made_at", "verified_at", "failed_at")
NOTHING_YET = BackupNote(made_at=None, path_name="", bytes=0, encrypted=False)


def last_backup() -> BackupNote | None:
    """What was noted last; None where no backup was ever tried, or the note cannot be read."""
    try:
        noted = json.loads(_path().read_text(encoding="utf-8"))
        moments = {name: datetime.fromisoformat(noted[name]) if noted[name] else None for name in MOMENTS}
        return BackupNote(**{**noted, **moments})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def note_backup(note: BackupNote) -> None:
    """Notes a complete backup; an earlier failure is forgotten."""
    _write(note)


def note_failure(failure: str, at: datetime) -> None:
    """Notes why a backup failed; the last complete one stays noted."""
    _write(replace(last_backup() or NOTHING_YET, failed_at=at, failure=failure))


def note_verified(path_name: str, at: datetime) -> None:
    """Notes that an archive was proved, if it is the one that was made last."""
    noted = last_backup()
    if noted is not None and noted.path_name == path_name:
        _write(replace(noted, verified_at=at))


def _path() -> Path:
    return Path(settings.VAR_DIR) / FILE


def _write(note: BackupNote) -> None:
    """Whoever reads meanwhile reads the former note or the new one."""
    fields = asdict(note)
    moments = {name: fields[name].isoformat() if fields[name] else None for name in MOMENTS}
    unfinished = _path().with_suffix(f".{os.getpid()}")
    try:
        unfinished.write_text(json.dumps(fields | moments, ensure_ascii=False, indent=1), encoding="utf-8")
        unfinished.replace(_path())
    finally:
        unfinished.unlink(missing_ok=True)
