"""Attainment rows in and out of the database: one upsert for any number of rows.

On PostgreSQL rows travel by COPY, while others are still being judged; on SQLite by executemany. The statement that
merges them is the same.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from plans.periods import Month
from targets.bulk.copy_rows import Lines, copy_into_table, execute_many
from targets.models import Attainment, Target

Row = tuple[Any, ...]  # the columns are those of the model, which are known at run time alone
"""The values of COLUMNS, in their order; none is a text that anybody has typed."""

KEY = ("target_id", "region_id", "month")
MONTH = KEY.index("month")
"""Where the month stands in a row."""
COLUMNS = tuple(field.column or field.attname for field in Attainment._meta.concrete_fields)
_TABLE = Attainment._meta.db_table
_STAGING = "attainment_staging"


def attainment_of_row(row: Row) -> Attainment:
    """An unsaved Attainment from a row as `recompute` makes it."""
    names = [field.attname for field in Attainment._meta.concrete_fields]
    values = dict(zip(names, row, strict=True))
    for name in ("month", "counted_from", "last_month"):
        values[name] = values[name] and Month.from_key(values[name])
    return Attainment(**values | {"revisions": json.loads(values["revisions"])})


def targets_with_rows(target_ids: Collection[int]) -> set[int]:
    """Which of the targets have rows already."""
    rows = Attainment.objects.filter(target=OuterRef("pk"))
    return set(Target.objects.filter(Exists(rows), pk__in=target_ids).values_list("pk", flat=True))


def write_attainments(rows: Iterable[Row], *, all_new: bool) -> int:
    """Writes the rows over what is stored, leaves alone those that say the same, and returns how many. `all_new`: none
    of them is stored yet, which is quicker."""
    if connection.vendor == "postgresql":
        return write_lines(lines_of(rows), all_new=all_new)
    return execute_many(_merge(f"VALUES ({', '.join(['%s'] * len(COLUMNS))})"), rows)


def lines_of(rows: Iterable[Row]) -> Lines:
    """The rows for `write_lines`, on PostgreSQL."""
    return Lines(COLUMNS, rows)


def write_lines(lines: Lines, *, all_new: bool) -> int:
    """The same as `write_attainments`, of rows that may have been made into lines already."""
    return copy_into_table(_TABLE, lines) if all_new else _copy_over(lines)


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


def _copy_over(lines: Lines) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {_STAGING} (LIKE {_TABLE}) ON COMMIT DROP")
        copy_into_table(_STAGING, lines)
        cursor.execute(_merge(f"SELECT {', '.join(COLUMNS)} FROM {_STAGING}"))
        written: int = cursor.rowcount
        cursor.execute(f"DROP TABLE {_STAGING}")
    return written
