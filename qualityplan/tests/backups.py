"""What tests of backups share: an installation with something in it, and archives put together by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from departments.auditing import chain
from departments.database import triggers
from departments.permissions import Role
from plans.periods import Month
from qualityplan.backup import manifest as described
from qualityplan.backup.archive import ArchiveWriter
from qualityplan.backup.inspection import inspect_archive, open_archive
from qualityplan.backup.manifest import Manifest, TableDigest
from qualityplan.version import VERSION
from reviews.tests import papers
from targets.models import Attachment
from targets.services.attachments import attach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import approve_revision
from targets.tests import factories as f

JUNE = Month(2014, 6)
NOON = datetime(2014, 6, 30, 4, tzinfo=UTC)


def furnished() -> SimpleNamespace:
    """A promise with an approved figure, a paper beside it and one beside a draft, judged and linked into the chain."""
    office = f.department()
    houses = f.indicator("count", department=office)
    promise = f.target(houses, "at_least", 4081)
    reporter, reviewer = f.person(Role.REPORTER, office), f.person(Role.REVIEWER, office)
    made = SimpleNamespace(office=office, houses=houses, promise=promise, reporter=reporter, reviewer=reviewer)
    made.key = (houses.pk, f.region().pk, JUNE)
    attached(made, papers.PDF, "批复.pdf")
    save_draft(made.key, Typed(value="4100", note="换行\n制表\t反斜\\杠"), version=0, by=reporter)
    approve_revision(hand_in([made.key], by=reporter)[0], by=reviewer)
    made.beside = attached(made, papers.PNG, "现场.png", month=Month(2014, 7))
    f.judged_anew(promise)
    chain.link_sealed_rows(everywhere=True)
    return made


def attached(city: SimpleNamespace, data: bytes, name: str, month: Month = JUNE) -> Attachment:
    """A file beside the draft of a month's figure."""
    return attach((*city.key[:2], month), SimpleUploadedFile(name, data), by=city.reporter)


def every_row() -> dict[str, list[str]]:
    """All rows of all tables, as the database writes them."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = sorted(repr(row) for row in cursor.fetchall())
        return found


def every_file(media: Path) -> dict[str, bytes]:
    return {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}


def guards() -> set[tuple[str, ...]]:
    """The triggers and constraints of the database."""
    asked = [triggers.LIST[connection.vendor]]
    if connection.vendor == "postgresql":
        asked += [
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace",
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled <> 'O'",
        ]
    with connection.cursor() as cursor:
        found = set()
        for sql in asked:
            cursor.execute(sql)
            found |= set(cursor.fetchall())
        return found


def backed_up(folder: Path, **options: Any) -> Path:
    """The archive that the command makes in a folder."""
    before = set(folder.iterdir())
    call_command("backup", str(folder), **options)
    (made,) = set(folder.iterdir()) - before
    return made


# --- Archives put together by hand ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A member of an archive with its content."""

    name: str
    content: bytes


def parts_of(archive: Path) -> list[Part]:
    with open_archive(archive) as source, source.entries() as entries:
        return [Part(entry.name, b"".join(entry.portions())) for entry in entries]


def manifest_of(archive: Path) -> Manifest:
    with open_archive(archive) as source:
        return inspect_archive(source)


def tiny_manifest(archive: ArchiveWriter, **changes: object) -> Manifest:
    """The list of contents of an archive that holds next to nothing."""
    fields: dict[str, object] = {
        "format": described.FORMAT,
        "version": VERSION,
        "made_at": NOON,
        "database": connection.vendor,
        "migrations": [("contenttypes", "0001_initial")],
        "tables": {"django_migrations": TableDigest(columns=["id"], rows=1, sha256="0" * 64)},
        "sequences": [],
        "files": 1,
        "file_bytes": 5,
        "missing_files": [],
        "chain_head": "0-",
        "keys": described.check_of_keys(),
        "members": archive.members,
    }
    return Manifest.model_validate({**fields, **changes})


def sealed(archive: ArchiveWriter, manifest: Manifest) -> None:
    text = manifest.model_dump_json().encode()
    archive.add(described.NAME, text)
    archive.add(described.SEAL, described.seal_of_manifest(text))


def tiny_archive(path: Path, **changes: object) -> Path:
    """A whole archive that holds next to nothing."""
    with path.open("wb") as file:
        archive = ArchiveWriter(file)
        archive.add("tables/django_migrations/000001", b"1\n")
        archive.add("media/attachments/ab/abcd", b"paper")
        sealed(archive, tiny_manifest(archive, **changes))
        archive.close()
    return path


def forged(source: Path, target: Path, change: Callable[[str, bytes], bytes], **changes: object) -> Path:
    """An archive with other contents that fit its list of contents, made by somebody who has the key."""
    manifest = manifest_of(source)
    with target.open("wb") as file:
        archive = ArchiveWriter(file)
        for part in parts_of(source):
            if not part.name.startswith("manifest"):
                archive.add(part.name, change(part.name, part.content))
        sealed(archive, Manifest.model_validate({**manifest.model_dump(), **changes, "members": archive.members}))
        archive.close()
    return target


def unchanged(_name: str, content: bytes) -> bytes:
    return content
