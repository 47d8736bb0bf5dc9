"""COPY into PostgreSQL while the rows are still being made: the server takes in what has come so far meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection

ROWS_AT_A_TIME = 500


class _Lines:
    """Lines as the driver reads them, a bundle at a time."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: Iterator[str] = iter(lines)

    def read(self, _size: int = 0) -> str:
        """The next bundle, whatever its size; empty at the end."""
        return "".join(islice(self._lines, ROWS_AT_A_TIME))


def copy(table: str, columns: Sequence[str], lines: Iterable[str], *, nothing: str = "\\N") -> int:
    """Writes lines of cells, divided by tabs and ended by line breaks, into a table: how many; `nothing` is a NULL.

    While they are made the connection is busy: whatever they need from the database has to be there before.
    """
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (NULL '{nothing}')", _Lines(lines))
        return int(cursor.rowcount)
