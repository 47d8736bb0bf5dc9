"""Attainment rows in and out of the database: one upsert for any number of rows.

On PostgreSQL rows travel by COPY, while others are still being judged; on SQLite by executemany. The statement that
merges them is the same.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from plans.periods import Month
from targets.copying import copy
from targets.models import Attainment, Target

Row = tuple[Any, ...]
"""The values of COLUMNS, in their order."""

KEY = ("target_id", "region_id", "month")
COLUMNS = tuple(field.column or field.attname for field in Attainment._meta.concrete_fields)
ROWS_AT_A_TIME = 20_000
_TABLE = Attainment._meta.db_table
_STAGING = "attainment_staging"
_LINE = "\t".join(["%s"] * len(COLUMNS)) + "\n"


def instance(row: Row) -> Attainment:
    """An unsaved Attainment from a row as `recompute` makes it."""
    names = [field.attname for field in Attainment._meta.concrete_fields]
    values = dict(zip(names, row, strict=True))
    return Attainment(
        **values | {"month": Month.from_key(values["month"]), "revisions": json.loads(values["revisions"])}
    )


def with_rows(target_ids: Collection[int]) -> set[int]:
    """Which of the targets have rows already."""
    rows = Attainment.objects.filter(target=OuterRef("pk"))
    return set(Target.objects.filter(Exists(rows), pk__in=target_ids).values_list("pk", flat=True))


def insert(rows: Iterable[Row]) -> int:
    """Writes rows of which none is stored yet, and returns how many."""
    if connection.vendor == "postgresql":
        return _copy(_TABLE, rows)
    return sum(map(_execute_many, _lots(rows)))


def upsert(rows: Iterable[Row]) -> int:
    """Writes the rows over what is stored, leaves alone those that say the same, and returns how many."""
    if connection.vendor == "postgresql":
        return _copy_over(rows)
    return sum(map(_execute_many, _lots(rows)))


def _lots(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while lot := list(islice(waiting, ROWS_AT_A_TIME)):
        yield lot


def _merge(source: str) -> str:
    """One statement for both databases; a row that says the same is not written again."""
    names = ", ".join(COLUMNS)
    values = [name for name in COLUMNS if name not in KEY]
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    stored, offered = (", ".join(f"{table}.{name}" for name in values) for table in (_TABLE, "excluded"))
    differ = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    return (
        f"INSERT INTO {_TABLE} ({names}) {source} ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {updates} "
        f"WHERE ({stored}) {differ} ({offered})"
    )


def _copy_over(rows: Iterable[Row]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {_STAGING} (LIKE {_TABLE}) ON COMMIT DROP")
        _copy(_STAGING, rows)
        cursor.execute(_merge(f"SELECT {', '.join(COLUMNS)} FROM {_STAGING}"))
        written: int = cursor.rowcount
        cursor.execute(f"DROP TABLE {_STAGING}")
    return written


def _copy(table: str, rows: Iterable[Row]) -> int:
    """COPY into a table with the columns of Attainment. No value holds a tab, a line break or a backslash, and none but
    None is written "None"."""
    return copy(table, COLUMNS, map(_LINE.__mod__, rows), nothing="None")


def _execute_many(rows: list[Row]) -> int:
    with connection.cursor() as cursor:
        statement = _merge(f"VALUES ({', '.join(['%s'] * len(COLUMNS))})")
        cursor.executemany(statement, [[_plain(value) for value in row] for row in rows])
        return int(cursor.rowcount)


def _plain(value: Any) -> Any:
    """A value as SQLite keeps it: decimals as text, so that none becomes a float."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
