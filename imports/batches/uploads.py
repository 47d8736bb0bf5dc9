"""Uploads on the disk: outside everything that is served, under names that say nothing, for the service alone."""

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import IO

from django.conf import settings

from imports.files.readers import UnreadableError

logger = logging.getLogger(__name__)

ERRORS_SHEET = "错误清单"
"""The sheet with the errors in a marked workbook; it is no data, and is left aside when the file comes back."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was stored: the name under which, its size in bytes and its SHA-256."""

    name: str
    size: int
    digest: str


def folder() -> Path:
    """Where uploads lie; made if need be."""
    found = Path(settings.MEDIA_ROOT) / "imports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def path_of(name: str) -> Path:
    """Where the upload of this name lies."""
    return folder() / name


def store_upload(chunks: Iterable[bytes], limit: int) -> Upload:
    """Stores what comes, or nothing: UnreadableError for what is empty or larger than `limit` bytes, and where the disk
    is full or takes nothing."""
    try:
        return _stored(chunks, limit)
    except OSError as error:
        logger.exception("an upload could not be stored")
        raise UnreadableError("no_room") from error


def _stored(chunks: Iterable[bytes], limit: int) -> Upload:
    name, size, digest = token_hex(20), 0, hashlib.sha256()
    path = path_of(name)
    try:
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise UnreadableError("too_large", limit=format(limit / 1024 / 1024, ".0f"))
                digest.update(chunk)
                file.write(chunk)
            if not size:
                raise UnreadableError("empty")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return Upload(name, size, digest.hexdigest())


@contextmanager
def hold_upload(name: str) -> Iterator[IO[bytes] | None]:
    """The upload, held by this process alone until it is done or dead; None if another one holds it.

    The kernel lets go of the lock when its holder ends, however it ends: no clock decides who is alive.
    FileNotFoundError if there is no such upload.
    """
    with path_of(name).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file


def remove_upload(name: str) -> None:
    """Removes an upload, and what was made from it; one that is not there is no error."""
    for path in (path_of(name), marked_path(name)):
        path.unlink(missing_ok=True)


def marked_path(name: str) -> Path:
    """Where the workbook that marks an upload's errors lies."""
    return folder() / f"{name}.marked.xlsx"


def unmark(name: str) -> None:
    """Removes what was made from an upload by an earlier check."""
    marked_path(name).unlink(missing_ok=True)


def find_stray_uploads(known: Iterable[str], older_than: float, limit: int) -> list[Path]:
    """Up to `limit` files that belong to no known upload and are older than so many seconds."""
    names = set(known)
    before = time.time() - older_than
    found = (path for path in folder().iterdir() if path.name.split(".", 1)[0] not in names)
    old = (path for path in found if path.stat().st_mtime < before)
    return [path for path, _number in zip(old, range(limit), strict=False)]
