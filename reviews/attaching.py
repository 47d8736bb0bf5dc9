"""Keeping a file that was sent: checked by its content, written once, never by halves."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from departments.models import User
from departments.services.accounts import record
from reviews import files
from reviews.documents import FileKind, RefusedFileError, name_for, recognise_file_kind, safe_name
from reviews.messages import refused_file
from reviews.models import AbstractAttachment

MOST = 10
"""How many files one entry may have."""
A = TypeVar("A", bound=AbstractAttachment)


class AttachableFile(Protocol):
    """An uploaded file, or one opened for reading bytes."""

    @property
    def name(self) -> object: ...

    def read(self, size: int = ..., /) -> bytes: ...

    def seek(self, offset: int, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Content:
    """A file that may be kept."""

    name: str
    kind: FileKind
    data: bytes
    digest: str

    @property
    def fields(self) -> dict[str, object]:
        """What an attachment says of it."""
        return {"name": self.name, "kind": self.kind.code, "size": len(self.data), "digest": self.digest}


def keep_attached_file(file: AttachableFile, store: Callable[[Content, str], A]) -> A:
    """Writes the file and lets `store` make its row from the content and the path, or find one with the same content.

    RefusedFileError says what is wrong with the file. It is written first and goes again if the row was refused or was
    there already. Should the commit fail, nobody knows whether the row is there: the nightly sweep finds out.
    """
    content = _content(file)
    path = files.store_file(content.data)
    with transaction.atomic():
        try:
            made = store(content, path)
        except BaseException:
            _dropped(path)
            raise
    if made.file.name != path:
        _dropped(path)
    return made


def _dropped(path: str) -> None:
    """Deletes a file that surely has no row; one that cannot be deleted now is found by the sweep."""
    with suppress(OSError):
        files.delete_stored_file(path)


def save_attached_file(
    unsaved: A,
    same: models.QuerySet[A],
    *,
    counted: models.QuerySet[A] | None = None,
    event: str,
    subject: models.Model,
) -> A:
    """Saves the row of a file and records the event about `subject`, or returns the row of `same` that has the same
    content. RefusedFileError if the `counted` rows leave no room for one more."""
    if found := same.filter(digest=unsaved.digest).first():
        return found
    if counted is not None:
        demand_room(counted.count())
    unsaved.save(force_insert=True)
    told = {"name": unsaved.name, "size": unsaved.size, "digest": unsaved.digest}
    record(event, by=unsaved.by, subject=subject, **told)
    return unsaved


def remove_attached_file(
    attachment: AbstractAttachment, *, is_handed_in: bool, event: str, subject: models.Model, by: User
) -> None:
    """Removes the row of a file, records the event about `subject`, and removes the file after the commit.
    ValidationError for a file that has been handed in: it stays with its entry."""
    if is_handed_in:
        raise ValidationError(_("The file has been handed in and stays with its entry."), code="handed_in")
    told = {"name": attachment.name, "size": attachment.size, "digest": attachment.digest}
    record(event, by=by, subject=subject, **told)
    attachment.delete()
    files.delete_files_after_commit([str(attachment.file)])


def demand_room(number: int) -> None:
    """RefusedFileError if an entry has as many files as it may have."""
    if number >= MOST:
        raise RefusedFileError("too_many", limit=str(MOST))


def examine_attached_files(files: Sequence[AttachableFile]) -> None:
    """Files sent with one entry are all kept or none: ValidationError with a sentence for each that may not be kept.

    Nothing is written; the files can be read from their beginning again.
    """
    refused = []
    if len(files) > MOST:
        refused.append(refused_file("", RefusedFileError("too_many", limit=str(MOST))))
    for file in files[:MOST]:
        try:
            _content(file)
        except RefusedFileError as why:
            refused.append(refused_file(safe_name(str(file.name)), why))
        file.seek(0)
    if refused:
        raise ValidationError(refused, code="file")


def _content(file: AttachableFile) -> Content:
    """The file's content, if it may be kept: RefusedFileError otherwise. Not more is read than may be kept."""
    limit = settings.ATTACHMENT_MAX_BYTES
    data, name = file.read(limit + 1), safe_name(str(file.name))
    if len(data) > limit:
        raise RefusedFileError("too_large", limit=format(limit / 1024 / 1024, ".0f"))
    kind = recognise_file_kind(data, name)
    return Content(name_for(kind, name), kind, data, hashlib.sha256(data).hexdigest())
