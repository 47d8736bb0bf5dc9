"""What a person decides about a checked file: confirm, cancel, undo."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from imports import jobs
from imports.batches import staging
from imports.models import ImportBatch, StagedRow
from imports.workflow import ImportState, ImportVerb
from plans.models import Plan
from targets.expected.asked_figures import asked_by
from targets.models import Indicator
from targets.services.locking import check_reason
from targets.services.undoing import retract_source, send_back_all


@transaction.atomic
def confirm_import(batch: ImportBatch, *, by: User, skip_rejected: bool = False, reason: str = "") -> ImportBatch:
    """Has the checked rows written by a worker.

    ValidationError, by its code: "state" if the file is not in a state for it, "rejected" if it has errors and they are
    not to be left out expressly, "nothing" if no row is without errors, "reason" if official figures would be changed
    through a review without a reason. PermissionDenied if the person may not, or another coordinator has to.
    """
    batch = lock_import_batch(batch)
    demand_import_decider(batch, by)
    demand_step(batch, ImportVerb.CONFIRM)
    check_reason(reason)
    _demand_complete(batch, skip_rejected, reason)
    _demand_second(batch, by)
    _demand_own_figures(batch, by)
    batch.move(ImportVerb.CONFIRM)
    batch.skip_rejected = skip_rejected and batch.rejected > 0
    batch.confirmed_by, batch.confirmed_at, batch.reason = by, timezone.now(), reason.strip()
    batch.save()
    record("observations.import_confirmed", by=by, subject=batch, rows=batch.accepted, left_out=batch.rejected)
    transaction.on_commit(lambda: jobs.wake_import_worker(batch.pk))
    return batch


@transaction.atomic
def cancel_import(batch: ImportBatch, *, by: User) -> ImportBatch:
    """Ends an import of which nothing has been written; a check that runs stops."""
    batch = lock_import_batch(batch)
    demand_import_decider(batch, by)
    demand_step(batch, ImportVerb.CANCEL)
    batch.move(ImportVerb.CANCEL)
    batch.failure, batch.progress = "cancelled", 0
    batch.save()
    staging.clear_staged_rows(batch)
    record("observations.import_cancelled", by=by, subject=batch)
    return batch


@transaction.atomic
def undo_import(batch: ImportBatch, *, by: User, reason: str = "") -> ImportBatch:
    """Takes back what an import has written: what was official before is so again from now on, and the past stays.

    ValidationError if figures of it were decided upon later, or lie in a closed month: then nothing is undone.
    """
    batch = lock_import_batch(batch)
    demand_import_decider(batch, by)
    demand_step(batch, ImportVerb.UNDO)
    check_reason(reason)
    told = _("Import %(number)d (%(file)s) undone") % {"number": batch.pk, "file": batch.file_name}
    told = (f"{told}: {reason.strip()}" if reason.strip() else told)[:400]
    if batch.official:
        restored, removed = retract_source(batch.source, by=by, reason=told)
    else:
        restored, removed = send_back_all(batch.source, by=by, reason=told)
    batch.move(ImportVerb.UNDO)
    batch.undone_by, batch.undone_at = by, timezone.now()
    batch.save()
    record("observations.import_undone", by=by, subject=batch, restored=restored, removed=removed, reason=reason)
    return batch


def lock_import_batch(batch: ImportBatch) -> ImportBatch:
    """The batch as it is now, locked."""
    found = ImportBatch.objects.select_for_update(of=("self",)).select_related("source__by")
    return found.get(pk=batch.pk)


def demand_import_decider(batch: ImportBatch, by: User) -> None:
    """PermissionDenied for whoever may not decide about the file."""
    if not may_decide_import(batch, by):
        raise access.refusal()


def may_decide_import(batch: ImportBatch, by: User) -> bool:
    """Official files are decided by the plan office of their region, others by their uploader; a file by somebody
    who imports for several regions by nobody else either."""
    mine = batch.source.by_id == by.pk
    if not batch.official:
        return mine and bool(access.reach(by, Action.IMPORT_OBSERVATIONS))
    office = access.reach(by, Action.IMPORT_OFFICIAL)
    return office.governs and mine if batch.region_id is None else office.acts_for(batch.region_id)


def demand_step(batch: ImportBatch, verb: ImportVerb) -> None:
    """ValidationError if the batch is not in a state for it."""
    if not batch.can(verb):
        raise ValidationError(
            _("This import is not in a state in which that is possible: %(state)s. Reload the page.")
            % {"state": batch.get_state_display()},
            code="state",
        )


def _demand_complete(batch: ImportBatch, skip_rejected: bool, reason: str) -> None:
    if batch.state == ImportState.REJECTED.value and not batch.accepted:
        raise ValidationError(
            _("No row of the file is without errors. Correct it and upload it again."), code="nothing"
        )
    if batch.rejected and not skip_rejected:
        raise ValidationError(
            _("The file has errors. Correct it and upload it again, or confirm that the rejected rows are left out."),
            code="rejected",
        )
    if not batch.official and batch.changed and not reason.strip():
        raise ValidationError(_("An approved figure is being changed. Give the reason for the change."), code="reason")


def _demand_own_figures(batch: ImportBatch, by: User) -> None:
    """PermissionDenied for figures of another city, whoever could import them when the file was checked."""
    realm = access.reach(by, Action.IMPORT_OFFICIAL).realm
    near = Indicator.objects.filter(department__region__in=realm).values("pk")
    own = Q(region_id__in=realm) | Q(indicator_id__in=near)
    if batch.official and StagedRow.objects.filter(batch=batch).exclude(own).exists():
        raise access.refusal()


def _demand_second(batch: ImportBatch, by: User) -> None:
    """A plan may ask that another coordinator confirms than who uploaded the file or said what its numbers mean."""
    if not batch.official or not (batch.source.by_id == by.pk or batch.correctors.filter(pk=by.pk).exists()):
        return
    if _asks_for_second(batch, by):
        raise PermissionDenied(_("The plan asks for a second person: another coordinator confirms this import."))


def _asks_for_second(batch: ImportBatch, by: User) -> bool:
    """Whether one of the figures to be written counts for a plan that the person sees and that asks for a second
    person."""
    rows = staging.staged_rows_to_write(batch).order_by()
    months = set(rows.values_list("month", flat=True).distinct())
    seen = Plan.objects.published().visible_to(by)
    careful = list(seen.filter(import_needs_second=True).holding_any(months))
    if not careful:
        return False
    asked = asked_by(careful)
    keys = rows.values_list("indicator_id", "region_id", "month").distinct()
    return any(asked.plans_for(*key) for key in keys.iterator())
