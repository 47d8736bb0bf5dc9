"""The chapters of the manual, read from Markdown once in each process and again when a file was changed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

ORDER = (
    "lights",
    "leadership",
    "reporting",
    "importing",
    "reviewing",
    "tasks",
    "coordinating",
    "supervision",
    "counties",
    "account",
    "administration",
    "operations",
    "messages",
    "glossary",
)
"""The chapters in the order in which they are read; each is a file of this name in each language."""

FOLDERS = {"zh-hans": "zh", "en": "en"}
"""The language of a reader → the folder with its chapters."""

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
"""Understands what the chapters are written in. HTML in a chapter is shown as text."""

OTHER_CHAPTER = re.compile(r"([a-z]+)\.md(#.*)?")
NO_PART_OF_ANCHOR = re.compile(r"[^\w -]")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading, as far as the next one.

    `level` is 1 for the title of the chapter; `anchor` is the part of an address behind `#`; `text` is what a reader
    reads below the heading, without any markup, one line for each paragraph, item or row.
    """

    level: int
    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter in one language; `lead` is its first paragraph, which says whom it is for."""

    name: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    html: SafeString

    @property
    def contents(self) -> list[Section]:
        """The sections that the table of contents names."""
        return [section for section in self.sections if section.level == 2]


class FileVersion(NamedTuple):
    """By what it is seen that a file was changed: nanoseconds and bytes."""

    changed: int
    size: int


def read_manual(language: str) -> tuple[Chapter, ...]:
    """All chapters in the language, in their order; in Chinese where the manual has no such language."""
    files = chapter_files(language)
    return _parse_all(files, tuple(map(_version_of, files)))


def chapter_files(language: str) -> tuple[Path, ...]:
    """The files of all chapters in the language."""
    folder = settings.BASE_DIR / "docs" / "manual" / FOLDERS.get(language, FOLDERS["zh-hans"])
    return tuple(folder / f"{name}.md" for name in ORDER)


def _version_of(file: Path) -> FileVersion:
    found = file.stat()
    return FileVersion(found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2 * len(FOLDERS))
def _parse_all(files: Sequence[Path], _versions: Sequence[FileVersion]) -> tuple[Chapter, ...]:
    return tuple(parse_chapter(file.stem, file.read_text(encoding="utf-8")) for file in files)


def parse_chapter(name: str, written: str) -> Chapter:
    """The chapter that is written so; ValueError where it does not begin with a title and a paragraph."""
    tokens = PARSER.parse(written)
    if [(token.type, token.tag) for token in tokens[:4:3]] != [("heading_open", "h1"), ("paragraph_open", "p")]:
        raise ValueError(f"{name}: a chapter begins with a title and a paragraph")
    sections = tuple(_sections(tokens))
    html = PARSER.renderer.render(list(_dress(tokens)), PARSER.options, {})
    # The parser escapes all text and was told to take no HTML.
    return Chapter(name, sections[0].title, _plain(tokens[4]), sections, SafeString(html))


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    """The tokens cut before each heading: its own three tokens, then what stands below it."""
    headings = accumulate(token.type == "heading_open" for token in tokens)
    for _number, numbered in groupby(zip(headings, tokens, strict=True), key=itemgetter(0)):
        group = [token for _number, token in numbered]
        heading, title, _end, *below = group
        text = "\n".join(_lines(below))
        yield Section(int(heading.tag[1]), _plain(title), anchor_of(_plain(title)), text)


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    """What a reader reads; the cells of one row make one line."""
    row: list[str] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield " · ".join(row)
            row = None
        elif text := _plain(token):
            if row is None:
                yield text
            else:
                row.append(text)


def _plain(token: Token) -> str:
    """The text of a paragraph, cell, heading or block of code, without markup."""
    if token.type != "inline":
        return token.content.strip()
    parts = (" " if child.type == "softbreak" else child.content for child in token.children or ())
    return "".join(parts).strip()


def anchor_of(title: str) -> str:
    """The part of an address behind `#` for a heading, as readers of Markdown elsewhere make it."""
    return NO_PART_OF_ANCHOR.sub("", title.lower()).replace(" ", "-")


def _dress(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens as a page needs them: headings with anchors, links to pages, tables that can be pushed sideways."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(_plain(tokens[place + 1])))
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", address_of_link(str(child.attrGet("href"))))
        if token.type == "table_open":
            token.attrSet("class", "table")
            yield Token("frame_open", "div", 1, attrs={"class": "table-responsive", "tabindex": "0"})
        yield token
        if token.type == "table_close":
            yield Token("frame_close", "div", -1)


def address_of_link(written: str) -> str:
    """Where a link of a chapter leads on the pages: `reviewing.md#…` to the page of that chapter."""
    found = OTHER_CHAPTER.fullmatch(written)
    return reverse("help_chapter", args=[found[1]]) + (found[2] or "") if found else written
