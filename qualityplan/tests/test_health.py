"""What monitoring is told."""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from conftest import database_url
from qualityplan.celery import app
from qualityplan.running import processes
from qualityplan.tests.servers import free_port
from qualityplan.version import VERSION
from qualityplan.watching import marks, parts


def test_the_web_process_answers() -> None:
    assert Client().get("/healthz").content.decode() == f"ok {VERSION}"


@pytest.mark.django_db(transaction=True)
def test_ready_when_database_broker_and_worker_answer(celery_worker_process: object) -> None:
    marks.mark_seen(marks.BEAT)
    answer = Client().get("/readyz")
    up = dict.fromkeys(("database", "broker", "worker", "beat"), "up")
    assert (answer.status_code, {**answer.json(), "disk": ""}) == (200, up | {"disk": ""})


@pytest.mark.django_db
@pytest.mark.parametrize(("part", "status"), [("database", 503), ("broker", 200), ("worker", 200), ("beat", 200)])
def test_a_part_that_is_down_is_told_and_without_the_database_nothing_is_answered(
    part: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("database", "broker", "worker"):
        monkeypatch.setattr(parts, f"{name}_answers", lambda up=name != part: up)
    monkeypatch.setattr(parts, "beat_ticks", lambda: part != "beat")
    answer = Client().get("/readyz")
    assert answer.status_code == status
    assert answer.json()[part] == "down"


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "word"), [(0, "up"), (4, "down"), (-60, "down")])
def test_beat_is_up_for_as_long_as_it_has_ticked_lately(
    minutes: int, word: str, settings: Settings, tmp_path: Path
) -> None:
    """A tick of the future is one of a clock that was set back."""
    settings.VAR_DIR = tmp_path  # tests that run beside this one tick as well
    marks.mark_seen(marks.BEAT, timezone.now() - timedelta(minutes=minutes))
    assert Client().get("/readyz").json()["beat"] == word


def test_beat_that_never_ticked_is_down(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    assert not parts.beat_ticks()


@pytest.mark.django_db
def test_a_real_beat_ticks_and_one_that_is_killed_does_not(
    settings: Settings, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    settings.VAR_DIR = tmp_path
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    env = {**os.environ, "DATABASE_URL": database_url(), "VAR_DIR": str(tmp_path), "CELERY_BROKER_URL": nobody}
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "qualityplan", "--workdir", str(settings.BASE_DIR)]
    beat = processes.start_process([*command, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile", ""], env=env)
    try:
        eventually(lambda: Client().get("/readyz").json()["beat"] == "up", timeout=60)
        assert marks.last_started(marks.BEAT)
    finally:
        processes.stop_process(beat)
    killed = timezone.now() - timedelta(minutes=4)
    marks.mark_seen(marks.BEAT, killed)
    assert Client().get("/readyz").json()["beat"] == "down"
    assert 'qualityplan_up{part="beat"} 0.0' in Client().get("/metrics").content.decode()


GIGABYTE = 1024**3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("free", "whole", "word"),
    [
        (5 * GIGABYTE, 100 * GIGABYTE, "ok"),
        (5 * GIGABYTE - 1, 100 * GIGABYTE, "low"),
        (GIGABYTE, 2 * GIGABYTE, "ok"),
        (GIGABYTE - 1, 2 * GIGABYTE, "low"),
    ],
)
def test_little_room_on_the_disk_is_told_before_it_is_full(
    free: int, whole: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "qualityplan.watching.parts.shutil.disk_usage", lambda _path: SimpleNamespace(free=free, total=whole)
    )
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["disk"]) == (200, word)


def test_an_absent_broker_is_told_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    started = time.monotonic()
    assert not parts.broker_answers()
    assert time.monotonic() - started < 1.5


def test_sending_to_an_absent_broker_fails_quickly() -> None:
    nobody = app.connection_for_write("redis://127.0.0.1:1/0")
    started = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("targets.judging.recompute", connection=nobody)
    assert time.monotonic() - started < 1.5


# --- By whatever name they ask ----------------------------------------------------------------------------------------

FOREIGN = {"host": "10.20.30.40:8000"}


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["plan.intranet"], SECURE_SSL_REDIRECT=True)
@pytest.mark.parametrize("probe", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.20.30.40:8000", "plan.intranet", "not a name", ""])
def test_a_probe_is_answered_whatever_the_name_and_is_not_led_to_https(probe: str, host: str) -> None:
    answer = Client().get(probe, headers={"host": host})
    assert answer.status_code == 200
    assert host == "" or host.encode() not in answer.content


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["plan.intranet"])
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/api/v1/plans", "/healthz/", "/readyz/x", "//healthz"])
def test_nothing_else_opens_by_a_foreign_name(address: str) -> None:
    assert Client().get(address, headers=FOREIGN).status_code == 400


@pytest.mark.parametrize("probe", ["/healthz", "/readyz"])
def test_a_probe_only_tells(probe: str) -> None:
    assert Client().post(probe).status_code == 405


def test_a_probe_looks_for_no_log_in() -> None:
    """Without the database: its mark is missing here, and asking for a session would fail."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    assert client.get("/healthz").content.startswith(b"ok")
