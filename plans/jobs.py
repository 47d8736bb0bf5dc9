"""What a worker does for plans."""

import logging

from celery import shared_task

from plans.models import Change

logger = logging.getLogger(__name__)


@shared_task(name="plans.fold_changes")
def fold_changes() -> None:
    """Keeps the version of a plan cheap to ask; repeated or missed, it changes nothing."""
    if saved := Change.objects.fold():
        logger.info("changes added up", extra={"rows": saved})
