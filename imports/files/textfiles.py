"""Text files of separated values, in the encodings and with the separators of Chinese offices."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from imports.files.cells import FileRow, FileRows
from imports.files.limits import Limits, UnreadableError

SEPARATORS = ",\t;|"
_SAMPLE, _SAMPLED_ROWS = 64 * 1024, 200
_row = partial(tuple.__new__, FileRow)
_SAID = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\ufffe\uffff]")  # in no text, but in every other kind of file
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_XML_WORKBOOK = b"urn:schemas-microsoft-com:office:spreadsheet"
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|table|head|body|meta|\?xml|script)", re.IGNORECASE)


def read_csv(data: bytes, limits: Limits) -> FileRows:
    """Text in UTF-8 with or without a BOM, GB18030 (as Chinese Excel saves it) or UTF-16 (Excel's "Unicode text")."""
    if _MARKUP.match(data.removeprefix(codecs.BOM_UTF8)):
        raise UnreadableError("xml_workbook" if _XML_WORKBOOK in data[:_SAMPLE] else "web_page")
    text = decode_file_text(data)
    said = _SAID.match(text)  # Excel's own way to tell; it shows no such row
    separator = said[1] if said else separator_of(text[:_SAMPLE])
    if text.count(separator) + text.count("\n") > limits.cells:
        raise UnreadableError("too_many_cells", limit=str(limits.cells))
    return FileRows(_parsed(text[said.end() :] if said else text, separator, limits))


def _parsed(text: str, separator: str, limits: Limits) -> Iterator[FileRow]:
    reader = csv.reader(_lines(text), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if number > limits.rows:
                raise UnreadableError("too_many_rows", limit=str(limits.rows))
            if len(cells) > limits.columns:
                raise UnreadableError("too_many_columns", limit=str(limits.columns))
            yield _row(("", number, tuple(cells)))
    except csv.Error as error:
        if "field larger" in str(error):
            raise UnreadableError("cell_too_long", row=str(number + 1)) from None
        raise UnreadableError("broken_csv", line=str(reader.line_num)) from None


def _lines(text: str) -> io.TextIOWrapper | io.StringIO:
    """The text line by line; long texts as bytes, which take a quarter of the memory."""
    if len(text) < _SAMPLE:
        return io.StringIO(text, newline="")
    return io.TextIOWrapper(
        io.BytesIO(text.encode("utf-8", "surrogatepass")), encoding="utf-8", errors="surrogatepass", newline=""
    )


def separator_of(sample: str) -> str:
    """The separator that divides most rows into the same number of cells; a comma if none does."""
    return max(SEPARATORS, key=lambda separator: _regularity(sample, separator))


def _regularity(sample: str, separator: str) -> int:
    if separator not in sample:
        return 0
    widths: Counter[int] = Counter()
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=separator)):
            if number == _SAMPLED_ROWS:
                break
            widths[len(cells)] += 1
    except csv.Error:
        return 0
    return max((count * (width - 1) for width, count in widths.items()), default=0)


def decode_file_text(data: bytes) -> str:
    """The text of a file. UTF-8 is tried before GB18030, whose text is practically never valid UTF-8 by accident."""
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            return text.removeprefix("\ufeff")
    raise UnreadableError("no_table")


def _encodings(data: bytes) -> list[str]:
    if marked := _WIDE.get(data[:2]):
        return [marked]
    if b"\0" in data:
        even, odd = data[::2].count(0), data[1::2].count(0)
        likely = len(data) % 2 == 0 and min(even, odd) == 0 and max(even, odd) * 10 > len(data)
        return ["utf-16-le" if odd else "utf-16-be"] if likely else []
    return ["utf-8", "gb18030"]
