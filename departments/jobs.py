"""What a worker does for people: thin doors to `digest`, `mailing`, `idempotency` and Django's sessions."""

import logging

from celery import Task, shared_task
from django.core.management import call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from departments.credentials import lockout
from departments.http_api.idempotency import forget_old_answers
from departments.notices.digest import compose_digests, is_composed, purge_old_notices
from departments.notices.mailing import deliver_mails

logger = logging.getLogger(__name__)
LOTS = 200


def wake_worker(task: Task, *arguments: int | str, expires: int | None = None) -> None:
    """Sends a message about a task and does not wait. A broker that is down is no error: the sweep does the work later.
    `expires` says after how many seconds the message is not worth reading."""
    try:
        task.apply_async(arguments, retry=False, ignore_result=True, expires=expires)
    except OperationalError as error:
        logger.warning("worker not woken, the sweep will follow", extra={"error": type(error).__name__})


@shared_task(name="departments.remind")
def remind() -> None:
    """The digests of the day. Beat asks every hour in case something was down; the first run of the day does it."""
    now = timezone.now()
    today = timezone.localdate(now)
    if not is_composed(today):
        logger.info("reminders composed", extra={"digests": compose_digests(today, now)})
    if removed := purge_old_notices(now):
        logger.info("old notices removed", extra={"notices": removed})
    mail()


@shared_task(name="departments.mail")
def mail() -> None:
    """Sends what waits. Repeated and concurrent runs send nothing twice: a notice is claimed before it is sent."""
    more = True
    while more:
        outcome = deliver_mails(timezone.now())
        more = outcome.more
        if outcome.sent or outcome.failed:
            logger.info("mails sent", extra={"sent": outcome.sent, "failed": outcome.failed})


def wake_mail_worker() -> None:
    """Wakes a worker that sends what waits."""
    wake_worker(mail)


@shared_task(name="departments.forget_answers")
def forget_answers() -> None:
    """Deletes old answers to repeated requests; what one day leaves, the next one takes."""
    logger.info("kept answers deleted", extra={"answers": forget_old_answers(LOTS)})


@shared_task(name="departments.forget_sessions")
def forget_sessions() -> None:
    """Deletes what is left of sessions that have ended, and of failures that count no more."""
    call_command("clearsessions")
    logger.info("counts of failures deleted", extra={"counts": lockout.forget_old_failures()})
