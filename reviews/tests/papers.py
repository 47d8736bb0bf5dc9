"""Small files of every kind, as offices send them, and those that must not come in."""

import base64
import io
import zipfile
from collections.abc import Mapping

CONTENT_TYPES = "<Types><Override ContentType='application/vnd.openxmlformats-officedocument.{kind}.main+xml'/></Types>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(20)
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQDeoAAAGHAPiYx3MdAAAAAElFTkSuQmCC")
"""One blue point."""


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file with these parts, in this order; the same bytes at any time of day."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in parts.items():
            opened.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def xlsx(**parts: str) -> bytes:
    return archive(
        {"[Content_Types].xml": CONTENT_TYPES.format(kind="spreadsheetml.sheet"), "xl/workbook.xml": "<workbook/>"}
        | {name.replace("__", "/"): text for name, text in parts.items()}
    )


def docx() -> bytes:
    types = CONTENT_TYPES.format(kind="wordprocessingml.document")
    return archive({"[Content_Types].xml": types, "word/document.xml": "<document/>"})


def macro_workbook() -> bytes:
    """An XLSM, as it looks when somebody has renamed it to .xlsx."""
    types = "<Types><Override ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/></Types>"
    return archive({"[Content_Types].xml": types, "xl/workbook.xml": "<workbook/>"})


def open_document(kind: str, **parts: str) -> bytes:
    named = {name.replace("__", "/"): text for name, text in parts.items()}
    return archive({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": "<content/>"} | named)


def compound(*streams: str) -> bytes:
    """An old Office file, with the names of its streams where a reader finds them."""
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return start + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)
