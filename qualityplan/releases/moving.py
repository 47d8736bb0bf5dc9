"""Everything that another database holds, moved into an empty one of this release: from an installation of before
0.1.0, whose tables may differ, or from SQLite to PostgreSQL and back.

The old database is only read, as it was at one moment. Rows are written as they stand there, with their keys, seals
and moments; what a table of this release has besides is filled by its default. What only the old one has is lost, so
whoever moves must name it. Triggers rest meanwhile, because they watch how rows come about and not how they are
carried; in their place every foreign key is asked for at the end. All is one transaction: a row that does not fit
leaves the new database empty.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignKey, Model
from django.db.models.sql import InsertQuery
from django.db.utils import DatabaseError, load_backend
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from departments.database.triggers import remove_triggers
from qualityplan.releases.inspection import find_installation_faults, kept_models, tables_of_database

OLD = "moved_from"
"""The name of the connection to the old database."""
LOT = 1000
"""Rows written by one statement at most; SQLite takes fewer."""
MADE_BY_MIGRATE = ("django_content_type", "auth_permission", "targets_appliedformulas")
"""Tables that are not empty after `migrate`; those of the old database take their place."""
NOT_OURS = ("django_migrations", "sqlite_sequence")
"""Tables of the old database that are never moved: each database keeps its own."""


class NotMovedError(Exception):
    """Why nothing was moved, in both languages."""


@dataclass(frozen=True, slots=True)
class MovedTable:
    """A table and how its columns fit: those moved, and those that are new and filled by a default."""

    model: type[Model]
    moved: Sequence["Field[object, object]"]
    new: Sequence["Field[object, object]"]

    @property
    def name(self) -> str:
        """As the database has it."""
        return self.model._meta.db_table

    @property
    def unfillable(self) -> list[str]:
        """New columns that have no value for rows of old."""
        return [f"{self.name}.{field.column}" for field in self.new if not _has_value(field)]


def _has_value(field: "Field[object, object]") -> bool:
    return bool(field.null or field.has_default() or (field.blank and field.empty_strings_allowed))


@dataclass(frozen=True, slots=True)
class MovingPlan:
    """What is moved, and what only the old database has."""

    tables: Sequence[MovedTable]
    gone: Sequence[str]

    @property
    def new(self) -> list[str]:
        """Columns that are filled by a default."""
        return [f"{table.name}.{field.column}" for table in self.tables for field in table.new]


# --- The old database -------------------------------------------------------------------------------------------------


@contextmanager
def open_old_database(description: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """A connection to the old database, as Django describes one, that can only read and sees it as it is at one
    moment."""
    described = {**description}
    if described["ENGINE"] == "django.db.backends.sqlite3":
        described |= {"NAME": f"file:{described['NAME']}?mode=ro", "OPTIONS": {"timeout": 20}}
    else:
        reading = {"isolation_level": ISOLATION_LEVEL_REPEATABLE_READ, "options": "-c default_transaction_read_only=on"}
        described["OPTIONS"] = described["OPTIONS"] | reading
    described = connections.configure_settings({"default": {}, OLD: described})[OLD]
    connections[OLD] = load_backend(described["ENGINE"]).DatabaseWrapper(described, OLD)
    try:
        with _moment():
            yield connections[OLD]
    finally:
        connections[OLD].close()
        del connections[OLD]


@contextmanager
def _moment() -> Iterator[None]:
    """A transaction that reads; NotMovedError where there is nothing to connect to."""
    try:
        connections[OLD].ensure_connection()
    except DatabaseError as error:
        raise NotMovedError(
            f"无法打开旧数据库，请核对地址（{error}）。 / "
            f"The old database cannot be opened; check its address ({error})."
        ) from error
    with transaction.atomic(using=OLD):
        yield


def plan_moving(old: BaseDatabaseWrapper) -> MovingPlan:
    """How the tables of the old database fit those of this release."""
    found = tables_of_database(old)
    tables = [_fit(model, found[model._meta.db_table]) for model in _in_order() if model._meta.db_table in found]
    known = {table.name: {field.column for field in (*table.moved, *table.new)} for table in tables}
    if not known:
        raise NotMovedError(
            "旧数据库中没有本系统的表，请核对地址。 / "
            "The old database has none of this service's tables; check its address."
        )
    tables_gone = found.keys() - known.keys() - set(NOT_OURS)
    columns_gone = [f"{table}.{name}" for table, names in known.items() for name in found[table].keys() - names]
    return MovingPlan(tables, sorted([*tables_gone, *columns_gone]))


def _in_order() -> list[type[Model]]:
    """Every model, in the order of the names of their tables."""
    return sorted(kept_models(), key=lambda model: model._meta.db_table)


def _fit(model: type[Model], columns: Collection[str]) -> MovedTable:
    fields = model._meta.local_concrete_fields
    moved = [field for field in fields if field.column in columns]
    return MovedTable(model, moved, [field for field in fields if field.column not in columns])


# --- Refusals ---------------------------------------------------------------------------------------------------------


def demand_fit(plan: MovingPlan, without: Collection[str]) -> None:
    """NotMovedError where something would be lost that nobody has named, or has no value."""
    lost = [name for name in plan.gone if name not in without and name.partition(".")[0] not in without]
    if lost:
        raise NotMovedError(
            f"本版本没有以下表或列，其中的数据将不会迁入；确认不需要，请逐一用 --without 列出：{'、'.join(lost)}。 / "
            f"This release has no such tables or columns, and what they hold would be lost; if it is not needed, name "
            f"each with --without: {', '.join(lost)}."
        )
    if unfillable := [name for table in plan.tables for name in table.unfillable]:
        raise NotMovedError(
            f"以下新列没有默认值，无法从旧数据得出：{'、'.join(unfillable)}；请先在旧数据库中补上这些列。 / "
            f"These columns are new and have no default: {', '.join(unfillable)}. Add them to the old database first."
        )


def demand_empty() -> None:
    """NotMovedError where this database is not that of this release, or holds anything."""
    for fault in find_installation_faults():
        raise NotMovedError(str(fault))
    models = [model for model in _in_order() if model._meta.db_table not in MADE_BY_MIGRATE]
    held = [model._meta.db_table for model in models if model._base_manager.exists()]
    if held:
        raise NotMovedError(
            f"新数据库不是空的（{held[0]}），未做任何改动；请新建空数据库并运行 manage.py migrate。 / "
            f"The new database is not empty ({held[0]}) and was left as it is; make an empty one and run migrate."
        )


# --- Moving -----------------------------------------------------------------------------------------------------------


def move_all(plan: MovingPlan, told: Callable[[str, int], None] = lambda _table, _rows: None) -> int:
    """Writes every row of the old database into this one and gives their number; `told` hears of each table."""
    try:
        with transaction.atomic(), triggers_at_rest():
            _empty_what_migrate_made()
            moved = [_move(table, told) for table in plan.tables]
            demand_parents()
            connection.check_constraints()
    except DatabaseError as error:
        raise NotMovedError(
            f"数据库未接受，未迁入任何数据（{error}）。 / The database did not take it, so nothing was moved ({error})."
        ) from error
    return sum(moved)


@contextmanager
def triggers_at_rest() -> Iterator[None]:
    """Within a transaction, as the owner of the tables: no trigger of ours fires; afterwards all of them stand."""
    if connection.vendor == "sqlite":
        remove_triggers(connection)
    else:
        _for_each_table("DISABLE TRIGGER USER")
    yield
    _reset_sequences()
    if connection.vendor != "sqlite":
        _for_each_table("ENABLE TRIGGER USER")
    # Makes what is missing: triggers on SQLite, content types and permissions of new models, rights of the lesser role.
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def _for_each_table(change: str) -> None:
    with connection.cursor() as cursor:
        for model in kept_models():
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(model._meta.db_table)} {change}")


def _reset_sequences() -> None:
    """What is numbered from now on starts after what was moved."""
    with connection.cursor() as cursor:
        for line in connection.ops.sequence_reset_sql(no_style(), kept_models()):
            cursor.execute(line)


def _empty_what_migrate_made() -> None:
    with connection.cursor() as cursor:
        for table in sorted(MADE_BY_MIGRATE):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our own


def _move(table: MovedTable, told: Callable[[str, int], None]) -> int:
    """Rows as they are read, with what is new filled in."""
    names = [field.attname for field in table.moved]
    rows = table.model._base_manager.using(OLD).order_by("pk").values_list(*names).iterator(chunk_size=LOT)
    given = {field.attname: field.get_default() for field in table.new}
    fields = [*table.moved, *table.new]
    size = min(LOT, connection.ops.bulk_batch_size(fields, [None] * LOT))
    number = 0
    while lot := [table.model(**given, **dict(zip(names, row, strict=True))) for row in islice(rows, size)]:
        _insert(table.model, fields, lot)
        number += len(lot)
    told(table.name, number)
    return number


def _insert(model: type[Model], fields: Sequence["Field[object, object]"], lot: list[Model]) -> None:
    """As they stand: a field that fills itself when a row is added (`auto_now_add`, seals) keeps what was moved."""
    query = InsertQuery(model)
    query.insert_values(fields, lot, raw=True)
    query.get_compiler(using="default").execute_sql()


def demand_parents() -> None:
    """NotMovedError where a row points to none: on PostgreSQL triggers that rest stand in for some foreign keys."""
    for model in kept_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, ForeignKey) and _is_orphaned(model, field):
                raise NotMovedError(
                    f"{model._meta.db_table}.{field.column} 指向不存在的记录，未迁入任何数据。 / "
                    f"{model._meta.db_table}.{field.column} points to a row that is not there; nothing was moved."
                )


def _is_orphaned(model: type[Model], field: "ForeignKey[object, object]") -> bool:
    parents = field.related_model._base_manager.values(field.target_field.attname)
    rows = model._base_manager.exclude(**{f"{field.attname}__isnull": True})
    return bool(rows.exclude(**{f"{field.attname}__in": parents}).exists())
