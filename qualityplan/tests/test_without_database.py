"""That PostgreSQL is away is told in so many words by every door, and the first request after its return is answered.

What else a database may say is a failure as before: none of it is passed off as an outage.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import close_old_connections, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from departments.permissions import Role
from plans.periods import Month
from qualityplan.tests.servers import free_port
from qualityplan.urls import urlpatterns as own
from targets.services.locking import close_plan_month
from targets.tests import factories as f

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


@pytest.fixture
def leader() -> Any:
    f.target(f.indicator(), threshold=92)
    return f.person(Role.LEADER)


@pytest.fixture
def inside(leader: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(leader)
    return client


@pytest.fixture
def away(leader: Any, inside: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Nobody listens where the database was; what is given brings it back."""
    there = connection.settings_dict["PORT"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", free_port())
    yield lambda: monkeypatch.setitem(connection.settings_dict, "PORT", there)
    monkeypatch.setitem(connection.settings_dict, "PORT", there)


@pytest.mark.parametrize("address", ["/", "/plans/plan-2014/text/", "/accounts/login/", "/admin/", "/review/"])
def test_a_page_says_that_the_database_is_away(address: str, inside: Client, away: Callable[[], None]) -> None:
    answer = inside.get(address, follow=True)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "数据库暂时无法连接，请一分钟后重试" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    inside.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Try again in a minute" in inside.get(address, follow=True).content.decode()


def test_whoever_logs_in_is_told_so_as_well(leader: Any, away: Callable[[], None]) -> None:
    answer = Client(raise_request_exception=False).post(
        "/accounts/login/", {"login": leader.username, "password": "pass"}
    )
    assert answer.status_code == 503


def test_other_systems_are_told_in_json(leader: Any, away: Callable[[], None]) -> None:
    answer = Client(raise_request_exception=False, headers={"Authorization": "Bearer any"}).get("/api/v1/plans")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["message"][:9]) == ("database_away", "数据库暂时无法连接")


def test_monitoring_is_told_which_part_is_missing_whoever_asks(inside: Client, away: Callable[[], None]) -> None:
    assert inside.get("/healthz").content.startswith(b"ok ")
    answer = inside.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "down")


def test_the_first_request_after_its_return_is_answered(
    inside: Client, away: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    assert inside.get("/").status_code == 503
    away()
    assert inside.get("/").status_code == 200
    told = [vars(one) for one in caplog.records if one.name == "qualityplan.answering.answers"]
    assert [(one["levelno"], one["error"]) for one in told] == [(logging.ERROR, "OperationalError")]
    assert "refused" in told[0]["said"]


def test_a_connection_that_breaks_off_in_the_middle_is_told_and_not_used_again(inside: Client) -> None:
    with connection.execute_wrapper(broken_off("plans_plan")):
        assert inside.get("/").status_code == 503
    close_old_connections()  # as a web server does before each request
    assert inside.get("/").status_code == 200


def test_a_month_is_not_said_to_be_busy_when_its_connection_breaks_off(inside: Client) -> None:
    office = f.coordinator()
    with connection.execute_wrapper(broken_off("pg_advisory_xact_lock")), pytest.raises(Exception, match="terminat"):
        close_plan_month(f.plan(), Month(2014, 5), by=office)


def broken_off(words: str) -> Callable[..., Any]:
    """Before the first statement that holds these words, an administrator ends the connection."""
    ended: list[str] = []

    def run(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if words in sql and not ended:
            ended.append(sql)
            end(connection.connection.info.backend_pid)
        return execute(sql, *arguments)

    return run


def end(backend: int) -> None:
    """From a connection of its own, and waits until it has gone."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    finally:
        other.close()


# --- What is no outage ------------------------------------------------------------------------------------------------


def asked_after_the_end(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        pass
    cursor.execute("SELECT 1")
    return HttpResponse()


def asked_for_too_long(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
    return HttpResponse()


def misspelt(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    return HttpResponse()


WRONG = (asked_after_the_end, asked_for_too_long, misspelt)
urlpatterns = [*(path(f"{one.__name__}/", one) for one in WRONG), *own]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_the_service_is_no_outage(wrong: Callable[..., Any], inside: Client) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        assert inside.get(f"/{wrong.__name__}/").status_code == 500
