"""What monitoring is told."""

import time

import pytest
from django.test import Client
from kombu.exceptions import OperationalError

from qualityplan import health
from qualityplan.celery import app
from qualityplan.version import VERSION


def test_the_web_process_answers() -> None:
    assert Client().get("/healthz").content.decode() == f"ok {VERSION}"


@pytest.mark.django_db(transaction=True)
def test_ready_when_database_broker_and_worker_answer(celery_worker_process: object) -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "up", "broker": "up", "worker": "up"})


@pytest.mark.django_db
@pytest.mark.parametrize(("part", "status"), [("database", 503), ("broker", 200), ("worker", 200)])
def test_a_part_that_is_down_is_told_and_without_the_database_nothing_is_answered(
    part: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("database", "broker", "worker"):
        monkeypatch.setattr(health, f"{name}_answers", lambda up=name != part: up)
    answer = Client().get("/readyz")
    assert answer.status_code == status
    assert answer.json()[part] == "down"


def test_an_absent_broker_is_told_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    started = time.monotonic()
    assert not health.broker_answers()
    assert time.monotonic() - started < 1.5


def test_sending_to_an_absent_broker_fails_quickly() -> None:
    nobody = app.connection_for_write("redis://127.0.0.1:1/0")
    started = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("targets.judging.recompute", connection=nobody)
    assert time.monotonic() - started < 1.5
