"""What monitoring reads at /metrics: what processes have counted, and what is so at the moment of the scrape.

A scrape asks the database four questions, whatever its size, and pings Redis and a worker for half a second at most.
What cannot be told without a part that is away is left out, and `qualityplan_up` says that the part is away.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import Error
from django.utils import timezone
from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from qualityplan.version import VERSION
from qualityplan.watching import counting, marks, notes, parts, waiting

logger = logging.getLogger(__name__)


class Scrape:
    """One answer; prometheus-client asks it as it would a registry."""

    def collect(self) -> Iterator[Metric]:
        """Everything there is to tell now."""
        now = timezone.now()
        yield from counting.collect_counts()
        answers = parts.ask_parts()
        yield _by_label("qualityplan_up", "1 where the part answers.", "part", answers)
        if answers["database"]:
            yield from _unless_away(_of_database, now)
        if answers["broker"]:
            yield from _of_queue(now)
        yield from _of_machine(now)


def write_metrics() -> bytes:
    """The answer, in the text format of Prometheus."""
    return generate_latest(Scrape())


def _unless_away(read: Callable[[datetime], list[Metric]], now: datetime) -> list[Metric]:
    """What the database says; nothing where it goes away in the middle."""
    try:
        return read(now)
    except Error as error:
        logger.warning("the scrape was answered without the database", extra={"error": type(error).__name__})
        return []


def _of_database(now: datetime) -> list[Metric]:
    keys, facts = waiting.keys_to_recompute(), waiting.database_facts()
    told = [
        _gauge("qualityplan_dirty_keys", "Changes whose lights are not judged anew yet.", keys.number),
        _gauge("qualityplan_dirty_keys_oldest_seconds", "How long the oldest has waited.", keys.seconds(now)),
        _gauge("qualityplan_database_bytes", "Size of the database.", facts.size),
        _by_label("qualityplan_imports", "Imported files, by state.", "state", waiting.imports_by_state()),
    ]
    if facts.judgements is not None:
        said = "Judgements written because a light or its explanation changed."
        told.append(CounterMetricFamily("qualityplan_judgements_written", said, value=facts.judgements))
    return told


def _of_queue(now: datetime) -> Iterator[Metric]:
    if (broker := waiting.broker_facts(now)) is not None:
        queue = broker.messages
        yield _gauge("qualityplan_queue_messages", "Messages that no worker has taken yet.", queue.number)
        yield _gauge("qualityplan_queue_oldest_seconds", "How long the oldest has waited.", queue.seconds(now))


def _of_machine(now: datetime) -> Iterator[Metric]:
    room, backup = parts.room_on_disk(), notes.last_backup()
    yield InfoMetricFamily("qualityplan", "The version that is installed.", {"version": VERSION})
    yield _gauge("qualityplan_disk_free_bytes", "Free under VAR_DIR.", room.free)
    yield _gauge("qualityplan_disk_bytes", "The whole disk under VAR_DIR.", room.whole)
    yield from _moment("qualityplan_beat_last", "When beat last looked what is due.", marks.last_seen(marks.BEAT))
    if backup is not None:
        yield from _moment("qualityplan_backup_last", "When the last backup was made.", backup.made_at)
        yield _gauge("qualityplan_backup_bytes", "Size of the last backup.", backup.size)
        yield _gauge("qualityplan_backup_failed", "1 if the last attempt failed.", int(backup.failed))
    for name in notes.AUDITS:
        if (audit := notes.last_audit(name)) is not None:
            yield from _moment(f"qualityplan_{name}_last", "When the audit was last made.", audit.made_at)
            yield _gauge(f"qualityplan_{name}_faults", "What it found, up to a limit.", audit.faults)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _moment(name: str, said: str, moment: datetime | None) -> Iterator[Metric]:
    """Seconds since 1970; nothing for what never was."""
    if moment is not None:
        yield _gauge(f"{name}_timestamp_seconds", said, moment.timestamp())


def _by_label(name: str, said: str, label: str, values: "dict[str, bool] | dict[str, int]") -> Metric:
    family = GaugeMetricFamily(name, said, labels=[label])
    for value, number in values.items():
        family.add_metric([value], float(number))
    return family
