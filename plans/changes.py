"""Triggers by which the database itself notes that something shown of a plan was changed (see `models.Change`).

They are made after every `migrate` (`departments.database.triggers`). On PostgreSQL they run once a statement and look
at the rows that it has changed; a statement that changes nothing notes nothing. SQLite has one writer at a time and
runs them for each row, so there a row is added once and counted up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from departments.database.triggers import Family, Trigger

NONE = "CAST(NULL AS bigint)"
EVERY_PLAN = f"SELECT {NONE} AS id, {NONE} AS about FROM {{changed_rows}} AS changed"
ITSELF = f"SELECT changed.id, {NONE} AS about FROM {{changed_rows}} AS changed"
ITS_PLAN = f"SELECT changed.plan_id AS id, {NONE} AS about FROM {{changed_rows}} AS changed"
ONE_ROW = "(SELECT 1)"
EVENTS = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}
"""What happens to rows, and as which they are shown: a row that is moved leaves one plan and comes to another."""
_RANDOM = {"postgresql": "(random() * 1099511627776)::bigint", "sqlite": "abs(random()) % 1099511627776"}


@dataclass(frozen=True, slots=True)
class Watch:
    """A table: which plans show its rows, and which of their parts the rows are about (see `models.Change`).

    `plans` is a query of both (`id`, `about`) from the changed rows, which stand in place of {changed_rows} with these
    `columns`: one query for all of them, for a statement may change rows of a thousand figures.

    `only` names the single column whose change matters; then new and deleted rows do not matter.
    """

    table: str
    columns: Sequence[str] = ("id",)
    plans: str = EVERY_PLAN
    only: str = ""


_watched: dict[str, Watch] = {}


def watch_tables(*tables: Watch) -> None:
    """Registers tables to be watched; each app names its own tables when it starts."""
    _watched.update({table.table: table for table in tables})


def list_watched_tables() -> dict[str, Watch]:
    """Every table that is watched, by name."""
    return dict(_watched)


def make_watch_triggers(vendor: str) -> Iterator[Trigger]:
    """The triggers of every table that is watched."""
    dialect = WatchOnPostgreSQL if vendor == "postgresql" else WatchOnSQLite
    for table in _watched.values():
        yield from dialect.of(table)


class WatchOnPostgreSQL:
    """Triggers for each statement, which look at all rows that the statement has changed."""

    @classmethod
    def of(cls, watch: Watch) -> Iterator[Trigger]:
        """The triggers of a table."""
        if watch.only:
            when = f"OLD.{watch.only} IS DISTINCT FROM NEW.{watch.only}"
            event = f"AFTER UPDATE OF {watch.only} ON @table FOR EACH ROW WHEN ({when})"
            yield Trigger(watch.table, "update", cls._statements(EVERY_PLAN.format(changed_rows=ONE_ROW), event))
            return
        for event, sides in EVENTS.items():
            rows = " UNION ".join(f"SELECT {', '.join(watch.columns)} FROM {side.lower()}_rows" for side in sides)
            tables = " ".join(f"{side} TABLE AS {side.lower()}_rows" for side in sides)
            trigger = f"AFTER {event} ON @table REFERENCING {tables} FOR EACH STATEMENT"
            select = watch.plans.format(changed_rows=f"(SELECT DISTINCT * FROM ({rows}) AS changed)")
            yield Trigger(watch.table, event.lower(), cls._statements(select, trigger))
        # TRUNCATE tells no rows: whichever plan showed one of them has changed.
        truncated = EVERY_PLAN.format(changed_rows=ONE_ROW)
        event = "AFTER TRUNCATE ON @table FOR EACH STATEMENT"
        yield Trigger(watch.table, "truncate", cls._statements(truncated, event))

    @staticmethod
    def _statements(select: str, event: str) -> list[str]:
        plans = f"SELECT DISTINCT id, about FROM ({select}) AS plan"
        rows = f"SELECT id, about, {_RANDOM['postgresql']} FROM ({plans}) AS plan"
        body = f"BEGIN INSERT INTO plans_change (plan_id, about_id, number) {rows}; RETURN NULL; END"
        return [
            f"CREATE OR REPLACE FUNCTION @name() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER @name {event} EXECUTE FUNCTION @name()",
        ]


class WatchOnSQLite:
    """Triggers for each row, which count up the plan's number or begin it."""

    @classmethod
    def of(cls, watch: Watch) -> Iterator[Trigger]:
        """The triggers of a table."""
        if watch.only:
            when = f"WHEN OLD.{watch.only} IS NOT NEW.{watch.only}"
            yield cls._trigger(
                watch, "update", f"UPDATE OF {watch.only}", EVERY_PLAN.format(changed_rows=ONE_ROW), when
            )
            return
        for event, sides in EVENTS.items():
            columns = (", ".join(f"{side}.{column} AS {column}" for column in watch.columns) for side in sides)
            rows = " UNION ".join(f"SELECT {listed}" for listed in columns)
            yield cls._trigger(watch, event.lower(), event, watch.plans.format(changed_rows=f"({rows})"))

    @staticmethod
    def _trigger(watch: Watch, name: str, event: str, plans: str, when: str = "") -> Trigger:
        same = "known.plan_id IS plan.id AND known.about_id IS plan.about"
        new = f"NOT EXISTS (SELECT 1 FROM plans_change AS known WHERE {same})"
        meant = f"SELECT known.id FROM ({plans}) AS plan JOIN plans_change AS known ON {same}"
        body = (
            "INSERT INTO plans_change (plan_id, about_id, number) "
            f"SELECT DISTINCT plan.id, plan.about, 0 FROM ({plans}) AS plan WHERE {new}; "
            f"UPDATE plans_change SET number = number + 1 + {_RANDOM['sqlite']} WHERE id IN ({meant})"
        )
        statement = f"CREATE TRIGGER @name AFTER {event} ON @table FOR EACH ROW {when} BEGIN {body}; END"
        return Trigger(watch.table, name, [statement])


FAMILY = Family("plan_changed_", make_watch_triggers)
