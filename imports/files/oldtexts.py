"""The texts in old Excel workbooks: those that cells share, and those that lie in a record of their own."""

import struct

from imports.files.limits import Limits, UnreadableError


def text_in_record(data: bytes, start: int, *, wide_length: bool = True) -> str:
    """A text that lies in one record: its length, a byte that tells how wide the signs are, the signs."""
    length = struct.unpack_from("<H" if wide_length else "<B", data, start)[0]
    start += 2 if wide_length else 1
    wide = data[start] & 1
    signs = data[start + 1 : start + 1 + length * (2 if wide else 1)]
    return signs.decode("utf-16-le" if wide else "latin-1", "replace")


class SharedTexts:
    """The texts that cells share; they run on from record to record, and may change their width where one ends."""

    def __init__(self, records: list[bytes]) -> None:
        self._records, self._record, self._place = records, 0, 8

    def all(self, limits: Limits) -> list[str]:
        """As many as there are, whatever the file says of their number."""
        found: list[str] = []
        while self._left() or self._next():
            found.append(self._text())
            if len(found) > limits.cells:
                raise UnreadableError("bomb")
        return found

    def _text(self) -> str:
        (length,) = struct.unpack("<H", self._take(2))
        kind = self._take(1)[0]
        (runs,) = struct.unpack("<H", self._take(2)) if kind & 8 else (0,)
        (further,) = struct.unpack("<I", self._take(4)) if kind & 4 else (0,)
        text = self._signs(length, wide=kind & 1)
        self._take(runs * 4 + further)
        return text

    def _signs(self, length: int, *, wide: int) -> str:
        parts = []
        while length:
            if not self._left():
                if not self._next():
                    raise UnreadableError("broken_xls")
                wide = self._take(1)[0] & 1
            data = self._records[self._record][self._place : self._place + length * (2 if wide else 1)]
            data = data[: len(data) // 2 * 2] if wide else data
            if not data:
                raise UnreadableError("broken_xls")
            self._place += len(data)
            length -= len(data) // (2 if wide else 1)
            parts.append(data.decode("utf-16-le" if wide else "latin-1", "replace"))
        return "".join(parts)

    def _left(self) -> int:
        return len(self._records[self._record]) - self._place

    def _next(self) -> bool:
        if self._record + 1 >= len(self._records):
            return False
        self._record, self._place = self._record + 1, 0
        return True

    def _take(self, size: int) -> bytes:
        """The next bytes, across records."""
        taken = b""
        while len(taken) < size:
            if not self._left() and not self._next():
                raise UnreadableError("broken_xls")
            data = self._records[self._record][self._place : self._place + size - len(taken)]
            self._place += len(data)
            taken += data
        return taken
