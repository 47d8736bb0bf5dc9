"""The Celery application. Each app's tasks stand in its `jobs.py`, that of the manual in `manual/jobs.py`."""

import gc
import logging
import os
import threading
import time
from collections.abc import Callable

from celery import Celery
from celery.signals import beat_init, setup_logging, task_prerun, worker_init, worker_process_init, worker_ready
from django.conf import settings
from kombu.connection import Connection
from kombu.exceptions import LimitExceeded, OperationalError
from kombu.pools import producers
from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as LinkLostError

from qualityplan.running import patience
from qualityplan.running.patience import Circuit
from qualityplan.running.processes import die_with_parent
from qualityplan.watching import marks
from qualityplan.watching import worker_counts as worker_counts  # connects the receivers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")

logger = logging.getLogger(__name__)

# Whoever closes a lost connection with messages not acknowledged yet would put them back through the very connection
# that is gone. The sweep finds what such a message left.
Channel.do_restore = False
_parameters_of: Callable[..., object] = Channel._connparams


def _parameters_unless_lost(channel: Channel, *arguments: object, **options: object) -> object:
    """Says of a lost connection that it is lost, after which the worker connects anew: kombu stumbles over what is not
    there any more, with an error that ends the worker."""
    if getattr(channel.connection, "client", None) is None:
        raise LinkLostError("the connection to the broker is lost")
    return _parameters_of(channel, *arguments, **options)


setattr(Channel, "_connparams", _parameters_unless_lost)  # noqa: B010 - no subclass: transports are chosen by address

BROKER = Circuit("the broker")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds until a database that was away when the worker started is asked again; each pause is twice the one before."""


class Messenger(Celery):
    """Celery, whose messages make no request wait: a broker that does not take one at once is left alone for a while.

    A message only wakes a worker, and the sweep finds what a lost one left. Beat and workers have time.
    """

    def send_task(self, *arguments: object, **options: object) -> object:
        """OperationalError when the broker has not taken the message, or is not asked."""
        if patience.patience_of_request() is None:
            return super().send_task(*arguments, **options)
        if patience.patience_has_run_out() or not BROKER.lets_through():
            raise OperationalError("the broker is left alone")
        link = self._impatient_link()
        try:
            with patience.count_waiting(), producers[link].acquire(block=True, timeout=patience.SECONDS) as producer:
                sent = super().send_task(*arguments, **options | {"producer": producer})
        except (OperationalError, LimitExceeded, OSError) as error:
            BROKER.failed(error)
            raise OperationalError(str(error)) from error
        BROKER.worked()
        return sent

    def _impatient_link(self) -> Connection:
        """Known by its limits, so that all requests of this process share what is connected with them."""
        limits = dict.fromkeys(("socket_connect_timeout", "socket_timeout"), patience.SECONDS)
        options = self.conf.broker_transport_options | limits | {"max_retries": 0}
        link = self.connection_for_write(transport_options=options)
        link.transport  # noqa: B018 - loads its module, which is no waiting for the broker
        return link


app = Messenger("qualityplan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
app.autodiscover_tasks(["qualityplan.manual"], related_name="jobs")


@task_prerun.connect
def drop_broken_connections(**_: object) -> None:
    """Connections are kept between tasks; one that a restarted database has closed must not fail the next ones."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


@worker_process_init.connect
def end_with_the_worker(**_: object) -> None:
    """A killed worker takes the processes of its pool along."""
    die_with_parent(os.getppid())


@worker_init.connect
@beat_init.connect
def serve_own_database_only(**_: object) -> None:
    """Ends worker or beat before it has taken anything where the database is not that of this release."""
    from qualityplan.releases.inspection import refuse_other_database

    refuse_other_database()


@worker_init.connect
@worker_process_init.connect
def set_aside_what_stays(**_: object) -> None:
    """Everything loaded so far lives as long as the process: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()


@worker_ready.connect
def judge_by_own_formulas(**_: object) -> None:
    """A worker that starts has what older formulas have judged judged anew; beside its work, as the database may be
    away for long."""
    threading.Thread(target=_judge_until_done, name="judge by own formulas", daemon=True).start()


def _judge_until_done() -> None:
    pause = FIRST_PAUSE
    while not _has_judged():
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _has_judged() -> bool:
    """Whether the database has answered. The pool shares no connection with this thread."""
    from django.db import InterfaceError, connections
    from django.db import OperationalError as DatabaseAwayError

    from targets.services.dirty import formulas_changed

    try:
        formulas_changed()
    except (DatabaseAwayError, InterfaceError) as error:
        logger.warning("formulas not compared yet, the database fails", extra={"error": str(error)})
        return False
    finally:
        connections.close_all()
    return True


@beat_init.connect
def watch_from_beat(**_: object) -> None:
    """Beat looks after the other parts, beside its work."""
    from qualityplan.watching.watchman import begin_watch

    marks.mark_started(marks.BEAT)
    begin_watch(marks.BEAT)


@setup_logging.connect
def use_settings_logging(**_: object) -> None:
    """Worker and beat write the same JSON lines as the web process."""
    from logging.config import dictConfig

    dictConfig(settings.LOGGING)
