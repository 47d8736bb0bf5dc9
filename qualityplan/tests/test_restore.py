"""What was backed up comes back to the byte, into an empty installation alone, and everything guards it as before."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from departments.database.append_only import rewriting
from departments.models import Department, Region
from qualityplan.backup.databases import schema
from qualityplan.backup.notes import last_backup
from qualityplan.backup.verifying import throwaway_database
from qualityplan.management.commands.serve import hold_service_lock
from qualityplan.tests.backups import backed_up, every_file, every_row, forged, furnished, guards, unchanged
from targets.models import Attachment, Attainment, Decision
from targets.tests import factories as f

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


def burn(media: Path) -> None:
    """Nothing is left but empty tables."""
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(media)


def refused(said: str, archive: Path, **options: Any) -> None:
    """Refused in both languages."""
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("restore", str(archive), **options)
    assert " / " in str(refusal.value)


def test_everything_comes_back_to_the_byte(city: SimpleNamespace, folder: Path, settings: Any) -> None:
    rows, files, guarded = every_row(), every_file(settings.MEDIA_ROOT), guards()
    last = Department.objects.order_by("pk").last()
    assert last is not None
    spare = Department.objects.create(code="spare", name="备用", short_name="备用", region=last.region, kind=last.kind)
    spare.delete()
    rows = every_row()
    archive = backed_up(folder)
    burn(settings.MEDIA_ROOT)
    call_command("restore", str(archive))
    assert every_row() == rows
    assert every_file(settings.MEDIA_ROOT) == files
    assert guards() == guarded
    for path in settings.MEDIA_ROOT.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Decision.objects.update(reason="anders")
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.filter(pk=city.beside.pk).update(by=None)
    added = Department.objects.create(code="new", name="新设", short_name="新", region=last.region, kind=last.kind)
    assert added.pk is not None
    assert spare.pk is None
    assert added.pk > last.pk + 1, "the number of a deleted row was given out again"


def test_an_encrypted_one_comes_back_where_no_table_was_made(
    city: SimpleNamespace, folder: Path, settings: Any, tmp_path: Path
) -> None:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# kept in the safe\n{identity}\n")
    settings.BACKUP_RECIPIENT = str(identity.to_public())
    rows, files = every_row(), every_file(settings.MEDIA_ROOT)
    archive = backed_up(folder)
    noted = last_backup()
    assert noted is not None
    assert noted.encrypted
    assert archive.name.endswith(".tar.gz.age")
    settings.MEDIA_ROOT = tmp_path / "new"
    refused("encrypted", archive)
    (tmp_path / "other").write_text(str(pyrage.x25519.Identity.generate()))
    refused("cannot be decrypted", archive, identity=tmp_path / "other")
    refused("no private key", archive, identity=archive)
    refused("no private key", archive, identity=tmp_path / "nowhere")
    assert not (tmp_path / "new").exists()
    with throwaway_database():
        call_command("restore", str(archive), identity=tmp_path / "identity")
        assert every_row() == rows
    assert every_file(tmp_path / "new") == files


def test_one_of_an_older_release_is_migrated_afterwards(folder: Path, settings: Any) -> None:
    """The newest migration of one app is not applied yet when the backup is made."""
    every = list(schema.newest_migrations())
    newest = max(name for app, name in every if app == "account")
    with throwaway_database():
        schema.migrate_to([found for found in every if found != ("account", newest)])
        f.region("330300")
        archive = backed_up(folder)
    with throwaway_database():
        call_command("restore", str(archive))
        assert Region.objects.get().code == "330300"
        assert ("account", newest) in applied()
        assert any(name.startswith("kept_") for name, _table in triggers())


def applied() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def triggers() -> set[tuple[str, ...]]:
    return {found for found in guards() if len(found) == 2}


# --- Refusals ---------------------------------------------------------------------------------------------------------


def test_an_installation_that_holds_anything_is_refused(city: SimpleNamespace, folder: Path, settings: Any) -> None:
    rows, files = every_row(), every_file(settings.MEDIA_ROOT)
    archive = backed_up(folder)
    refused("holds files already", archive)
    settings.MEDIA_ROOT = folder.parent / "new"
    refused("holds data already", archive)
    assert every_row() == rows
    assert every_file(folder.parent / "media") == files
    assert not every_file(folder.parent / "new")


def test_a_service_that_runs_is_refused(city: SimpleNamespace, folder: Path, settings: Any) -> None:
    archive = backed_up(folder)
    with hold_service_lock(settings.VAR_DIR):
        refused("Another service already runs", archive)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"SECRET_KEY": "another"}, "SECRET_KEY is not the backup's: no second factor"),
        ({"AUDIT_KEY": "another"}, "AUDIT_KEY is not the backup's: every seal"),
        ({"SECRET_KEY": "another", "AUDIT_KEY": "another"}, "Neither SECRET_KEY nor AUDIT_KEY"),
    ],
)
def test_other_keys_are_told_with_what_follows(
    city: SimpleNamespace, folder: Path, settings: Any, keys: dict[str, str], said: str
) -> None:
    archive = backed_up(folder)
    former = settings.SECRET_KEY
    for name, key in keys.items():
        setattr(settings, name, key)
    refused(said, archive)
    # Where the keys are lost for good, what comes next is asked.
    refused("holds files already", archive, with_other_keys=True)
    if keys == {"SECRET_KEY": "another"}:
        settings.SECRET_KEY_FALLBACKS = [former]
        refused("holds files already", archive)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "99.0.0"}, "newer than this one"),
        ({"format": 2}, "newer than this one"),
        ({"migrations": [("plans", "0001_initial"), ("plans", "0999_later")]}, "plans.0999_later"),
        ({"migrations": [("tasks", "0001_initial")]}, "cannot be read"),
        ({"database": "oracle"}, "DATABASE_URL"),
        ({"tables": {}}, "not what the backup says"),
    ],
)
def test_what_this_release_cannot_take_is_told(
    city: SimpleNamespace, folder: Path, changes: dict[str, object], said: str
) -> None:
    made = backed_up(folder)
    refused(said, forged(made, folder / "forged", unchanged, **changes))


def test_changed_rows_are_found_whoever_sealed_them(city: SimpleNamespace, folder: Path, settings: Any) -> None:
    """All or nothing: after the refusal there is no table and no file."""

    def change(name: str, content: bytes) -> bytes:
        return content.replace("市".encode(), "县".encode()) if name.startswith(("tables/dep", "database")) else content

    archive = forged(backed_up(folder), folder / "forged", change)
    settings.MEDIA_ROOT = folder.parent / "new"
    with throwaway_database():
        refused("not what the backup says|cannot be used", archive)
        assert not connection.introspection.table_names()
    assert not list(settings.MEDIA_ROOT.iterdir())
    assert {path.name for path in settings.VAR_DIR.iterdir()} <= {"backup.json", "serve.lock"}


# --- Proving ----------------------------------------------------------------------------------------------------------


def test_a_backup_is_proved(
    city: SimpleNamespace, folder: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = every_row()
    archive = backed_up(folder)
    call_command("verify_backup", str(archive))
    assert "The backup holds" in capsys.readouterr().out
    noted = last_backup()
    assert noted is not None
    assert noted.verified_at is not None
    assert every_row() == rows
    assert not [path for path in folder.parent.rglob("*") if path.name.startswith(".")]


def test_what_does_not_hold_is_told(
    city: SimpleNamespace, folder: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A light, a seal and a file that somebody has changed before the backup was made."""
    Attainment.objects.filter(target=city.promise, region_id=city.key[1], month=city.key[2]).update(actual=1)
    with rewriting(), connection.cursor() as cursor:
        cursor.execute("UPDATE departments_auditevent SET subject = 'another' WHERE action = 'attachment.added'")
    (settings.MEDIA_ROOT / str(city.beside.file)).write_bytes(b"another paper")
    archive = backed_up(folder)
    with pytest.raises(CommandError, match="does not hold"):
        call_command("verify_backup", str(archive))
    told = capsys.readouterr().err
    assert "A light is not what the figures say" in told
    assert "is not the one that was attached" in told
    assert "since it was written" in told or "写入后" in told
    noted = last_backup()
    assert noted is not None
    assert noted.verified_at is None


@pytest.mark.postgres_only
def test_a_role_that_may_make_no_database_is_told(city: SimpleNamespace, folder: Path) -> None:
    archive = backed_up(folder)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plan_small")
        cursor.execute("SET ROLE plan_small")
        try:
            with pytest.raises(CommandError, match="ALTER ROLE plan_small CREATEDB"):
                call_command("verify_backup", str(archive))
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE plan_small")


def test_an_archive_of_sqlite_brings_rows_and_no_triggers(city: SimpleNamespace, folder: Path, settings: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's archives hold rows alone")
    archive = backed_up(folder)

    def change(name: str, content: bytes) -> bytes:
        if not name.startswith("database"):
            return content
        path = folder / "changed.sqlite3"
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("CREATE TRIGGER evil AFTER INSERT ON departments_region BEGIN SELECT 1; END")
        return path.read_bytes()

    brought = forged(archive, folder / "forged", change)
    settings.MEDIA_ROOT = folder.parent / "new"
    with throwaway_database():
        call_command("restore", str(brought))
        assert "evil" not in {found[0] for found in guards()}
