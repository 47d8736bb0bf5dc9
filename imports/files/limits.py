"""How large a file may be, and what is said of one that cannot be read."""

from dataclasses import dataclass


class UnreadableError(Exception):
    """A file that cannot be read; `code` and `details` make the sentence."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: as it comes, unpacked, in rows, cells, columns and sheets, and in what its cells say.

    With these a file takes less than 300 MB of memory, whatever is in it.
    """

    size: int = 50 * 1024 * 1024
    unpacked: int = 100 * 1024 * 1024
    rows: int = 200_000
    cells: int = 3_000_000
    columns: int = 1_000
    sheets: int = 100
    parts: int = 10_000
    text: int = 50 * 1024 * 1024

    def check_place(self, rows: int, columns: int) -> None:
        """Refuses a sheet whose last cell lies there; UnreadableError says why."""
        if rows > self.rows:
            raise UnreadableError("too_many_rows", limit=str(self.rows))
        if rows * columns > self.cells:
            raise UnreadableError("bomb")
        if columns > self.columns:
            raise UnreadableError("too_many_columns", limit=str(self.columns))
