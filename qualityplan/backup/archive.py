"""The archive: a compressed tar file with plain members alone, read without trusting any of it.

A member's size stands before its content, so what has no known size (a table) is cut into pieces. `tar` of any system
lists and unpacks the file. We read it by ourselves: Python's tarfile follows headers that extend others, whose size is
whatever the file says, and knows links and devices, none of which has a place here.
"""

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext_lazy as _

from qualityplan.backup.refusals import BackupRefusedError

BLOCK = tarfile.BLOCKSIZE
PIECE = 8 * 1024 * 1024
"""Bytes in a piece of a table."""
READ = 1024 * 1024
LEVEL = 6
LARGEST = 8 * 1024**3 - 1
"""The largest size that a plain header of tar holds, in bytes."""
MOST_MEMBERS = 1_000_000
MOST_EXPANDED, ALWAYS_ALLOWED = 200, 64 * 1024 * 1024
"""An archive unpacks to at most so many times its size, beyond so many bytes: tables do to some ten times of it."""

PLAIN_PATH = re.compile(r"(?!\.)[A-Za-z0-9._-]+(?:/(?!\.)[A-Za-z0-9._-]+)*")
"""The path of a file below MEDIA_ROOT: no part of it begins with a dot."""
NAME = re.compile(
    rf"manifest\.(?:json|seal)|database/\d{{6}}|tables/[a-z][a-z0-9_]*/\d{{6}}|media/{PLAIN_PATH.pattern}"
)
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, tarfile.HeaderError)


class Member(NamedTuple):
    """A member as it was written or read: its name, its size in bytes and its SHA-256."""

    name: str
    bytes: int
    sha256: str


class ArchiveWriter:
    """Writes members one after the other and remembers them."""

    def __init__(self, target: BinaryIO) -> None:
        self._packed = gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=target, mtime=0)
        self.members: list[Member] = []

    def add(self, name: str, content: bytes) -> None:
        """A member whose content is at hand."""
        self._head(name, len(content))
        self._packed.write(content)
        self._end(Member(name, len(content), sha256(content).hexdigest()))

    def add_file(self, name: str, file: BinaryIO, size: int) -> None:
        """A member from a file of so many bytes; OSError if the file is shorter."""
        self._head(name, size)
        digest, left = sha256(), size
        while left:
            lot = file.read(min(left, READ))
            if not lot:
                raise OSError(f"{name}: the file is shorter than it was")
            digest.update(lot)
            self._packed.write(lot)
            left -= len(lot)
        self._end(Member(name, size, digest.hexdigest()))

    def close(self) -> None:
        """The end of the archive; the target stays open."""
        self._packed.write(bytes(2 * BLOCK))
        self._packed.close()

    def _head(self, name: str, size: int) -> None:
        if not NAME.fullmatch(name) or size > LARGEST or len(self.members) == MOST_MEMBERS:
            raise ValueError(f"{name} of {size} bytes has no place in an archive")
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._packed.write(info.tobuf(tarfile.USTAR_FORMAT))

    def _end(self, member: Member) -> None:
        self._packed.write(bytes(-member.bytes % BLOCK))
        self.members.append(member)


class PieceWriter:
    """Takes what a table or a file brings, in whatever portions, and adds a member for each piece of it."""

    def __init__(self, archive: ArchiveWriter, folder: str) -> None:
        self._archive, self._folder, self._number = archive, folder, 0
        self._waiting = bytearray()
        self._digest = sha256()

    def write(self, portion: bytes) -> int:
        """What comes next."""
        self._digest.update(portion)
        self._waiting += portion
        if len(self._waiting) >= PIECE:
            self._add()
        return len(portion)

    def close(self) -> str:
        """The last piece; gives the SHA-256 of all of them together."""
        if self._waiting:
            self._add()
        return self._digest.hexdigest()

    def _add(self) -> None:
        self._number += 1
        self._archive.add(f"{self._folder}/{self._number:06}", bytes(self._waiting))
        self._waiting.clear()


@dataclass(slots=True)
class Entry:
    """A member that is being read: its content comes in portions, once."""

    name: str
    size: int
    _stream: "_Unpacked"
    _left: int

    @property
    def folder(self) -> str:
        """What pieces of the same table have in common."""
        return self.name.rpartition("/")[0]

    def portions(self) -> Iterator[bytes]:
        """The content, a megabyte at a time."""
        while self._left:
            portion = self._stream.read(min(self._left, READ))
            self._left -= len(portion)
            yield portion


@contextmanager
def damage_told() -> Iterator[None]:
    """What cannot be unpacked is refused with a sentence."""
    try:
        yield
    except DAMAGED as error:
        raise BackupRefusedError(
            _("The archive is damaged or cut off (%(reason)s). Take another copy of it, or an earlier backup."),
            reason=str(error) or type(error).__name__,
        ) from error


class _Unpacked:
    """The unpacked bytes, of which there are never more than an honest archive has."""

    def __init__(self, packed: BinaryIO, packed_bytes: int) -> None:
        self._stream = gzip.GzipFile(fileobj=packed, mode="rb")
        self._left = ALWAYS_ALLOWED + MOST_EXPANDED * packed_bytes

    def read(self, size: int) -> bytes:
        """So many bytes and no fewer."""
        portion = self.read_some(size)
        while len(portion) < size:
            more = self.read_some(size - len(portion))
            if not more:
                with damage_told():
                    raise EOFError
            portion += more
        return portion

    def read_some(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        with damage_told():
            portion = self._stream.read(size)
        self._left -= len(portion)
        if self._left < 0:
            raise BackupRefusedError(
                _("The archive unpacks to more than %(times)d times its size: no backup does. It is not taken in."),
                times=MOST_EXPANDED,
            )
        return portion


def read_entries(packed: BinaryIO, packed_bytes: int) -> Iterator[Entry]:
    """Every member in its order. What is left unread of one is passed over; BackupRefusedError for anything that is no
    plain file under a name that a backup has, and for an archive that is damaged or goes on after its end."""
    stream = _Unpacked(packed, packed_bytes)
    while any(head := stream.read(BLOCK)):
        entry = _entry(head, stream)
        yield entry
        for _portion in entry.portions():
            pass
        stream.read(-entry.size % BLOCK)
    while rest := stream.read_some(READ):
        if any(rest):
            raise BackupRefusedError(_("The archive goes on after its end: it was changed. It is not taken in."))


def _entry(head: bytes, stream: _Unpacked) -> Entry:
    with damage_told():
        info = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    plain = info.type == tarfile.REGTYPE and not info.linkname and NAME.fullmatch(info.name)
    if not plain or not 0 <= info.size <= LARGEST:
        raise BackupRefusedError(
            _("The archive holds “%(name)s”, which no backup does: a link, another path or another kind of file."),
            name=info.name.encode("utf-8", "backslashreplace").decode(),
        )
    return Entry(info.name, info.size, stream, info.size)
