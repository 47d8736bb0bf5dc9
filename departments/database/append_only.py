"""Triggers by which the database itself refuses to change, delete or backdate what was only ever added.

Each app names its own tables when it starts. The triggers are made after every `migrate`
(`departments.database.triggers`).

What a trigger refuses, whoever owns the tables can still do within `rewriting`: removing a plan, setting made-up
figures back in time, emptying the tables of a test. That takes nothing away, because an owner could drop the trigger.
A service that runs under a lesser role (`manage.py database_roles`) owns nothing, so nothing opens them for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from simple_history.models import HistoricalChanges

from departments.database.triggers import Family, Trigger

SETTING = "qualityplan.rewriting"


@dataclass(frozen=True, slots=True)
class AppendOnly:
    """A table whose rows stay as they were added, but for the fields named here.

    `changing` may change, `once` may be set where they are empty and stay so then. `days` is for how long rows are
    kept; without it for good. `moments` say when something happened: under the lesser role they lie within a day of the
    database's clock. Were it closer, a web server whose clock is wrong could write nothing at all; that the moments of
    one figure run forwards the service sees to (`targets.bulk.event_times`), and the chain tells in which order rows
    came. The owner is not held to it, because fixtures may bring a history and made-up figures are set back. An import
    of earlier years' figures is no exception: their month lies in the past, what is done to them happens now.
    """

    model: type[models.Model]
    changing: Sequence[str] = ()
    once: Sequence[str] = ()
    moments: Sequence[str] = ()
    days: int = 0

    @property
    def table(self) -> str:
        """Its name in the database."""
        return self.model._meta.db_table

    def columns(self, names: Sequence[str]) -> list[str]:
        """The columns of these fields."""
        return [str(field.column) for field in self.model._meta.concrete_fields if field.name in names]

    @property
    def frozen(self) -> list[str]:
        """The columns that never change."""
        others = {*self.columns(self.changing), *self.columns(self.once)}
        return [str(field.column) for field in self.model._meta.concrete_fields if field.column not in others]


_declared: dict[str, AppendOnly] = {}


def declare_append_only(*tables: AppendOnly) -> None:
    """Each app names its own tables when it starts."""
    _declared.update({table.table: table for table in tables})


def list_append_only_tables() -> list[AppendOnly]:
    """Every table that only grows; the histories of edited rows are among them."""
    histories = (AppendOnly(model) for model in apps.get_models() if issubclass(model, HistoricalChanges))
    return [*_declared.values(), *histories]


@contextmanager
def rewriting() -> Iterator[None]:
    """Lets the owner of the tables change what is kept, within a transaction; a service under the lesser role is
    refused all the same."""
    opened = _opened_on_postgresql if connection.vendor == "postgresql" else _opened_on_sqlite
    with transaction.atomic(), opened():
        yield


@contextmanager
def _opened_on_postgresql() -> Iterator[None]:
    """Opens the tables by a setting of the transaction, which ends with the block or when the transaction is undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', true)", [SETTING])
        yield
        cursor.execute("SELECT set_config(%s, '', true)", [SETTING])


@contextmanager
def _opened_on_sqlite() -> Iterator[None]:
    """Opens the tables of this process; SQLite lets one transaction write at a time, so nobody else comes in."""
    _rewriting.add(connection.alias)
    try:
        yield
    finally:
        _rewriting.discard(connection.alias)


_rewriting: set[str] = set()
"""The databases in which this process rewrites."""


def teach_sqlite_connection(connection: BaseDatabaseWrapper, **_sent: object) -> None:
    """Tells a new connection to SQLite what its triggers ask; another program's connection knows nothing of it, and
    what it tries fails."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("history_rewritten", 0, lambda: connection.alias in _rewriting)


def make_append_only_triggers(vendor: str) -> Iterator[Trigger]:
    """The triggers of every table that only grows."""
    dialect = AppendOnlyOnPostgreSQL if vendor == "postgresql" else AppendOnlyOnSQLite
    for table in list_append_only_tables():
        yield from dialect.of(table)


def functions_of_append_only(vendor: str) -> tuple[str, ...]:
    """The functions of the database that the triggers call."""
    return (AppendOnlyOnPostgreSQL.FUNCTION,) if vendor == "postgresql" else ()


def _refusals(table: AppendOnly) -> tuple[str, str]:
    """Why a row is not changed, and why it is not deleted."""
    kept = f"kept for {table.days} days" if table.days else "never deleted"
    return f"A row of {table.table} is never changed.", f"A row of {table.table} is {kept}."


def _lost(name: str, differs: str) -> str:
    """That what was set once is set to something else."""
    return f'OLD."{name}" {differs} NEW."{name}" AND OLD."{name}" IS NOT NULL'


class AppendOnlyOnPostgreSQL:
    """Conditions of triggers, so that no function is called for what is allowed."""

    # The two arguments: whether the owner needs to ask, and what is said to others.
    FUNCTION = f"""
        CREATE OR REPLACE FUNCTION history_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (TG_ARGV[0] = 'moment' OR current_setting('{SETTING}', true) = 'on')
                AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
                RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
            END IF;
            RAISE EXCEPTION USING MESSAGE = TG_ARGV[1];
        END $$
        """

    @classmethod
    def of(cls, table: AppendOnly) -> Iterator[Trigger]:
        """The triggers of a table."""
        never, kept = _refusals(table)
        changed = [f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in table.frozen]
        ended = [_lost(name, "IS DISTINCT FROM") for name in table.columns(table.once)]
        yield cls._trigger(table, "update", "UPDATE", " OR ".join([*changed, *ended]), "change", never)
        young = f"OLD.{table.moments[0]} >= clock_timestamp() - interval '{table.days} days'" if table.days else "true"
        yield cls._trigger(table, "delete", "DELETE", young, "change", kept)
        yield Trigger(table.table, "truncate", [cls._statement("TRUNCATE ON @table", "change", kept)])
        for name in table.columns(table.moments):
            off = f"NEW.{name} NOT BETWEEN now() - interval '1 day' AND now() + interval '1 day'"
            told = f"Now is not {name} of a row of {table.table}."
            yield cls._trigger(table, f"{name}_insert", "INSERT", off, "moment", told)
            if name not in table.frozen:
                moved = f"OLD.{name} IS DISTINCT FROM NEW.{name} AND {off}"
                yield cls._trigger(table, f"{name}_moment", f"UPDATE OF {name}", moved, "moment", told)

    @classmethod
    def _trigger(cls, table: AppendOnly, name: str, event: str, when: str, kind: str, said: str) -> Trigger:
        statement = cls._statement(f"{event} ON @table FOR EACH ROW WHEN ({when})", kind, said)
        return Trigger(table.table, name, [statement])

    @staticmethod
    def _statement(event: str, kind: str, said: str) -> str:
        return f"CREATE TRIGGER @name BEFORE {event} EXECUTE FUNCTION history_kept('{kind}', '{said}')"


class AppendOnlyOnSQLite:
    """There is no TRUNCATE, and whoever reaches the file owns it: what is kept is kept from mistakes."""

    @classmethod
    def of(cls, table: AppendOnly) -> Iterator[Trigger]:
        """The triggers of a table."""
        never, kept = _refusals(table)
        changed = [f'OLD."{name}" IS NOT NEW."{name}"' for name in table.frozen]
        ended = [_lost(name, "IS NOT") for name in table.columns(table.once)]
        yield cls._trigger(table, "update", "UPDATE", " OR ".join([*changed, *ended]), never)
        young = f"OLD.{table.moments[0]} >= datetime('now', '-{table.days} days')" if table.days else "1"
        yield cls._trigger(table, "delete", "DELETE", young, kept)

    @staticmethod
    def _trigger(table: AppendOnly, name: str, event: str, when: str, said: str) -> Trigger:
        asked = f"({when}) AND NOT history_rewritten()"
        body = f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        statement = f"CREATE TRIGGER @name BEFORE {event} ON @table FOR EACH ROW WHEN {asked} {body}"
        return Trigger(table.table, name, [statement])


FAMILY = Family("kept_", make_append_only_triggers, functions_of_append_only)
