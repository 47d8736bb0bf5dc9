"""Saying what must be judged anew, in the transaction that changed it."""

import logging
from collections.abc import Collection, Iterable

from django.db import connection, models, transaction

from departments.models import Region
from plans.models import Plan
from plans.periods import Month
from targets import jobs
from targets.judging.recompute import OutdatedFormulasError, outdated_marked
from targets.models import DirtyKey, Indicator, Quota, Step, Target

logger = logging.getLogger(__name__)

Key = tuple[int, int | None, Month]
"""indicator id, region id (None: all regions), month from which on"""


@transaction.atomic
def mark_dirty(keys: Iterable[Key]) -> None:
    """Writes the keys and, once they are committed, wakes a worker: once a transaction, however often it is called.

    A lost wake-up loses nothing: a sweep follows.
    """
    rows = [DirtyKey(indicator_id=indicator, region_id=region, month=month) for indicator, region, month in set(keys)]
    DirtyKey.objects.bulk_create(rows, batch_size=5000)
    if rows:
        wake_on_commit()


def wake_on_commit() -> None:
    """Wakes a worker once the transaction is committed, and once only."""
    if not any(jobs.wake_recompute in hook for hook in connection.run_on_commit):
        transaction.on_commit(jobs.wake_recompute)


@transaction.atomic
def formulas_changed() -> None:
    """Has everything judged anew that was judged by older formulas than those of this process. Where newer ones are
    applied nothing is done: this process is the old one."""
    try:
        marked = outdated_marked()
    except OutdatedFormulasError as error:
        logger.error("formulas outdated", extra={"reason": str(error)})
        return
    if marked:
        wake_on_commit()


def promises_changed(objects: Collection[models.Model]) -> None:
    """Marks what is judged by changed indicators, targets, their steps and quotas, plans or regions."""
    targets = Target.objects.select_related("plan")
    if not any(isinstance(row, Region) for row in objects):
        changed = [row.pk for row in objects if isinstance(row, Indicator)]
        targets = targets.filter(
            models.Q(pk__in=[row.pk for row in objects if isinstance(row, Target)])
            | models.Q(pk__in=[row.target_id for row in objects if isinstance(row, Quota | Step)])
            | models.Q(plan__in=[row.pk for row in objects if isinstance(row, Plan)])
            | models.Q(pk__in=Target.objects.judged_by(changed).values("pk"))
        )
    mark_dirty((target.indicator_id, None, target.plan.first_month) for target in targets)
