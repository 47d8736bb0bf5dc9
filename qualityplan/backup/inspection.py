"""Looking through a whole archive before anything of it is used: every hash, every member, the seal."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from qualityplan.backup import manifest as described
from qualityplan.backup.archive import Entry, Member, read_entries
from qualityplan.backup.encryption import FIRST_BYTES, decrypt_from, read_identities
from qualityplan.backup.manifest import Manifest
from qualityplan.backup.refusals import BackupRefusedError

GZIP = b"\x1f\x8b"


class ArchiveSource:
    """An archive that is open: read as often as need be, always from the same file."""

    def __init__(self, file: BinaryIO, size: int, identity: Path | None) -> None:
        self._file, self._size = file, size
        self._beginning = file.read(len(FIRST_BYTES))
        self._identities = read_identities(identity) if identity is not None else ()
        if not (self.encrypted or self._beginning.startswith(GZIP)):
            raise BackupRefusedError(
                _("This file is no backup of this service, or its beginning is damaged. Name the file of a backup.")
            )
        if self.encrypted and not self._identities:
            raise BackupRefusedError(_("The backup is encrypted: name the file with the private key by --identity."))

    @property
    def encrypted(self) -> bool:
        """Whether a private key is needed."""
        return self._beginning == FIRST_BYTES

    @contextmanager
    def entries(self) -> Iterator[Iterator[Entry]]:
        """The members from the first on."""
        self._file.seek(0)
        with ExitStack() as stack:
            packed = self._file
            if self.encrypted:
                packed = stack.enter_context(decrypt_from(self._file, self._identities))
            yield read_entries(packed, self._size)


@contextmanager
def open_archive(path: Path, identity: Path | None = None) -> Iterator[ArchiveSource]:
    """An archive that a person has named; BackupRefusedError where there is none."""
    try:
        file = path.open("rb")
        size = path.stat().st_size
    except OSError as error:
        raise BackupRefusedError(
            _("%(file)s cannot be read (%(reason)s). Name the file of a backup."), file=path, reason=error.strerror
        ) from error
    with file:
        yield ArchiveSource(file, size, identity)


def inspect_archive(source: ArchiveSource) -> Manifest:
    """Reads everything and gives the manifest; BackupRefusedError tells what is missing, changed or too much."""
    members: list[Member] = []
    kept: dict[str, bytes] = {}
    with source.entries() as entries:
        for entry in entries:
            if entry.name in (described.NAME, described.SEAL):
                kept[entry.name] = _whole(entry)
            else:
                members.append(_hashed(entry))
    if set(kept) != {described.NAME, described.SEAL}:
        raise BackupRefusedError(_("The archive has no list of its contents: it is incomplete, or no backup at all."))
    manifest = described.read_manifest(kept[described.NAME])
    _demand_seal(manifest, kept)
    _demand_members(manifest.members, members)
    return manifest


def _whole(entry: Entry) -> bytes:
    if entry.size > described.LARGEST:
        raise BackupRefusedError(_("The archive's list of contents is larger than any backup's. It is not taken in."))
    return b"".join(entry.portions())


def _hashed(entry: Entry) -> Member:
    digest = sha256()
    for portion in entry.portions():
        digest.update(portion)
    return Member(entry.name, entry.size, digest.hexdigest())


def _demand_seal(manifest: Manifest, kept: dict[str, bytes]) -> None:
    """Another AUDIT_KEY cannot tell; who restores is told of it by the key check."""
    if not described.has_audit_key(manifest.keys):
        return
    if kept[described.SEAL] != described.seal_of_manifest(kept[described.NAME]):
        raise BackupRefusedError(
            _("The archive's list of contents does not bear this installation's seal: somebody has changed it.")
        )


def _demand_members(told: list[Member], found: list[Member]) -> None:
    if len({member.name for member in told}) != len(told):
        raise BackupRefusedError(_("The archive's list of contents names a part twice: somebody has changed it."))
    for ought, is_there in zip_longest(told, found):
        if ought is None or is_there is None or ought != is_there:
            raise BackupRefusedError(
                _("“%(name)s” in the archive is missing, was changed or does not belong there. Take another copy."),
                name=(ought or is_there).name,
            )
