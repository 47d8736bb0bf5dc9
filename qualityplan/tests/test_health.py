"""What monitoring is told."""

import time

import pytest
from django.conf import settings
from django.test import Client, override_settings
from kombu.exceptions import OperationalError

from qualityplan import health
from qualityplan.celery import app


def test_the_web_process_answers() -> None:
    assert Client().get("/healthz").content == b"ok"


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
    assert client.get("/healthz").content == b"ok"
