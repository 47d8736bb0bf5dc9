"""What every answer has: headers that keep it from being kept or framed, and JSON for other systems."""

import json
import logging
import re
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from departments.models import Membership, User
from departments.permissions import Role
from departments.services.screens import open_screen
from departments.tests.callers import asking, member, posting
from qualityplan.answering.masking import Formatter
from qualityplan.tests.walking import every_address
from qualityplan.urls import urlpatterns as own
from qualityplan.watching import slow_queries
from targets.tests import factories as f


def office() -> User:
    """Somebody who coordinates and administers."""
    user = f.person(Role.ADMINISTRATOR)
    Membership.objects.create(user=user, department=user.memberships.get().department, role=Role.COORDINATOR.value)
    return user


def inside(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def demand_guarded(answer: Any, address: str) -> None:
    """The headers that everything has."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff", address
    assert answer.headers["X-Frame-Options"] == "DENY", address
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], address
    assert answer.headers["Referrer-Policy"] == "same-origin", address
    assert "Access-Control-Allow-Origin" not in answer.headers, address


@pytest.mark.django_db
def test_no_answer_of_any_address_is_kept_by_anybody_whoever_asks() -> None:
    f.target(f.indicator(), threshold=92)
    for client in (Client(), inside(office())):
        for address in every_address():
            asked = address.filled()
            for answer in (client.get(asked), client.head(asked), client.post(asked)):
                assert "no-store" in answer.headers["Cache-Control"], asked
                demand_guarded(answer, asked)
                assert answer.status_code < 500 or asked == "/readyz", asked


@pytest.mark.django_db
def test_a_page_that_has_not_changed_is_not_kept_either() -> None:
    f.target(f.indicator(), threshold=92)
    client = inside(office())
    client.get("/plans/plan-2014/text/")
    tag = client.get("/plans/plan-2014/").headers["ETag"]
    answer = client.get("/plans/plan-2014/", headers={"if-none-match": tag})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (304, "private, no-store")


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/api/v1/plans", "/static/theme.css", "/healthz/"])
@pytest.mark.parametrize("https", [False, True])
def test_a_wrong_host_is_refused_with_the_headers_of_all_answers(address: str, https: bool) -> None:
    with override_settings(SECURE_SSL_REDIRECT=https):
        answer = Client(headers={"host": "attacker.example"}).get(address)
    assert answer.status_code == 400
    assert "no-store" in answer.headers["Cache-Control"]
    demand_guarded(answer, address)
    assert "attacker" not in answer.content.decode()


def test_a_wrong_request_is_told_what_to_do_in_both_languages() -> None:
    assert "请返回检查后重试" in Client(headers={"host": "attacker.example"}).get("/").content.decode()


def test_a_static_file_is_guarded_like_a_page_and_opens_to_no_other_site(tmp_path: Path) -> None:
    (tmp_path / "theme.css").write_text("body {}")
    with override_settings(STATIC_ROOT=tmp_path):
        answer = Client().get("/static/theme.css")
    assert b"".join(answer) == b"body {}"
    demand_guarded(answer, "a static file")
    assert "no-store" not in answer.headers["Cache-Control"]


# --- Private addresses ------------------------------------------------------------------------------------------------

KEY = "qL3vZ-0123456789_abcdefghijklmnopqrstuvwxyz"
PRIVATE = (f"/screen/{KEY}/", f"/screen/{KEY}", f"/calendar/{KEY}.ics")


def written(record: logging.LogRecord) -> str:
    """The line of the log, as the settings have it written."""
    options = dict(settings.LOGGING["formatters"]["json"])
    assert options.pop("()") == f"{Formatter.__module__}.{Formatter.__qualname__}"
    made = Formatter(**options)
    record.request_id = "-"
    return made.format(record)


@pytest.mark.django_db
@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_that_is_asked_for_is_in_no_line_of_the_log(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        Client().get(address, follow=True)
        Client().post(address)
        Client(headers={"host": "attacker.example"}).get(address)
    lines = [written(record) for record in caplog.records if not record.name.startswith("django.db")]
    assert any("***" in line for line in lines)
    assert not [line for line in lines if KEY in line]
    assert all(json.loads(line)["level"] for line in lines)


@pytest.mark.django_db
def test_a_failure_at_a_private_address_does_not_tell_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(f"no answer for http://plan.example/screen/{KEY}/")

    by = f.coordinator()
    _screen, key = open_screen(name="会议室", region=by.held[0].department.region, by=by)
    monkeypatch.setattr("reports.views.screens.onlooker", broken)
    answer = Client(raise_request_exception=False).get(f"/screen/{key}/")
    assert answer.status_code == 500
    lines = [written(record) for record in caplog.records]
    assert any("RuntimeError" in line for line in lines)
    assert not [line for line in lines if KEY in line or key in line]


def test_what_the_web_server_and_a_worker_log_is_masked_by_the_same_rule() -> None:
    from qualityplan.gunicorn import accesslog, logconfig_dict

    assert accesslog is None
    for formatter in (logconfig_dict, settings.LOGGING):
        assert formatter["formatters"]["json"]["()"] == "qualityplan.answering.masking.Formatter"
    for name in ("gunicorn.error", "celery.worker", "django.server"):
        record = logging.LogRecord(
            name, logging.ERROR, "", 1, "Error handling request %s %s", ("GET", PRIVATE[0]), None
        )
        assert "GET /screen/***/" in written(record)


# --- What other systems are told --------------------------------------------------------------------------------------


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


urlpatterns = [path("api/v1/broken", broken), *own]


def demand_faults(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, "application/json")
    assert [one["code"] for one in answer.json()["errors"]] == [code]
    assert all(one["message"] for one in answer.json()["errors"])


@pytest.mark.django_db
def test_every_refusal_of_the_api_is_json() -> None:
    user = member(Role.COORDINATOR)
    key = asking(user)
    demand_faults(key("/nowhere"), 404, "not_found")
    demand_faults(Client().get("/api/"), 404, "not_found")
    demand_faults(Client().get("/api/v2/plans"), 404, "not_found")
    demand_faults(posting(user)("/plans", {}), 405, "method_not_allowed")
    demand_faults(Client(headers={"host": "attacker.example"}).get("/api/v1/plans"), 400, "bad_request")
    demand_faults(Client().get("/api/v1/plans"), 401, "not_authenticated")
    demand_faults(key("/plans/none/targets"), 404, "not_found")
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        demand_faults(posting(user)("/observations", {"observations": []}), 413, "too_large")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    demand_faults(browser.post("/api/v1/observations", "{}", content_type="application/json"), 403, "csrf")


@pytest.mark.django_db
def test_a_method_that_is_not_taken_still_names_those_that_are() -> None:
    assert posting(member(Role.COORDINATOR))("/plans", {}).headers["Allow"] == "GET"


@pytest.mark.django_db
def test_a_failure_of_the_api_is_json_in_the_readers_language_and_tells_nothing() -> None:
    with override_settings(ROOT_URLCONF=__name__):
        for language, words in (("en", "Try again in a minute"), ("zh-hans", "请稍后重试")):
            answer = Client(raise_request_exception=False, headers={"accept-language": language}).get("/api/v1/broken")
            demand_faults(answer, 500, "failed")
            assert words in answer.json()["errors"][0]["message"]
            assert not re.search("RuntimeError|Traceback", answer.content.decode())


# --- What can be told to the administrator ----------------------------------------------------------------------------


def fail(*_: Any, **__: Any) -> HttpResponse:
    raise RuntimeError("broken")


class FailingApi:
    """All addresses of the service, and two at which it fails: a page, and one of the API."""

    urlpatterns = [path("broken/", fail), path("api/v1/broken", fail), *own]
    handler500 = "qualityplan.answering.answers.failed"


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "请求编号"), ("en", "the number of the request")])
@pytest.mark.parametrize("address", ["/broken/", "/api/v1/broken"])
def test_a_failure_names_its_request_as_the_log_does(
    address: str, language: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(raise_request_exception=False)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    with override_settings(ROOT_URLCONF=FailingApi):
        answer = client.get(address)
    number = answer.headers["X-Request-ID"]
    assert (answer.status_code, len(number)) == (500, 32)
    said = json.loads(answer.content)["errors"][0]["message"] if "api" in address else answer.content.decode()
    assert words in said
    assert number in said


@pytest.mark.django_db
def test_a_failure_of_another_request_has_another_number() -> None:
    with override_settings(ROOT_URLCONF=FailingApi):
        client = Client(raise_request_exception=False)
        pages = {client.get("/broken/").content for _request in range(3)}
    assert len(pages) == 3


def test_a_line_of_the_log_tells_its_moment_with_the_offset() -> None:
    record = logging.LogRecord("any", logging.INFO, "", 1, "said", (), None)
    record.created = 1401562800.25
    moment = json.loads(written(record))["time"]
    assert datetime.fromisoformat(moment).timestamp() == pytest.approx(1401562800.25)
    assert re.fullmatch(r"2014-0\d-\d\dT\d\d:\d\d:\d\d\.250[+-]\d\d:\d\d", moment)


# --- Slow statements --------------------------------------------------------------------------------------------------


def slow_queries_told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.message == "slow query"]


@pytest.mark.django_db
def test_a_statement_that_takes_long_is_told_without_what_was_filled_in(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=10.5)
    monkeypatch.setattr("qualityplan.watching.slow_queries.time.perf_counter", lambda: next(clock))
    User.objects.filter(username="li-ming").exists()
    (told,) = slow_queries_told(caplog)
    assert (told["milliseconds"], told["levelno"]) == (10500.0, logging.WARNING)
    assert "username" in told["sql"]
    assert "%s" in told["sql"]
    assert "li-ming" not in str(told)


@pytest.mark.django_db
def test_a_slow_statement_that_fails_is_told_as_well(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=10.5)
    monkeypatch.setattr("qualityplan.watching.slow_queries.time.perf_counter", lambda: next(clock))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    assert "SELECT nothing" in [told["sql"] for told in slow_queries_told(caplog)]


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "step"), [(700.0, 0.6), (500.0, 0.4)])
def test_what_is_quick_enough_is_not_told(
    limit: float, step: float, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=step)
    monkeypatch.setattr("qualityplan.watching.slow_queries.time.perf_counter", lambda: next(clock))
    with override_settings(SLOW_QUERY_MS=limit):
        User.objects.exists()
    assert not slow_queries_told(caplog)


@pytest.mark.parametrize(("limit", "watched"), [(500.0, True), (0.0, False)])
def test_nothing_is_timed_where_the_setting_is_0(limit: float, *, watched: bool) -> None:
    told: list[object] = []
    with override_settings(SLOW_QUERY_MS=limit), pytest.MonkeyPatch.context() as patch:
        patch.setattr("qualityplan.watching.slow_queries.connection_created.connect", lambda *a, **k: told.append(a))
        slow_queries.tell_slow_queries()
    assert bool(told) is watched
