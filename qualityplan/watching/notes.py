"""What was done last, in small files of JSON under VAR_DIR: the last backup, and the audits of each night.

A file that is missing or torn counts as one that was never written.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from qualityplan.watching.marks import watch_folder

logger = logging.getLogger(__name__)

OVERDUE = timedelta(hours=26)
"""After this long something that is done each day was missed: a day, and two hours for it to take longer."""
AUDITS = CHAIN, ATTAINMENT = "audit_chain", "audit_attainment"
"""What is looked through each night."""


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The last backup that was made, with its size in bytes, and the last attempt that failed since."""

    made_at: datetime | None
    size: int
    failed_at: datetime | None

    @property
    def failed(self) -> bool:
        """Whether the last attempt has failed."""
        return self.failed_at is not None and (self.made_at is None or self.failed_at > self.made_at)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the last backup that was made is older than a day."""
        return self.made_at is None or now - self.made_at > OVERDUE


@dataclass(frozen=True, slots=True)
class LastAudit:
    """When an audit was last made, and how much it has found; what it counts, it counts up to a limit."""

    made_at: datetime
    faults: int


def last_backup() -> LastBackup | None:
    """What the backup has noted; None where none was ever attempted."""
    noted = _read(settings.VAR_DIR / "backup.json")
    size = noted.get("bytes")
    made, failed = _moment(noted.get("made_at")), _moment(noted.get("failed_at"))
    return LastBackup(made, size if isinstance(size, int) else 0, failed) if made or failed else None


def note_audit(name: str, *, faults: int) -> None:
    """Notes what an audit has found now."""
    _write(_path_of(name), {"made_at": timezone.now().isoformat(), "faults": faults})


def last_audit(name: str) -> LastAudit | None:
    """What the audit has found last; None where it was never made."""
    noted = _read(_path_of(name))
    made, faults = _moment(noted.get("made_at")), noted.get("faults")
    return LastAudit(made, faults) if made is not None and isinstance(faults, int) else None


def _path_of(name: str) -> Path:
    return watch_folder() / f"{name}.json"


def _read(path: Path) -> Mapping[str, object]:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _write(path: Path, values: Mapping[str, object]) -> None:
    """The whole note or none of it: a reader sees the one before until this one is complete."""
    half = path.with_suffix(".half")
    try:
        half.write_text(json.dumps(values), encoding="utf-8")
        half.replace(path)
    except OSError as error:
        logger.warning("not noted", extra={"note": path.stem, "error": type(error).__name__})


def _moment(text: object) -> datetime | None:
    """A moment of ISO 8601; one without an offset is taken in the service's own time zone."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else timezone.make_aware(moment)
