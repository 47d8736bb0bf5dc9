"""Making a backup: one snapshot of the database and the files that it names, packed while the service goes on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from qualityplan.backup import encryption
from qualityplan.backup import manifest as described
from qualityplan.backup.archive import ArchiveWriter
from qualityplan.backup.attached_files import HeldFiles, hold_files
from qualityplan.backup.databases import postgresql, schema, sqlite
from qualityplan.backup.destination import CountedFile, choose_place, new_archive
from qualityplan.backup.manifest import Manifest
from qualityplan.backup.notes import BackupNote
from qualityplan.backup.refusals import BackupRefusedError
from qualityplan.version import VERSION

Snapshot = postgresql.Snapshot | sqlite.Snapshot
ATTEMPTS = 10


def make_backup(to: Path, recipient: str, now: datetime) -> tuple[Path, BackupNote, Manifest]:
    """Writes an archive to a file or into a folder, encrypted for a public key unless `recipient` is empty.

    BackupRefusedError tells what to do otherwise; OSError comes from the disk. Either way nothing is left behind.
    """
    key = encryption.read_recipient(recipient) if recipient else None
    place = choose_place(to, now, encrypted=key is not None)
    with new_archive(place) as file, ExitStack() as stack:
        target = cast(BinaryIO, file)
        if key is not None:
            target = stack.enter_context(encryption.encrypt_into(target, key))
        archive = ArchiveWriter(target)
        manifest = _pack(archive, now)
        archive.close()
    return place, _noted(place, file, now, encrypted=key is not None), manifest


def _noted(place: Path, file: CountedFile, now: datetime, *, encrypted: bool) -> BackupNote:
    return BackupNote(made_at=now, path_name=place.name, bytes=file.size, encrypted=encrypted)


def _pack(archive: ArchiveWriter, now: datetime) -> Manifest:
    with _whole_snapshot() as (snapshot, held):
        manifest = _pack_snapshot(archive, snapshot, held, now)
    text = manifest.model_dump_json().encode()
    archive.add(described.NAME, text)
    archive.add(described.SEAL, described.seal_of_manifest(text))
    return manifest


def _pack_snapshot(archive: ArchiveWriter, snapshot: Snapshot, held: HeldFiles, now: datetime) -> Manifest:
    if len(held.paths) > described.MOST_FILES:
        raise BackupRefusedError(
            _("There are more files than one archive takes (%(most)d). Back up VAR_DIR/media by other means."),
            most=described.MOST_FILES,
        )
    migrations = _migrations(snapshot)
    names = schema.tables_after(migrations)
    tables = snapshot.pack(names, archive)
    return Manifest(
        format=described.FORMAT,
        version=VERSION,
        made_at=now,
        database=connection.vendor,
        migrations=migrations,
        tables=tables,
        sequences=snapshot.sequences(names),
        files=len(held.paths),
        file_bytes=held.pack(archive),
        missing_files=sorted(held.missing),
        chain_head=_chain_head(snapshot),
        keys=described.check_of_keys(),
        members=list(archive.members),
    )


@contextmanager
def _whole_snapshot() -> Iterator[tuple[Snapshot, HeldFiles]]:
    """A snapshot with every file that it names. A file that was deleted in between, because its row has gone, asks for
    a later snapshot; a file that a later snapshot misses as well was lost before."""
    dialect = postgresql if connection.vendor == "postgresql" else sqlite
    lost: set[str] = set()
    for attempt in range(1, ATTEMPTS + 1):
        with dialect.open_snapshot() as snapshot, hold_files(Path(settings.MEDIA_ROOT), _files(snapshot)) as held:
            if held.missing <= lost or attempt == ATTEMPTS:
                yield snapshot, held
                return
            lost |= held.missing


def _migrations(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What was applied; BackupRefusedError if a newer release has done it."""
    rows = snapshot.rows("SELECT app, name FROM django_migrations ORDER BY id") if _is_migrated(snapshot) else []
    migrations = [(str(app), str(name)) for app, name in rows]
    schema.demand_known(migrations)
    schema.demand_migrated(migrations)
    return migrations


def _is_migrated(snapshot: Snapshot) -> bool:
    return snapshot.has_table(schema.APPLIED)


def _files(snapshot: Snapshot) -> set[str]:
    """The paths below MEDIA_ROOT that rows name."""
    named: set[str] = set()
    for table, column, folder in schema.file_columns_after(_migrations(snapshot)):
        rows = snapshot.rows(f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" <> \'\'')
        named.update(f"{folder}{name}" for (name,) in rows)
    return named


def _chain_head(snapshot: Snapshot) -> str:
    """The end of the audit chain, as `audit_chain --holds` takes it."""
    rows = snapshot.rows("SELECT number, hash FROM departments_link ORDER BY number DESC LIMIT 1")
    return f"{rows[0][0]}-{rows[0][1][:32]}" if rows else "0-"
