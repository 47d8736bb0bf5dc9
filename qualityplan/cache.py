"""Django's cache in Redis, with one client for all commands."""

from typing import Any

from django.core.cache.backends import redis
from redis import Redis


class Client(redis.RedisCacheClient):
    """Django makes a client object for every command, which takes a good part of its time. A client only borrows
    connections from its pool, whatever thread asks, so that one that reads and one that writes are enough."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._clients: dict[bool, Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        """The client to read with, or to write with."""
        if write not in self._clients:
            self._clients[write] = super().get_client(key, write=write)
        return self._clients[write]


class RedisCache(redis.RedisCache):
    """Django's, with our client."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
