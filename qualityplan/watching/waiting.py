"""What waits to be done, and how large the database is, each asked in one question."""

import json
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from celery import current_app
from django.db import connection
from django.db.models import Count, Min

from departments.models import Notice
from imports.models import ImportBatch
from imports.workflow import BUSY
from qualityplan.watching.parts import PATIENCE, open_broker_link
from qualityplan.watching.worker_counts import SENT_AT
from targets.models import DirtyKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many things wait, and since when the oldest does (None: nothing waits, or nobody knows)."""

    number: int
    oldest: datetime | None

    def seconds(self, now: datetime) -> float:
        """How long the oldest has waited."""
        return max((now - self.oldest).total_seconds(), 0.0) if self.oldest is not None else 0.0


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """Messages that no worker has taken yet, and since when the broker is up."""

    messages: Waiting
    since: datetime


def broker_facts(now: datetime) -> BrokerFacts | None:
    """What the broker says of itself and its queue; None when it does not answer."""
    try:
        with open_broker_link() as link:
            link.ensure_connection(max_retries=0, timeout=PATIENCE)
            queue, redis = current_app.conf.task_default_queue, link.default_channel.client
            messages = Waiting(redis.llen(queue), _sent_at(redis.lindex(queue, -1)))
            return BrokerFacts(messages, now - timedelta(seconds=redis.info("server")["uptime_in_seconds"]))
    except Exception:
        logger.warning("the queue cannot be looked at")
        return None


def _sent_at(message: bytes | None) -> datetime | None:
    """When a message was sent; those of other senders do not say so."""
    with suppress(ValueError, KeyError, TypeError):
        if message is not None:
            return datetime.fromtimestamp(json.loads(message)["headers"][SENT_AT], UTC)
    return None


def keys_to_recompute() -> Waiting:
    """Figures and rules that were changed and whose lights are not judged anew yet."""
    found = DirtyKey.objects.aggregate(number=Count("pk"), oldest=Min("created_at"))
    return Waiting(found["number"], found["oldest"])


def mails_to_send(now: datetime) -> Waiting:
    """Notices whose mail is due and not sent yet."""
    found = Notice.objects.to_mail(now).aggregate(number=Count("pk"), oldest=Min("mail_at"))
    return Waiting(found["number"], found["oldest"])


def imports_by_state() -> Counter[str]:
    """How many imports stand where."""
    rows = ImportBatch.objects.order_by().values_list("state").annotate(number=Count("pk"))
    return Counter(dict(rows))


def imports_to_do() -> Waiting:
    """Imports about which a worker has something to do."""
    found = ImportBatch.objects.filter(state__in=BUSY).aggregate(number=Count("pk"), oldest=Min("source__at"))
    return Waiting(found["number"], found["oldest"])


def imports_failed_since(moment: datetime) -> int:
    """How many imports have broken off; one that a person has cancelled has not."""
    failed = ImportBatch.objects.filter(state=ImportBatch.StateChoices.FAILED, source__at__gte=moment)
    return failed.exclude(failure="cancelled").count()


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The size in bytes; since when the server is up and how many judgements it has written since its counts were
    last set back, which SQLite does not tell."""

    size: int
    since: datetime | None = None
    judgements: int | None = None


def database_facts() -> DatabaseFacts:
    """What the database says of itself."""
    if connection.vendor != "postgresql":
        return DatabaseFacts(Path(connection.settings_dict["NAME"]).stat().st_size)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), pg_postmaster_start_time(), "
            "(SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'targets_attainment')"
        )
        return DatabaseFacts(*cursor.fetchone())
