"""Every release left its databases; this code takes each of them over and shows what the release showed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from qualityplan.releases.inspection import own_apps
from qualityplan.tests import dumps
from qualityplan.version import VERSION
from targets.arithmetic.formulas import FORMULA_VERSION

RELEASED = dumps.released_versions()
LOSING = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
"""Operations after which the release before could not read what it has written."""


@contextmanager
def restored_sqlite(version: str, folder: Path) -> Iterator[str]:
    path = folder / "plan.sqlite3"
    path.write_bytes(dumps.unpack(version, "sqlite3"))
    yield f"sqlite:///{path}"


def restored_here(version: str, folder: Path) -> AbstractContextManager[str]:
    """The dump of the kind of database on which the tests run."""
    if os.environ["DATABASE_URL"].startswith("sqlite"):
        return restored_sqlite(version, folder)
    return dumps.restored_postgresql(version)


def upgraded(address: str, var_dir: Path) -> dict[str, Any]:
    """What the database says once this code has migrated it."""
    env = {**os.environ, **dumps.KEYS, "VAR_DIR": str(var_dir), "DATABASE_URL": address}
    command = [sys.executable, "-m", "qualityplan.tests.upgraded", "--migrate"]
    told = subprocess.run(command, env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def test_the_version_is_the_newest_that_the_changelog_tells_of() -> None:
    assert RELEASED[0] == VERSION
    assert sorted(RELEASED, key=lambda version: [*map(int, version.split("."))], reverse=True) == RELEASED


@pytest.mark.parametrize("version", RELEASED)
def test_every_release_has_left_its_databases(version: str) -> None:
    left = {path.name for path in (dumps.DUMPS / version).glob("*")}
    assert left == {"sqlite3.xz", "postgresql.sql.xz", "facts.json.xz", "migrations.json"}, "run .ci/release-dump"


@pytest.mark.parametrize("version", RELEASED)
def test_a_database_of_the_release_is_taken_over_with_its_lights_pages_and_chain(version: str, tmp_path: Path) -> None:
    before = dumps.facts_of(version)
    with restored_here(version, tmp_path) as address:
        after = upgraded(address, tmp_path)
    assert (after["chain"], after["attainments"], after["head"]) == ([], [], before["head"])
    # Newer formulas may judge otherwise; then a worker judges anew, and the lights of old say which formulas they had.
    assert after["lights"] == before["lights"]
    assert str(FORMULA_VERSION) in before["lights"] or version != VERSION
    assert after["pages"] == before["pages"]


@pytest.mark.parametrize("version", RELEASED)
def test_a_migration_that_was_released_stays_as_it_is(version: str) -> None:
    now = dumps.hash_migrations()
    changed = [path for path, told in dumps.frozen_migrations(version).items() if now.get(path) != told]
    assert changed == [], "released migrations never change; before the tag run .ci/release-dump again"


# --- Migrations after the first release -------------------------------------------------------------------------------


def faults_of(migration: Migration, announced: str) -> list[str]:
    """What a later migration may not do: go one way only, or take away what the changelog does not announce by the
    migration's name."""
    one_way = [
        f"{migration}: {step.describe()} cannot be undone" for step in migration.operations if not step.reversible
    ]
    losing = [step for step in migration.operations if isinstance(step, LOSING)]
    unannounced = losing if str(migration) not in announced else []
    return one_way + [f"{migration}: {step.describe()} is not announced" for step in unannounced]


def later_migrations() -> list[Migration]:
    """Ours, without those of the first release."""
    first = dumps.frozen_migrations(RELEASED[-1])
    found = MigrationLoader(None).disk_migrations.values()
    ours = (migration for migration in found if migration.app_label in own_apps())
    return [each for each in ours if f"{each.app_label}/migrations/{each.name}.py" not in first]


def test_later_migrations_can_be_undone_and_take_nothing_away_unannounced() -> None:
    announced = (dumps.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [fault for migration in later_migrations() for fault in faults_of(migration, announced)] == []


@pytest.mark.parametrize(
    ("operation", "faults"),
    [
        (migrations.AddField("task", "note", models.TextField(default="")), 0),
        (migrations.RemoveField("task", "note"), 1),
        (migrations.RenameField("task", "note", "remark"), 1),
        (migrations.DeleteModel("task"), 1),
        (migrations.RunPython(lambda _apps, _editor: None), 1),
        (migrations.RunPython(lambda _apps, _editor: None, migrations.RunPython.noop), 0),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_a_later_migration_may_do(operation: Any, faults: int) -> None:
    migration = type("Later", (Migration,), {"operations": [operation]})("0002_note", "tasks")
    assert len(faults_of(migration, "")) == faults
    if isinstance(operation, LOSING):
        assert faults_of(migration, "- `tasks.0002_note` takes the column away.") == []
