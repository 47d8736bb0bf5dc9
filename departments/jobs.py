"""What a worker does for departments' people."""

import logging

from celery import shared_task

from departments.idempotency import forget

logger = logging.getLogger(__name__)
LOTS = 200


@shared_task(name="departments.forget_answers")
def forget_answers() -> None:
    """Deletes old answers to repeated requests; what one day leaves, the next one takes."""
    logger.info("kept answers deleted", extra={"answers": forget(LOTS)})
