"""Writing what was checked and confirmed: in one transaction, from the staged rows, without parsing again."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from imports.batches import staging
from imports.models import ImportBatch
from imports.workflow import ImportState, ImportVerb
from targets.bulk import offered_figures
from targets.services.checking import hold_totals
from targets.services.locking import demand_open_rows, keep_open
from targets.services.official import OfficialOutcome, make_official_from, submit_from


@transaction.atomic
def write_confirmed_batch(pk: int) -> bool:
    """Writes the rows of a confirmed batch. False if what they were checked against has changed meanwhile: then nothing
    is written and the batch waits to be checked again. Does nothing if another process is at it, or if it is done.
    """
    confirmed = ImportBatch.objects.filter(pk=pk, state=ImportState.APPLYING.value)
    batch = confirmed.select_related("source__by").select_for_update(skip_locked=True, of=("self",)).first()
    if batch is None:
        return True
    keep_open(staging.months_of_staged_rows(batch))
    offered_figures.write_in_turn()
    hold_totals(staging.indicators_of_staged_rows(batch))
    offered_figures.lock_observations(*staging.query_of_rows_to_write(batch))
    overtaken = list(staging.overtaken_staged_rows(batch)[: ImportBatch.OVERTAKEN_KEPT + 1])
    if overtaken or _is_outdated(batch):
        batch.move(ImportVerb.CHECK_AGAIN)
        batch.overtaken = [[row.indicator_id, row.region_id, row.month.key] for row in overtaken]
        batch.renewed, batch.progress, batch.confirmed_by, batch.confirmed_at = True, 0, None, None
        batch.skip_rejected = False
        batch.save()
        return False
    _write(batch)
    batch.move(ImportVerb.APPLY)
    batch.applied_at = timezone.now()
    batch.save()
    return True


def _is_outdated(batch: ImportBatch) -> bool:
    """Whether rules, open months or totals since January have changed since the rows were checked."""
    if _is_closed(batch):
        return True
    return staging.read_check_circumstances(*staging.query_of_touched_series(batch)) != batch.circumstances


def _is_closed(batch: ImportBatch) -> bool:
    """Whether a plan that asks for one of the figures to be written has closed its month."""
    try:
        demand_open_rows(staging.staged_rows_to_write(batch))
    except ValidationError:
        return True
    return False


def _write(batch: ImportBatch) -> None:
    select, parameters = staging.query_of_rows_to_write(batch)
    source, reason = batch.source, batch.reason
    if not batch.official:
        submit_from(select, parameters, source=source, by=source.by, reason=reason)
        return
    outcome: OfficialOutcome = make_official_from(
        select, parameters, batch.new + batch.changed, source=source, by=source.by, reason=reason
    )
    batch.new, batch.changed = outcome.new, outcome.changed
    batch.unchanged = batch.accepted - outcome.new - outcome.changed
