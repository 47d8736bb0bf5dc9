"""The Celery application. Each app's tasks stand in its `jobs.py`."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_init, worker_process_init, worker_ready
from django.conf import settings

from qualityplan.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")

app = Celery("qualityplan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@task_prerun.connect
def drop_broken_connections(**_: Any) -> None:
    """Connections are kept between tasks; one that a restarted database has closed must not fail the next ones."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


@worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    """A killed worker takes the processes of its pool along."""
    die_with_parent(os.getppid())


@worker_init.connect
@worker_process_init.connect
def set_aside_what_stays(**_: Any) -> None:
    """Everything loaded so far lives as long as the process: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()


@worker_ready.connect
def judge_by_own_formulas(**_: Any) -> None:
    """A worker that starts has what older formulas have judged judged anew, without waiting for the timer."""
    app.send_task("targets.apply_formulas", ignore_result=True)


@setup_logging.connect
def use_settings_logging(**_: Any) -> None:
    """Worker and beat write the same JSON lines as the web process."""
    from logging.config import dictConfig

    dictConfig(settings.LOGGING)
