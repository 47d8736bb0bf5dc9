"""An import ends applied whole or not at all, and says which: with workers that are killed, a database connection that
is cut, and a broker that is gone. Real processes: PostgreSQL, Redis, Celery workers and beat.

A worker is stopped at a point by a lock that the test holds on what the worker needs next.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal as D
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.db import connection, transaction

from imports import jobs
from imports.models import ImportBatch, StagedRow
from imports.services.deciding import confirm_import
from imports.services.receiving import receive_import_file
from imports.tests.people import row
from imports.tests.tables import csv_bytes, uploaded
from targets.judging.audit import differences
from targets.models import Attainment, DirtyKey, Observation, Revision
from targets.tests import factories as f

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


class House:
    """A broker of the test's own, and workers that find by their sweep what is to be done."""

    def __init__(self, start: Callable[[], tuple[Any, str]], spawn: Callable[..., Any], folder: Path) -> None:
        self._start, self._spawn, self._folder, self._number = start, spawn, folder, 0
        self.server, self.address = start()

    def worker(self) -> "subprocess.Popen[bytes]":
        self._number += 1
        schedule = str(self._folder / f"schedule{self._number}")
        return self._spawn(
            *("--beat", "--schedule", schedule),
            CELERY_BROKER_URL=self.address,
            SWEEP_SECONDS="0.2",
            VAR_DIR=str(self._folder),
        )

    def broker_back(self) -> None:
        self._start()


@pytest.fixture
def house(
    own_broker: Callable[[], tuple[Any, str]],
    spawn_worker: Callable[..., Any],
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    """No message of the test's own process arrives: the workers have only the database to go by."""
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(jobs, "send_import_message", lambda task, pk: None)
    return House(own_broker, spawn_worker, tmp_path)


@pytest.fixture
def cast() -> SimpleNamespace:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 180, 200))
    file = csv_bytes([row(promise.indicator, "2014-01", 181, 200), row(promise.indicator, "2014-02", 190, 200)])
    return SimpleNamespace(by=f.coordinator(), promise=promise, file=file)


def handed_over(cast: SimpleNamespace) -> ImportBatch:
    return receive_import_file(uploaded(cast.file), by=cast.by)


def state(batch: ImportBatch) -> str:
    batch.refresh_from_db()
    return batch.state


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        found = cursor.fetchone()
    return bool(found and found[0])


def held(table: str, mode: str = "ACCESS EXCLUSIVE") -> None:
    """Keeps everybody from the table until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")


def kill(process: "subprocess.Popen[bytes]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def nothing_written() -> bool:
    counts = Observation.objects.count(), Revision.objects.count(), DirtyKey.objects.count()
    return counts == (1, 1, 0) and not Attainment.objects.filter(verdict="met").exists()


def written_once(cast: SimpleNamespace) -> None:
    """Applied whole, once, and judged; what is stored is what a full recompute would store."""
    assert (Observation.objects.count(), Revision.objects.count()) == (2, 3)
    assert f.attainment(cast.promise, "2014-02").actual == D("92.75")
    assert list(differences()) == []


def done(batch: ImportBatch) -> bool:
    return state(batch) == "applied" and not DirtyKey.objects.exists()


def finished(batch: ImportBatch, cast: SimpleNamespace, eventually: Callable[..., None]) -> None:
    eventually(lambda: state(batch) == "ready", timeout=30)
    confirm_import(batch, by=cast.by)
    eventually(lambda: done(batch), timeout=30)
    written_once(cast)


def test_an_upload_whose_message_was_lost_is_found(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    batch = handed_over(cast)
    assert state(batch) == "uploaded"
    house.worker()
    finished(batch, cast, eventually)


def test_an_upload_while_the_broker_is_gone_is_found_when_it_is_back(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    kill(house.server)
    batch = handed_over(cast)
    house.broker_back()
    house.worker()
    finished(batch, cast, eventually)


def test_a_worker_killed_while_it_checks(house: House, cast: SimpleNamespace, eventually: Callable[..., None]) -> None:
    batch = handed_over(cast)
    with transaction.atomic():
        held("targets_monthlock")
        worker = house.worker()
        eventually(somebody_waits, timeout=30)
        kill(worker)
    assert (state(batch), batch.attempts, StagedRow.objects.count()) == ("checking", 1, 0)
    assert nothing_written()
    house.worker()
    finished(batch, cast, eventually)


def test_a_worker_killed_after_the_rows_are_staged(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    batch, worker = handed_over(cast), house.worker()
    eventually(lambda: state(batch) == "ready", timeout=30)
    kill(worker)
    confirm_import(batch, by=cast.by)
    assert (state(batch), StagedRow.objects.count()) == ("applying", 2)
    assert nothing_written()
    house.worker()
    eventually(lambda: done(batch), timeout=30)
    written_once(cast)


@contextmanager
def in_the_middle(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> Iterator[tuple[ImportBatch, Any]]:
    """A worker that has written figures and revisions and judged them, and waits before it writes the attainments."""
    batch, worker = handed_over(cast), house.worker()
    eventually(lambda: state(batch) == "ready", timeout=30)
    with transaction.atomic():
        held("targets_attainment", "SHARE")  # it can be read, so that sweeps pass, but not written
        elsewhere(lambda: confirm_import(batch, by=cast.by))
        eventually(lambda: writing() > 0, timeout=30)
        yield batch, worker


def elsewhere(work: Callable[[], object]) -> None:
    """Does it on a connection of its own: the test's holds a lock to the end of its transaction."""

    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


WRITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '(COPY|INSERT INTO) targets_attainment '"


def writing() -> int:
    """How many processes wait to write attainments."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
        cursor.execute("SELECT count(*) " + WRITING)
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def test_a_worker_killed_before_it_commits(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    with in_the_middle(house, cast, eventually) as (batch, worker):
        kill(worker)
    assert state(batch) == "applying"
    eventually(nothing_written)
    house.worker()
    eventually(lambda: done(batch), timeout=30)
    written_once(cast)


def test_a_database_connection_that_is_cut_in_the_middle(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    with in_the_middle(house, cast, eventually) as (batch, _worker), connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_terminate_backend(pid)) " + WRITING)
        assert cursor.fetchone() == (1,)
    eventually(lambda: done(batch), timeout=30)
    written_once(cast)


def test_a_worker_killed_after_it_committed_and_before_it_said_so(
    house: House, cast: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    """The broker takes no more writes, so the worker cannot acknowledge its message; then it dies."""
    with redis.Redis.from_url(house.address) as client:
        with in_the_middle(house, cast, eventually) as (batch, worker):
            client.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
        eventually(lambda: state(batch) == "applied", timeout=30)
        kill(worker)
        client.execute_command("CLIENT", "UNPAUSE")
    house.worker()
    eventually(lambda: done(batch), timeout=30)
    written_once(cast)
