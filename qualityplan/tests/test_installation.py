"""Whoever starts the service on a database that is not of this release is told what to do; no page fails instead."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from qualityplan.releases.inspection import find_installation_faults
from qualityplan.releases.schema import Column, compare_tables, write_kind_alike
from qualityplan.tests.dumps import KEYS, unpack
from qualityplan.tests.servers import free_port
from qualityplan.version import VERSION

ALONE = {
    "gunicorn": ["gunicorn", "--config=python:qualityplan.gunicorn", "--bind=127.0.0.1:{port}", "qualityplan.wsgi"],
    "worker": ["celery", "--app", "qualityplan", "worker", "--pool", "solo"],
    "beat": ["celery", "--app", "qualityplan", "beat", "--schedule", "{var}/beat", "--pidfile", ""],
}


def codes() -> list[str]:
    return [fault.code for fault in find_installation_faults()]


def run(*arguments: str, var_dir: Path, database: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **KEYS, "DEMO": "0", "VAR_DIR": str(var_dir), "PORT": str(free_port())}
    env |= {"DATABASE_URL": f"sqlite:///{database}", "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"]}
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def dumped(tmp_path: Path) -> Path:
    """A SQLite database as this release has made it."""
    path = tmp_path / "plan.sqlite3"
    path.write_bytes(unpack(VERSION, "sqlite3"))
    return path


# --- What is found ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_database_of_this_release_is_served() -> None:
    assert codes() == []
    assert [found for found in run_checks(tags=[Tags.database], databases=["default"]) if found.is_serious()] == []


@pytest.mark.django_db
def test_a_migration_that_was_not_run_is_named() -> None:
    MigrationRecorder(connection).record_unapplied("tasks", "0001_initial")
    (fault,) = find_installation_faults()
    assert fault.code == "missing"
    assert "tasks.0001_initial" in fault.chinese
    assert "manage.py migrate" in fault.english


@pytest.mark.django_db
def test_code_that_is_older_than_its_database_neither_serves_nor_migrates() -> None:
    MigrationRecorder(connection).record_applied("tasks", "0099_of_a_later_release")
    assert codes() == ["newer"]
    with pytest.raises(CommandError, match=r"tasks\.0099_of_a_later_release"):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db
def test_what_a_library_has_left_behind_is_no_newer_release() -> None:
    MigrationRecorder(connection).record_applied("auth", "0099_taken_back")
    assert codes() == []


@pytest.mark.django_db
def test_tables_of_before_the_first_release_are_named_though_nothing_is_left_to_migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE departments_notice ADD COLUMN of_old integer")
    (fault,) = find_installation_faults()
    assert fault.code == "differing"
    assert "departments_notice.of_old" in fault.english
    assert "move_in" in fault.chinese
    with pytest.raises(CommandError, match="move_in"):
        call_command("migrate", verbosity=0)
    assert [found.id for found in run_checks(tags=[Tags.database], databases=["default"])] == ["qualityplan.differing"]


def test_names_types_and_emptiness_are_compared() -> None:
    expected = {"plan": {"id": Column("bigint", False), "code": Column("character varying(9)", False)}}
    assert compare_tables(expected, {**expected, "of_somebody_else": {}}) == []
    assert [found.name for found in compare_tables(expected, {})] == ["plan"]
    wider, emptier = Column("text", False), Column("character varying(9)", True)
    for changed in ({"code": wider}, {"code": emptier}, {"more": wider}):
        (found,) = compare_tables(expected, {"plan": expected["plan"] | changed})
        assert found.name == f"plan.{next(iter(changed))}"
    (found,) = compare_tables(expected, {"plan": {"id": expected["plan"]["id"]}})
    assert "plan.code" in str(found)


@pytest.mark.parametrize(
    ("written", "alike"),
    [("varchar(9)", "character varying(9)"), ("char(32)", "character(32)"), ("numeric(20, 6)", "numeric(20,6)")],
)
def test_a_type_is_the_same_however_it_is_written(written: str, alike: str) -> None:
    assert write_kind_alike(written) == write_kind_alike(alike) == alike


# --- Who refuses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ALONE)
def test_web_server_worker_and_beat_started_alone_refuse_a_database_that_was_not_migrated(
    part: str, tmp_path: Path
) -> None:
    arguments = [word.format(port=free_port(), var=tmp_path) for word in ALONE[part]]
    ended = run("-m", *arguments, var_dir=tmp_path, database=tmp_path / "empty.sqlite3")
    assert ended.returncode != 0
    assert "请先备份，再运行 manage.py migrate" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE departments_notice ADD COLUMN of_old integer", "move_in"),
        ("INSERT INTO django_migrations VALUES (9999, 'tasks', '0099_later', '2027-01-01')", "tasks.0099_later"),
    ],
    ids=["older than the first release", "newer than the code"],
)
def test_the_whole_service_refuses_a_database_that_it_cannot_migrate(
    change: str, told: str, tmp_path: Path, dumped: Path
) -> None:
    with sqlite3.connect(dumped) as link:
        link.execute(change)
    ended = run("manage.py", "serve", var_dir=tmp_path, database=dumped)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_is_away_keeps_nobody_from_starting(tmp_path: Path) -> None:
    looking = (
        "import django; django.setup(); from qualityplan.releases import inspection as i; i.refuse_other_database()"
    )
    env = {
        "PATH": os.environ["PATH"],
        **KEYS,
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "qualityplan.settings",
    }
    env |= {"DATABASE_URL": f"postgres://nobody@127.0.0.1:{free_port()}/nothing"}
    ended = subprocess.run([sys.executable, "-c", looking], env=env, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "its tables are not compared" in ended.stdout


# --- The version ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_version_is_told_by_pages_api_and_command(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    from targets.tests import factories

    client.force_login(factories.coordinator(), "departments.login.backends.Backend")
    assert f"版本 {VERSION}" in client.get("/accounts/security/", follow=True).content.decode()
    assert client.get("/api/v1/openapi.json").json()["info"]["version"] == VERSION
    call_command("installed_version")
    assert capsys.readouterr().out == f"{VERSION}\n"


@pytest.mark.django_db
def test_strangers_are_not_told_the_version(client: Client) -> None:
    assert VERSION not in client.get("/accounts/login/").content.decode()
