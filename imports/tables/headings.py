"""Which rows of a sheet are its headings, and what a heading says (pure, imports no Django)."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

from imports.files.cells import Cell, FileRow, canonical_name, is_blank_cell, text_of_cell
from imports.vocabulary.names import KnownNames
from imports.vocabulary.units import canonical_unit
from imports.vocabulary.values import period_in
from imports.vocabulary.wording import MEASURES, WORDS

LOOKED_AT, LONGEST_HEADING, MOST_LINES, MONTHS = 30, 120, 4, 12
PERIOD, YEAR, REGION, INDICATOR = FIXED = ("=period", "=year", "=region", "=indicator")
UNIT = "=unit"
"""Kinds of what a heading fixes for all cells below it; every other kind is a meaning of `wording`."""

_BRACKETS = re.compile(r"\(([^()]*)\)$")
_MONTH_FIRST = re.compile(r"((?:\d{4}年)?(?:\d{1,2}[-至~])?\d{1,2}月份?)(\D.*)")
_YEAR = re.compile(r"((?:19|2\d)\d\d)年")
_FIGURE = re.compile(r"\d{4}\.\d+")


class HeadingFact(NamedTuple):
    """One thing that a heading says: a meaning, or something fixed and its value (2014年3月, a code)."""

    kind: str
    value: str = ""
    unit: str = ""


def facts_of(cell: Cell, known: KnownNames) -> tuple[HeadingFact, ...]:
    """What a heading says; empty if the heading is not understood."""
    if isinstance(cell, date):
        return (HeadingFact(PERIOD, f"{cell.year}年{cell.month}月"),)
    text = canonical_name(text_of_cell(cell))
    if len(text) > LONGEST_HEADING:
        return ()
    if found := _word(text) or _time(text):
        return (found,)
    if both := _MONTH_FIRST.fullmatch(text):
        first, second = _time(both[1]), _word(both[2].lstrip("-_:,"))
        if first and second:
            return first, second
    return _named(text, known) or _unit(text.strip("()"))


def _unit(text: str) -> tuple[HeadingFact, ...]:
    return (HeadingFact(UNIT, unit=text),) if canonical_unit(text) else ()


def _word(text: str) -> HeadingFact | None:
    if text in WORDS:
        return HeadingFact(WORDS[text])
    if (bracket := _BRACKETS.search(text)) and text[: bracket.start()] in WORDS:
        return HeadingFact(WORDS[text[: bracket.start()]], unit=bracket[1])
    return None


def _time(text: str) -> HeadingFact | None:
    if found := _YEAR.fullmatch(text):
        return HeadingFact(YEAR, found[1])
    period = None if _FIGURE.fullmatch(text) else period_in(text)
    return HeadingFact(PERIOD, str(period)) if period and 1 <= period.number <= MONTHS else None


def _named(text: str, known: KnownNames) -> tuple[HeadingFact, ...]:
    if region := known.regions.match(text):
        return (HeadingFact(REGION, region.code),)
    if indicator := known.indicators.match(text):
        return (HeadingFact(INDICATOR, indicator.code),)
    return ()


class HeadingReading:
    """A row, and what its cells would say if they were headings."""

    def __init__(self, row: FileRow, known: KnownNames) -> None:
        self.row = row
        self.facts = [() if is_blank_cell(cell) else facts_of(cell, known) for cell in row.cells]
        self.filled = [index for index, cell in enumerate(row.cells) if not is_blank_cell(cell)]

    @cached_property
    def words(self) -> set[str]:
        """The meanings in the row. A total says nothing here, because it also stands among figures."""
        return {fact.kind for facts in self.facts for fact in facts} - {*FIXED, UNIT, "total"}

    @cached_property
    def fixed(self) -> Counter[str]:
        """How many different periods, years, regions and indicators stand in the row."""
        return Counter(kind for kind, _value in {fact[:2] for facts in self.facts for fact in facts} if kind in FIXED)

    @property
    def score(self) -> int:
        return len(self.words) + self.fixed.total()

    @property
    def alike(self) -> bool:
        """Whether two facts of a kind stand in the row, as they do in no row of figures."""
        return max(self.fixed.values(), default=0) > 1

    @property
    def heads(self) -> bool:
        """Whether the row may be a row of headings."""
        return self.alike or len(self.words) > 1 or (len(self.words) == 1 and self.fixed.total() > 0)

    @property
    def continues(self) -> bool:
        """Whether the row may be a further line of the headings above it: it holds nothing but headings of figures."""
        understood = all(self.facts[index] for index in self.filled)
        mixed = len(self.fixed) > 1  # a row of figures begins with a region, a month …
        units = understood and all(fact.kind == UNIT for index in self.filled for fact in self.facts[index])
        says = self.alike or units or bool(self.words & set(MEASURES))
        return bool(self.filled) and understood and not mixed and says


def find_heading_rows(rows: Sequence[FileRow], known: KnownNames) -> list[HeadingReading]:
    """The heading rows, one to three of them; empty if no heading was recognised."""
    readings = [HeadingReading(row, known) for row in rows[:LOOKED_AT]]
    best = max((reading for reading in readings if reading.heads), key=lambda reading: reading.score, default=None)
    if best is None:
        return []
    place = readings.index(best)
    lines = [best]
    while place > 0 and len(lines) < MOST_LINES and _belongs_above(readings[place - 1], lines[0]):
        place -= 1
        lines.insert(0, readings[place])
    place += len(lines)
    while place < len(readings) and len(lines) < MOST_LINES and _belongs_below(readings[place], lines[-1]):
        lines.append(readings[place])
        place += 1
    return lines


def _belongs_above(upper: HeadingReading, line: HeadingReading) -> bool:
    """Whether headings need the line above them: some headings are blank or equal, and the line above says what they
    lack."""
    if upper.row.number != line.row.number - 1 or not any(upper.facts[index] for index in upper.filled):
        return False
    if upper.filled == [0]:
        return False  # a title
    texts = [canonical_name(text_of_cell(cell)) for cell in line.row.cells]
    blank = any(index >= len(texts) or not texts[index] for index in upper.filled)
    return blank or len(set(filter(None, texts))) < len(line.filled)


def _belongs_below(lower: HeadingReading, line: HeadingReading) -> bool:
    return lower.row.number == line.row.number + 1 and lower.continues


def spread_headings(lines: Sequence[HeadingReading], width: int) -> list[list[tuple[str, tuple[HeadingFact, ...]]]]:
    """For each column the texts and facts above it, from top to bottom; a heading may stand above several columns."""
    columns: list[list[tuple[str, tuple[HeadingFact, ...]]]] = [[] for _ in range(width)]
    for position, line in enumerate(lines):
        lower = lines[position + 1 :]
        covering: tuple[str, tuple[HeadingFact, ...]] | None = None
        for index in range(width):
            below = any(_text(reading, index) for reading in lower)
            if text := _text(line, index):
                columns[index].append((text, line.facts[index]))
                covering = (text, line.facts[index]) if below else None
            elif below and covering:
                columns[index].append(covering)
            else:
                covering = None
    return [_without_repetition(column) for column in columns]


def _text(line: HeadingReading, index: int) -> str:
    cells = line.row.cells
    return " ".join(text_of_cell(cells[index]).split()) if index < len(cells) else ""


def _without_repetition(column: list[tuple[str, tuple[HeadingFact, ...]]]) -> list[tuple[str, tuple[HeadingFact, ...]]]:
    """The texts without those that repeat the text above them: two merged rows of headings may both hold it."""
    return [
        heading for position, heading in enumerate(column) if position == 0 or heading[0] != column[position - 1][0]
    ]
