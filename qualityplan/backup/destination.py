"""Where an archive is written: under a temporary name, for its owner alone, and under its own name when it is whole."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from qualityplan.backup.archive import READ
from qualityplan.backup.manifest import installation_mark
from qualityplan.backup.refusals import BackupRefusedError
from qualityplan.version import VERSION

PARTIAL = ".partial"
MOMENT = "%Y%m%dT%H%M%SZ"


def archive_name(now: datetime, *, encrypted: bool) -> str:
    """plan-monitor-1a2b3c4d-20140630T020000Z-0.1.0.tar.gz: the installation's mark, the moment in UTC, the version."""
    ending = ".tar.gz.age" if encrypted else ".tar.gz"
    return f"{name_begins()}{now.astimezone(UTC).strftime(MOMENT)}-{VERSION}{ending}"


def name_begins() -> str:
    """How the names of this installation's archives begin."""
    return f"plan-monitor-{installation_mark()}-"


def choose_place(to: Path, now: datetime, *, encrypted: bool) -> Path:
    """The file for a new archive, in the folder `to` or `to` itself; BackupRefusedError where it cannot be."""
    if to.is_dir():
        to = to / archive_name(now, encrypted=encrypted)
    if os.path.lexists(to):
        raise BackupRefusedError(_("%(file)s is there already and is not written over. Name another file."), file=to)
    demand_folder(to.parent)
    return to


def demand_folder(folder: Path) -> None:
    """BackupRefusedError where it is not there."""
    if not folder.is_dir():
        raise BackupRefusedError(_("There is no folder %(folder)s. Make it first, or name another."), folder=folder)


@dataclass(slots=True)
class CountedFile:
    """A file that counts and hashes what is written, and remembers why it could not write: the library that encrypts
    tells no more than that something failed."""

    file: BinaryIO
    size: int = 0
    failure: OSError | None = None
    digest: Any = field(default_factory=sha256)  # hashlib names no type of its own

    def write(self, portion: bytes) -> int:
        """Writes all of it."""
        try:
            self.file.write(portion)
        except OSError as error:
            self.failure = error
            raise
        self.digest.update(portion)
        self.size += len(portion)
        return len(portion)

    def flush(self) -> None:
        """What is held back goes to the disk."""
        self.file.flush()


@contextmanager
def new_archive(place: Path) -> Iterator[CountedFile]:
    """A file that gets the name `place` when the block ends well and its bytes were read back; else nothing of it
    stays. OSError where the disk is full or takes nothing, BackupRefusedError if somebody took the name meanwhile."""
    partial = place.with_name(f".{place.name}{PARTIAL}")
    _remove_left_behind(place.parent)
    with _created(partial) as file:
        counted = CountedFile(file)
        try:
            yield counted
            file.flush()
            os.fsync(file.fileno())
            _read_back(partial, counted)
            _name(partial, place)
        except OSError as error:
            raise counted.failure or error from error
        finally:
            partial.unlink(missing_ok=True)
    _sync_folder(place.parent)


@contextmanager
def _created(partial: Path) -> Iterator[BinaryIO]:
    """A new file that this process holds, so that no other takes it for left behind."""
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BackupRefusedError(
            _("Another backup writes %(file)s just now. Wait until it is done."), file=partial
        ) from error
    with os.fdopen(handle, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _remove_left_behind(folder: Path) -> None:
    """Unfinished archives of processes that were killed."""
    for found in folder.glob(f".{name_begins()}*{PARTIAL}"):
        with suppress(OSError), found.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.unlink()


def _read_back(partial: Path, counted: CountedFile) -> None:
    """OSError if the disk does not give what was written."""
    digest = sha256()
    with partial.open("rb") as file:
        while portion := file.read(READ):
            digest.update(portion)
    if digest.digest() != counted.digest.digest():
        raise OSError(f"{partial.name}: read back, it is not what was written")


def _name(partial: Path, place: Path) -> None:
    """Gives the file its name, unless somebody else has taken it; where the disk knows no second links, by renaming."""
    try:
        os.link(partial, place)
    except FileExistsError as error:
        raise BackupRefusedError(
            _("%(file)s is there already and is not written over. Name another file."), file=place
        ) from error
    except OSError:
        if os.path.lexists(place):
            raise
        partial.rename(place)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
