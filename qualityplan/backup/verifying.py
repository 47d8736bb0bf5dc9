"""Proving a backup: it is restored into a database that is thrown away, and everything is held against it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from secrets import token_hex

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from departments.auditing import chain
from qualityplan.backup import manifest as described
from qualityplan.backup.attached_files import FOLDER
from qualityplan.backup.databases.schema import use_database
from qualityplan.backup.databases.sqlite import WORKING
from qualityplan.backup.inspection import ArchiveSource
from qualityplan.backup.manifest import Manifest
from qualityplan.backup.private_folders import private_folder
from qualityplan.backup.refusals import BackupRefusedError, in_both_languages
from qualityplan.backup.restoring import restore_archive
from reviews.models import AbstractAttachment
from targets.jobs import recompute
from targets.judging.audit import differences, disordered

NAMED = 20
"""The most faults of a kind that are told."""


def verify_archive(source: ArchiveSource) -> tuple[Manifest, list[str]]:
    """The manifest, and a sentence for each thing that does not hold; BackupRefusedError if it cannot be restored."""
    with throwaway_database():
        manifest = restore_archive(source, None, other_keys=True)
        return manifest, list(_faults(manifest))


@contextmanager
def throwaway_database() -> Iterator[None]:
    """Within the block the service's connection leads to a database in which there is nothing yet; gone afterwards."""
    throwaway = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    with throwaway():
        yield


@contextmanager
def _on_sqlite() -> Iterator[None]:
    with private_folder(Path(settings.VAR_DIR), WORKING) as folder, use_database(str(folder / "verified.sqlite3")):
        yield


@contextmanager
def _on_postgresql() -> Iterator[None]:
    """A database on the same server; BackupRefusedError if the role may make none."""
    name = connection.ops.quote_name(made := f"plan_verify_{token_hex(6)}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        role, may = cursor.fetchone()
        if not may:
            raise BackupRefusedError(
                _(
                    "The backup is proved in a database of its own, and the role %(role)s may make none. Allow it "
                    "(ALTER ROLE %(role)s CREATEDB), or prove the backup on another server."
                ),
                role=role,
            )
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        with use_database(made):
            yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _faults(manifest: Manifest) -> Iterator[str]:
    """Rows, counts and hashes were held against the manifest when they were restored; here is what they say."""
    yield from _faults_of_files(manifest)
    yield from _faults_of_chain(manifest)
    recompute()  # what was waiting when the backup was made
    for difference in islice(differences(), NAMED):
        yield in_both_languages(_("A light is not what the figures say: %(difference)s"), difference=difference)
    for figure in islice(disordered(), NAMED):
        yield in_both_languages(
            _("%(figure)s: its history runs backwards; what was official when cannot be told."), figure=figure
        )


def _faults_of_files(manifest: Manifest) -> Iterator[str]:
    """Attached files are as their rows say."""
    packed = {member.name: member for member in manifest.members if member.name.startswith(FOLDER)}
    for name, size, digest in _attached():
        member = packed.get(FOLDER + name)
        if member is None and name not in manifest.missing_files:
            yield in_both_languages(_("The file %(file)s is named by a row and is not in the backup."), file=name)
        elif member is not None and (member.bytes, member.sha256) != (size, digest):
            yield in_both_languages(_("The file %(file)s is not the one that was attached."), file=name)


def _attached() -> Iterator[tuple[str, int, str]]:
    """Path, size and hash of whatever is attached to anything, as its row has it."""
    for model in apps.get_models():
        if issubclass(model, AbstractAttachment):
            rows = model._default_manager.order_by("pk").values_list("file", "size", "digest")
            yield from rows.iterator(chunk_size=5000)


def _faults_of_chain(manifest: Manifest) -> Iterator[str]:
    if not described.has_audit_key(manifest.keys):
        yield in_both_languages(
            _(
                "The audit chain cannot be looked through: AUDIT_KEY is not the backup's. Set that key and prove it "
                "again."
            )
        )
        return
    if manifest.chain_head != str(chain.read_chain_head()):
        yield in_both_languages(_("The audit chain does not end where it ended when the backup was made."))
    yield from islice(chain.find_chain_faults(), NAMED)
