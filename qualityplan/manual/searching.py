"""The search in the manual: which sections have every word that was typed, and the words around the first of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qualityplan.manual.chapters import Chapter, Section

LONGEST = 100
"""How many characters of a question are looked for; more is told to be too long."""
MOST = 30
"""How many sections are shown."""
AROUND = 40
"""How many characters are shown before what was found; three times as many behind its beginning."""


class Piece(NamedTuple):
    """A part of an excerpt, and whether it is what was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A section that has every word, with its chapter, its title and the words around what was found."""

    chapter: Chapter
    section: Section
    title: list[Piece]
    excerpt: list[Piece]


def search_manual(chapters: Sequence[Chapter], words: Sequence[str]) -> list[Found]:
    """The sections in whose title or text every word stands, whether large or small; first those whose title has one.

    Chinese is written without spaces: a word is found wherever its characters stand in a row.
    """
    if not words:
        return []
    looked_for = [re.compile(re.escape(word), re.IGNORECASE) for word in words]
    any_word = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))), re.IGNORECASE)
    found = [
        _show(chapter, section, any_word)
        for chapter in chapters
        for section in chapter.sections
        if all(word.search(f"{section.title}\n{section.text}") for word in looked_for)
    ]
    return sorted(found, key=lambda place: not any(piece.hit for piece in place.title))[:MOST]


def _show(chapter: Chapter, section: Section, any_word: re.Pattern[str]) -> Found:
    title, excerpt = _pieces(section.title, any_word), _pieces(_cut(section, any_word), any_word)
    return Found(chapter, section, list(title), list(excerpt))


def _cut(section: Section, any_word: re.Pattern[str]) -> str:
    """The text around the first word that is found in it; its beginning where only the title has one."""
    text = " ".join(section.text.split())
    hit = any_word.search(text)
    place = hit.start() if hit else 0
    start, end = max(0, place - AROUND), place + 3 * AROUND
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _pieces(text: str, any_word: re.Pattern[str]) -> Iterator[Piece]:
    """The text cut where a word that was looked for begins and ends."""
    end = 0
    for hit in any_word.finditer(text):
        yield Piece(text[end : hit.start()], hit=False)
        yield Piece(hit[0], hit=True)
        end = hit.end()
    yield Piece(text[end:], hit=False)
