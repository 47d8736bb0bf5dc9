"""Documents that carry other documents, or load something from elsewhere, are refused; ordinary ones of real programs
are taken."""

import io
import zipfile
from collections.abc import Mapping

import docx
import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from reviews.documents import RefusedFileError, recognise_file_kind
from reviews.messages import refused_file
from reviews.tests import papers

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word(*, linked: str = "", kind: str = "hyperlink") -> bytes:
    """A real document, with a reference to something outside."""
    made = docx.Document()
    made.add_heading("关于核减危房改造任务的请示")
    made.add_table(2, 2)
    if linked:
        made.part.relate_to(linked, f"{OFFICE}/{kind}", is_external=True)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def table() -> bytes:
    """A real workbook with a link to a page and a chart of its own."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (["县", "户"], ["鹿城", 90], ["瑞安", 91]):
        page.append(row)
    page["A1"].hyperlink = "https://www.wenzhou.gov.cn/"
    chart = BarChart()
    chart.add_data(Reference(page, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    page.add_chart(chart, "D2")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(data: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """The document with further parts, or with others in their place."""
    with zipfile.ZipFile(io.BytesIO(data)) as known:
        held = {name: known.read(name) for name in known.namelist()}
    return papers.archive(held | dict(parts))


def relations(kind: str, target: str, mode: str = "External") -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    )


SETTINGS = "word/_rels/settings.xml.rels"
TEMPLATE = relations("attachedTemplate", "http://attacker.example/t.dotm")
SHEET = "xl/worksheets/_rels/sheet1.xml.rels"
REFUSED = {
    "a workbook in a document": (
        "embedded",
        with_parts(word(), {"word/embeddings/Microsoft_Excel_Sheet1.xlsx": table()}),
    ),
    "an OLE object in a document": ("embedded", with_parts(word(), {"word/embeddings/oleObject1.bin": b"\xd0\xcf"})),
    "an OLE object in a workbook": ("embedded", with_parts(table(), {"xl/embeddings/oleObject1.bin": b"\xd0\xcf"})),
    "an object under another name": (
        "embedded",
        with_parts(
            table(), {"xl/media/x.bin": b"\xd0\xcf", SHEET: relations("oleObject", "../media/x.bin", "Internal")}
        ),
    ),
    "a control": ("embedded", with_parts(table(), {"xl/activeX/activeX1.bin": b"x"})),
    "a template from elsewhere": ("linked", with_parts(word(), {SETTINGS: TEMPLATE})),
    "the same, written otherwise": (
        "linked",
        with_parts(word(), {SETTINGS: TEMPLATE.replace("External", "&#69;xternal")}),
    ),
    "a picture from elsewhere": ("linked", word(linked="http://attacker.example/a.png", kind="image")),
    "a frame from elsewhere": ("linked", word(linked="http://attacker.example/", kind="frame")),
    "figures of another workbook": ("linked", with_parts(table(), {"xl/externalLinks/externalLink1.xml": "<x/>"})),
    "macros": ("macros", with_parts(table(), {"xl/vbaProject.bin": b"x"})),
    "macros in a document": ("macros", with_parts(word(), {"word/vbaProject.bin": b"x"})),
    "references that are none": ("broken", with_parts(word(), {SETTINGS: "<Relationships"})),
    "references with entities": ("broken", with_parts(word(), {SETTINGS: f"<!DOCTYPE x [<!ENTITY a 'b'>]>{TEMPLATE}"})),
    "far too many references": ("broken", with_parts(word(), {SETTINGS: " " * 9_000_000})),
    "an old document with an object": ("embedded", papers.compound("Root Entry", "WordDocument", "\x03ObjInfo")),
    "an old document with a package": ("embedded", papers.compound("Root Entry", "WordDocument", "\x01Ole10Native")),
    "an old workbook with an object": ("embedded", papers.compound("Root Entry", "Workbook", "MBD0018D4CE")),
    "an open document with an object": (
        "embedded",
        papers.archive(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "content.xml": "<x/>",
                "META-INF/manifest.xml": "<m media-type='application/vnd.sun.star.oleobject'/>",
            }
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_carries_or_loads_something_else_is_refused_with_a_sentence(name: str) -> None:
    code, data = REFUSED[name]
    with pytest.raises(RefusedFileError) as refused:
        recognise_file_kind(data, "请示.docx")
    assert refused.value.code == code
    assert "请示.docx" in refused_file("请示.docx", refused.value)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("docx", word()),
        ("docx", word(linked="https://www.wenzhou.gov.cn/")),
        ("xlsx", table()),
        ("doc", papers.compound("Root Entry", "WordDocument", "ObjectPool")),
    ],
)
def test_an_ordinary_document_is_taken(code: str, data: bytes) -> None:
    assert recognise_file_kind(data, "请示").code == code
