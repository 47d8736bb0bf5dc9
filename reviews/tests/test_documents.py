"""What may be attached is told by the content; what may not is refused with its reason, whatever it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.documents import KINDS, LONGEST_NAME, RefusedFileError, name_for, recognise_file_kind, safe_name
from reviews.messages import REFUSED_FILES, refused_file
from reviews.tests import papers

TAKEN = [
    ("pdf", papers.PDF),
    ("jpeg", papers.JPEG),
    ("png", papers.PNG),
    ("xlsx", papers.xlsx()),
    ("docx", papers.docx()),
    ("ods", papers.open_document("spreadsheet")),
    ("odt", papers.open_document("text")),
    ("xls", papers.compound("Root Entry", "Workbook")),
    ("xls", papers.compound("Root Entry", "Book")),
    ("doc", papers.compound("Root Entry", "WordDocument")),
    ("txt", "核减重复五十户".encode()),
    ("txt", "核减重复五十户".encode("gb18030")),
    ("txt", "核减重复五十户".encode("utf-16")),
    ("txt", "\ufeff第一行\r\n第二行\t数".encode()),
]


@pytest.mark.parametrize(("code", "data"), TAKEN)
def test_a_document_of_an_office_is_recognised_by_its_content(code: str, data: bytes) -> None:
    assert recognise_file_kind(data, "附件").code == code
    assert recognise_file_kind(data, "misleading.exe").code == code


def test_only_the_name_tells_a_table_from_text() -> None:
    assert recognise_file_kind("指标,数值\n".encode(), "六月.CSV").code == "csv"
    assert recognise_file_kind("指标,数值\n".encode(), "六月.txt").code == "txt"


REFUSED = [
    ("empty", b""),
    ("empty", b" \r\n"),
    ("unknown", b"MZ\x90\x00\x03\x00\x00\x00"),
    ("unknown", b"\x7fELF\x02\x01\x01\x00"),
    ("unknown", b"GIF89a\x01\x00\x01\x00\x00"),
    ("unknown", b"\x1b[2J text with an escape"),
    ("unknown", papers.compound("Root Entry", "PowerPoint Document")),
    ("archive", papers.archive({"a.pdf": papers.PDF})),
    ("archive", papers.archive({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>"})),
    ("archive", papers.archive({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"})),
    ("archive", papers.open_document("presentation")),
    ("broken", papers.xlsx()[:60]),
    ("broken", b"PK\x03\x04" + bytes(40)),
    ("macros", papers.macro_workbook()),
    ("macros", papers.xlsx(xl__vbaProject_bin="x").replace(b"xl/vbaProject_bin", b"xl/vbaProject.bin")),
    ("macros", papers.xlsx(xl__macrosheets__sheet1="<x/>")),
    ("macros", papers.open_document("spreadsheet", Basic__Standard="x")),
    ("macros", papers.compound("Root Entry", "Workbook", "_VBA_PROJECT")),
    ("macros", papers.compound("Root Entry", "WordDocument", "_VBA_PROJECT")),
    ("encrypted", papers.compound("Root Entry", "EncryptedPackage")),
    ("markup", b"<!DOCTYPE html><p>hello"),
    ("markup", b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("markup", b"text first <script>alert(1)</script>"),
    ("markup", "<html>".encode("utf-16")),
]


@pytest.mark.parametrize(("code", "data"), REFUSED)
def test_what_is_refused_says_why(code: str, data: bytes) -> None:
    for name in ("报表.pdf", "报表.xlsx", "报表.txt"):
        with pytest.raises(RefusedFileError) as refused:
            recognise_file_kind(data, name)
        assert refused.value.code == code
        assert "报表" in refused_file(name, refused.value)


def told(data: bytes) -> str:
    """The kind, or why it is refused."""
    try:
        return recognise_file_kind(data, "x").code
    except RefusedFileError as refused:
        return refused.code


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe"]))
def test_any_bytes_are_recognised_or_refused_with_a_sentence(data: bytes, start: bytes) -> None:
    assert told(start + data) in {*KINDS, *REFUSED_FILES}


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\质量\\6月.xlsx", "6月.xlsx"),
        ("bad\u202ecsv.exe\n", "badcsv.exe"),
        ("", "?"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_a_file_name_is_kept_without_path_and_tricks(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@pytest.mark.parametrize(
    ("code", "given_name", "kept"),
    [
        ("pdf", "批复.pdf", "批复.pdf"),
        ("pdf", "批复.PDF", "批复.PDF"),
        ("jpeg", "现场.jpeg", "现场.jpeg"),
        ("txt", "page.html", "page.html.txt"),
        ("png", "现场", "现场.png"),
        ("pdf", "x" * 250, "x" * (LONGEST_NAME - 4) + ".pdf"),
    ],
)
def test_a_name_ends_as_the_content_asks(code: str, given_name: str, kept: str) -> None:
    assert name_for(KINDS[code], given_name) == kept


@given(st.text(max_size=400), st.sampled_from(sorted(KINDS)))
def test_every_name_becomes_one_that_can_be_stored(name: str, code: str) -> None:
    made = name_for(KINDS[code], name)
    assert 0 < len(made) <= LONGEST_NAME
    assert made.lower().endswith(KINDS[code].endings)
    assert not set(made) & set("/\\\0\r\n")
