"""Whether something failed because PostgreSQL is away, and not because of what was asked of it.

PostgreSQL gives every answer a code. An error of the connection without one never was an answer: the connection was
refused, or broke off. Of the codes only those that PostgreSQL says farewell or refuses entry with count.
"""

from django.db import InterfaceError, OperationalError

FAREWELLS = ("08", "57P01", "57P02", "57P03", "53300")
"""Beginnings of codes: the connection failed; shut down by its administrator, after a crash, not up yet; too many are
connected."""
CLOSED = "connection already closed"


def database_is_away(error: BaseException | None) -> bool:
    """Whether the error, or one that it was raised from, is a connection to PostgreSQL that was refused or lost."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError) and _is_of_connection(error):
            return True
        error = error.__cause__
    return False


def _is_of_connection(error: Exception) -> bool:
    """Told by what the driver has raised; that of SQLite knows no codes, and no connection that could be lost."""
    raised = error.__cause__ or error
    code = getattr(raised, "pgcode", "")
    if code is None:
        return isinstance(error, OperationalError) or CLOSED in str(raised)
    return str(code).startswith(FAREWELLS)
