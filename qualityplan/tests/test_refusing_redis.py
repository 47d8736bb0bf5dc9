"""A Redis that refuses commands for a while ends no worker: it waits for messages again as soon as it may."""

from collections.abc import Callable
from typing import Any

import pytest
import redis

from qualityplan.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


def unblocked(client: redis.Redis) -> None:
    """An administrator ends the waiting of everybody."""
    for one in client.client_list():
        client.client_unblock(int(one["id"]), error=True)


def made_a_replica(client: redis.Redis) -> None:
    """For a moment, as in a failover; whoever waits is told that the instance has changed."""
    client.replicaof("127.0.0.1", 1)
    client.replicaof("NO", "ONE")


@pytest.mark.parametrize("refuse", [unblocked, made_a_replica])
def test_a_worker_whose_redis_refuses_waits_for_messages_again(
    refuse: Callable[[redis.Redis], None],
    own_broker: Callable[[], tuple[Any, str]],
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
) -> None:
    _server, address = own_broker()
    worker = spawn_worker(CELERY_BROKER_URL=address)
    with redis.Redis.from_url(address) as client:
        eventually(lambda: waiting(client), timeout=30)
        before = waiting(client)
        refuse(client)
        eventually(lambda: worker.poll() is not None or waiting(client) - before, timeout=30)
    assert worker.poll() is None


def test_a_lost_connection_with_messages_not_acknowledged_is_closed_without_an_error(
    own_broker: Callable[[], tuple[Any, str]],
) -> None:
    _server, address = own_broker()
    connection = app.connection_for_read(address)
    with connection.SimpleQueue("lost") as queue:
        queue.put("a message")
        queue.get(timeout=5)
        channel = connection.default_channel
        channel.queue_declare("lost")
        queue.put("another message")
        message = channel.basic_get("lost")
        assert message is not None
    connection.transport.client = None  # as kombu leaves a connection that was lost
    connection.release()
    assert not connection.connected
    with pytest.raises(redis.ConnectionError, match="lost"):  # from which the worker recovers
        message.ack()


def waiting(client: redis.Redis) -> set[str]:
    """Who waits for a message; the worker waits on a connection of its own each time that it connects."""
    return {one["id"] for one in client.client_list() if one["cmd"] == "brpop" and "b" in one["flags"]}
