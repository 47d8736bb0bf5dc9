"""Where attached files lie: under random names, outside everything that is served by its address."""

import logging
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from reviews.documents import RefusedFileError
from reviews.models import AbstractAttachment

logger = logging.getLogger(__name__)

FOLDER = "attachments"
SWEPT_AFTER = timedelta(days=1)
SWEPT_AT_ONCE = 1000


def store_file(data: bytes) -> str:
    """Keeps the bytes under a name that nobody can guess and that says nothing about them, in one of 256 folders.

    RefusedFileError where the disk is full or takes nothing; then nothing of them is left behind.
    """
    token = secrets.token_hex(16)
    path = f"{FOLDER}/{token[:2]}/{token}"
    try:
        return default_storage.save(path, ContentFile(data))
    except OSError as error:
        logger.exception("a file could not be stored")
        with suppress(OSError):
            delete_stored_file(path)
        raise RefusedFileError("no_room") from error


def delete_stored_file(path: str) -> None:
    """Deletes a file; a file that is gone already is no error."""
    default_storage.delete(path)


def delete_files_after_commit(paths: Collection[str]) -> None:
    """Deletes the files once the transaction is committed, and only those that no other attachment has."""

    def forgotten() -> None:
        for path in _without_attachment(paths):
            delete_stored_file(path)

    transaction.on_commit(forgotten)


def _without_attachment(paths: Collection[str]) -> list[str]:
    known: set[str] = set()
    for model in apps.get_models():
        if issubclass(model, AbstractAttachment):
            known.update(model._default_manager.filter(file__in=paths).values_list("file", flat=True))
    return [path for path in paths if path not in known]


def sweep_unattached_files(now: datetime) -> int:
    """Deletes files that no attachment has, a thousand at most: what is left when a process ends in between.

    Nothing younger than a day: its attachment may still be about to be stored.
    """
    old, deleted = _older_than(now - SWEPT_AFTER), 0
    while deleted < SWEPT_AT_ONCE and (paths := list(islice(old, 500))):
        for path in _without_attachment(paths)[: SWEPT_AT_ONCE - deleted]:
            delete_stored_file(path)
            deleted += 1
    return deleted


def _older_than(moment: datetime) -> Iterator[str]:
    root = Path(default_storage.path(FOLDER))
    for path in root.glob("*/*"):
        if path.is_file() and path.stat().st_mtime < moment.timestamp():
            yield f"{FOLDER}/{path.relative_to(root).as_posix()}"
