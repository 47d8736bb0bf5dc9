"""Writing what was checked and confirmed: in one transaction, from the staged rows, without parsing again."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from imports.batches import staging
from imports.models import ImportBatch
from imports.workflow import State, Verb
from targets.bulk import offered_figures
from targets.services.checking import hold_totals
from targets.services.locking import demand_open_rows, keep_open
from targets.services.official import Outcome, make_official_from, submit_from


@transaction.atomic
def apply(pk: int) -> bool:
    """Writes the rows of a confirmed batch. False if what they were checked against has changed meanwhile: then nothing
    is written and the batch waits to be checked again. Does nothing if another process is at it, or if it is done.
    """
    confirmed = ImportBatch.objects.filter(pk=pk, state=State.APPLYING.value)
    batch = confirmed.select_related("source__by").select_for_update(skip_locked=True, of=("self",)).first()
    if batch is None:
        return True
    keep_open(staging.months(batch))
    offered_figures.in_turn()
    hold_totals(staging.indicators(batch))
    offered_figures.lock_observations(*staging.selected(batch))
    overtaken = list(staging.overtaken(batch)[: ImportBatch.OVERTAKEN_KEPT + 1])
    if overtaken or _is_outdated(batch):
        batch.move(Verb.CHECK_AGAIN)
        batch.overtaken = [[row.indicator_id, row.region_id, row.month.key] for row in overtaken]
        batch.renewed, batch.progress, batch.confirmed_by, batch.confirmed_at = True, 0, None, None
        batch.skip_rejected = False
        batch.save()
        return False
    _write(batch)
    batch.move(Verb.APPLY)
    batch.applied_at = timezone.now()
    batch.save()
    return True


def _is_outdated(batch: ImportBatch) -> bool:
    """Whether rules, open months or totals since January have changed since the rows were checked."""
    if _is_closed(batch):
        return True
    return staging.circumstances(*staging.series(batch)) != batch.circumstances


def _is_closed(batch: ImportBatch) -> bool:
    """Whether a plan that asks for one of the figures to be written has closed its month."""
    try:
        demand_open_rows(staging.changing(batch))
    except ValidationError:
        return True
    return False


def _write(batch: ImportBatch) -> None:
    select, parameters = staging.selected(batch)
    source, reason = batch.source, batch.reason
    if not batch.official:
        submit_from(select, parameters, source=source, by=source.by, reason=reason)
        return
    outcome: Outcome = make_official_from(
        select, parameters, batch.new + batch.changed, source=source, by=source.by, reason=reason
    )
    batch.new, batch.changed = outcome.new, outcome.changed
    batch.unchanged = batch.accepted - outcome.new - outcome.changed
