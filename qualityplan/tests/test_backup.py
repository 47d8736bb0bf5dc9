"""A backup is one moment of the service, whatever is written meanwhile; it is whole or it is not there."""

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from departments.models import AuditEvent
from departments.services.accounts import record
from plans.periods import Month
from qualityplan.backup.archive import ArchiveWriter
from qualityplan.backup.attached_files import hold_files
from qualityplan.backup.inspection import open_archive
from qualityplan.backup.notes import last_backup, note_failure
from qualityplan.backup.restoring import restore_archive
from qualityplan.backup.retention import Keeping, moments_to_keep
from qualityplan.backup.verifying import throwaway_database
from qualityplan.tests.backups import attached, backed_up, every_file, furnished, manifest_of, parts_of
from reviews.tests import papers
from targets.models import Attachment
from targets.services.attachments import detach

HOLDING = "qualityplan.backup.making.hold_files"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where archives go; files and notes of the installation have folders of their own."""
    settings.MEDIA_ROOT, settings.VAR_DIR = tmp_path / "media", tmp_path / "var"
    settings.BACKUP_RECIPIENT = ""
    for name in ("var", "archives"):
        (tmp_path / name).mkdir()
    return tmp_path / "archives"


@pytest.fixture
def city(folder: Path) -> SimpleNamespace:
    return furnished()


def left_under_way(folder: Path) -> list[str]:
    """What a backup may not leave behind, anywhere."""
    return [str(path) for path in folder.parent.rglob("*") if path.name.startswith(".")]


def test_an_archive_says_what_it_holds(city: SimpleNamespace, folder: Path) -> None:
    made = backed_up(folder)
    manifest = manifest_of(made)
    assert manifest.tables["departments_auditevent"].rows == AuditEvent.objects.count() > 0
    assert (manifest.files, manifest.missing_files) == (2, [])
    assert manifest.chain_head.startswith(f"{manifest.tables['departments_link'].rows}-")
    packed = {part.content for part in parts_of(made) if part.name.startswith("media/")}
    assert packed == {papers.PDF, papers.PNG}
    assert made.stat().st_mode & 0o777 == 0o600
    assert not left_under_way(folder)


def test_no_key_is_in_it(city: SimpleNamespace, folder: Path, settings: Any) -> None:
    everything = b"".join(part.content for part in parts_of(backed_up(folder)))
    assert settings.SECRET_KEY.encode() not in everything


def test_what_is_written_meanwhile_is_not_in_it(
    city: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is being packed another connection records, attaches one file and removes another."""
    events, before = AuditEvent.objects.count(), every_file(folder.parent / "media")
    packing = ArchiveWriter.add

    def meanwhile() -> None:
        try:
            record("people.added", by=city.reporter, subject=city.office)
            attached(city, papers.JPEG, "补充.jpg")
            detach(city.beside, by=city.reporter)
        finally:
            connection.close()

    def add(self: ArchiveWriter, name: str, content: bytes) -> None:
        monkeypatch.setattr(ArchiveWriter, "add", packing)
        writer = Thread(target=meanwhile)
        writer.start()
        writer.join()
        packing(self, name, content)

    monkeypatch.setattr(ArchiveWriter, "add", add)
    made = backed_up(folder)
    assert AuditEvent.objects.count() > events
    assert every_file(folder.parent / "media").keys() != before.keys()
    assert manifest_of(made).tables["departments_auditevent"].rows == events
    packed = {part.name.removeprefix("media/"): part.content for part in parts_of(made) if "media/" in part.name}
    assert packed == before


def test_while_somebody_writes_all_the_time_every_transaction_is_whole(city: SimpleNamespace, folder: Path) -> None:
    """Each transaction adds a file and its audit event: a snapshot has both or neither."""
    done: list[int] = []

    def write() -> None:
        try:
            for number in range(96):
                if done:
                    return
                attached(city, papers.PDF + os.urandom(8), "批复.pdf", month=Month(2014, number % 12 + 1))
        finally:
            connection.close()

    writer = Thread(target=write)
    writer.start()
    try:
        made = backed_up(folder)
    finally:
        done.append(1)
        writer.join()
    with throwaway_database():
        with open_archive(made) as source:
            restore_archive(source, folder.parent / "restored")
        files = set(Attachment.objects.values_list("file", flat=True))
        assert AuditEvent.objects.filter(action="attachment.added").count() == Attachment.objects.count()
    assert files == every_file(folder.parent / "restored").keys()


def test_a_file_that_goes_with_its_row_asks_for_a_later_snapshot(
    city: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def meanwhile() -> None:
        try:
            detach(city.beside, by=city.reporter)
        finally:
            connection.close()

    @contextmanager
    def held(media: Path, names: set[str]) -> Iterator[Any]:
        monkeypatch.setattr(HOLDING, hold_files)
        writer = Thread(target=meanwhile)
        writer.start()
        writer.join()
        with hold_files(media, names) as files:
            yield files

    monkeypatch.setattr(HOLDING, held)
    manifest = manifest_of(backed_up(folder))
    assert (manifest.files, manifest.missing_files) == (1, [])
    assert manifest.tables["targets_attachment"].rows == 1


def test_a_file_that_was_lost_before_is_told(
    city: SimpleNamespace, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = str(city.beside.file)
    (folder.parent / "media" / lost).unlink()
    made = backed_up(folder)
    assert lost in capsys.readouterr().out
    assert manifest_of(made).missing_files == [lost]


def test_a_path_that_leads_out_of_the_folder_is_not_followed(city: SimpleNamespace, folder: Path) -> None:
    (folder.parent / "secret").write_text("secret")
    Attachment.objects.filter(pk=city.beside.pk).update(file="../secret")
    made = backed_up(folder)
    assert manifest_of(made).missing_files == ["../secret"]


def test_it_is_noted_for_whoever_watches(city: SimpleNamespace, folder: Path) -> None:
    assert last_backup() is None
    made = backed_up(folder)
    noted = last_backup()
    assert noted is not None
    assert (noted.path_name, noted.bytes, noted.encrypted) == (made.name, made.stat().st_size, False)
    assert (noted.verified_at, noted.failed_at, noted.failure) == (None, None, None)
    assert noted.made_at is not None
    assert noted.made_at.utcoffset() is not None


def test_a_failure_is_noted_beside_the_last_backup(city: SimpleNamespace, folder: Path) -> None:
    made = backed_up(folder)
    with pytest.raises(CommandError):
        call_command("backup", str(folder / "nowhere" / "file"))
    noted = last_backup()
    assert noted is not None
    assert noted.path_name == made.name
    assert noted.failure is not None
    assert "没有文件夹" in noted.failure


def test_where_no_backup_has_succeeded_the_failure_alone_is_noted(folder: Path) -> None:
    note_failure("disk full", datetime(2014, 6, 30, tzinfo=UTC))
    noted = last_backup()
    assert noted is not None
    assert (noted.made_at, noted.failure) == (None, "disk full")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"made_at": 5}', json.dumps({"made_at": None})])
def test_a_note_that_cannot_be_read_is_none(folder: Path, text: str) -> None:
    (folder.parent / "var" / "backup.json").write_text(text)
    assert last_backup() is None


# --- Refusals ---------------------------------------------------------------------------------------------------------


def refused(said: str, *arguments: str, **options: Any) -> None:
    """Refused in both languages."""
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("backup", *arguments, **options)
    assert " / " in str(refusal.value)


def test_nothing_is_written_over(city: SimpleNamespace, folder: Path) -> None:
    place = folder / "mine.tar.gz"
    place.write_text("precious")
    refused("is there already", str(place))
    assert place.read_text() == "precious"
    (folder / "link").symlink_to(folder / "nothing")
    refused("is there already", str(folder / "link"))
    assert not (folder / "nothing").exists()


def test_a_name_that_is_taken_meanwhile_is_not_written_over(
    city: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, packing = folder / "mine.tar.gz", ArchiveWriter.close

    def close(self: ArchiveWriter) -> None:
        place.write_text("precious")
        packing(self)

    monkeypatch.setattr(ArchiveWriter, "close", close)
    refused("is there already", str(place))
    assert place.read_text() == "precious"
    assert not left_under_way(folder)


def test_a_folder_that_is_not_there_is_told(city: SimpleNamespace, folder: Path) -> None:
    refused("There is no folder", str(folder / "nowhere" / "file"))


@pytest.mark.parametrize("key", ["age1nothing", "AGE-SECRET-KEY-1", "公钥"])
def test_a_key_that_is_none_is_told(city: SimpleNamespace, folder: Path, key: str) -> None:
    refused("is no public key", str(folder), recipient=key)
    assert not list(folder.iterdir())


def test_a_database_without_tables_is_told(folder: Path) -> None:
    with throwaway_database():
        refused("nothing to back up", str(folder))
    assert not list(folder.iterdir())


def test_a_database_of_a_newer_release_is_told(city: SimpleNamespace, folder: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('plans', '0999_later', CURRENT_TIMESTAMP)"
        )
    try:
        refused("plans.0999_later", str(folder))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '0999_later'")


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_full_disk_leaves_nothing(city: SimpleNamespace, folder: Path, encrypted: bool) -> None:
    """The kernel refuses to let a file grow, as a full disk does."""
    key = str(pyrage.x25519.Identity.generate().to_public()) if encrypted else None
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
    try:
        refused("Nothing (of it )?was kept", str(folder), recipient=key)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(folder.iterdir())
    assert not left_under_way(folder)
    noted = last_backup()
    assert noted is not None
    assert noted.failure


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_the_newest_stay_and_the_last_of_each_week_and_month() -> None:
    days = [datetime(2014, 1, 1, 4, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
    kept = moments_to_keep(days, Keeping(newest=14, weekly=8, monthly=12))
    assert set(days[-14:]) <= kept
    assert min(kept).month == 1
    assert len(kept) <= 14 + 8 + 12
    assert {moment.month for moment in kept} == set(range(1, 13))


def test_only_this_installations_archives_go(city: SimpleNamespace, folder: Path) -> None:
    mine = backed_up(folder)
    old = mine.with_name(mine.name.replace(mine.name[22:38], "20140101T000000Z"))
    mine.rename(old)
    mark = old.name.split("-")[2]
    others = [
        "plan-monitor-00000000-20140101T000000Z-0.1.0.tar.gz",
        f"plan-monitor-{mark}-20140101T000000Z-0.1.0.tar.gz.copy",
        f"plan-monitor-{mark}-20149901T000000Z-0.1.0.tar.gz",
        "notes.txt",
    ]
    for name in others:
        (folder / name).write_text("another's")
    call_command("backup", str(folder), keep=1)
    assert not old.exists()
    assert sorted(path.name for path in folder.iterdir() if path.name not in others) != []
    assert all((folder / name).exists() for name in others)


def test_nothing_goes_when_the_new_one_fails(city: SimpleNamespace, folder: Path) -> None:
    mine = backed_up(folder)
    with pytest.raises(CommandError):
        call_command("backup", str(folder), keep=1, recipient="age1nothing")
    assert list(folder.iterdir()) == [mine]


@pytest.mark.parametrize("numbers", [{"keep": 0}, {"keep": -1}, {"weekly": 3}, {"keep": 2, "monthly": -1}])
def test_numbers_that_would_delete_everything_are_refused(
    city: SimpleNamespace, folder: Path, numbers: dict[str, int]
) -> None:
    refused("--keep is at least 1", str(folder), **numbers)
    assert not list(folder.iterdir())


def test_keeping_needs_a_folder(city: SimpleNamespace, folder: Path) -> None:
    (folder / "file").touch()
    refused("name the folder", str(folder / "file"), keep=3)
    refused("There is no folder", str(folder / "nowhere"), keep=3)


def test_what_a_killed_backup_left_is_removed_by_the_next(city: SimpleNamespace, folder: Path) -> None:
    made = backed_up(folder)
    left = folder / f".{made.name}.partial"
    left.write_text("half")
    held = folder.parent / "media" / ".backup-0123"
    held.mkdir()
    made.unlink()
    backed_up(folder)
    assert not left.exists()
    assert not held.exists()


def test_a_backup_that_cannot_be_noted_is_kept_and_told(city: SimpleNamespace, folder: Path) -> None:
    (folder.parent / "var" / "backup.json").mkdir()
    refused("is complete, but it could not be noted", str(folder))
    assert len(list(folder.iterdir())) == 1


def test_more_files_than_an_archive_takes_are_told(
    city: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qualityplan.backup.manifest.MOST_FILES", 1)
    refused("more files than one archive takes", str(folder))
    assert not list(folder.iterdir())
