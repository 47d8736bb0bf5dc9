"""Triggers that are made after every `migrate` where they are missing or out of date, not by a migration.

SQLite makes a table anew to alter it. It forgets the table's triggers, and refuses altogether where the trigger of
another table reads the one that is made anew. So there all of them are taken away before migrations run; a migration
that fails leaves the database without them until the next one ends well, and the service does not start before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

LIST = {
    "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
}
DROP = {
    "postgresql": "DROP TRIGGER {name} ON {table}; DROP FUNCTION IF EXISTS {name}()",
    "sqlite": "DROP TRIGGER {name}",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of a table and the statements that make it, with @name and @table in place of both names.

    Its name holds a hash of what it does, so that one that is out of date is recognised.
    """

    table: str
    event: str
    statements: Sequence[str]

    def named(self, prefix: str) -> str:
        """Its name within its family."""
        return f"{prefix}{sha256(repr((self.table, *self.statements)).encode()).hexdigest()[:8]}_{self.event}"

    def lines(self, name: str) -> list[str]:
        """The statements that make it under this name."""
        return [line.replace("@name", name).replace("@table", self.table) for line in self.statements]


@dataclass(frozen=True, slots=True)
class Family:
    """Triggers whose names begin alike; `of` gives those of a kind of database, `before` is run before any is made."""

    prefix: str
    of: Callable[[str], Iterable[Trigger]]
    before: Callable[[str], Iterable[str]] = lambda _vendor: ()

    def wanted(self, vendor: str, there: Sequence[str]) -> dict[str, Trigger]:
        """Those of the tables that are there, by name."""
        return {trigger.named(self.prefix): trigger for trigger in self.of(vendor) if trigger.table in there}


_families: dict[str, Family] = {}


def register_trigger_family(family: Family) -> None:
    """Each app names its own family when it starts."""
    _families[family.prefix] = family


def renew_triggers(using: str = "default", **_sent: object) -> None:
    """Makes the triggers that are missing and removes those that are out of date; called after `migrate`."""
    made = connections[using]
    with made.cursor() as cursor:
        there = made.introspection.table_names(cursor)
        for family in _families.values():
            _make(cursor, made.vendor, family, family.wanted(made.vendor, there))


def _make(cursor: CursorWrapper, vendor: str, family: Family, wanted: dict[str, Trigger]) -> None:
    known = dict(_known(cursor, vendor, family))
    missing = wanted.keys() - known.keys()
    for name in known.keys() - wanted.keys():
        cursor.execute(DROP[vendor].format(name=name, table=known[name]))
    for line in family.before(vendor) if missing else ():
        cursor.execute(line)
    for name in sorted(missing):
        for line in wanted[name].lines(name):
            cursor.execute(line)


def _known(cursor: CursorWrapper, vendor: str, family: Family) -> Iterator[tuple[str, str]]:
    """Name and table of each trigger of the family that the database has."""
    cursor.execute(LIST[vendor])
    yield from ((name, table) for name, table in cursor.fetchall() if name.startswith(family.prefix))


def remove_triggers_before_migrating(using: str = "default", plan: Sequence[object] = (), **_sent: object) -> None:
    """Removes the triggers before migrations run: SQLite could not make a table anew beside them."""
    made = connections[using]
    if made.vendor == "sqlite" and plan:
        remove_triggers(made)


def remove_triggers(made: BaseDatabaseWrapper) -> None:
    """Removes every trigger of ours."""
    with made.cursor() as cursor:
        for family in _families.values():
            for name, table in list(_known(cursor, made.vendor, family)):
                cursor.execute(DROP[made.vendor].format(name=name, table=table))
