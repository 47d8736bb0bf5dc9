"""Two descriptions of tables, compared: what the code expects and what the database has. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """The type of a column as the database writes it (empty: any will do), and whether a value may be missing."""

    kind: str
    nullable: bool

    def takes(self, found: "Column | None") -> bool:
        """Whether a column that was found is what this one asks for."""
        return found is not None and found.nullable == self.nullable and self.kind in ("", found.kind)

    def __str__(self) -> str:
        return self.kind if self.nullable else f"{self.kind} NOT NULL"


Tables = Mapping[str, Mapping[str, Column]]
"""Table → column → what it is."""


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """A table or, where `column` is given, a column that is not as expected. None: it is not there."""

    table: str
    column: str
    expected: Column | None
    found: Column | None

    @property
    def name(self) -> str:
        """As `move_in` and the sentences name it."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def __str__(self) -> str:
        if self.expected is None:
            return f"{self.name}（多出 / not of this release）"
        if self.found is None:
            return f"{self.name}（缺少 / missing）"
        return f"{self.name}（{self.found} ≠ {self.expected}）"


def compare_tables(expected: Tables, found: Tables) -> list[SchemaDifference]:
    """How the tables that the code knows differ from those that are there, in the order of their names.

    A table that only the database has is none of ours: another program may share the database.
    """
    return [difference for table in sorted(expected) for difference in _of_table(table, expected[table], found)]


def _of_table(table: str, expected: Mapping[str, Column], found: Tables) -> Iterator[SchemaDifference]:
    if table not in found:
        yield SchemaDifference(table, "", Column("", False), None)
        return
    for name in sorted(expected.keys() | found[table].keys()):
        wanted, there = expected.get(name), found[table].get(name)
        if wanted is None or not wanted.takes(there):
            yield SchemaDifference(table, name, wanted, there)


def write_kind_alike(kind: str) -> str:
    """A type in one way of writing: PostgreSQL says `character varying(9)` of what was made as `varchar(9)`."""
    plain = re.sub(r",\s+", ",", kind.strip().lower())
    return re.sub(r"^(var)?char\b", lambda found: "character varying" if found[1] else "character", plain)
