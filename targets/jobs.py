"""What a worker does for targets: thin doors to `recompute` and to what sweeps files."""

import logging

from celery import shared_task
from django.utils import timezone

from departments.jobs import wake_worker
from reviews import files
from targets.judging.recompute import OutdatedFormulasError, recompute_dirty
from targets.models import DirtyKey

logger = logging.getLogger(__name__)
ROUNDS = 1000


@shared_task(name="targets.judging.recompute")
def recompute() -> None:
    """Works off all dirty keys. Repeated, reordered and lost messages change nothing: the keys say what is to do. A
    worker that knows only older formulas than those that are applied says so, and leaves the keys to others."""
    for turn in range(ROUNDS):
        try:
            keys, rows = recompute_dirty()
        except OutdatedFormulasError as error:
            logger.error("nothing recomputed: formulas outdated", extra={"reason": str(error)})
            raise
        if keys:
            logger.info("attainments recomputed", extra={"keys": keys, "rows": rows})
        if not DirtyKey.objects.exists():
            return
        if not turn:
            # What is left may be of other plans: another worker that is idle judges them meanwhile.
            wake_recompute()


@shared_task(name="targets.sweep_attachments")
def sweep_attachments() -> None:
    """Deletes files that no attachment has; repeated, it finds nothing."""
    if deleted := files.sweep_unattached_files(timezone.now()):
        logger.info("files without an attachment deleted", extra={"files": deleted})


def wake_recompute() -> None:
    """Wakes a worker that works off the dirty keys."""
    wake_worker(recompute)
