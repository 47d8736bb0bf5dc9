"""Who looks after the parts: a thread in each web process and one in beat, of which one a minute makes the round.

So beat that stands still is noticed by the web server, the web server's absence is beat's to survive, and a worker or a
Redis that stands still by either. Mails are sent by whoever makes the round: the worker, who sends them otherwise, may
be what is missing. Only where everything has ended nobody is left; that is for systemd and the city's monitoring.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone

from departments.notices.mailing import deliver_mails
from qualityplan.watching import alarms, marks, notes, parts, waiting
from qualityplan.watching.alarms import Trouble

logger = logging.getLogger(__name__)

ROUND = 60.0
"""Seconds between two rounds."""
NIGHT_MADE_UP_FOR = timedelta(hours=1)
"""After a start, what was due while the service was down is done within this time."""
STUCK = timedelta(minutes=15)
"""The largest import is judged in a few minutes."""
NOT_KNOWN_YET = Trouble()
"""Found of a part that looks bad so soon after a start that it may recover by itself: no alarm is raised or ended."""
CARRYING = frozenset({alarms.BEAT, alarms.WORKER, alarms.BROKER})
"""Without one of these no worker sends mails."""


def begin_watch(watcher: str) -> None:
    """Looks after the parts for as long as this process lives; `watcher` is the part that it belongs to."""
    threading.Thread(target=_watch, args=[watcher], name="watch", daemon=True).start()


def _watch(watcher: str) -> None:
    while True:
        time.sleep(ROUND)
        try:
            with _in_turn() as mine:
                if mine:
                    make_round(timezone.now(), watcher)
        except Exception as error:  # a watch that ends is noticed by nobody
            logger.warning("the round was broken off", extra={"error": repr(error)})
        finally:
            connections.close_all()


@contextmanager
def _in_turn() -> Iterator[bool]:
    """Whether the round is this process's to make: nobody makes one now or has just made one."""
    with (marks.watch_folder() / "round.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        last = marks.last_seen(marks.WATCH)
        mine = last is None or abs(timezone.now() - last) > timedelta(seconds=ROUND / 2)
        if mine:
            marks.mark_seen(marks.WATCH)
        yield mine


def make_round(now: datetime, watcher: str) -> None:
    """Looks at every part, tells what is new, and sends mails where no worker does."""
    found = find_troubles(now, watcher)
    standing = alarms.alarms_raised(found)
    settling = [part for part, trouble in found.items() if trouble or part in standing]
    told = [part for part in settling if alarms.settle_alarm(part, found[part], now)]
    if told or any(found.get(part) for part in CARRYING):
        deliver_mails(now)


def find_troubles(now: datetime, watcher: str) -> dict[str, Trouble | None]:
    """Each part that can be judged now, and what is wrong with it."""
    started = marks.last_started(watcher) or now
    found = _of_machine(now, started) | _of_jobs(now, started)
    return {part: trouble for part, trouble in found.items() if trouble is not NOT_KNOWN_YET}


def _of_machine(now: datetime, started: datetime) -> dict[str, Trouble | None]:
    return {
        alarms.BACKUP: _of_backup(now, started),
        alarms.AUDITS: _of_audits(now, started),
        alarms.DISK: _of_disk(),
    }


def _of_jobs(now: datetime, started: datetime) -> dict[str, Trouble | None]:
    """Redis, beat and worker, and whether jobs get done. Without Redis nobody knows of the others."""
    if not parts.broker_answers():
        return {alarms.BROKER: _stands_still(marks.BROKER, started, now)}
    _note_broker(now)
    if parts.worker_answers():
        marks.mark_seen(marks.WORKER, now)
    back = max(started, marks.last_started(marks.BROKER) or started)
    found = {part: _stands_still(part, back, now) for part in (marks.WORKER, marks.BEAT)} | {alarms.BROKER: None}
    return found if any(found.values()) else found | {alarms.JUDGING: _of_judging(now, back)}


def _note_broker(now: datetime) -> None:
    """A Redis that is back gives beat and worker their time to find it again."""
    seen = marks.last_seen(marks.BROKER)
    if seen is None or parts.is_late(seen, now):
        marks.mark_started(marks.BROKER, now)
    marks.mark_seen(marks.BROKER, now)


def _stands_still(part: str, started: datetime, now: datetime) -> Trouble | None:
    """A part without a sign of life for some minutes, in which it could have given one."""
    seen = marks.last_seen(part)
    if seen is not None and not parts.is_late(seen, now):
        return None
    return Trouble(seen or started) if now - started > parts.LATE else NOT_KNOWN_YET


def _of_judging(now: datetime, back: datetime) -> Trouble | None:
    """A worker whose processes hang, or that fails each time, goes on answering."""
    oldest = waiting.keys_to_recompute().oldest
    if oldest is None or now - oldest <= STUCK:
        return None
    return Trouble(oldest) if now - back > STUCK else NOT_KNOWN_YET


def _of_backup(now: datetime, started: datetime) -> Trouble | None:
    """Where backups were never attempted by this service, others may make them: that is no trouble, but the page says
    so."""
    backup = notes.last_backup()
    if backup is None or not (backup.failed or backup.is_overdue(now)):
        return None
    return Trouble(backup.made_at) if backup.failed or now - started > NIGHT_MADE_UP_FOR else NOT_KNOWN_YET


def _of_audits(now: datetime, started: datetime) -> Trouble | None:
    made = [audit.made_at if audit else started for audit in map(notes.last_audit, notes.AUDITS)]
    if now - min(made) <= notes.OVERDUE:
        return None
    return Trouble(min(made)) if now - started > NIGHT_MADE_UP_FOR else NOT_KNOWN_YET


def _of_disk() -> Trouble | None:
    room = parts.room_on_disk()
    return Trouble(details={"free": room.free // 1024**2}) if room.little else None
