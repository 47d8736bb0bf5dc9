"""Whether the database is that of this release: before anybody is served, and in `manage.py check --database default`.

Three things are looked for, of which one is told: the database is newer than the code; migrations are missing; or all
migrations are noted and yet tables differ from the models. The last is an installation of before 0.1.0, whose first
migrations were still edited: `migrate` finds nothing to do there, and each page would fail.

It takes three queries: 0.1 s once the migrations are imported.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model

from departments.database.outages import database_is_away
from qualityplan.releases.schema import Column, SchemaDifference, compare_tables, write_kind_alike
from qualityplan.version import VERSION

logger = logging.getLogger(__name__)

SHOWN = 5
"""So many names stand in a sentence; more are counted."""

COLUMNS = {
    "postgresql": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
            AND a.attnum > 0 AND NOT a.attisdropped
        """,
    "sqlite": """
        SELECT m.name, p.name, p.type, NOT p."notnull"
        FROM sqlite_master m, pragma_table_xinfo(m.name) p WHERE m.type = 'table'
        """,
}


@dataclass(frozen=True, slots=True)
class InstallationFault:
    """Why the database is not one that this release can serve, and what to do, in both languages."""

    code: str
    chinese: str
    english: str

    def __str__(self) -> str:
        return f"{self.chinese} / {self.english}"


# --- What is there ----------------------------------------------------------------------------------------------------


def kept_models() -> list[type[Model]]:
    """Every model that has a table of its own: links and histories, and those of libraries, among them."""
    models = apps.get_models(include_auto_created=True)
    return [model for model in models if model._meta.managed and not model._meta.proxy]


def tables_of_models(connection: BaseDatabaseWrapper) -> dict[str, dict[str, Column]]:
    """The tables that the models of this release describe, as this database would make them."""
    return {model._meta.db_table: _columns_of(model, connection) for model in kept_models()}


def _columns_of(model: type[Model], connection: BaseDatabaseWrapper) -> dict[str, Column]:
    kinds = ((field, field.db_type(connection)) for field in model._meta.local_concrete_fields)
    return {
        # The number of a link is as long as Django's migrations have made it, whatever the model says.
        str(field.column): Column("" if field.primary_key and model._meta.auto_created else told, field.null)
        for field, kind in kinds
        if (told := write_kind_alike(kind or ""))
    }


def tables_of_database(connection: BaseDatabaseWrapper) -> dict[str, dict[str, Column]]:
    """The tables that the database has."""
    found: dict[str, dict[str, Column]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor])
        for table, column, kind, nullable in cursor.fetchall():
            found[table][column] = Column(write_kind_alike(kind), bool(nullable))
    return found


def list_differences(connection: BaseDatabaseWrapper) -> list[SchemaDifference]:
    """Where the tables are not what the models say."""
    return compare_tables(tables_of_models(connection), tables_of_database(connection))


def own_apps() -> set[str]:
    """The labels of the apps that stand in this house; a library's own migrations come and go with it."""
    return {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}


def newer_migrations(executor: MigrationExecutor) -> list[str]:
    """Migrations of our apps that the database has and this code does not know."""
    loader, own = executor.loader, own_apps()
    known = {*loader.disk_migrations, *(key for found in loader.disk_migrations.values() for key in found.replaces)}
    return sorted(".".join(key) for key in loader.applied_migrations if key not in known and key[0] in own)


def missing_migrations(executor: MigrationExecutor) -> list[str]:
    """Migrations that `migrate` would run."""
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


# --- What is told -----------------------------------------------------------------------------------------------------


def find_installation_faults(using: str = "default") -> list[InstallationFault]:
    """What keeps this release from serving this database; empty where nothing does."""
    return next(([found] for found in _look(using) if found), [])


def _look(using: str) -> Iterator[InstallationFault | None]:
    connection = connections[using]
    executor = MigrationExecutor(connection)
    yield _told(newer_migrations(executor), newer_fault)
    yield _told(missing_migrations(executor), missing_fault)
    yield _told(list_differences(connection), differing_fault)


def _told(found: Sequence[object], fault: Callable[[str], InstallationFault]) -> InstallationFault | None:
    return fault(_names(found)) if found else None


def _names(found: Sequence[object]) -> str:
    more = f" … (+{len(found) - SHOWN})" if len(found) > SHOWN else ""
    return ", ".join(str(name) for name in found[:SHOWN]) + more


def newer_fault(names: str) -> InstallationFault:
    """The code is older than the database."""
    return InstallationFault(
        "newer",
        f"数据库由更新的版本写过，本程序（{VERSION}）不认识这些变更：{names}。请安装该版本的程序，或恢复升级前的备份。",
        f"The database was written by a newer release; this one ({VERSION}) does not know: {names}. Install that "
        "release, or restore the backup made before the upgrade.",
    )


def missing_fault(names: str) -> InstallationFault:
    """Migrations were not run."""
    return InstallationFault(
        "missing",
        f"数据库尚未升级到本版本（{VERSION}），未执行：{names}。请先备份，再运行 manage.py migrate。",
        f"The database is not that of this release ({VERSION}) yet; not applied: {names}. Make a backup, then run "
        "manage.py migrate.",
    )


def differing_fault(names: str) -> InstallationFault:
    """Nothing to migrate, and yet another schema."""
    return InstallationFault(
        "differing",
        f"数据库的表与本版本（{VERSION}）不符：{names}。这是 0.1.0 之前的安装，migrate 无法升级；"
        "请新建空数据库，运行 manage.py migrate，再用 manage.py move_in 旧数据库地址 迁入数据。",
        f"The tables differ from this release ({VERSION}): {names}. The installation is of before 0.1.0, which migrate "
        "cannot upgrade: make an empty database, run manage.py migrate, then manage.py move_in OLD_DATABASE_URL.",
    )


@register(Tags.database)
def check_installation(databases: Sequence[str] | None = None, **_given: Any) -> list[CheckMessage]:
    """`check --database default` tells the same."""
    faults = find_installation_faults() if "default" in (databases or ()) else []
    return [Error(str(fault), id=f"qualityplan.{fault.code}") for fault in faults]


def refuse_other_database() -> None:
    """SystemExit with a sentence where this process would answer with failures: web server, worker and beat ask before
    they serve. A database that is away is no reason; pages say so, and it comes back."""
    try:
        faults = find_installation_faults()
    except (OperationalError, InterfaceError) as error:
        if not database_is_away(error):
            raise
        logger.warning("the database is away, its tables are not compared", extra={"error": str(error)})
        return
    finally:
        connections.close_all()
    for fault in faults:
        logger.critical("not served: %s", fault)
    if faults:
        raise SystemExit(APP_LOAD_ERROR)


APP_LOAD_ERROR = 4
"""The exit code at which gunicorn does not start a worker again, but ends itself."""
