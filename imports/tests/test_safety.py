"""Nothing that comes as a file does harm: rows come out, or the reason why not, in bounded time and memory."""

import io
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from imports.batches.messages import unreadable
from imports.files.readers import Limits, UnreadableError, read_file_rows
from imports.tables.parsing import parse
from imports.tests.awkward import KNOWN, LONG, TWO
from imports.tests.oldworkbooks import circular_workbook, old_workbook, packed_row, workbook_stream
from imports.tests.writing import as_csv, as_ods, as_xls, as_xlsx

SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
PLAIN = as_xlsx({"x": [LONG, *TWO]})
ODS, XLS = as_ods({"x": [LONG, *TWO]}), as_xls({"x": [LONG, *TWO]})


def part_of(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return source.read(name)


def packed(data: bytes, **parts: bytes) -> bytes:
    """The archive with some parts exchanged; "/" is written as "__"."""
    target = io.BytesIO()
    exchanged = {name.replace("__", "/").replace("_xml", ".xml"): content for name, content in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in source.infolist():
            stored = zipfile.ZIP_STORED if entry.filename == "mimetype" else zipfile.ZIP_DEFLATED
            written.writestr(entry.filename, exchanged.pop(entry.filename, source.read(entry)), stored)
        for name, content in exchanged.items():
            written.writestr(name, content)
    return target.getvalue()


def sheet(cells: bytes) -> bytes:
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return packed(PLAIN, xl__worksheets__sheet1_xml=start + cells + b"</sheetData></worksheet>")


def cells_of_ods(cells: bytes) -> bytes:
    content = re.sub(
        rb"<table:table-row>.*</table:table-row>", lambda _: cells, part_of(ODS, "content.xml"), flags=re.DOTALL
    )
    return packed(ODS, content_xml=content)


def sharing(text: bytes, cells: int) -> bytes:
    """A workbook whose cells share one text."""
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, cells + 1))
    start = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
    return packed(sheet(rows), xl__sharedStrings_xml=start + text + b"</t></si></sst>")


def many_parts() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for number in range(10_001):
            written.writestr(f"x{number}", b"")
    return target.getvalue()


ONE = b'office:value-type="float" office:value="1"/></table:table-row>'
REPEATED = b'<table:table-row table:number-rows-repeated="900000"><table:table-cell ' + ONE
WIDE_REPEATED = b'<table:table-row><table:table-cell table:number-columns-repeated="9000" ' + ONE
LOCKED = packed(ODS, **{"META-INF__manifest_xml": b"<x><manifest:encryption-data/></x>"})

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a cell at the end of the world": (
        lambda: sheet(b'<row r="1"><c r="XFD1048576"><v>1</v></c></row>'),
        "too_many_rows",
    ),
    "a far column": (lambda: sheet(b'<row r="1"><c r="XFD1"><v>1</v></c></row>'), "too_many_columns"),
    "a far column under a prefix": (
        lambda: sheet(b'<x:row r="1" xmlns:x="http://schemas.openxmlformats.org/x"><x:c r="XFD1"/></x:row>'),
        "too_many_columns",
    ),
    "cells that do not say where they are": (
        lambda: sheet(b"<row>" + b"<c/>" * 5000 + b"<c><v>1</v></c></row>" + b"<row><c><v>1</v></c></row>" * 5000),
        "bomb",
    ),
    "a text shared by too many cells": (lambda: sharing(b"x" * 200_000, 20_000), "bomb"),
    "deflated blanks": (lambda: packed(PLAIN, xl__worksheets__sheet2_xml=b" " * 120_000_000), "bomb"),
    "too many parts": (many_parts, "bomb"),
    "entities": (lambda: packed(PLAIN, xl__worksheets__sheet1_xml=b"<!DOCTYPE x><worksheet/>"), "broken_xlsx"),
    "entities in OpenDocument": (lambda: packed(ODS, content_xml=b"<!DOCTYPE x><a/>"), "broken_ods"),
    "an archive in the archive": (lambda: packed(PLAIN, xl__worksheets__sheet1_xml=PLAIN), "broken_xlsx"),
    "repeated rows": (lambda: cells_of_ods(REPEATED), "too_many_rows"),
    "repeated cells": (lambda: cells_of_ods(WIDE_REPEATED), "too_many_columns"),
    "a password on OpenDocument": (lambda: LOCKED, "locked"),
    "a password on XLSX": (lambda: locked_xlsx(), "locked"),
    "a million columns": (lambda: b"," * 1_000_000 + b"x", "too_many_columns"),
    "four million cells": (lambda: b",x" * 4_000_000, "too_many_cells"),
    "a cell without end": (lambda: b'a,"' + b"x" * 1_000_000, "cell_too_long"),
    "zero bytes": (lambda: "指标,地区\0\n".encode() * 10, "no_table"),
    "a web page called a workbook": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "web_page"),
    "half a workbook": (lambda: PLAIN[: len(PLAIN) // 2], "broken_xlsx"),
    "half an old workbook": (lambda: XLS[:600], "broken_xls"),
    "an old workbook whose table of sectors is a circle": (lambda: XLS[:48] + b"\0" * 4 + XLS[52:], "no_table"),
    "an old workbook whose small sectors are a circle": (circular_workbook, "broken_xls"),
    "an old workbook that names one sheet a hundred times": (
        lambda: old_workbook(workbook_stream((packed_row(row) for row in range(50)), named=100)),
        "broken_xls",
    ),
    "an old workbook with a cell in the last corner": (
        lambda: old_workbook(workbook_stream([packed_row(65_535)])),
        "bomb",
    ),
    "an old workbook of more cells than are allowed": (
        lambda: old_workbook(workbook_stream(packed_row(row) for row in range(12_000))),
        "bomb",
    ),
    "another archive": (lambda: zip_of("hello.txt"), "no_table"),
    "nothing": (lambda: b" \r\n", "empty"),
}


def zip_of(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        written.writestr(name, b"x")
    return target.getvalue()


def locked_xlsx() -> bytes:
    """A compound file whose stream is called as in a workbook with a password."""
    return XLS.replace(
        "Workbook".encode("utf-16-le") + b"\0\0" + b"\0" * 46 + b"\x12\0",
        "EncryptedPackage".encode("utf-16-le") + b"\0\0" + b"\0" * 30 + b"\x22\0",
    )


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_with_the_reason(data: Callable[[], bytes], code: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_file_rows(data(), Limits())
    assert caught.value.code == code
    assert unreadable(caught.value)


def test_names_of_paths_in_the_archive_lead_nowhere() -> None:
    data = packed(PLAIN, **{"..__..__evil_xml": b"x", "__etc__passwd": b"x"})
    assert [row.cells for row in read_file_rows(data, Limits())] == [
        row.cells for row in read_file_rows(PLAIN, Limits())
    ]


def test_reading_takes_less_than_300_mb(tmp_path: Path) -> None:
    """In a process of its own, which has made none of the files: each hostile one, and one as large as is allowed."""
    files = [data() for data, _code in HOSTILE.values()] + [b"a,b,c,d,e,f,g,1.5\n" * 200_000]
    for number, data in enumerate(files):
        (tmp_path / f"{number}").write_bytes(data)
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from imports.files.readers import Limits, UnreadableError, read_file_rows\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for path in Path(sys.argv[1]).iterdir():\n"
        "    try:\n"
        "        read_file_rows(path.read_bytes(), Limits())\n"
        "    except UnreadableError:\n"
        "        pass\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    setup = (
        "import django, os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'qualityplan.settings')\ndjango.setup()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", setup + program, str(tmp_path)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(found.stdout) < 300


def test_an_old_workbook_of_many_cells_is_read() -> None:
    rows = read_file_rows(old_workbook(workbook_stream(packed_row(row) for row in range(1_000))), Limits())
    assert [rows[0].cells[:2], rows[-1].cells[-1]] == [(0.0, 1.0), 255_999.0]


def test_a_rare_sign_that_runs_on_into_the_next_record_is_read() -> None:
    """Signs beyond the first 65536 take two places, and a record may end between them."""
    texts = [f"{number} " + "𨱏" * 200 for number in range(60)]
    assert [row.cells[0] for row in read_file_rows(as_xls({"x": [[text] for text in texts]}), Limits())] == texts


def test_a_long_text_in_few_cells_is_read() -> None:
    assert [len(str(row.cells[0])) for row in read_file_rows(sharing(b"x" * 30_000, 3), Limits())] == [30_000] * 3


# --- Damaged files ----------------------------------------------------------------------------------------------------

ROUNDS = 150
SHARED = sharing(b"x", 3)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, left out, doubled or put elsewhere."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place, length = chance.randrange(len(result)), chance.randint(1, 12)
        match chance.randrange(4):
            case 0:
                result[place] = chance.randrange(256)
            case 1:
                del result[place : place + length]
            case 2:
                result[place:place] = result[place : place + length] * chance.randint(1, 3)
            case _:
                result[place : place + 4] = chance.choice([b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff\xff\xff\xff"])
        result = result or bytearray(b"x")
    return bytes(result)


def inside(data: bytes, name: str, chance: random.Random) -> bytes:
    return packed(data, **{name.replace("/", "__").replace(".xml", "_xml"): damaged(part_of(data, name), chance)})


MUTATIONS: dict[str, Callable[[random.Random], bytes]] = {
    "CSV": lambda chance: damaged(as_csv([LONG, *TWO], chance.choice(["utf-8", "gb18030", "utf-16"])), chance),
    "XLSX": lambda chance: damaged(PLAIN, chance),
    "XLSX sheet": lambda chance: inside(PLAIN, SHEET, chance),
    "XLSX texts": lambda chance: inside(SHARED, TEXTS, chance),
    "XLSX styles": lambda chance: inside(PLAIN, "xl/styles.xml", chance),
    "XLSX workbook": lambda chance: inside(PLAIN, "xl/workbook.xml", chance),
    "XLS": lambda chance: damaged(XLS, chance),
    "ODS": lambda chance: damaged(ODS, chance),
    "ODS content": lambda chance: inside(ODS, "content.xml", chance),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_damaged_file_gives_rows_or_the_reason(mutation: Callable[[random.Random], bytes]) -> None:
    chance = random.Random(2014)
    for _ in range(ROUNDS):
        try:
            rows = read_file_rows(mutation(chance), Limits())
        except UnreadableError as error:
            unreadable(error)  # there is a sentence for it
        else:
            table = parse(rows, None, KNOWN)
            assert table.read == len(table.lines) + len(table.fragments)
