"""How long a log-in holds."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.jobs import forget_sessions
from departments.permissions import Role
from departments.tests.accounts import forward, inside, told
from departments.tests.callers import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside_client(client: Client) -> Client:
    client.force_login(member(Role.LEADER))
    return client


def test_a_log_in_ends_after_a_time_without_use(inside_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    forward(monkeypatch, settings.SESSION_IDLE_MINUTES)
    assert inside_client.get("/notices/").headers["Location"] == "/accounts/login/?next=/notices/"
    assert told() == ["account.log_in", "account.timed_out"]
    assert not Session.objects.exists()


def test_each_request_keeps_it_alive(inside_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(4):
        forward(monkeypatch, settings.SESSION_IDLE_MINUTES - 1)
        assert inside(inside_client)


def test_what_a_page_asks_by_itself_does_not(inside_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(2):
        forward(monkeypatch, settings.SESSION_IDLE_MINUTES / 2)
        inside_client.get("/notices/", headers={"x-background": "1"})
    assert not inside(inside_client)


def test_nobody_stays_longer_than_a_working_day(inside_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(12 * 60 // 20 - 1):
        forward(monkeypatch, 20)
        assert inside(inside_client)
    forward(monkeypatch, 20)
    assert not inside(inside_client)


@override_settings(SESSION_IDLE_MINUTES=5)
def test_the_time_is_a_setting(inside_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    forward(monkeypatch, 5)
    assert not inside(inside_client)


def test_a_session_that_says_nothing_of_its_time_is_over(inside_client: Client) -> None:
    session = inside_client.session
    del session["used"]
    session.save()
    assert not inside(inside_client)


def writes(client: Client) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        client.get("/accounts/security/")
    return [one["sql"] for one in caught if one["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]


def test_only_one_request_a_minute_writes(inside_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert writes(inside_client) == []
    forward(monkeypatch, 2)
    assert len(writes(inside_client)) == 1
    assert writes(inside_client) == []


def test_a_stranger_has_no_session(client: Client) -> None:
    client.get("/accounts/login/")
    assert not Session.objects.exists()


def test_what_is_left_of_an_ended_session_is_deleted(inside_client: Client) -> None:
    Session.objects.update(expire_date=timezone.now())
    other = Client()
    other.force_login(member(Role.COORDINATOR))
    forget_sessions()
    assert Session.objects.count() == 1
    assert inside(other)
