"""SQLite: the whole file, copied by its own backup interface; put back row by row into tables that are made anew.

The file of an archive is never used as a database: it could bring triggers and views of its own. Its rows alone are
taken, into a database beside the installation's, which becomes the installation's in one step when everything holds.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext_lazy as _

from qualityplan.backup import manifest as described
from qualityplan.backup.archive import READ, ArchiveWriter, PieceWriter
from qualityplan.backup.databases import schema
from qualityplan.backup.manifest import Manifest, TableDigest
from qualityplan.backup.private_folders import private_folder
from qualityplan.backup.refusals import BackupRefusedError

WORKING = ".database-"
FOLDER = "database"


class Snapshot:
    """A copy of the database at one moment."""

    def __init__(self, path: Path, copy: sqlite3.Connection) -> None:
        self._path, self._copy = path, copy

    def rows(self, sql: str) -> list[tuple]:
        """The answer to a question."""
        return self._copy.execute(sql).fetchall()

    def has_table(self, table: str) -> bool:
        """Whether there is such a table."""
        return _has_table(self._copy, table)

    def pack(self, tables: Iterable[str], archive: ArchiveWriter) -> dict[str, TableDigest]:
        """Adds the copy to the archive, and gives what its tables hold."""
        digests = {table: _digest_of(self._copy, table) for table in tables}
        pieces = PieceWriter(archive, FOLDER)
        with self._path.open("rb") as file:
            while portion := file.read(READ):
                pieces.write(portion)
        pieces.close()
        return digests

    def sequences(self, tables: Iterable[str]) -> list[described.Sequence]:
        """The last number that each table has given out."""
        ours = set(tables)
        found = self.rows("SELECT name, seq FROM sqlite_sequence ORDER BY name")
        return [
            described.Sequence(table=name, column="", last=last, called=True) for name, last in found if name in ours
        ]


@contextmanager
def open_snapshot() -> Iterator[Snapshot]:
    """Copies the database in one go: in the mode in which the service runs it (WAL) nobody waits for that."""
    place = Path(connection.settings_dict["NAME"])
    if not place.exists():
        schema.demand_migrated([])
    with private_folder(Path(settings.VAR_DIR), WORKING) as folder, connection.wrap_database_errors:
        path = folder / "copy.sqlite3"
        path.touch(mode=0o600)
        with closing(_opened(path)) as copy:
            with closing(sqlite3.connect(_address(place, "ro"), uri=True)) as live:
                live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("VACUUM")  # what was deleted is in no backup, neither its text nor its room
            yield Snapshot(path, copy)


class Rebuilding:
    """The file of an archive, while it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def take_database(self, portions: Iterator[bytes]) -> None:
        """The database's file."""
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for portion in portions:
                file.write(portion)

    def take_table(self, _table: str, _portions: Iterator[bytes]) -> None:
        """An archive of SQLite holds no single tables."""
        raise _unusable("tables")


@contextmanager
def rebuild(manifest: Manifest) -> Iterator[Rebuilding]:
    """Takes the archive's file within the block, makes its tables anew beside the installation's database and copies
    the rows, migrates them to this release, and puts the whole in place of the empty database."""
    place = Path(connection.settings_dict["NAME"])
    _demand_empty(place, sorted({*schema.newest_tables(), *manifest.tables}))
    with private_folder(Path(settings.VAR_DIR), WORKING) as folder, connection.wrap_database_errors:
        coming = Rebuilding(folder / "archived.sqlite3")
        yield coming
        made = folder / "made.sqlite3"
        with schema.use_database(str(made)):
            schema.migrate_to(manifest.migrations)
            connection.close()
            _copy_rows(coming.path, made, manifest)
            call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        with closing(_opened(made)) as source, closing(sqlite3.connect(place)) as target:
            source.backup(target)


def _demand_empty(place: Path, tables: Sequence[str]) -> None:
    if not place.exists() or not place.stat().st_size:
        return
    with closing(sqlite3.connect(_address(place, "ro"), uri=True)) as there:
        known = [table for table in tables if _has_table(there, table) and table not in schema.FILLED_BY_MIGRATE]
        schema.demand_nothing_held(
            [table for table in known if there.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchone()[0]]
        )


def _copy_rows(archived: Path, made: Path, manifest: Manifest) -> None:
    """All rows in one transaction; foreign keys are looked at when all are there."""
    try:
        with closing(_opened(made)) as target:
            target.execute("ATTACH DATABASE ? AS archived", [_address(archived, "ro")])
            _demand_sound(target, manifest)
            with target:
                for table in manifest.tables:
                    _copy_table(target, table)
                for told in manifest.sequences:
                    target.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", [told.last, told.table])
            demand_same_rows(target, manifest)
            schema.demand_same_tables([row[0] for row in target.execute("PRAGMA main.foreign_key_check")])
    except sqlite3.DatabaseError as error:
        raise _unusable(str(error)) from error


def _demand_sound(target: sqlite3.Connection, manifest: Manifest) -> None:
    """The archive's file is whole, and each of its tables is one, with the columns that it should have."""
    if target.execute("PRAGMA archived.integrity_check(1)").fetchone()[0] != "ok":
        raise _unusable("integrity_check")
    schema.demand_same_tables(
        [
            table
            for table in manifest.tables
            if not _has_table(target, table, "archived")
            or sorted(_columns(target, table, "archived")) != sorted(_columns(target, table))
        ]
    )


def _copy_table(target: sqlite3.Connection, table: str) -> None:
    columns = ", ".join(f'"{name}"' for name in _columns(target, table))
    target.execute(f'DELETE FROM main."{table}"')
    target.execute(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM archived."{table}"')
    target.execute(
        "INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM archived.sqlite_sequence AS theirs "
        "WHERE name = ? AND NOT EXISTS (SELECT 1 FROM main.sqlite_sequence AS ours WHERE ours.name = theirs.name)",
        [table],
    )


def demand_same_rows(database: sqlite3.Connection, manifest: Manifest) -> None:
    """BackupRefusedError if a table does not hold the very rows of the backup."""
    found = {table: _digest_of(database, table) for table in manifest.tables}
    schema.demand_same_tables([table for table, told in manifest.tables.items() if found[table] != told])


def _digest_of(database: sqlite3.Connection, table: str) -> TableDigest:
    """What a table holds, in the order of its key: each value as Python writes it, which tells its kind too."""
    listed = database.execute(f'PRAGMA main.table_info("{table}")').fetchall()
    columns = [row[1] for row in listed]
    key = [row[1] for row in sorted(listed, key=lambda row: row[5]) if row[5]]
    names, order = (", ".join(f'"{name}"' for name in chosen) for chosen in (columns, key or columns))
    digest, rows = sha256(), 0
    for row in database.execute(f'SELECT {names} FROM main."{table}" ORDER BY {order}'):
        digest.update(repr(row).encode("utf-8", "surrogateescape"))
        rows += 1
    return TableDigest(columns=columns, rows=rows, sha256=digest.hexdigest())


def _columns(database: sqlite3.Connection, table: str, where: str = "main") -> list[str]:
    """The columns of a table; a column that is computed instead of stored has no name that one of ours could have."""
    listed = database.execute(f'PRAGMA {where}.table_xinfo("{table}")')
    return [row[1] if not row[6] else "" for row in listed]


def _has_table(database: sqlite3.Connection, table: str, where: str = "main") -> bool:
    plain = "type = 'table' AND sql LIKE 'CREATE TABLE %'"
    asked = f"SELECT EXISTS (SELECT 1 FROM {where}.sqlite_master WHERE {plain} AND name = ?)"
    return bool(database.execute(asked, [table]).fetchone()[0])


def _opened(path: Path) -> sqlite3.Connection:
    """A database of which a text that is no UTF-8 is read as it is."""
    opened = sqlite3.connect(_address(path, "rwc"), uri=True)
    opened.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    return opened


def _address(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?mode={mode}"


def _unusable(reason: str) -> BackupRefusedError:
    return BackupRefusedError(
        _("The database in the archive cannot be used (%(reason)s). Take another copy, or an earlier backup."),
        reason=reason,
    )
