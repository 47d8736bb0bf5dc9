"""Administrators are told once that a part of the service stands still, and once that it is over, by whoever lives."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from departments.models import AuditEvent, Notice, User
from departments.notices import matters
from departments.notices.mailing import deliver_mails
from departments.permissions import Role
from plans.periods import Month
from qualityplan import jobs
from qualityplan.watching import alarms, marks, notes, parts, watchman
from qualityplan.watching.watchman import make_round
from targets.judging.recompute import recompute_all
from targets.models import Attainment, DirtyKey
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def house(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """A service that has run for two days and of which everything answers; what answers can be changed."""
    settings.VAR_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answering = {"broker": True, "worker": True}
    for part in answering:
        monkeypatch.setattr(parts, f"{part}_answers", lambda part=part: answering[part])
    monkeypatch.setattr(parts, "room_on_disk", lambda: parts.DiskRoom(50 * 1024**3, 100 * 1024**3))
    for part in (marks.WEB, marks.BEAT, marks.WORKER, marks.BROKER):
        marks.mark_started(part, NOW - timedelta(days=2))
        marks.mark_seen(part, NOW)
    for audit in notes.AUDITS:
        notes.note_audit(audit, faults=0)
    return answering


@pytest.fixture(autouse=True)
def administrator() -> User:
    """Who is told; nobody else is."""
    f.person(Role.LEADER)
    person = f.person(Role.ADMINISTRATOR)
    User.objects.filter(pk=person.pk).update(email="admin@example.org")
    return person


def rounds(begin: datetime, minutes: int, *, alive: tuple[str, ...] = ()) -> datetime:
    """A round each minute, in which these parts give signs of life; where all do, the worker sends mails."""
    for minute in range(minutes):
        now = begin + timedelta(minutes=minute)
        for part in alive:
            marks.mark_seen(part, now)
        make_round(now, marks.WEB)
        if alive and parts.worker_answers():
            deliver_mails(now)
    return begin + timedelta(minutes=minutes)


def mails() -> list[str]:
    return [str(message.body) for message in mail.outbox]


def test_while_everything_lives_nobody_is_told() -> None:
    rounds(NOW, 10, alive=(marks.BEAT,))
    assert not mails()
    assert not Notice.objects.exists()


def stop_beat(house: dict[str, bool]) -> tuple[str, ...]:
    return ()


def stop_worker(house: dict[str, bool]) -> tuple[str, ...]:
    house["worker"] = False
    return (marks.BEAT,)


def stop_redis(house: dict[str, bool]) -> tuple[str, ...]:
    house["broker"] = house["worker"] = False
    return ()


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        (stop_beat, "定时器（beat）自 {since} 起没有运行"),
        (stop_worker, "后台进程（worker）自 {since} 起没有应答"),
        (stop_redis, "Redis 自 {since} 起不接收消息"),
    ],
)
def test_a_part_that_stands_still_is_told_once_and_once_that_it_is_over(
    stop: Callable[[dict[str, bool]], tuple[str, ...]], words: str, house: dict[str, bool]
) -> None:
    """No worker takes part: the mails are sent by whoever makes the round."""
    alive = stop(house)
    now = rounds(NOW, 3, alive=alive)
    assert not mails(), "a restart is no trouble"
    now = rounds(now, 15, alive=alive)
    (told,) = mails()
    assert words.format(since=timezone.localtime(NOW).strftime("%Y-%m-%d %H:%M")) in told
    house |= {"broker": True, "worker": True}
    rounds(now, 15, alive=(marks.BEAT,))
    assert len(mails()) == 2
    assert "的故障已消除" in mails()[1]
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == ["alarm.raised", "alarm.over"]


def test_changes_that_a_worker_never_gets_done_are_told_once_and_once_that_they_are_judged() -> None:
    """Its processes hang, and it goes on answering."""
    indicator = f.indicator()
    DirtyKey.objects.all().delete()
    DirtyKey.objects.create(indicator=indicator, month=Month(2014, 6), created_at=NOW)
    now = rounds(NOW, 15, alive=(marks.BEAT,))
    assert not mails()
    now = rounds(now, 15, alive=(marks.BEAT,))
    (told,) = mails()
    assert "尚未重算亮灯" in told
    DirtyKey.objects.all().delete()
    rounds(now, 15, alive=(marks.BEAT,))
    assert len(mails()) == 2


def test_what_stood_still_again_is_told_again(house: dict[str, bool]) -> None:
    now = rounds(NOW, 10)
    now = rounds(now, 15, alive=(marks.BEAT,))
    rounds(now, 15)
    assert len(mails()) == 3


def test_a_service_that_has_just_been_started_gives_its_parts_time(house: dict[str, bool]) -> None:
    """They have stood still all night, with the whole service."""
    marks.mark_started(marks.WEB, NOW + timedelta(hours=9))
    rounds(NOW + timedelta(hours=9), 3)
    assert not mails()


def test_a_web_server_that_is_started_again_ends_no_alarm_of_a_beat_that_still_stands() -> None:
    now = rounds(NOW, 10)
    marks.mark_started(marks.WEB, now)
    now = rounds(now, 10)
    assert len(mails()) == 1
    assert set(alarms.alarms_raised([alarms.BEAT])) == {alarms.BEAT}
    rounds(now, 1, alive=(marks.BEAT,))
    assert not alarms.alarms_raised([alarms.BEAT])


def test_a_round_whose_mail_server_is_away_is_made_up_for(
    house: dict[str, bool], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    now = rounds(NOW, 6)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    rounds(now, 2)
    assert len(mails()) == 1


# --- What is done each day --------------------------------------------------------------------------------------------


def backup_noted(folder: Path, **values: Any) -> None:
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    (folder / "backup.json").write_text(json.dumps(told))


def test_backups_that_were_never_made_by_the_service_are_no_alarm(tmp_path: Path) -> None:
    rounds(NOW, 2, alive=(marks.BEAT,))
    assert not mails()
    (tmp_path / "backup.json").write_text('{"made_at": ')
    rounds(NOW + timedelta(minutes=2), 2, alive=(marks.BEAT,))
    assert not mails()


@pytest.mark.parametrize(
    "missed",
    [
        {"made_at": NOW - timedelta(hours=27), "bytes": 10},
        {"made_at": NOW - timedelta(hours=2), "bytes": 10, "failed_at": NOW - timedelta(hours=1)},
        {"made_at": None, "failed_at": NOW - timedelta(hours=1)},
    ],
)
def test_a_backup_that_failed_or_was_missed_is_told_once_and_once_that_one_was_made(
    missed: dict[str, Any], tmp_path: Path
) -> None:
    backup_noted(tmp_path, made_at=NOW - timedelta(hours=25), bytes=10, failed_at=None)
    rounds(NOW, 2, alive=(marks.BEAT,))
    assert not mails()
    backup_noted(tmp_path, **missed)
    now = rounds(NOW + timedelta(minutes=2), 15, alive=(marks.BEAT,))
    (told,) = mails()
    assert "备份失败，或最近一次备份已超过 26 小时" in told
    backup_noted(tmp_path, made_at=now, bytes=10, failed_at=None)
    rounds(now, 15, alive=(marks.BEAT,))
    assert len(mails()) == 2


def test_audits_that_are_not_made_any_more_are_told_once_and_once_that_they_are_made() -> None:
    missed = NOW + timedelta(hours=27)
    now = rounds(missed, 15, alive=(marks.BEAT,))
    (told,) = mails()
    assert "每晚核查已超过 26 小时未进行" in told
    for audit in notes.AUDITS:
        notes._write(notes._path_of(audit), {"made_at": now.isoformat(), "faults": 0})
    rounds(now, 15, alive=(marks.BEAT,))
    assert len(mails()) == 2


def test_little_room_is_told_once_and_once_that_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(parts, "room_on_disk", lambda: parts.DiskRoom(500 * 1024**2, 100 * 1024**3))
        now = rounds(NOW, 15, alive=(marks.BEAT,))
    (told,) = mails()
    assert "仅剩 500 MB" in told
    rounds(now, 15, alive=(marks.BEAT,))
    assert len(mails()) == 2


# --- What the audits find ---------------------------------------------------------------------------------------------


def told_of_lights() -> list[str]:
    return [matters.lines_of_notice(notice)[0].text for notice in Notice.objects.order_by("pk")]


def test_lights_that_are_not_what_the_figures_say_are_told_once_and_once_that_they_are_again() -> None:
    f.target(f.indicator(), threshold=92)
    recompute_all()
    jobs.audit_attainment()
    assert not Notice.objects.exists()
    light = Attainment.objects.order_by("target_id", "region_id", "month")[0]
    right = light.signal
    Attainment.objects.filter(pk=light.pk).update(signal="green" if right != "green" else "red")
    jobs.audit_attainment()
    jobs.audit_attainment()
    (told,) = told_of_lights()
    assert "每晚核查发现 1 处" in told
    found = notes.last_audit(notes.ATTAINMENT)
    assert found is not None
    assert found.faults == 1
    Attainment.objects.filter(pk=light.pk).update(signal=right)
    jobs.audit_attainment()
    assert len(told_of_lights()) == 2


def test_another_fault_than_last_night_is_told_again() -> None:
    at = timezone.now()
    told = [
        alarms.settle_alarm(alarms.CHAIN, alarms.Trouble(mark=mark), at + timedelta(days=day))
        for day, mark in enumerate(["one", "one", "two", "two"])
    ]
    assert told == [True, False, True, False]


def test_an_alarm_that_cannot_be_told_is_not_noted_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(alarms, "notify", fail)
        with pytest.raises(RuntimeError):
            alarms.settle_alarm(alarms.BEAT, alarms.Trouble(NOW), NOW)
    assert alarms.settle_alarm(alarms.BEAT, alarms.Trouble(NOW), NOW)
    assert AuditEvent.objects.count() == 1


# --- Who makes the round ----------------------------------------------------------------------------------------------


class NightOverError(Exception):
    """The watch of a test is over."""


@pytest.mark.django_db(transaction=True)
def test_a_round_that_breaks_off_ends_no_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[datetime] = []

    def fail(now: datetime, watcher: str) -> None:
        made.append(now)
        raise OSError

    def sleep(_seconds: float) -> None:
        marks.mark_seen(marks.WATCH, timezone.now() - timedelta(minutes=1))
        if len(made) == 3:
            raise NightOverError

    monkeypatch.setattr(watchman, "make_round", fail)
    monkeypatch.setattr("qualityplan.watching.watchman.time.sleep", sleep)
    with pytest.raises(NightOverError):
        watchman._watch(marks.WEB)


def test_of_all_watchers_one_a_minute_makes_the_round() -> None:
    with watchman._in_turn() as first, watchman._in_turn() as at_the_same_instant:
        assert (first, at_the_same_instant) == (True, False)
    with watchman._in_turn() as at_once_again:
        assert not at_once_again
    marks.mark_seen(marks.WATCH, timezone.now() - timedelta(seconds=50))
    with watchman._in_turn() as a_minute_later:
        assert a_minute_later
