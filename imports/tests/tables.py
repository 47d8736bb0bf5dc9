"""Files for tests, made with the libraries that people's programs use."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

HEADINGS = ("指标", "地区", "月份", "数值", "分子", "分母", "说明", "日期")
Table = Iterable[Sequence[Any]]


def csv_bytes(rows: Table, encoding: str = "utf-8", headings: Sequence[Any] = HEADINGS) -> bytes:
    """A CSV file as a spreadsheet program writes it."""
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Table, headings: Sequence[Any] = HEADINGS, title: str = "数据") -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in [headings, *rows]:
        sheet.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def changed_part(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The workbook with something replaced inside one of its parts; an empty value stands there as `<v />`, whichever
    library wrote the workbook."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for entry in source.infolist():
            content = source.read(entry).replace(b"<v></v>", b"<v />").replace(b"<v/>", b"<v />")
            assert entry.filename != name or old in content
            packed.writestr(entry.filename, content.replace(old, new) if entry.filename == name else content)
    return target.getvalue()


def uploaded(data: bytes, name: str = "数据.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)
