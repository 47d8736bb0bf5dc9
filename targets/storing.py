"""Attainment rows in and out of the database: one upsert for any number of rows.

On PostgreSQL rows travel by COPY; on SQLite by executemany. The statement that merges them is the same.
"""

import io
import json
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection

from plans.periods import Month
from targets.models import Attainment

Row = tuple[Any, ...]
"""The values of COLUMNS, in their order."""
Hashes = dict[tuple[int, int, int], str]
"""(target id, region id, month key) → hash of the inputs"""

KEY = ("target_id", "region_id", "month")
COLUMNS = tuple(field.column or field.attname for field in Attainment._meta.concrete_fields)
ROWS_AT_A_TIME = 20_000
_TABLE = Attainment._meta.db_table
_STAGING = "attainment_staging"


def instance(row: Row) -> Attainment:
    """An unsaved Attainment from a row as `recompute` makes it."""
    names = [field.attname for field in Attainment._meta.concrete_fields]
    values = dict(zip(names, row, strict=True))
    return Attainment(
        **values | {"month": Month.from_key(values["month"]), "revisions": json.loads(values["revisions"])}
    )


def stored_hashes(pairs: dict[tuple[int, int], int]) -> Hashes:
    """The hashes of what is stored for (target, region) pairs from the given months on, in one query."""
    values = ",".join(f"({target_id},{region_id},{first})" for (target_id, region_id), first in pairs.items())
    sql = (
        f"WITH wanted(target_id, region_id, first) AS (VALUES {values}) "
        f"SELECT a.target_id, a.region_id, a.month, a.inputs_hash FROM wanted w "
        f"JOIN {_TABLE} a ON a.target_id = w.target_id AND a.region_id = w.region_id "
        "WHERE a.month % 100 >= w.first"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}


def upsert(rows: Iterable[Row], *, fresh: bool) -> int:
    """Writes the rows over what is stored and returns how many; `fresh` says that none of their keys is stored yet."""
    write = (_copy_new if fresh else _copy_over) if connection.vendor == "postgresql" else _execute_many
    waiting, total = iter(rows), 0
    while lot := list(islice(waiting, ROWS_AT_A_TIME)):
        write(lot)
        total += len(lot)
    return total


def _merge(source: str) -> str:
    names = ", ".join(COLUMNS)
    updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in KEY)
    return f"INSERT INTO {_TABLE} ({names}) {source} ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {updates}"


def _copy_new(rows: list[Row]) -> None:
    with connection.cursor() as cursor:
        copy_rows(cursor, _TABLE, rows)


def _copy_over(rows: list[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {_STAGING} (LIKE {_TABLE}) ON COMMIT DROP")
        copy_rows(cursor, _STAGING, rows)
        cursor.execute(_merge(f"SELECT {', '.join(COLUMNS)} FROM {_STAGING}"))
        cursor.execute(f"DROP TABLE {_STAGING}")


def _execute_many(rows: list[Row]) -> None:
    with connection.cursor() as cursor:
        statement = _merge(f"VALUES ({', '.join(['%s'] * len(COLUMNS))})")
        cursor.executemany(statement, [[_plain(value) for value in row] for row in rows])


def _plain(value: Any) -> Any:
    """A value as SQLite keeps it: decimals as text, so that none becomes a float."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def copy_rows(cursor: Any, table: str, rows: Collection[Row]) -> None:
    """COPY into a table with the columns of Attainment. No value holds a tab, a line break or a backslash."""
    lines = ["\t".join(["\\N" if value is None else str(value) for value in row]) for row in rows]
    cursor.copy_expert(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN", io.StringIO("\n".join(lines)))
