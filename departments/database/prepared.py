"""Questions that every request asks are planned once for a connection, where the database can do that.

Planning them takes PostgreSQL longer than answering them. SQLite keeps what it has planned by itself.
"""

import re
from itertools import count
from weakref import WeakKeyDictionary

from django.db import connection

_prepared: WeakKeyDictionary[object, set[str]] = WeakKeyDictionary()
"""The names that each open connection knows."""


def prepare_query(name: str, sql: str) -> str:
    """What to execute in place of `sql`, with the same parameters. `name` belongs to this text alone."""
    if connection.vendor != "postgresql":
        return sql
    with connection.cursor() as cursor:  # only a cursor makes sure of the connection
        known = _prepared.setdefault(connection.connection, set())
        if name not in known:
            with connection.wrap_database_errors:
                cursor.cursor.execute(f"PREPARE {name} AS {_numbered(sql)}")
            known.add(name)
    return f"EXECUTE {name} ({', '.join(['%s'] * sql.count('%s'))})"


def _numbered(sql: str) -> str:
    """With the parameters named as the database names them: $1, $2."""
    number = count(1)
    return re.sub("%s", lambda _found: f"${next(number)}", sql)
