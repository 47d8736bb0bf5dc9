"""What an archive says of itself, as JSON: what it holds, of which version and moment, under which keys.

The keys themselves are not in it. `KeyCheck` holds what they make of a random salt, so that a restore sees whether this
installation has the same ones. A seal under AUDIT_KEY stands beside the manifest: whoever may write an archive could
make up all its hashes, but not the seal.
"""

import hmac
import re
import secrets
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, ValidationError

from departments.models.sealing import hash_with_audit_key
from qualityplan.backup.archive import Member
from qualityplan.backup.refusals import BackupRefusedError
from qualityplan.version import VERSION

FORMAT = 1
NAME, SEAL = "manifest.json", "manifest.seal"
LARGEST = 128 * 1024 * 1024
"""Bytes of a manifest: enough for so many files and some hundred thousand pieces of tables."""
MOST_FILES = 800_000


class Described(BaseModel):
    """A part of the manifest: nothing may be missing in it, and nothing of another kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyCheck(Described):
    """What SECRET_KEY and AUDIT_KEY make of a salt, each as an HMAC in hexadecimal."""

    salt: str
    secret_key: str
    audit_key: str


class TableDigest(Described):
    """The rows of a table: how many, and the SHA-256 of all of them in the order of their keys."""

    columns: list[str]
    rows: int
    sha256: str


class Sequence(Described):
    """From which number on the column of a table is filled: the last one, and whether it was given out."""

    table: str
    column: str
    last: int
    called: bool


class Manifest(Described):
    """See the module. `migrations` are those that were applied, in their order; `missing_files` those that rows name
    and the disk had lost already; `members` all others of the archive in their order."""

    format: int
    version: str
    made_at: datetime
    database: str
    migrations: list[tuple[str, str]]
    tables: dict[str, TableDigest]
    sequences: list[Sequence]
    files: int
    file_bytes: int
    missing_files: list[str]
    chain_head: str
    keys: KeyCheck
    members: list[Member]


def read_manifest(text: bytes) -> Manifest:
    """The manifest of an archive; BackupRefusedError for one that is none, or of a later format."""
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BackupRefusedError(
            _("The archive's list of contents cannot be read. It was changed, or made by another program or release.")
        ) from error
    if manifest.format != FORMAT or version_number(manifest.version) > version_number(VERSION):
        raise BackupRefusedError(
            _(
                "The backup was made by version %(theirs)s, which is newer than this one (%(ours)s). Install that "
                "version, then restore."
            ),
            theirs=manifest.version,
            ours=VERSION,
        )
    return manifest


def version_number(version: str) -> tuple[int, ...]:
    """(0, 1, 0) for 0.1.0 and what was made on the way to it."""
    found = re.match(r"\d{1,9}(?:\.\d{1,9})*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def check_of_keys(salt: str = "") -> KeyCheck:
    """The check of this installation's keys."""
    salt = salt or secrets.token_hex(16)
    return KeyCheck(
        salt=salt, secret_key=_hashed(settings.SECRET_KEY, salt), audit_key=_hashed(settings.AUDIT_KEY, salt)
    )


def _hashed(key: str, salt: str) -> str:
    return hmac.digest(key.encode(), f"backup|{salt}".encode(), "sha256").hex()


def has_secret_key(check: KeyCheck) -> bool:
    """Whether SECRET_KEY, or one of SECRET_KEY_FALLBACKS, is that of the backup."""
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(_hashed(key, check.salt).encode(), check.secret_key.encode()) for key in known)


def has_audit_key(check: KeyCheck) -> bool:
    """Whether AUDIT_KEY is that of the backup."""
    return hmac.compare_digest(_hashed(settings.AUDIT_KEY, check.salt).encode(), check.audit_key.encode())


def seal_of_manifest(text: bytes) -> bytes:
    """What stands beside the manifest."""
    return hash_with_audit_key(f"manifest|{text.decode()}").encode()


def installation_mark() -> str:
    """Eight signs in the names of this installation's archives, so that another's in the same folder are let alone."""
    return hash_with_audit_key("installation of a backup")[:8]
