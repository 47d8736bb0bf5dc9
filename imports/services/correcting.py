"""What a person says about a file that was understood wrongly; it is checked again, and remembered if wanted."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import User
from departments.services.accounts import record
from imports import jobs
from imports.batches import staging
from imports.batches.remembering import importing_departments_of
from imports.models import ImportBatch, RememberedMapping
from imports.services.deciding import demand_import_decider, demand_step, lock_import_batch
from imports.tables.mappings import FileMapping
from imports.tables.understanding import Understanding
from imports.workflow import ImportVerb


@transaction.atomic
def correct_import(batch: ImportBatch, mapping: FileMapping, *, by: User, remember: bool) -> ImportBatch:
    """Has the file checked again as the mapping says. `remember`: the next files of this form that somebody of the
    uploader's department hands over are understood so, too; a mapping that corrects nothing is forgotten instead.

    ValidationError if the file is not there any more, or not in a state for it; PermissionDenied for whoever may not
    confirm it.
    """
    batch = _to_be_checked_again(batch, by)
    batch.mapping, batch.remembered = mapping.to_json(), None
    if remember:
        batch.remembered = _remembered(batch, mapping.lasting(), by)
    batch.save()
    record("observations.import_corrected", by=by, subject=batch, remembered=batch.remembered is not None)
    return batch


@transaction.atomic
def forget_remembered_mapping(batch: ImportBatch, *, by: User) -> ImportBatch:
    """Forgets what was said about files of this form, and has this one checked again without it."""
    batch = _to_be_checked_again(batch, by)
    _memories(batch).delete()
    batch.mapping, batch.remembered = FileMapping().to_json(), None
    batch.save()
    record("observations.mapping_forgotten", by=by, subject=batch)
    return batch


def _to_be_checked_again(batch: ImportBatch, by: User) -> ImportBatch:
    batch = lock_import_batch(batch)
    demand_import_decider(batch, by)
    demand_step(batch, ImportVerb.CORRECT)
    if not batch.correctable:
        raise ValidationError(_("The stored file is not there any more. Upload it again."), code="gone")
    staging.clear_staged_rows(batch)
    batch.correctors.add(by)
    batch.move(ImportVerb.CORRECT)
    batch.renewed, batch.overtaken, batch.progress = False, [], 0
    transaction.on_commit(lambda: jobs.wake_import_worker(batch.pk))
    return batch


def _shape(batch: ImportBatch) -> str:
    return Understanding.from_json(batch.recognition).recognition.shape


def _memories(batch: ImportBatch) -> "QuerySet[RememberedMapping]":
    departments = importing_departments_of(batch.source.by)
    return RememberedMapping.objects.filter(department__in=departments, shape=_shape(batch))


def _remembered(batch: ImportBatch, mapping: FileMapping, by: User) -> RememberedMapping | None:
    """Keeps it for the uploader's department; None for what is worth nothing, or if the uploader has none any more."""
    departments = importing_departments_of(batch.source.by)
    if not departments or not mapping.sheets:
        _memories(batch).delete()
        return None
    said = {"mapping": mapping.to_json(), "file_name": batch.file_name, "by": by, "at": timezone.now()}
    kept, _created = RememberedMapping.objects.update_or_create(
        department=departments[0], shape=_shape(batch), defaults=said
    )
    return kept
