"""Many rows at once into the database: by COPY on PostgreSQL, while they are still being made, else by executemany."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import islice

from django.db import DatabaseError, connection

LARGEST = 2**63 - 1
"""The largest whole number of SQLite."""
COPIED_AT_A_TIME, EXECUTED_AT_A_TIME = 500, 20_000
_NOTHING = "None"
SqlValue = bool | int | Decimal | str | date | None
"""What a column holds, and what a statement is given for a %s; a moment is a day as well."""
Row = tuple[SqlValue, ...]
"""Values in the order of the columns: numbers, days, texts (free ones as `copy_text` gives them) and None."""


class Lines:
    """Rows on their way into a COPY: made into lines a bundle at a time, as the driver asks for them or beforehand."""

    def __init__(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        self.columns = columns
        line = "\t".join(["%s"] * len(columns)) + "\n"
        self._lines: Iterator[str] = map(line.__mod__, rows)
        self._ready: deque[str] = deque()
        self._failure: Exception | None = None

    def prepare(self) -> bool:
        """Makes one bundle beforehand: whether there was anything left."""
        bundle = self._bundle()
        self._ready.append(bundle)
        return bool(bundle)

    def read(self, _size: int = 0) -> str:
        """The next bundle, whatever its size; empty at the end."""
        try:
            return self._ready.popleft() if self._ready else self._bundle()
        except Exception as failure:
            self._failure = failure
            raise

    @contextmanager
    def failure_shown(self) -> Iterator[None]:
        """What went wrong while a row was made is raised as it was: the driver knows only that the COPY has ended."""
        try:
            yield
        except DatabaseError:
            if self._failure is None:
                raise
            raise self._failure from None

    def _bundle(self) -> str:
        return "".join(islice(self._lines, COPIED_AT_A_TIME))


def copy_into_table(table: str, lines: Lines) -> int:
    """Writes lines into a table of PostgreSQL: how many. The server takes in what has come so far meanwhile.

    While they are made the connection is busy: whatever they need from the database has to be there before.
    """
    with lines.failure_shown(), connection.wrap_database_errors, connection.cursor() as cursor:
        columns = ", ".join(lines.columns)
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (NULL '{_NOTHING}')", lines)
        return int(cursor.rowcount)


def copy_text(free: str) -> str:
    """A text that may hold anything, as a row has it: on PostgreSQL the signs escaped that mean something in a COPY."""
    if not free or connection.vendor != "postgresql":
        return free
    escaped = free.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return f"\\{escaped}" if escaped == _NOTHING else escaped


def execute_many(sql: str, rows: Iterable[Row]) -> int:
    """A statement for each of the rows: how many rows it has touched."""
    waiting, touched = iter(rows), 0
    with connection.cursor() as cursor:
        while lot := [[_plain(value) for value in row] for row in islice(waiting, EXECUTED_AT_A_TIME)]:
            cursor.executemany(sql, lot)
            touched += cursor.rowcount
    return touched


def _plain(value: SqlValue) -> SqlValue:
    """A value as SQLite keeps it: decimals as text, so that none becomes a float, and numbers beyond its own."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and value > LARGEST:
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
