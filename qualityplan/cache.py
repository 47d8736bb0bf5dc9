"""The caches: pages in a Redis that may be away at any time, and in the database what must hold whatever is away.

A Redis that does not answer, takes too long or refuses to keep anything further is as one that knows nothing: every
question is answered as for a key that is not there. Nothing may be kept in it whose loss matters.
"""

import pickle
import socket
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, TypeVar

import redis
from django.core.cache.backends import db
from django.core.cache.backends import redis as django_redis
from django.db import transaction
from django.db.backends.utils import CursorWrapper
from redis.backoff import NoBackoff
from redis.retry import Retry

from departments.models import Counter
from qualityplan.running import patience
from qualityplan.running.patience import Circuit

Answer = TypeVar("Answer")
Key = str | bytes | memoryview
Timeout = int | timedelta | None


class PatientSocket:
    """A socket that waits for as long as the request has patience: asked anew at each step, since all of them together
    may take no longer, however little comes at a time."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._most: float = patience.SECONDS

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def settimeout(self, seconds: float | None) -> None:
        """The most that a step may take; 0 only looks whether there is something."""
        self._most = patience.SECONDS if seconds is None else seconds

    def recv(self, size: int) -> bytes:
        self._hurry()
        return self._inner.recv(size)

    def sendall(self, data: bytes) -> None:
        self._hurry()
        self._inner.sendall(data)

    def _hurry(self) -> None:
        if patience.patience_has_run_out():
            raise TimeoutError
        self._inner.settimeout(min(self._most, patience.seconds_of_patience()))


class PatientConnection(redis.Connection):
    """`redis://`, over such a socket."""

    @property
    def socket_connect_timeout(self) -> float:
        return patience.seconds_of_patience()

    @socket_connect_timeout.setter
    def socket_connect_timeout(self, value: object) -> None: ...

    def _connect(self) -> PatientSocket:
        return PatientSocket(super()._connect())  # type: ignore[no-untyped-call]  # redis-py has no types here


class PatientSSLConnection(PatientConnection, redis.SSLConnection):
    """`rediss://`, over such a socket."""


@lru_cache
def circuits(address: str) -> tuple[Circuit, Circuit]:
    """Two circuits for this Redis, shared by all threads: one to read and one to write, because a full Redis still
    answers questions."""
    return Circuit("the cache"), Circuit("keeping in the cache")


class PatientCacheClient(django_redis.RedisCacheClient):
    """Django's client of Redis, made never to fail and never to make anybody wait.

    Django makes a client object for every command, which takes a good part of its time. A client only borrows
    connections from its pool, whatever thread asks, so that one that reads and one that writes are enough.
    """

    def __init__(self, servers: list[str], **options: Any) -> None:
        kind = PatientSSLConnection if servers[0].startswith("rediss:") else PatientConnection
        # The protocol of old needs no greeting before the first command.
        hurried: dict[str, Any] = {"connection_class": kind, "retry": Retry(NoBackoff(), 0), "protocol": 2}
        hurried["socket_timeout"] = patience.SECONDS
        super().__init__(servers, **hurried, **options)
        self._clients: dict[bool, redis.Redis] = {}
        self._reading, self._writing = circuits(",".join(servers))

    def get_client(self, key: Key | None = None, *, write: bool = False) -> redis.Redis:
        """The client to read with, or to write with."""
        if write not in self._clients:
            self._clients[write] = super().get_client(key, write=write)
        return self._clients[write]

    def get(self, key: Key, default: object) -> object:
        return self._read(partial(super().get, key, default), default)

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Any]:
        return self._read(partial(super().get_many, keys), {})

    def has_key(self, key: Key) -> bool:
        return self._read(partial(super().has_key, key), False)

    def add(self, key: Key, value: object, timeout: Timeout) -> bool:
        return self._written(partial(super().add, key, value, timeout), False)

    def set(self, key: Key, value: object, timeout: Timeout) -> None:
        self._written(partial(super().set, key, value, timeout), None)

    def set_many(self, data: Mapping[Key, object], timeout: int | timedelta) -> None:
        self._written(partial(super().set_many, data, timeout), None)

    def touch(self, key: Key, timeout: int | timedelta) -> bool:
        return self._written(partial(super().touch, key, timeout), False)

    def incr(self, key: Key, delta: int) -> int:
        """ValueError when the key is not there, as Django has it."""
        if (number := self._written(partial(super().incr, key, delta), None)) is None:
            raise ValueError(f"Key {key!r} not found.")
        return number

    def delete(self, key: Key) -> bool:
        return self._written(partial(super().delete, key), False)

    def delete_many(self, keys: Iterable[Key]) -> None:
        self._written(partial(super().delete_many, keys), None)

    def clear(self) -> bool:
        return self._written(partial(super().clear), False)

    def _read(self, ask: Callable[[], Answer], missed: Answer) -> Answer:
        return self._asked(self._reading, ask, missed)

    def _written(self, ask: Callable[[], Answer], missed: Answer) -> Answer:
        return self._asked(self._writing, ask, missed)

    def _asked(self, circuit: Circuit, ask: Callable[[], Answer], missed: Answer) -> Answer:
        """The answer of Redis, else `missed`."""
        if patience.patience_has_run_out() or not circuit.lets_through():
            return missed
        try:
            with patience.count_waiting() as waited:
                answer = ask()
        except redis.ResponseError as refusal:
            circuit.failed(refusal)
            return missed
        except (redis.RedisError, OSError) as error:
            for broken in (self._reading, self._writing):
                broken.failed(error)
            return missed
        if waited.left() > 0:
            circuit.worked()
        return answer


class RedisCache(django_redis.RedisCache):
    """Django's cache in Redis, with the patient client."""

    def __init__(self, server: str | list[str], params: dict[str, object]) -> None:
        super().__init__(server, params)
        self._class = PatientCacheClient


class Counters(db.DatabaseCache):
    """What protects, in the table of `departments.models.Counter`: codes that were used, forms and requests sent.

    Django's would make room by forgetting anything; this one forgets what has expired and nothing else.
    """

    def __init__(self, _location: str, params: dict[str, object]) -> None:
        super().__init__(Counter._meta.db_table, params)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Counts up, whoever else counts at the same time; ValueError when the key is not there."""
        mine = Counter.objects.filter(pk=self.make_and_validate_key(key, version=version))
        with transaction.atomic():
            mine.select_for_update().first()
            if (number := self.get(key, version=version)) is None:
                raise ValueError(f"Key '{key}' not found.")
            written = b64encode(pickle.dumps(number + delta, self.pickle_protocol)).decode()
            mine.update(value=written)
        return number + delta

    def _cull(self, using: str, cursor: CursorWrapper, now: datetime, _number: int) -> None:
        Counter.objects.using(using).filter(expires__lt=now).delete()
