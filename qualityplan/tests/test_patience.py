"""How long anybody waits for a Redis that is slow, and when it is asked again."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from socket import create_server, socket
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from departments.models import Counter
from qualityplan.running import patience
from qualityplan.running.patience import Circuit

pytestmark = pytest.mark.usefixtures("impatient")

SLACK = 0.2
"""Seconds that a machine with other work may take to notice that the time is over."""

Answer = Callable[[socket, int], None]


@contextmanager
def slow_server(answer: Answer) -> Iterator[str]:
    """A Redis that answers so many commands in its own way; gives its address."""
    over = threading.Event()

    def serve(line: socket) -> None:
        with closing(line):
            while not over.is_set() and (asked := line.recv(65536)):
                answer(line, asked.count(b"*"))

    def listen() -> None:
        while not over.is_set():
            threading.Thread(target=serve, args=[door.accept()[0]], daemon=True).start()

    with create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=listen, daemon=True).start()
        yield f"redis://127.0.0.1:{door.getsockname()[1]}/0"
        over.set()


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def late(line: socket, commands: int) -> None:
    """Nothing is known, and it takes a while to say so."""
    pause(0.08)
    line.sendall(b"$-1\r\n" * commands)


def in_drops(line: socket, commands: int) -> None:
    """A long answer, a byte at a time."""
    line.sendall(b"$-1\r\n" * (commands - 1) + b"$100000\r\n")
    try:
        while True:
            pause(0.02)
            line.sendall(b"x")
    except OSError:
        return


@pytest.mark.parametrize("answer", [late, in_drops])
def test_a_request_waits_for_a_slow_redis_no_longer_than_its_patience_however_often_it_asks(
    answer: Answer, settings: Any
) -> None:
    with slow_server(answer) as address, patience.begin_patience() as waited:
        settings.CACHES = settings.CACHES | {"shared": settings.CACHES["shared"] | {"LOCATION": address}}
        found = [caches["shared"].get("page", "missed") for _number in range(20)]
    assert set(found) == {"missed"}
    assert patience.SECONDS - 0.1 < waited.spent < patience.SECONDS + SLACK


def test_every_question_to_a_redis_that_is_away_is_answered_as_for_a_key_that_is_not_there(settings: Any) -> None:
    nobody = settings.CACHES["shared"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = settings.CACHES | {"shared": nobody}
    cache = caches["shared"]
    cache.set("a", 1)
    assert (cache.get("a"), cache.get("a", 7), cache.get_many(["a"]), cache.has_key("a")) == (None, 7, {}, False)
    assert (cache.add("a", 1), cache.touch("a"), cache.delete("a")) == (False, False, False)
    assert (cache.set_many({"a": 1}), cache.get_or_set("a", 7)) == ([], 7)
    cache.delete_many(["a"])
    cache.clear()
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")


# --- The circuit ------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be moved."""
    now = [100.0]
    monkeypatch.setattr("qualityplan.running.patience.monotonic", lambda: now[0])
    return now


def test_a_server_that_has_failed_is_left_alone_and_then_tried_by_one(clock: list[float]) -> None:
    circuit = Circuit("a server")
    assert circuit.lets_through()
    circuit.failed(OSError())
    clock[0] += patience.REST - 0.1
    assert not circuit.lets_through()
    clock[0] += 0.2
    assert [circuit.lets_through() for _number in range(5)] == [True, False, False, False, False]


def test_a_server_that_fails_again_is_left_alone_again(clock: list[float]) -> None:
    circuit = Circuit("a server")
    for _time in range(2):
        circuit.failed(OSError())
        assert not circuit.lets_through()
        clock[0] += patience.REST
        assert circuit.lets_through()


def test_a_server_that_answers_again_is_asked_by_all(clock: list[float]) -> None:
    circuit = Circuit("a server")
    circuit.failed(OSError())
    clock[0] += patience.REST
    assert circuit.lets_through()
    circuit.worked()
    assert all(circuit.lets_through() for _number in range(5))


def test_a_failure_and_its_end_are_each_told_once(caplog: pytest.LogCaptureFixture) -> None:
    circuit = Circuit("a server")
    with caplog.at_level("INFO", "qualityplan.running.patience"):
        for act in (circuit.failed, circuit.failed, lambda _error: circuit.worked(), lambda _error: circuit.worked()):
            act(OSError())
    assert caplog.messages == ["a server fails, going on without", "a server answers again"]


# --- What protects ----------------------------------------------------------------------------------------------------


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_whoever_counts_at_the_same_time_is_counted() -> None:
    caches["default"].add("visits", 0, 60)

    def count(_number: int) -> int:
        try:
            return int(caches["default"].incr("visits"))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(count, range(20))) == list(range(1, 21))


@pytest.mark.django_db
def test_what_is_not_counted_or_no_more_cannot_be_counted_up() -> None:
    caches["default"].set("visits", 1, 60)
    assert caches["default"].incr("visits", 2) == 3
    Counter.objects.update(expires=timezone.now() - timedelta(minutes=1))
    for key in ("visits", "others"):
        with pytest.raises(ValueError, match="not found"):
            caches["default"].incr(key)


@pytest.mark.django_db
def test_room_is_made_by_what_has_expired_and_never_by_what_protects() -> None:
    cache = caches["default"]
    cache._max_entries = 3
    for number in range(8):
        cache.set(f"lock-{number}", number, 60)
    assert Counter.objects.count() == 8
    Counter.objects.filter(cache_key__endswith="lock-7").update(expires=timezone.now() - timedelta(minutes=1))
    cache.set("lock-8", 8, 60)
    assert set(cache.get_many([f"lock-{number}" for number in range(9)])) == {
        f"lock-{number}" for number in range(9) if number != 7
    }
