"""What may be attached to an entry: files recognised by their content, never by their name (pure, imports no Django).

Nothing in a file is executed, unpacked or rendered. Of a compressed document only the list of its parts, the part that
says what it is and those that say what it refers to are read. Documents that carry macros or other documents, or that
load anything from elsewhere when they are opened, pages and drawings that carry scripts are refused.
"""

import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

LONGEST_NAME = 200
MOST_PARTS = 5000
_DECLARATION_BYTES = 1024 * 1024
_REFERENCE_BYTES = 8 * 1024 * 1024
"""How much of the parts that say what a document refers to is read, all together; a real one has a few thousand."""


class RefusedFileError(Exception):
    """A file that may not be attached; `code` and `details` make the sentence."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its code, the endings its name may have (the first one is given to a name with another), what a
    browser is told about it, and whether a browser may show it."""

    code: str
    endings: tuple[str, ...]
    content_type: str
    shown: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
KINDS = {
    kind.code: kind
    for kind in (
        FileKind("pdf", (".pdf",), "application/pdf", shown=True),
        FileKind("jpeg", (".jpg", ".jpeg"), "image/jpeg", shown=True),
        FileKind("png", (".png",), "image/png", shown=True),
        FileKind("xlsx", (".xlsx",), f"{_OFFICE}.spreadsheetml.sheet"),
        FileKind("docx", (".docx",), f"{_OFFICE}.wordprocessingml.document"),
        FileKind("xls", (".xls", ".et"), "application/vnd.ms-excel"),
        FileKind("doc", (".doc", ".wps"), "application/msword"),
        FileKind("ods", (".ods",), f"{_OPEN}.spreadsheet"),
        FileKind("odt", (".odt",), f"{_OPEN}.text"),
        FileKind("csv", (".csv",), "text/csv"),
        FileKind("txt", (".txt",), "text/plain"),
    )
}
"""Everything that may be attached."""
ENDINGS = ",".join(ending for kind in KINDS.values() for ending in kind.endings)
"""What a browser offers when files are chosen."""

_STARTS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACRO_FOLDERS = ("basic/", "scripts/", "xl/macrosheets/")
_EMBEDDED = ("/embeddings/", "/activex/", "/oleobject")
_LOADED = ("/externallinks/",)
_OPEN_OBJECT = b"application/vnd.sun.star.oleobject"
_OLD_OBJECTS = ("\x03ObjInfo", "\x01Ole10Native", "MBD0")
"""Names in an old file that stand there for each object that it carries, in Word and in Excel."""
_EMBEDDING = ("/oleobject", "/package", "/control")
_MARKUP = ("<!doctype", "<html", "<svg", "<script", "<?xml", "<body", "<head")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    ElementTree.ParseError,
)


def recognise_file_kind(data: bytes, name: str) -> FileKind:
    """What the file is; RefusedFileError for everything that may not be attached. The name only tells CSV from text."""
    if not data:
        raise RefusedFileError("empty")
    for start, code in _STARTS.items():
        if data.startswith(start):
            return KINDS[code]
    if data.startswith(b"PK\x03\x04"):
        return KINDS[_compressed(data)]
    if data.startswith(_COMPOUND):
        return KINDS[_compound(data)]
    return KINDS[_text(data, name)]


# --- Documents --------------------------------------------------------------------------------------------------------


def _compressed(data: bytes) -> str:
    """DOCX, XLSX, ODT or ODS, by what the file itself declares to be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.namelist()
            if len(parts) > MOST_PARTS:
                raise RefusedFileError("unknown")
            declared = _declared(archive, parts)
            references = list(_references(archive, parts))
            objects = _open_objects(archive, parts)
    except _BROKEN as error:
        raise RefusedFileError("broken") from error
    if _carries_macros(parts) or b"macroenabled" in declared.lower():
        raise RefusedFileError("macros")
    code = _document(parts, declared)
    if objects or _names(parts, _EMBEDDED) or any(kind.endswith(_EMBEDDING) for kind, _outside in references):
        raise RefusedFileError("embedded")
    if _names(parts, _LOADED) or any(outside and not kind.endswith("/hyperlink") for kind, outside in references):
        raise RefusedFileError("linked")
    return code


def _declared(archive: zipfile.ZipFile, parts: list[str]) -> bytes:
    """The beginning of the part in which a document says what it is; empty for another archive."""
    for part in ("[Content_Types].xml", "mimetype"):
        if part in parts:
            with archive.open(part) as opened:
                return opened.read(_DECLARATION_BYTES)
    return b""


def _references(archive: zipfile.ZipFile, parts: list[str]) -> Iterator[tuple[str, bool]]:
    """The kind of each thing that the parts of a document refer to, and whether it lies outside the document."""
    left = _REFERENCE_BYTES
    for part in (part for part in parts if part.lower().endswith(".rels")):
        with archive.open(part) as opened:
            text = opened.read(left + 1)
        left -= len(text)
        if left < 0 or b"<!" in text.replace(b"<!--", b"").replace(b"\0", b""):
            raise RefusedFileError("broken")
        for element in ElementTree.fromstring(text).iter():  # noqa: S314 - short, and without entities of its own
            yield element.get("Type", "").lower(), element.get("TargetMode", "").lower() == "external"


def _open_objects(archive: zipfile.ZipFile, parts: list[str]) -> bool:
    """Whether the list of parts of an open document names an object of another program."""
    if "META-INF/manifest.xml" not in parts:
        return False
    with archive.open("META-INF/manifest.xml") as opened:
        return _OPEN_OBJECT in opened.read(_DECLARATION_BYTES)


def _names(parts: list[str], wanted: tuple[str, ...]) -> bool:
    return any(name in f"/{part.lower()}" for part in parts for name in wanted)


def _carries_macros(parts: list[str]) -> bool:
    found = [part.lower() for part in parts]
    return any(part.endswith("vbaproject.bin") or part.startswith(_MACRO_FOLDERS) for part in found)


def _document(parts: list[str], declared: bytes) -> str:
    by_part = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx"}
    if "[Content_Types].xml" in parts:
        found = [code for part, code in by_part.items() if part in parts]
        if len(found) == 1:
            return found[0]
    by_declaration = {f"{_OPEN}.spreadsheet": "ods", f"{_OPEN}.text": "odt"}
    code = by_declaration.get(declared.decode("ascii", "replace").strip())
    if code is None:
        raise RefusedFileError("archive")
    return code


def _compound(data: bytes) -> str:
    """DOC or XLS, by the names of the streams in the file (MS-CFB: UTF-16, little-endian)."""
    if _holds(data, "EncryptedPackage"):
        raise RefusedFileError("encrypted")
    if _holds(data, "_VBA_PROJECT"):
        raise RefusedFileError("macros")
    if any(_holds(data, name) for name in _OLD_OBJECTS):
        raise RefusedFileError("embedded")
    if _holds(data, "WordDocument"):
        return "doc"
    if _holds(data, "Workbook") or _holds(data, "Book\0"):
        return "xls"
    raise RefusedFileError("unknown")


def _holds(data: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") in data


# --- Text -------------------------------------------------------------------------------------------------------------


def _text(data: bytes, name: str) -> str:
    """CSV or plain text, in an encoding that offices use; pages, drawings and binary files are refused."""
    text = _decoded(data)
    if not text.strip():
        raise RefusedFileError("empty")
    if any(unicodedata.category(sign) == "Cc" and sign not in "\t\r\n\f\v\x1a" for sign in text):
        raise RefusedFileError("unknown")
    beginning = text[:4096].lower()
    if beginning.lstrip("\ufeff \t\r\n").startswith("<") or any(tag in beginning for tag in _MARKUP):
        raise RefusedFileError("markup")
    return "csv" if name.lower().endswith(".csv") else "txt"


def _decoded(data: bytes) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedFileError("unknown")


# --- Names ------------------------------------------------------------------------------------------------------------


def safe_name(name: str) -> str:
    """The last part of a file's name, without what cannot be seen (a right-to-left mark would disguise its ending)."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(sign for sign in last if not unicodedata.category(sign).startswith("C")).strip()
    return seen[-LONGEST_NAME:] or "?"


def name_for(kind: FileKind, name: str) -> str:
    """A safe name that ends as the content asks: what is text is not saved as a page by whoever downloads it."""
    safe = safe_name(name)
    if safe.lower().endswith(kind.endings):
        return safe
    return safe[-(LONGEST_NAME - len(kind.endings[0])) :] + kind.endings[0]
