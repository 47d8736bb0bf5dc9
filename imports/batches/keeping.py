"""How long uploads and their rows are kept."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from imports.batches import staging, uploads
from imports.models import ImportBatch
from imports.workflow import BUSY

AT_A_TIME = 200
"""So many batches are tidied in one run: a job that has piled up stays short."""


def tidy_old_imports() -> int:
    """Removes the uploads, staged rows and samples of old imports, and files that belong to none: how many imports."""
    before = timezone.now() - timedelta(days=settings.IMPORT_KEEP_DAYS)
    old = ImportBatch.objects.exclude(file="").exclude(state__in=BUSY).filter(source__at__lt=before)
    batches = list(old.order_by("pk")[:AT_A_TIME])
    for batch in batches:
        _forget(batch)
    known = ImportBatch.objects.exclude(file="").values_list("file", flat=True)
    for path in uploads.find_stray_uploads(known, older_than=24 * 3600, limit=AT_A_TIME):
        path.unlink(missing_ok=True)
    return len(batches)


def _forget(batch: ImportBatch) -> None:
    with transaction.atomic():
        name = batch.file
        staging.clear_staged_rows(batch)
        ImportBatch.objects.filter(pk=batch.pk).update(file="", recognition={})
        transaction.on_commit(lambda: uploads.remove_upload(name))
