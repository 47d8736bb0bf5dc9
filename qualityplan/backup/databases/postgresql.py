"""PostgreSQL: every table by COPY within one transaction, out of one snapshot and into tables that are made anew.

Rows go in the order of their keys, so that the same rows are the same bytes and one hash tells whether they came back.
Texts are compared byte by byte there (collation C), because servers sort differently.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Protocol

from django.core.management import call_command
from django.db import OperationalError, connection, models, transaction
from django.utils.translation import gettext_lazy as _

from qualityplan.backup import manifest as described
from qualityplan.backup.archive import ArchiveWriter, PieceWriter
from qualityplan.backup.databases import schema
from qualityplan.backup.manifest import Manifest, TableDigest
from qualityplan.backup.refusals import BackupRefusedError

PLAIN_TEXTS = (
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
"""How values are written: the same on every server. And a large table may take its time."""
PATIENCE = "SET LOCAL lock_timeout = '10s'"
COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
KEY = """
    SELECT format('%%I', attname) || CASE WHEN attcollation = 0 THEN '' ELSE ' COLLATE "C"' END
    FROM pg_index CROSS JOIN unnest(indkey) WITH ORDINALITY AS part (number, place)
    JOIN pg_attribute ON attrelid = indrelid AND attnum = number
    WHERE indrelid = %s::regclass AND indisprimary ORDER BY place
"""
NUMBERED = """
    SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
    AND pg_get_serial_sequence(%s, attname) IS NOT NULL ORDER BY attnum
"""
FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s) ORDER BY 1, 2
"""
FUNCTIONS = """
    SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger
    WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY(%s)
"""


SqlValue = bool | int | str | list[str]


class Writable(Protocol):
    """What a COPY writes into."""

    def write(self, portion: bytes, /) -> int: ...


class Snapshot:
    """The database at one moment, whatever is written meanwhile."""

    def rows(self, sql: str) -> list[tuple]:
        """The answer to a question."""
        return _rows(sql)

    def has_table(self, table: str) -> bool:
        """Whether there is such a table."""
        return bool(_rows("SELECT to_regclass(%s) IS NOT NULL", [table])[0][0])

    def pack(self, tables: Iterable[str], archive: ArchiveWriter) -> dict[str, TableDigest]:
        """Adds the rows of every table to the archive."""
        return {table: _pack_table(table, archive) for table in tables}

    def sequences(self, tables: Iterable[str]) -> list[described.Sequence]:
        """From which number on each table goes on. Sequences are in no snapshot: these may be further, never behind."""
        found = []
        for table in tables:
            for column, name in _rows(NUMBERED, [table] * 3):
                last, called = _rows(f"SELECT last_value, is_called FROM {name}")[0]
                found.append(described.Sequence(table=table, column=column, last=last, called=called))
        return found


@contextmanager
def open_snapshot() -> Iterator[Snapshot]:
    """A transaction that sees what was committed before its first question, and writes nothing."""
    with transaction.atomic():
        _run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", *PLAIN_TEXTS)
        yield Snapshot()


def _pack_table(table: str, archive: ArchiveWriter) -> TableDigest:
    pieces = PieceWriter(archive, f"tables/{table}")
    columns = _columns(table)
    rows = _copy_out(table, columns, pieces)
    return TableDigest(columns=columns, rows=rows, sha256=pieces.close())


def _copy_out(table: str, columns: Sequence[str], target: Writable) -> int:
    key = ", ".join(part for (part,) in _rows(KEY, [table]))
    query = f"SELECT {_quoted(columns)} FROM {_quoted([table])} ORDER BY {key}"
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT text, ENCODING 'UTF8')", target)
        return int(cursor.rowcount)


class Rebuilding:
    """The tables of a backup, made anew, while their rows come."""

    def __init__(self, manifest: Manifest) -> None:
        self._tables = manifest.tables

    def take_table(self, table: str, portions: Iterator[bytes]) -> None:
        """The rows of a table, as a COPY has written them."""
        columns = self._tables[table].columns
        with connection.wrap_database_errors, connection.cursor() as cursor:
            statement = f"COPY {_quoted([table])} ({_quoted(columns)}) FROM STDIN WITH (FORMAT text, ENCODING 'UTF8')"
            cursor.copy_expert(statement, _Portions(portions), size=1024 * 1024)

    def take_database(self, _portions: Iterator[bytes]) -> None:
        """An archive of PostgreSQL holds tables alone."""
        raise BackupRefusedError(
            _("The archive's list of contents cannot be read. It was changed, or made by another program or release.")
        )


class _Portions:
    """What a COPY reads from: portions of any size, one each time."""

    def __init__(self, portions: Iterator[bytes]) -> None:
        self._portions, self._rest = portions, b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._portions, b"")
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


@contextmanager
def rebuild(manifest: Manifest) -> Iterator[Rebuilding]:
    """Makes the backup's tables anew, takes their rows within the block, and migrates them to this release: all of it
    in one transaction. BackupRefusedError if the installation holds anything."""
    with _somebody_inside_told(), transaction.atomic():
        _run(*PLAIN_TEXTS, PATIENCE)
        _remove_empty_tables(sorted({*schema.newest_tables(), *manifest.tables}))
        _run("SET LOCAL lock_timeout = 0")
        schema.migrate_to(manifest.migrations)
        _demand_same_columns(manifest)
        with _nothing_in_the_way(sorted(manifest.tables)):
            yield Rebuilding(manifest)
        _go_on_numbering(manifest)
        demand_same_rows(manifest)
        _demand_parents(sorted(manifest.tables))
        _run("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
        call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def _somebody_inside_told() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != "55P03":
            raise
        raise BackupRefusedError(_("Somebody else uses the database. Stop the service, then restore.")) from error


def _remove_empty_tables(ours: Sequence[str]) -> None:
    """The tables of an installation that holds nothing, with the functions of their triggers."""
    there = [table for table in ours if Snapshot().has_table(table)]
    if not there:
        return
    _run(f"LOCK TABLE {_quoted(there)} IN ACCESS EXCLUSIVE MODE")
    holding = [
        table
        for table in there
        if table not in schema.FILLED_BY_MIGRATE and _rows(f"SELECT EXISTS (SELECT FROM {_quoted([table])})")[0][0]
    ]
    schema.demand_nothing_held(holding)
    functions = [name for (name,) in _rows(FUNCTIONS, [there])]
    _run(f"DROP TABLE {_quoted(there)} CASCADE")
    _run(*(f"DROP FUNCTION IF EXISTS {name}" for name in functions))


def _demand_same_columns(manifest: Manifest) -> None:
    differing = [table for table, told in manifest.tables.items() if set(_columns(table)) != set(told.columns)]
    schema.demand_same_tables(differing)


@contextmanager
def _nothing_in_the_way(tables: Sequence[str]) -> Iterator[None]:
    """Foreign keys are made again afterwards, when they look at all rows at once: deferred ones would remember each row
    until the end, in memory. Triggers rest meanwhile."""
    keys = _rows(FOREIGN_KEYS, [list(tables)])
    _run(*(f"ALTER TABLE {table} DROP CONSTRAINT {_quoted([name])}" for table, name, _definition in keys))
    _run(*(f"ALTER TABLE {_quoted([table])} DISABLE TRIGGER USER" for table in tables))
    _run(*(f"DELETE FROM {_quoted([table])}" for table in tables))
    yield
    _run(*(f"ALTER TABLE {table} ADD CONSTRAINT {_quoted([name])} {definition}" for table, name, definition in keys))
    _run(*(f"ALTER TABLE {_quoted([table])} ENABLE TRIGGER USER" for table in tables))


def _go_on_numbering(manifest: Manifest) -> None:
    """Numbers that were given out before are not given out again, not even those of deleted rows."""
    for told in manifest.sequences:
        schema.demand_same_tables([told.table] if told.table not in manifest.tables else [])
        _rows(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [told.table, told.column, told.last, told.called]
        )


def demand_same_rows(manifest: Manifest) -> None:
    """BackupRefusedError if a table does not hold the very rows of the backup."""
    differing = []
    for table, told in manifest.tables.items():
        digest = _Digest()
        rows = _copy_out(table, told.columns, digest)
        if (rows, digest.made.hexdigest()) != (told.rows, told.sha256):
            differing.append(table)
    schema.demand_same_tables(differing)


class _Digest:
    def __init__(self) -> None:
        self.made = sha256()

    def write(self, portion: bytes) -> int:
        self.made.update(portion)
        return len(portion)


def _demand_parents(tables: Sequence[str]) -> None:
    """What triggers keep in place of foreign keys (`docs/decisions/0001`) they have not seen while they rested."""
    kept = {(table, column) for table in tables for column in _relations(table)}
    orphaned = [
        field.model._meta.db_table
        for field in schema.foreign_keys_among(tables)
        if (field.model._meta.db_table, field.column) not in kept and _has_orphans(field)
    ]
    schema.demand_same_tables(orphaned)


def _relations(table: str) -> Iterable[str]:
    with connection.cursor() as cursor:
        return list(connection.introspection.get_relations(cursor, table))


def _has_orphans(field: "models.ForeignKey") -> bool:
    parent_model: type[models.Model] = field.remote_field.model
    child, parent = _quoted([field.model._meta.db_table]), _quoted([parent_model._meta.db_table])
    column, target = (_quoted([str(found.column)]) for found in (field, field.target_field))
    missing = f"NOT EXISTS (SELECT FROM {parent} AS parent WHERE parent.{target} = child.{column})"
    asked = f"SELECT EXISTS (SELECT FROM {child} AS child WHERE child.{column} IS NOT NULL AND {missing})"
    return bool(_rows(asked)[0][0])


def _columns(table: str) -> list[str]:
    return [name for (name,) in _rows(COLUMNS, [table])]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)


def _rows(sql: str, params: Sequence[SqlValue] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
