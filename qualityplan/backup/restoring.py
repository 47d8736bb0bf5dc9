"""Restoring: an archive is looked through first, then put back into an empty installation whole or not at all."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils.translation import gettext_lazy as _

from qualityplan.backup import manifest as described
from qualityplan.backup.archive import Entry
from qualityplan.backup.attached_files import FOLDER, FilesPutBack, put_back_files
from qualityplan.backup.databases import postgresql, schema, sqlite
from qualityplan.backup.inspection import ArchiveSource, inspect_archive
from qualityplan.backup.manifest import Manifest
from qualityplan.backup.refusals import BackupRefusedError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Rebuilding = postgresql.Rebuilding | sqlite.Rebuilding


def restore_archive(source: ArchiveSource, media: Path | None, *, other_keys: bool = False) -> Manifest:
    """Puts an archive back: database and files, or the database alone where `media` is None.

    Nothing is written before the whole archive was read. BackupRefusedError tells what to do otherwise; whatever goes
    wrong, the installation is as empty as before.
    """
    manifest = inspect_archive(source)
    demand_fitting(manifest)
    if not other_keys:
        demand_same_keys(manifest)
    dialect = postgresql if connection.vendor == "postgresql" else sqlite
    files: AbstractContextManager[FilesPutBack | None] = (
        put_back_files(media, manifest.file_bytes) if media is not None else nullcontext()
    )
    with files as put_back, dialect.rebuild(manifest) as rebuilding:
        with source.entries() as entries:
            _take(entries, rebuilding, put_back)
        if put_back is not None:
            put_back.publish()
    ContentType.objects.clear_cache()
    return manifest


def _take(entries: Iterator[Entry], rebuilding: Rebuilding, put_back: FilesPutBack | None) -> None:
    """Every member to its place; the pieces of a table together."""
    for folder, group in groupby(entries, key=lambda entry: entry.folder):
        if folder.startswith(FOLDER):
            for entry in group:
                if put_back is not None:
                    put_back.take(entry)
        elif folder:
            portions = chain.from_iterable(entry.portions() for entry in group)
            _take_rows(folder, portions, rebuilding)


def _take_rows(folder: str, portions: Iterator[bytes], rebuilding: Rebuilding) -> None:
    if folder == sqlite.FOLDER:
        rebuilding.take_database(portions)
    else:
        rebuilding.take_table(folder.removeprefix("tables/"), portions)


def demand_fitting(manifest: Manifest) -> None:
    """BackupRefusedError if this release or this kind of database cannot take the backup."""
    schema.demand_known(manifest.migrations)
    schema.demand_whole(manifest.migrations)
    if manifest.database != connection.vendor:
        raise BackupRefusedError(
            _(
                "The backup is of %(theirs)s, this installation uses %(ours)s. Set DATABASE_URL to a database of that "
                "kind."
            ),
            theirs=manifest.database,
            ours=connection.vendor,
        )
    schema.demand_same_tables(sorted(set(manifest.tables) ^ set(schema.tables_after(manifest.migrations))))
    packed = {member.name.split("/")[1] for member in manifest.members if member.name.startswith("tables/")}
    schema.demand_same_tables(sorted(packed - set(manifest.tables)))


def demand_same_keys(manifest: Manifest) -> None:
    """BackupRefusedError tells which key is another one than the backup's, and what would follow."""
    lost = LOST_KEYS[described.has_secret_key(manifest.keys), described.has_audit_key(manifest.keys)]
    if lost:
        raise BackupRefusedError(lost)


_SECRET_KEY_LOST = _(
    "SECRET_KEY is not the backup's: no second factor could be read, each would have to be removed and set up again, "
    "and everybody would have to log in anew. Set the key of the backup, or restore with --with-other-keys if it is "
    "lost."
)
_AUDIT_KEY_LOST = _(
    "AUDIT_KEY is not the backup's: every seal of audit events and decisions would look made up, for good. Set the key "
    "of the backup, or restore with --with-other-keys if it is lost."
)
_BOTH_LOST = _(
    "Neither SECRET_KEY nor AUDIT_KEY is the backup's: no second factor could be read, and every seal of audit events "
    "and decisions would look made up, for good. Set the keys of the backup, or restore with --with-other-keys if they "
    "are lost."
)
LOST_KEYS: "dict[tuple[bool, bool], StrOrPromise]" = {
    (True, True): "",
    (False, True): _SECRET_KEY_LOST,
    (True, False): _AUDIT_KEY_LOST,
    (False, False): _BOTH_LOST,
}
"""What follows, by whether SECRET_KEY and AUDIT_KEY are the backup's."""
