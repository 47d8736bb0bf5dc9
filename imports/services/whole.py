"""A file in one go, for commands: checked and written, or refused with everything that is wrong."""

from django.db import transaction

from departments import access
from departments.models import User
from departments.permissions import Action
from imports.batches import uploads
from imports.batches.applying import apply
from imports.batches.checking import check
from imports.files.readers import UnreadableError
from imports.models import ImportBatch
from imports.services.deciding import confirm
from imports.services.receiving import NamedFile, receive
from imports.workflow import State


def import_observations(file: NamedFile, *, by: User, demonstration: bool = False, label: str = "") -> ImportBatch:
    """Makes all figures of a file official, or none: the batch that is returned says which, and why.

    For coordinators alone: PermissionDenied for everybody else, UnreadableError for a file without a table; in both
    cases nothing is stored. A file that says what is official already changes nothing.
    """
    access.demand(by, Action.IMPORT_OFFICIAL)
    stored = []
    with transaction.atomic():
        try:
            batch = receive(file, by=by, demonstration=demonstration, label=label)
            stored.append(batch.file)
            return _through(batch, by)
        except BaseException:
            for name in stored:
                uploads.remove(name)
            raise


def _through(batch: ImportBatch, by: User) -> ImportBatch:
    check(batch.pk)
    batch.refresh_from_db()
    if batch.failure:
        details = batch.errors[0]["details"] if batch.errors else {}
        raise UnreadableError(batch.failure, **details)
    if batch.state == State.READY.value and not _written(batch, by):
        check(batch.pk)
        batch.refresh_from_db()
        if batch.state == State.READY.value:
            _written(batch, by)
    return batch


def _written(batch: ImportBatch, by: User) -> bool:
    """Writes the checked rows. False if others were faster: they are kept out from now on, so one more check is the
    last."""
    confirm(batch, by=by)
    done = apply(batch.pk)
    batch.refresh_from_db()
    return done
