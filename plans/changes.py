"""Triggers by which the database itself notes that something shown of a plan was changed (see `models.Change`).

They are made after every `migrate` where they are missing or out of date, not by a migration: SQLite makes a table
anew to alter it and forgets its triggers. On PostgreSQL they run once a statement and look at the rows that it has
changed; a statement that changes nothing notes nothing. SQLite has one writer at a time and runs them for each row, so
there a row is added once and counted up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import connections

NONE = "CAST(NULL AS bigint)"
EVERY_PLAN = f"SELECT {NONE} AS id"
ITSELF = "SELECT {0} AS id"
PREFIX = "plan_changed_"
_RANDOM = {"postgresql": "(random() * 1099511627776)::bigint", "sqlite": "abs(random()) % 1099511627776"}


@dataclass(frozen=True, slots=True)
class Watch:
    """A table: which columns of a changed row, put in place of {0} and {1}, tell the ids (AS id) of the plans that show
    it, and about which of their parts it is (see `models.Change`).

    `only` names the one column whose change matters; then new rows and deleted ones do not.
    """

    table: str
    columns: Sequence[str] = ("id",)
    plans: str = EVERY_PLAN
    about: str = NONE
    only: str = ""

    def of(self, row: str) -> tuple[str, str]:
        """The plans and the part, told from a row of this name."""
        columns = [f"{row}.{one}" for one in self.columns]
        return self.plans.format(*columns), self.about.format(*columns)


_watched: dict[str, Watch] = {}


def watch(*tables: Watch) -> None:
    """Each app names its own tables when it starts."""
    _watched.update({one.table: one for one in tables})


def watched() -> dict[str, Watch]:
    """Every table that is watched, by name."""
    return dict(_watched)


def keep_watch(using: str = "default", **_sent: Any) -> None:
    """Makes the triggers that are missing and removes those that are out of date; called after `migrate`."""
    connection = connections[using]
    dialect: type[PostgreSQL] | type[SQLite] = PostgreSQL if connection.vendor == "postgresql" else SQLite
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
        wanted = {name: lines for one in _watched.values() if one.table in there for name, lines in dialect.of(one)}
        cursor.execute(dialect.LIST)
        known = {name: table for name, table in cursor.fetchall() if name.startswith(PREFIX)}
        for name in known.keys() - wanted.keys():
            cursor.execute(dialect.DROP.format(name=name, table=known[name]))
        for name in wanted.keys() - known.keys():
            for line in wanted[name]:
                cursor.execute(line)


def _named(watch: Watch, event: str, statements: list[str]) -> tuple[str, list[str]]:
    """A trigger's name holds a hash of what it does, so that one that is out of date is recognised."""
    name = f"{PREFIX}{sha256(repr((watch.table, statements)).encode()).hexdigest()[:8]}_{event}"
    return name, [line.replace("@name", name).replace("@table", watch.table) for line in statements]


class PostgreSQL:
    """Once a statement, from the table of the rows that it has changed."""

    LIST = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    DROP = "DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()"
    EVENTS = (
        ("insert", "INSERT", "NEW"),
        ("delete", "DELETE", "OLD"),
        ("update", "UPDATE", "NEW"),
        ("leave", "UPDATE", "OLD"),
    )

    @classmethod
    def of(cls, watch: Watch) -> Iterator[tuple[str, list[str]]]:
        """Name and statements of each trigger of a table."""
        if watch.only:
            when = f"OLD.{watch.only} IS DISTINCT FROM NEW.{watch.only}"
            event = f"AFTER UPDATE OF {watch.only} ON @table FOR EACH ROW WHEN ({when})"
            yield _named(watch, "update", cls._statements(f"SELECT {NONE} AS id, {NONE} AS about", event))
            return
        plans, about = watch.of("one")
        rows = f"SELECT DISTINCT {', '.join(watch.columns)} FROM changed"
        select = f"SELECT DISTINCT plan.id, {about} AS about FROM ({rows}) AS one CROSS JOIN LATERAL ({plans}) AS plan"
        for name, event, side in cls.EVENTS:
            trigger = f"AFTER {event} ON @table REFERENCING {side} TABLE AS changed FOR EACH STATEMENT"
            yield _named(watch, name, cls._statements(select, trigger))

    @staticmethod
    def _statements(select: str, event: str) -> list[str]:
        rows = f"SELECT plan.id, plan.about, {_RANDOM['postgresql']} FROM ({select}) AS plan"
        body = f"BEGIN INSERT INTO plans_change (plan_id, about_id, number) {rows}; RETURN NULL; END"
        return [
            f"CREATE OR REPLACE FUNCTION @name() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER @name {event} EXECUTE FUNCTION @name()",
        ]


class SQLite:
    """For each row: adds to the plan's number, or begins one."""

    LIST = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    DROP = "DROP TRIGGER {name}"

    @classmethod
    def of(cls, watch: Watch) -> Iterator[tuple[str, list[str]]]:
        """Name and statements of each trigger of a table."""
        if watch.only:
            when = f"WHEN OLD.{watch.only} IS NOT NEW.{watch.only}"
            yield cls._trigger(watch, "update", f"UPDATE OF {watch.only}", (EVERY_PLAN, NONE), when)
            return
        for name, event, row in PostgreSQL.EVENTS:
            yield cls._trigger(watch, name, event, watch.of(row))

    @staticmethod
    def _trigger(watch: Watch, name: str, event: str, of: tuple[str, str], when: str = "") -> tuple[str, list[str]]:
        plans, about = of
        same = f"plans_change.plan_id IS plan.id AND plans_change.about_id IS {about}"
        known = f"EXISTS (SELECT 1 FROM plans_change WHERE {same})"
        meant = f"EXISTS (SELECT 1 FROM ({plans}) AS plan WHERE {same})"
        new = f"SELECT plan.id, {about}, 0 FROM ({plans}) AS plan WHERE NOT {known}"
        body = (
            f"INSERT INTO plans_change (plan_id, about_id, number) {new}; "
            f"UPDATE plans_change SET number = number + 1 + {_RANDOM['sqlite']} WHERE {meant}"
        )
        return _named(
            watch, name, [f"CREATE TRIGGER @name AFTER {event} ON @table FOR EACH ROW {when} BEGIN {body}; END"]
        )
