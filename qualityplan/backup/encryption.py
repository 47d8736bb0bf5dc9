"""An archive is encrypted for a public key (age, X25519), so that the server that makes backups cannot read them.

The library takes what it encrypts from one stream and writes to another, so each direction runs in a thread of its own
behind a pipe: whoever packs writes, whoever unpacks reads, and no more than the pipe holds is in memory.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

import pyrage
from django.utils.translation import gettext_lazy as _

from qualityplan.backup.refusals import BackupRefusedError

FIRST_BYTES = b"age-encryption.org/v1\n"
ERRORS = (pyrage.EncryptError, pyrage.DecryptError, OSError)


def read_recipient(text: str) -> pyrage.x25519.Recipient:
    """The public key that a person has written; BackupRefusedError if it is none."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise BackupRefusedError(
            _("%(key)s is no public key of age. It begins with age1; docs/backup.md says how to make one."), key=text
        ) from error


def read_identities(path: Path) -> Sequence[pyrage.x25519.Identity]:
    """The private keys in a file, one a line, lines of # left aside; BackupRefusedError if the file holds none."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise _no_identity(path) from error
    if not found:
        raise _no_identity(path)
    return found


def _no_identity(path: Path) -> BackupRefusedError:
    return BackupRefusedError(
        _("%(file)s holds no private key of age. Name the file with the line AGE-SECRET-KEY-1…"), file=path
    )


@contextmanager
def encrypt_into(target: BinaryIO, recipient: pyrage.x25519.Recipient) -> Iterator[BinaryIO]:
    """What is written to the stream that is given arrives in `target`, encrypted. Errors of `target` come out here."""
    outlet, entry = _pipe()
    failures: list[Exception] = []

    def pump() -> None:
        with outlet:
            try:
                pyrage.encrypt_io(outlet, target, [recipient])
            except ERRORS as error:
                failures.append(error)

    thread = Thread(target=pump, daemon=True)
    thread.start()
    try:
        with suppress(BrokenPipeError), entry:
            yield entry
    finally:
        thread.join()
    if failures:
        raise OSError(str(failures[0])) from failures[0]


@contextmanager
def decrypt_from(source: BinaryIO, identities: Sequence[pyrage.x25519.Identity]) -> Iterator[BinaryIO]:
    """What `source` holds, decrypted; BackupRefusedError for a wrong key and for bytes that were changed or cut off,
    whatever the reader has made of them in between."""
    outlet, entry = _pipe()
    failures: list[Exception] = []
    left = False

    def pump() -> None:
        with suppress(BrokenPipeError), entry:
            try:
                pyrage.decrypt_io(source, entry, identities)
            except ERRORS as error:
                if not left:
                    failures.append(error)

    thread = Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield outlet
    finally:
        left = True
        outlet.close()
        thread.join()
        if failures:
            raise BackupRefusedError(
                _(
                    "The archive cannot be decrypted: another private key is needed, or it was changed or cut off on "
                    "its way (%(reason)s). Name the right key with --identity, or take another copy."
                ),
                reason=failures[0],
            ) from failures[0]


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """Both ends of a pipe: what is read, and what is written."""
    outlet, entry = os.pipe()
    return cast(BinaryIO, os.fdopen(outlet, "rb")), cast(BinaryIO, os.fdopen(entry, "wb"))
