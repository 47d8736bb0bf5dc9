"""Old Excel workbooks put together record by record, as no program would write them."""

import struct
from collections.abc import Iterable

END, FREE, TABLE = -2, -1, -3
SECTOR = 4096
LISTED = SECTOR // 4
"""How many sectors one sector of the table tells of."""


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def beginning(kind: int) -> bytes:
    return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 6))


def packed_row(row: int, columns: int = 256) -> bytes:
    """A row of small whole numbers, each of its own."""
    numbers = b"".join(struct.pack("<HI", 0, (row * columns + column) * 4 + 2) for column in range(columns))
    return record(0xBD, struct.pack("<HH", row, 0) + numbers + struct.pack("<H", columns - 1))


def workbook_stream(records: Iterable[bytes], *, named: int = 1) -> bytes:
    """One sheet, under as many names as wanted."""
    names = [f"s{number:03}".encode() for number in range(named)]
    start = len(beginning(5)) + named * (4 + 8 + 4) + 4
    sheets = b"".join(record(0x85, struct.pack("<IBBBB", start, 0, 0, 4, 0) + name) for name in names)
    return beginning(5) + sheets + record(0x0A) + beginning(0x10) + b"".join(records) + record(0x0A)


def old_workbook(stream: bytes) -> bytes:
    """The stream in a compound file; its sectors stand one after the other, then the folder, then their table."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // SECTOR)
    tables = next(number for number in range(1, 110) if number * LISTED >= sectors + 1 + number)
    table = [*range(1, sectors), END, END, *[TABLE] * tables]
    table += [FREE] * (tables * LISTED - len(table))
    head = _head([sectors + 1 + number for number in range(tables)], folder=sectors)
    folder = _entry("Root Entry", 5, END, 0) + _entry("Workbook", 2, 0, len(stream))
    sized = stream.ljust(sectors * SECTOR, b"\0") + folder.ljust(SECTOR, b"\0")
    return head + sized + struct.pack(f"<{len(table)}i", *table)


def circular_workbook() -> bytes:
    """A workbook so short that it lies in small sectors, each of which is said to follow itself."""
    table = struct.pack(f"<{LISTED}i", TABLE, END, END, END, *[FREE] * (LISTED - 4))
    folder = _entry("Root Entry", 5, 3, SECTOR) + _entry("Workbook", 2, 0, 400)
    small = struct.pack(f"<{LISTED}i", 0, *[FREE] * (LISTED - 1))
    return (
        _head([0], folder=1, small=2) + table + folder.ljust(SECTOR, b"\0") + small + workbook_stream([]).ljust(SECTOR)
    )


def _head(tables: list[int], *, folder: int, small: int = END) -> bytes:
    listed = struct.pack("<109i", *tables, *[FREE] * (109 - len(tables)))
    numbers = struct.pack("<8i", len(tables), folder, 0, 4096, small, int(small != END), END, 0)
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0") + struct.pack("<5H", 0x3E, 4, 0xFFFE, 12, 6)
    return (start.ljust(44, b"\0") + numbers + listed).ljust(SECTOR, b"\0")


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    head = written.ljust(64, b"\0") + struct.pack("<HBBiii", len(written), kind, 1, -1, -1, 1 if kind == 5 else -1)
    return head.ljust(116, b"\0") + struct.pack("<iii", start, size, 0)
