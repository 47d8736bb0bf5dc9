"""What a worker does for imports: thin doors to `checking` and `applying`.

The batch's state says what is to be done, a message only wakes: lost, repeated and late messages change nothing.
"""

import logging
from collections.abc import Callable

from celery import Task, shared_task
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError

from departments.jobs import wake_worker
from imports.batches import applying, checking, keeping, marking
from imports.batches.memory import bounded_memory
from imports.models import ImportBatch
from imports.workflow import BUSY, ImportState

logger = logging.getLogger(__name__)


@shared_task(name="imports.check")
def check(pk: int) -> None:
    """Checks the upload of a batch."""
    _done(pk, checking.check_import_batch)
    mark(pk)


@shared_task(name="imports.mark")
def mark(pk: int) -> None:
    """Makes the workbook in which the errors of a batch are marked; it is made when asked for, if this fails."""
    try:
        with bounded_memory():
            marking.mark_errors_of_batch(pk)
    except (FileNotFoundError, MemoryError, ImportBatch.DoesNotExist) as error:
        logger.warning("errors not marked", extra={"batch": pk, "error": type(error).__name__})


@shared_task(name="imports.apply")
def apply(pk: int) -> None:
    """Writes what was confirmed; what is outdated is checked again at once."""
    _done(pk, _apply)


@shared_task(name="imports.sweep")
def sweep() -> None:
    """Wakes a worker for everything that a lost message or a killed worker has left."""
    for pk in ImportBatch.objects.filter(state__in=BUSY).order_by("pk").values_list("pk", flat=True):
        wake_import_worker(pk)


@shared_task(name="imports.tidy")
def tidy() -> None:
    """Removes what is kept no longer."""
    keeping.tidy_old_imports()


def _apply(pk: int) -> None:
    if not applying.write_confirmed_batch(pk):
        checking.check_import_batch(pk)


def _done(pk: int, work: Callable[[int], None]) -> None:
    """Does the work. A database that is gone is tried again by the sweep; whatever else goes wrong ends the batch."""
    try:
        with bounded_memory():
            work(pk)
    except (OperationalError, InterfaceError):
        raise
    except PermissionDenied:
        checking.fail_import_batch(pk, "not_allowed")
    except MemoryError:
        checking.fail_import_batch(pk, "too_much_memory")
    except Exception:
        logger.exception("import failed", extra={"batch": pk})
        checking.fail_import_batch(pk, "broken")


def wake_import_worker(pk: int) -> None:
    """Wakes a worker, if there is something to do about the batch."""
    state = ImportBatch.objects.filter(pk=pk, state__in=BUSY).values_list("state", flat=True).first()
    if state is None:
        return
    send_import_message(apply if state == ImportState.APPLYING.value else check, pk)


def send_import_message(task: Task, pk: int) -> None:
    """Sends a worker one message about a batch."""
    wake_worker(task, pk, expires=LATE)


LATE = 600
"""Seconds after which a message is not worth reading: sweeps have sent others."""
