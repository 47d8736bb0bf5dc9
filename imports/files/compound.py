"""The file system inside old Office files (OLE compound files): one stream of it, whatever it says of itself."""

import struct
from array import array
from collections.abc import Iterator

from imports.files.limits import UnreadableError

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER, _ENTRY, _END = 512, 128, 0xFFFFFFFA
_LISTED, _STREAM, _ROOT = 109, 2, 5


class Compound:
    """A compound file; UnreadableError if its chains of sectors lead nowhere or in a circle."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER:
            raise UnreadableError("broken_xls")
        self._data = data
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise UnreadableError("broken_xls")
        self._size = 1 << shift
        (first_directory,) = struct.unpack_from("<I", data, 48)
        self._cutoff, first_small = struct.unpack_from("<II", data, 56)
        self._table = self._sectors_table()
        directory = self._chain(first_directory)
        self._entries = dict(_entries(directory))
        self._small_table = _integers(self._chain(first_small)) if first_small < _END else array("I")

    def names(self) -> set[str]:
        """What the file holds."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        """The bytes of a stream."""
        _kind, start, size = self._entries[name]
        if size >= self._cutoff:
            return self._chain(start)[:size]
        root = next((entry for entry in self._entries.values() if entry[0] == _ROOT), None)
        if root is None:
            raise UnreadableError("broken_xls")
        small = self._chain(root[1])
        return b"".join(small[number * 64 : number * 64 + 64] for number in _follow(self._small_table, start))[:size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _chain(self, start: int) -> bytes:
        return b"".join(self._sector(number) for number in _follow(self._table, start))

    def _sectors_table(self) -> "array[int]":
        """Sector → the next one of its stream; the list of the table's own sectors may be continued elsewhere."""
        listed = list(struct.unpack_from(f"<{_LISTED}I", self._data, 76))
        (further,) = struct.unpack_from("<I", self._data, 68)
        most = len(self._data) // self._size
        while further < most and len(listed) <= most + _LISTED:
            *more, further = _integers(self._sector(further)) or (_END,)
            listed += more
        return _integers(b"".join(self._sector(number) for number in listed if number < most))


def _integers(data: bytes) -> "array[int]":
    return array("I", data[: len(data) // 4 * 4])


def _follow(table: "array[int]", start: int) -> Iterator[int]:
    number, left = start, len(table)
    while number < _END:
        if number >= len(table) or left == 0:
            raise UnreadableError("broken_xls")
        yield number
        number, left = table[number], left - 1


def _entries(directory: bytes) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Name → kind, first sector, size."""
    for start in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", directory, start + 64)
        if kind in (_STREAM, _ROOT) and 2 <= length <= 64:
            name = directory[start : start + length - 2].decode("utf-16-le", "replace")
            yield name, (kind, *struct.unpack_from("<II", directory, start + 116))
