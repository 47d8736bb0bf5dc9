"""A database of before 0.1.0, or of another kind, is moved into an empty one: all of it or nothing."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection

from departments.auditing import chain
from departments.database.triggers import LIST
from departments.models import AuditEvent, Notice, Region
from qualityplan.tests.dumps import KEYS, facts_of, restored_postgresql, unpack
from qualityplan.tests.upgraded import lights
from qualityplan.version import VERSION
from targets.judging.audit import differences
from targets.models import Observation

pytestmark = pytest.mark.django_db
Old = Callable[..., str]
UNCHECKED = "PRAGMA ignore_check_constraints = ON"


@pytest.fixture(autouse=True)
def known_content_types() -> Iterator[None]:
    """Those of a database that was moved in are not those of the next test."""
    yield
    ContentType.objects.clear_cache()


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """`old("ALTER TABLE …")`: the address of the demonstration's database, changed so."""

    def make(*changes: str) -> str:
        path = tmp_path / "old.sqlite3"
        path.write_bytes(unpack(VERSION, "sqlite3"))
        with sqlite3.connect(path) as link:
            for change in changes:
                link.execute(change)
        link.close()
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def audit_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "AUDIT_KEY", KEYS["AUDIT_KEY"])


def move(address: str, *without: str) -> str:
    said = io.StringIO()
    call_command("move_in", address, *(["--without", *without] if without else []), stdout=said)
    return said.getvalue()


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(LIST[connection.vendor])
        return {name for name, _table in cursor.fetchall()}


def resting_triggers() -> int:
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O' AND NOT tgisinternal")
        return int(cursor.fetchone()[0])


def test_what_is_moved_stands_as_it_stood_and_what_is_new_has_its_default(old: Old, audit_key: None) -> None:
    before = triggers()
    drop = "ALTER TABLE departments_notice DROP COLUMN mail_attempts"
    said = move(old(drop, "ALTER TABLE departments_region ADD COLUMN mayor text"), "departments_region.mayor")
    assert "departments_notice.mail_attempts" in said
    assert {*Notice.objects.values_list("mail_attempts", flat=True)} == {0}
    assert lights() == facts_of(VERSION)["lights"]
    assert list(differences()) == []
    assert str(chain.read_chain_head()) == facts_of(VERSION)["head"]
    assert list(chain.find_chain_faults()) == []
    assert (triggers(), resting_triggers()) == (before, 0)


def test_what_is_written_after_a_move_has_new_numbers(old: Old, audit_key: None) -> None:
    move(old())
    last = AuditEvent.objects.order_by("pk").last()
    assert last is not None
    assert AuditEvent.objects.create(action="plan.published").pk > last.pk


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["ALTER TABLE departments_region ADD COLUMN mayor text"], "departments_region.mayor"),
        (["CREATE TABLE departments_mayor (id integer)"], "departments_mayor"),
        (["ALTER TABLE tasks_comment DROP COLUMN at"], "tasks_comment.at"),
        (["DELETE FROM departments_user WHERE username = 'admin'"], "points to a row that is not there"),
        (
            ["PRAGMA ignore_check_constraints = ON", "UPDATE departments_notice SET mail_attempts = -1"],
            "nothing was moved",
        ),
    ],
    ids=[
        "a column would be lost",
        "a table would be lost",
        "no default",
        "a parent is missing",
        "not allowed any more",
    ],
)
def test_what_does_not_fit_is_refused_whole(changes: list[str], told: str, old: Old) -> None:
    with pytest.raises(CommandError, match=told):
        move(old(*changes))
    assert not Region.objects.exists()
    assert resting_triggers() == 0


def test_nothing_is_moved_beside_what_is_there(old: Old) -> None:
    Region.objects.create(code="330300", name="温州市")
    with pytest.raises(CommandError, match="不是空的"):
        move(old())
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("plan.sqlite3", "should be like"),
        ("sqlite:////nowhere/plan.sqlite3", "cannot be opened"),
        ("postgres://host:port/name", "should be like"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(address: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        move(address)


def test_a_database_of_something_else_is_told(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite3") as link:
        link.execute("CREATE TABLE other (id integer)")
    with pytest.raises(CommandError, match="none of this service's tables"):
        move(f"sqlite:///{tmp_path / 'other.sqlite3'}")


@pytest.mark.postgres_only
def test_from_postgresql_to_sqlite(tmp_path: Path) -> None:
    with restored_postgresql(VERSION) as address:
        env = os.environ | KEYS | {"VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite3'}"}
        for arguments in (["manage.py", "migrate", "-v0"], ["manage.py", "move_in", address]):
            subprocess.run([sys.executable, *arguments], env=env, check=True, capture_output=True)
    told = subprocess.run([sys.executable, "-m", "qualityplan.tests.upgraded"], env=env, capture_output=True, text=True)
    assert json.loads(told.stdout.splitlines()[-1]) == facts_of(VERSION)
