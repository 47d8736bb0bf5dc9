"""A file in one go, for commands: checked and written, or refused with everything that is wrong."""

from django.db import transaction

from departments import access
from departments.models import User
from departments.permissions import Action
from imports.batches import uploads
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.files.readers import UnreadableError
from imports.models import ImportBatch
from imports.services.deciding import confirm_import
from imports.services.receiving import ImportableFile, receive_import_file
from imports.workflow import ImportState


def import_observations(file: ImportableFile, *, by: User, demonstration: bool = False, label: str = "") -> ImportBatch:
    """Makes all figures of a file official, or none: the batch that is returned says which, and why.

    For coordinators alone: PermissionDenied for everybody else, UnreadableError for a file without a table; in both
    cases nothing is stored. A file that says what is official already changes nothing.
    """
    access.demand(by, Action.IMPORT_OFFICIAL)
    stored = []
    with transaction.atomic():
        try:
            batch = receive_import_file(file, by=by, demonstration=demonstration, label=label)
            stored.append(batch.file)
            return _through(batch, by)
        except BaseException:
            for name in stored:
                uploads.remove_upload(name)
            raise


def _through(batch: ImportBatch, by: User) -> ImportBatch:
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    if batch.failure:
        details = batch.errors[0]["details"] if batch.errors else {}
        raise UnreadableError(batch.failure, **details)
    if batch.state == ImportState.READY.value and not _written(batch, by):
        check_import_batch(batch.pk)
        batch.refresh_from_db()
        if batch.state == ImportState.READY.value:
            _written(batch, by)
    return batch


def _written(batch: ImportBatch, by: User) -> bool:
    """Writes the checked rows. False if others were faster: they are kept out from now on, so one more check is the
    last."""
    confirm_import(batch, by=by)
    done = write_confirmed_batch(batch.pk)
    batch.refresh_from_db()
    return done
