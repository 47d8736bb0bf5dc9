"""A Redis that is dead, frozen or full stops nobody: pages, API, log-in, hand-ins and approvals are answered, what
protects goes on protecting, and what was written meanwhile is judged when it is back.

A real Redis, which is cache and broker; how long requests wait for it is taken from the log that they write.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal as D
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.db import connection
from django.test import Client

from departments.models import User
from departments.permissions import Role
from departments.tests.accounts import PASSWORD, code, enter, inside, with_second_factor
from departments.tests.callers import asking, posting
from qualityplan.api import api
from qualityplan.celery import app
from qualityplan.running import patience
from qualityplan.running.patience import Circuit
from reviews.workflow import ReviewState
from targets.jobs import wake_recompute
from targets.models import DirtyKey, Revision
from targets.tests import factories as f

Stop = Callable[["OwnRedis"], None]

pytestmark = pytest.mark.usefixtures("impatient")

SLACK = 0.2
"""Seconds that a machine with other work may take to notice that the time is over."""


@dataclass
class OwnRedis:
    """A Redis that a test can take away and give back."""

    start: Callable[[], tuple[Any, str]]
    address: str = field(init=False)

    def __post_init__(self) -> None:
        self.process, self.address = self.start()

    def die(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def fill(self) -> None:
        with redis.Redis.from_url(self.address) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)

    def come_back(self) -> None:
        """As it was, whatever happened to it."""
        if self.process.poll() is not None:
            self.process, self.address = self.start()
        os.kill(self.process.pid, signal.SIGCONT)
        with redis.Redis.from_url(self.address) as client:
            client.config_set("maxmemory", 0)


@pytest.fixture
def own_redis(
    own_broker: Callable[[], tuple[Any, str]], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OwnRedis]:
    """The cache and the broker of this test."""
    server = OwnRedis(own_broker)
    settings.CACHES = settings.CACHES | {"shared": settings.CACHES["shared"] | {"LOCATION": server.address}}
    for name in ("broker_write_url", "broker_read_url"):
        monkeypatch.setattr(app.conf, name, server.address)
    monkeypatch.setattr("qualityplan.celery.BROKER", Circuit("the broker"))
    # Celery keeps what it has connected, here and after this test.
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    yield server
    server.come_back()


@pytest.fixture(params=["dead", "frozen", "full"])
def stop(request: pytest.FixtureRequest) -> Stop:
    """One way in which a Redis is of no use."""
    return {"dead": OwnRedis.die, "frozen": OwnRedis.freeze, "full": OwnRedis.fill}[request.param]


@pytest.fixture
def short_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that has failed is asked again soon."""
    monkeypatch.setattr(patience, "REST", 0.1)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with one rate, those who enter and review it, and a leader; each with a password."""
    office = f.department()
    rate = f.indicator(department=office, numerator_name="合格", denominator_name="抽检")
    promise = f.target(rate, "at_least", 92)
    f.official(f.entry(rate, "2014-05", 951, 1000))
    people = {role: f.person(role, office) for role in (Role.REPORTER, Role.REVIEWER, Role.LEADER)}
    for user in people.values():
        user.set_password(PASSWORD)
        user.save()
    return SimpleNamespace(
        rate=rate, promise=promise, office=office, **{str(role): one for role, one in people.items()}
    )


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def waited(caplog: pytest.LogCaptureFixture) -> list[float]:
    """The seconds that each request spent waiting for Redis."""
    return [
        vars(one)["redis_milliseconds"] / 1000
        for one in caplog.records
        if one.name == "qualityplan.answering.middleware"
    ]


# --- Pages, API and log-in under load ---------------------------------------------------------------------------------


def visit_everything(cast: SimpleNamespace, _number: int) -> list[tuple[str, int]]:
    """What one of many at once is answered."""
    try:
        leader, reporter, ask = logged_in(cast.leader), logged_in(cast.reporter), asking(cast.leader)
        pages = ["/", "/plans/plan-2014/text/", f"/plans/plan-2014/targets/{cast.promise.code}/", "/healthz"]
        statuses = [(page, leader.get(page).status_code) for page in pages]
        sheet = f"/worksheet/{cast.office.code}/2014-06/"
        statuses.append((sheet, reporter.get(sheet).status_code))
        statuses += [("/api/v1" + one, ask(one).status_code) for one in ("/regions", "/plans")]
        statuses.append(("log-in", enter(Client(), cast.leader.username).status_code - 102))
        return statuses
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_everybody_is_answered_and_nobody_waits_longer_than_a_third_of_a_second(
    own_redis: OwnRedis,
    stop: Stop,
    cast: SimpleNamespace,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "REST", 600.0)
    visit_everything(cast, 0)
    stop(own_redis)
    with caplog.at_level(logging.INFO, "qualityplan.answering.middleware"), ThreadPoolExecutor(4) as threads:
        caplog.clear()
        answers = [one for found in threads.map(partial(visit_everything, cast), range(12)) for one in found]
    assert {status for _page, status in answers} == {200}, answers
    times = waited(caplog)
    assert len(times) >= len(answers)
    assert max(times) < patience.SECONDS + SLACK
    # Those who came first found out, each of the four for reading or for writing; nobody else was made to wait.
    assert len([one for one in times if one > patience.SECONDS / 2]) <= 8


@pytest.mark.django_db(transaction=True)
def test_what_is_missing_is_told_while_pages_are_answered(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace
) -> None:
    stop(own_redis)
    assert Client().get("/healthz").content.startswith(b"ok ")
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() | {"database": "up", "broker": "down", "worker": "down"} == answer.json()
    measured = Client().get("/metrics")
    assert measured.status_code == 200
    assert 'qualityplan_up{part="broker"} 0.0' in measured.content.decode()
    assert "qualityplan_dirty_keys " in measured.content.decode()
    page = logged_in(f.person(Role.ADMINISTRATOR)).get("/system/").content.decode()
    assert "没有应答" in page
    assert "Redis 未恢复前无法判断" in page


# --- What was kept before ---------------------------------------------------------------------------------------------


def pages_of(client: Client, cast: SimpleNamespace) -> list[str]:
    """Asked by a process that remembers nothing itself."""
    caches["pages"].clear()
    addresses = ("/", "/plans/plan-2014/text/", f"/plans/plan-2014/targets/{cast.promise.code}/")
    return [client.get(one).content.decode() for one in addresses]


@pytest.mark.django_db
def test_a_page_kept_before_is_not_shown_after_what_changed_meanwhile(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace, short_rest: None, eventually: Callable[..., None]
) -> None:
    leader = logged_in(cast.leader)
    before = pages_of(leader, cast)
    known = leader.get("/").headers["ETag"]
    stop(own_redis)
    f.official(f.entry(cast.rate, "2014-05", 501, 1000))
    meanwhile = pages_of(leader, cast)
    own_redis.come_back()
    eventually(lambda: answers_again(caches["shared"]))
    after = pages_of(leader, cast)
    assert all("50.10" in page and "95.10" not in page for page in (*meanwhile, *after))
    assert all("95.10" in page for page in before)
    assert leader.get("/", headers={"if-none-match": known}).status_code == 200


def answers_again(cache: Any) -> bool:
    cache.set("asked", "again")
    return bool(cache.get("asked") == "again")


@pytest.mark.django_db
def test_whoever_logged_out_meanwhile_stays_out(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace, short_rest: None, eventually: Callable[..., None]
) -> None:
    enter(client := Client(), cast.leader.username)
    assert inside(client)
    cookies = client.cookies.output()
    stop(own_redis)
    client.post("/accounts/logout/")
    own_redis.come_back()
    eventually(lambda: answers_again(caches["shared"]))
    client.cookies.load(cookies.replace("Set-Cookie: ", ""))
    assert not inside(client)


# --- What protects ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_failures_to_log_in_lock_a_name_before_during_and_after(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace, settings: Any
) -> None:
    name, wrong = cast.leader.username, "wrong-Horse-7"
    for _number in range(2):
        enter(Client(), name, wrong)
    stop(own_redis)
    for _number in range(settings.LOGIN_FAILURES - 2):
        enter(Client(), name, wrong)
    assert enter(Client(), name).status_code == 200  # the page again, with the reason
    own_redis.come_back()
    assert enter(Client(), name).status_code == 200
    assert enter(Client(), cast.reporter.username).status_code == 302


@pytest.mark.django_db
def test_a_code_of_the_second_factor_lets_in_and_is_worth_nothing_the_second_time(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace
) -> None:
    with_second_factor(cast.leader)
    stop(own_redis)
    once, again, shown = Client(), Client(), code()
    for client in (once, again):
        enter(client, cast.leader.username)
        client.post("/accounts/login/code/", {"code": shown})
    assert (inside(once), inside(again)) == (True, False)


@pytest.mark.django_db
def test_requests_are_counted_in_the_database_meanwhile(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.throttle, "num_requests", 2)
    monkeypatch.setattr("departments.http_api.authentication.time", lambda: 1_400_000_010.5)
    busy, calm = asking(cast.leader), asking(cast.reviewer)
    stop(own_redis)
    assert [busy("/regions").status_code for _request in range(3)] == [200, 200, 429]
    assert calm("/regions").status_code == 200


# --- Waking workers ---------------------------------------------------------------------------------------------------


def handed_in(cast: SimpleNamespace) -> Any:
    """What is answered to a figure that is handed in."""
    row = {"indicator": cast.rate.code, "region": "100100", "month": "2014-06", "numerator": 937, "denominator": 1000}
    return posting(cast.reporter)("/observations", {"observations": [row], "mode": "submit"})


@pytest.mark.django_db(transaction=True)
def test_a_figure_approved_while_the_broker_is_away_is_judged_when_it_is_back(
    own_redis: OwnRedis,
    stop: Stop,
    cast: SimpleNamespace,
    caplog: pytest.LogCaptureFixture,
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
    tmp_path: Path,
) -> None:
    stop(own_redis)
    with caplog.at_level(logging.INFO):
        assert handed_in(cast).status_code == 201
        waiting = Revision.objects.get(state=ReviewState.SUBMITTED.value)
        approved = logged_in(cast.reviewer).post(f"/revisions/{waiting.pk}/approve/")
    assert approved.status_code == 302
    assert max(waited(caplog)) < patience.SECONDS + SLACK
    assert "worker not woken" in caplog.text
    assert DirtyKey.objects.exists()
    own_redis.come_back()
    schedule = str(tmp_path / "schedule")
    spawn_worker("--beat", "--schedule", schedule, CELERY_BROKER_URL=own_redis.address, SWEEP_SECONDS="0.2")
    eventually(lambda: not DirtyKey.objects.exists(), timeout=60)
    assert f.attainment(cast.promise, "2014-06").actual == D("94.4")


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_back_is_given_messages_again(
    own_redis: OwnRedis, stop: Stop, cast: SimpleNamespace, short_rest: None, eventually: Callable[..., None]
) -> None:
    stop(own_redis)
    handed_in(cast)
    own_redis.come_back()

    def woken() -> bool:
        with patience.begin_patience():
            wake_recompute()
        with redis.Redis.from_url(own_redis.address) as client:
            return bool(client.llen(app.conf.task_default_queue))

    eventually(woken)
