"""What may come in as a file, and what is refused before it can do harm."""

import io
import zipfile
from collections.abc import Iterable
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.files.readers import Limits, UnreadableError, read_file_rows, repack_workbook
from imports.tables.parsing import FileRow
from imports.tests.tables import changed_part, csv_bytes, saved, xlsx_bytes

SHEET = "xl/worksheets/sheet1.xml"


def cells(rows: Iterable[FileRow]) -> list[tuple[object, ...]]:
    return [row.cells for row in rows]


def code_of(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(UnreadableError) as caught:
        read_file_rows(data, limits or Limits())
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_chinese_offices(encoding: str) -> None:
    rows = read_file_rows(csv_bytes([("温州市", "㎡", "“引号”, 逗号")], encoding, ("甲", "乙", "丙")), Limits())
    assert rows == [FileRow("", 1, ("甲", "乙", "丙")), FileRow("", 2, ("温州市", "㎡", "“引号”, 逗号"))]


def test_rows_have_the_numbers_that_the_person_sees() -> None:
    assert [row.number for row in read_file_rows(b"a\r\n\r\n\r\nb\r\n", Limits())] == [1, 2, 3, 4]
    book = openpyxl.Workbook()
    book.active["B3"] = "x"
    assert [(row.number, row.cells) for row in read_file_rows(saved(book), Limits())][-1] == (3, ("", "x"))


def test_a_workbook_is_recognised_by_its_content_whatever_its_name() -> None:
    assert cells(read_file_rows(xlsx_bytes([(1, 0.1, 92.0)], ["甲", "乙", "丙"]), Limits()))[1] == (1, 0.1, 92.0)


def test_hidden_sheets_are_left_aside() -> None:
    book = openpyxl.Workbook()
    book.active.append(["看得见"])
    hidden = book.create_sheet("草稿")
    hidden.append(["看不见"])
    hidden.sheet_state = "hidden"
    assert cells(read_file_rows(saved(book), Limits())) == [("看得见",)]


def test_an_error_cell_is_not_an_empty_one() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "#DIV/0!"
    book.active["A1"].data_type = "e"
    assert cells(read_file_rows(saved(book), Limits())) == [("#DIV/0!",)]


def test_a_formula_gives_the_value_that_was_stored() -> None:
    data = changed_part(xlsx_bytes([], ["=1+1"]), SHEET, b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    assert cells(read_file_rows(data, Limits())) == [(2.0,)]


def test_macros_and_links_are_dropped_unread() -> None:
    data = io.BytesIO(xlsx_bytes([], ["x"]))
    with zipfile.ZipFile(data, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"macro")
        packed.writestr("xl/externalLinks/externalLink1.xml", b"<!DOCTYPE x>")
        packed.writestr("../../etc/passwd", b"out of here")
    assert cells(read_file_rows(data.getvalue(), Limits())) == [("x",)]
    with zipfile.ZipFile(io.BytesIO(repack_workbook(data.getvalue(), Limits()))) as kept:
        assert not {"xl/vbaProject.bin", "../../etc/passwd"} & set(kept.namelist())


def test_entities_are_refused_and_nothing_is_fetched() -> None:
    declaration = b'<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]><worksheet '
    assert code_of(changed_part(xlsx_bytes([], ["x"]), SHEET, b"<worksheet ", declaration)) == "broken_xlsx"


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    data = io.BytesIO(xlsx_bytes([], ["x"]))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet2.xml", b" " * 5_000_000)
    assert len(data.getvalue()) < 50_000
    assert code_of(data.getvalue(), Limits(unpacked=1_000_000)) == "bomb"


def test_a_bomb_that_lies_about_its_size_unfolds_no_further_than_it_said() -> None:
    data = io.BytesIO(xlsx_bytes([], ["x"]))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet2.xml", b" " * 5_000_000)
    lying = data.getvalue().replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert code_of(lying, Limits(unpacked=1_000_000)) == "broken_xlsx"


@pytest.mark.parametrize("place", [b"XFD1048576", b"A99999999", b"ZZ1000000", b"xfd150000", b"A" * 9 + b"1"])
def test_a_cell_at_the_end_of_the_world_is_refused(place: bytes) -> None:
    data = changed_part(xlsx_bytes([], ["x"]), SHEET, b'<c r="A1"', b'<c r="' + place + b'"')
    assert code_of(data) in ("bomb", "too_many_rows")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "empty"),
        (b",,,\r\n,,,", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "broken_xls"),
        (b"\xff\xff\xff", "no_table"),
        (b"%PDF-1.7\n\0\1\2", "no_table"),
        (b'a,"b\nc,d', "broken_csv"),
        (b'a,"b"c', "broken_csv"),
        (b"PK\x03\x04 nothing more", "broken_xlsx"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_other_archives_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert code_of(target.getvalue()) == "no_table"


def test_a_file_that_is_too_large_or_too_long_is_refused() -> None:
    assert code_of(b"a,b\n" * 100, Limits(size=100)) == "too_large"
    assert code_of(b"a,b\n" * 100, Limits(rows=99)) == "too_many_rows"
    assert len(read_file_rows(b"a,b\n" * 100, Limits(rows=100))) == 100


@given(st.binary(max_size=400))
def test_no_file_crashes_the_reader(data: bytes) -> None:
    with suppress(UnreadableError):
        read_file_rows(data, Limits())


WORKBOOK = xlsx_bytes([("air-quality", "330300", "2014-01", 1.5, 2, 3)])


@given(st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_damaged_workbook_crashes_the_reader(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(WORKBOOK)
    for position, value in changes:
        damaged[position] = value
    with suppress(UnreadableError):
        read_file_rows(bytes(damaged), Limits())
