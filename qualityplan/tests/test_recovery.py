"""Nothing is lost: a worker that is killed in the middle, and a broker that is down while data is written.

Real processes: PostgreSQL, Redis, Celery workers and beat.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from conftest import database_url
from plans.periods import Month
from targets import jobs
from targets.jobs import recompute
from targets.judging.audit import differences
from targets.judging.exclusion import exclude_others
from targets.models import Attainment, DirtyKey, Indicator, Target
from targets.services.official import make_official
from targets.tests import factories as f

QUEUE = "recovery"

pytestmark = pytest.mark.django_db(transaction=True)


def report(measured: Indicator, month: str, *figures: object) -> None:
    by = f.coordinator()
    with transaction.atomic():
        make_official([f.entry(measured, month, *figures)], source=f.source(by), by=by)


def somebody_waits_for_this_connection() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def all_done() -> bool:
    return not DirtyKey.objects.exists()


@pytest.fixture
def promise() -> Target:
    made = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(made.indicator, "2014-01", 180, 200))
    return made


def test_a_real_worker_recomputes_what_was_committed(
    promise: Target, celery_worker_process: subprocess.Popen[bytes], eventually: Callable[..., None]
) -> None:
    report(promise.indicator, "2014-02", 190, 200)
    eventually(all_done, timeout=30)
    assert f.attainment(promise, "2014-02").actual == D("92.5")
    assert list(differences()) == []


@pytest.mark.postgres_only
def test_a_worker_killed_in_the_middle_of_a_recompute_loses_nothing(
    promise: Target,
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "wake_recompute", lambda: recompute.apply_async(queue=QUEUE))
    report(promise.indicator, "2014-02", 190, 200)
    with transaction.atomic():
        # The worker has read and judged everything when it comes to wait for this row, to write over it.
        Attainment.objects.select_for_update().get(target=promise, month=Month(2014, 12))
        worker = spawn_worker("--queues", QUEUE)
        eventually(somebody_waits_for_this_connection, timeout=30)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert DirtyKey.objects.count() == 1
    assert f.attainment(promise, "2014-12").actual == 90
    spawn_worker("--queues", QUEUE)
    recompute.apply_async(queue=QUEUE)
    eventually(all_done, timeout=30)
    assert f.attainment(promise, "2014-12").actual == D("92.5")
    assert list(differences()) == []


def write_from_another_process(measured: Indicator, folder: Path, **environment: str) -> str:
    """Imports one figure by the command, as a coordinator would; gives what the command said."""
    file = folder / "figures.csv"
    file.write_text(f"indicator,region,month,numerator,denominator\n{measured.code},100100,2014-02,190,200\n")
    command = [sys.executable, "manage.py", "import_observations", str(file), "--by", f.coordinator().username]
    env = {**os.environ, "DATABASE_URL": database_url(), **environment}
    done = subprocess.run(command, env=env, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True)
    return done.stdout


@contextmanager
def a_recompute_running() -> Iterator[None]:
    """Elsewhere, so that what is written meanwhile is left to the worker, as it always is on SQLite."""
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        exclude_others()
        yield


def test_what_is_written_while_the_broker_is_down_is_picked_up_by_the_sweep(
    promise: Target,
    own_broker: Callable[[], tuple[Any, str]],
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
    tmp_path: Path,
) -> None:
    server, address = own_broker()
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    with a_recompute_running():
        told = write_from_another_process(promise.indicator, tmp_path, CELERY_BROKER_URL=address)
    assert "worker not woken" in told
    assert DirtyKey.objects.count() == 1
    own_broker()
    schedule = str(tmp_path / "schedule")
    spawn_worker("--beat", "--schedule", schedule, CELERY_BROKER_URL=address, SWEEP_SECONDS="0.2")
    eventually(all_done, timeout=30)
    assert f.attainment(promise, "2014-02").actual == D("92.5")
    assert list(differences()) == []
