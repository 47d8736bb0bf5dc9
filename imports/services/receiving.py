"""A file comes in: stored as it is, looked into by nobody but a worker."""

from collections.abc import Iterator
from typing import Protocol

from django.conf import settings
from django.db import transaction

from departments import access
from departments.models import User
from departments.permissions import Action
from imports import jobs
from imports.batches import uploads
from imports.batches.uploads import Upload
from imports.models import ImportBatch
from reviews.documents import safe_name
from targets.models import Source

CHUNK = 1024 * 1024


class ImportableFile(Protocol):
    """An uploaded file, or one opened for reading bytes."""

    @property
    def name(self) -> str | None: ...

    def read(self, size: int = ..., /) -> bytes: ...


def receive_import_file(file: ImportableFile, *, by: User, demonstration: bool = False, label: str = "") -> ImportBatch:
    """Stores a file and has it checked. What a coordinator uploads becomes official when it is confirmed, what others
    upload is handed in for review. UnreadableError for a file that is empty or too large: then nothing is stored.
    Should the commit fail, nobody knows whether the batch is there: a file without one is tidied away later.
    """
    official = access.reach(by, Action.IMPORT_OFFICIAL).governs
    if not official:
        access.demand(by, Action.IMPORT_OBSERVATIONS)
    upload = uploads.store_upload(_chunks(file), settings.UPLOAD_MAX_BYTES)
    source = Source(kind=Source.Kind.IMPORT, label=label, digest=upload.digest, demonstration=demonstration, by=by)
    with transaction.atomic():
        try:
            return _noted(upload, safe_name(str(file.name)), official, source)
        except BaseException:
            uploads.remove_upload(upload.name)
            raise


def _region_of(by: User) -> int | None:
    """The region for which somebody imports, if it is one alone."""
    reached = access.reach(by, Action.IMPORT_OBSERVATIONS)
    found = reached.seats or {role.department.region_id for role in by.held}
    return next(iter(found)) if len(found) == 1 else None


def _chunks(file: ImportableFile) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _noted(upload: Upload, name: str, official: bool, source: Source) -> ImportBatch:
    source.label = source.label or name
    source.save()
    batch = ImportBatch.objects.create(
        source=source,
        file_name=name,
        file=upload.name,
        size=upload.size,
        official=official,
        region_id=_region_of(source.by),
    )
    transaction.on_commit(lambda: jobs.wake_import_worker(batch.pk))
    return batch
