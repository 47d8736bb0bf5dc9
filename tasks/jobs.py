"""What a worker does for promised work: thin doors to `services`."""

import logging

from celery import shared_task

from tasks import clock
from tasks.services.escalating import escalate
from tasks.services.proposing import propose_by_rule

logger = logging.getLogger(__name__)


@shared_task(name="tasks.supervise")
def supervise() -> None:
    """Proposes what slips and escalates what is late. Beat asks every hour; what was done today is found done."""
    now = clock.now()
    proposed, escalated = propose_by_rule(now=now), escalate(now=now)
    if proposed or escalated:
        logger.info("supervised", extra={"proposed": proposed, "escalated": escalated})
