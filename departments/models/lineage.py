"""The regions below and above a region, asked of the database beside something else, so that they cost no query."""

from functools import lru_cache

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler

_LISTED = {"postgresql": "string_agg(id::text, ',')"}
"""How a database writes several ids as one text; SQLite's way is the usual one."""
BELOW = (
    "WITH RECURSIVE part(id) AS (SELECT CAST(%s AS bigint) UNION SELECT lower.id FROM departments_region AS lower "
    "JOIN part ON lower.parent_id = part.id) SELECT id FROM part"
)
"""The ids of a region and all its parts, a row each."""
_BELOW = (
    "(WITH RECURSIVE part(id) AS (SELECT {start} UNION SELECT lower.id FROM departments_region AS lower "
    "JOIN part ON lower.parent_id = part.id) SELECT {listed} FROM part)"
)
_ABOVE = (
    "(WITH RECURSIVE whole(id) AS (SELECT {start} UNION SELECT lower.parent_id FROM departments_region AS lower "
    "JOIN whole ON lower.id = whole.id WHERE lower.parent_id IS NOT NULL) SELECT {listed} FROM whole)"
)


def sql_of_regions_below(start: str, vendor: str = "") -> str:
    """The ids of a region and all its parts as one text, as an expression; `start` is the SQL of the region's id."""
    return _written(_BELOW, start, vendor)


def sql_of_regions_above(start: str, vendor: str = "") -> str:
    """The ids of a region and of every region that it is a part of as one text, as an expression."""
    return _written(_ABOVE, start, vendor)


def _written(template: str, start: str, vendor: str) -> str:
    listed = _LISTED.get(vendor or connection.vendor, "group_concat(id)")
    return template.format(start=start, listed=listed)


@lru_cache(maxsize=4096)
def parse_region_ids(text: str | None) -> frozenset[int]:
    """The ids in a text of ids."""
    return frozenset(map(int, text.split(","))) if text else frozenset()


class RegionsBelow(Func):
    """`sql_of_regions_below` of a column, for the ORM."""

    output_field = TextField()
    _sql = staticmethod(sql_of_regions_below)

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: object,
    ) -> tuple[str, tuple[str | int, ...]]:
        """The expression in the words of the database."""
        sql, parameters = compiler.compile(self.source_expressions[0])
        return self._sql(sql, connection.vendor), parameters


class RegionsAbove(RegionsBelow):
    """`sql_of_regions_above` of a column, for the ORM."""

    _sql = staticmethod(sql_of_regions_above)
