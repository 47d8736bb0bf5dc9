"""A list of JSON objects, each with the line on which it begins; and where and why a text is not JSON."""

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum

SHOWN = 20
"""How many characters of the faulty place are shown."""

FULL_WIDTH = "，：“”‘’［］｛｝【】"
"""Signs that stand where JSON wants their half-width counterparts."""

_SPACE = re.compile(r"[ \t\n\r]*")


class JsonFault(StrEnum):
    """Why a text is no list of JSON."""

    EMPTY = "empty"
    NOT_A_LIST = "not_a_list"
    ENDS_EARLY = "ends_early"
    FULL_WIDTH = "full_width"
    ONE_COMMA_TOO_MANY = "one_comma_too_many"
    COMMA = "comma"
    COLON = "colon"
    NAME = "name"
    VALUE = "value"
    OPEN_TEXT = "open_text"
    LINE_BREAK = "line_break"
    BACKSLASH = "backslash"
    GIVEN_TWICE = "given_twice"
    MORE = "more"
    OTHER = "other"


_FAULTS = (
    ("Illegal trailing comma", JsonFault.ONE_COMMA_TOO_MANY),
    ("Expecting ',' delimiter", JsonFault.COMMA),
    ("Expecting ':' delimiter", JsonFault.COLON),
    ("Expecting property name", JsonFault.NAME),
    ("Expecting value", JsonFault.VALUE),
    ("Unterminated string", JsonFault.OPEN_TEXT),
    ("Invalid control character", JsonFault.LINE_BREAK),
    ("Invalid \\", JsonFault.BACKSLASH),
    ("Extra data", JsonFault.MORE),
)
"""The beginnings of the json module's messages."""


class NotJsonError(ValueError):
    """What is wrong with a text: the fault, its place (both numbers count from 1), and what stands there."""

    def __init__(self, fault: JsonFault, text: str, place: int, found: str | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.line = _line(text, place)
        self.column = place - text.rfind("\n", 0, place)
        self.found = text[place:].split("\n", 1)[0].rstrip()[:SHOWN] if found is None else found


class _GivenTwiceError(ValueError):
    """A name stands twice in one object."""


def locate_json_members(text: str) -> Iterator[tuple[int, object]]:
    """`[{…}, {…}]` → the line of each member and the member; numbers stay exactly as they are written."""
    try:
        yield from _members(text)
    except json.JSONDecodeError as error:
        raise _not_json(error, text) from error


def _members(text: str) -> Iterator[tuple[int, object]]:
    place = _opened(text)
    closed = text.startswith("]", place)
    while not closed:
        member, end = _member(text, place)
        yield _line(text, place), member
        end = _after_space(text, end)
        closed = text.startswith("]", end)
        if not closed and not text.startswith(",", end):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, end)
        place = end if closed else _after_space(text, end + 1)
    rest = _after_space(text, place + 1)
    if rest < len(text):
        raise json.JSONDecodeError("Extra data", text, rest)


def _opened(text: str) -> int:
    """The place after the list's opening bracket and the space that follows."""
    start = _after_space(text, 0)
    if start == len(text):
        raise NotJsonError(JsonFault.EMPTY, text, start)
    if not text.startswith("[", start):
        _member(text, start)
        raise NotJsonError(JsonFault.NOT_A_LIST, text, start)
    return _after_space(text, start + 1)


def _member(text: str, place: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except _GivenTwiceError as error:
        raise NotJsonError(JsonFault.GIVEN_TWICE, text, place, str(error)) from error


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """The object, unless a name stands in it twice: json would take the last value without a word."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        raise _GivenTwiceError(next(name for name in names if names.count(name) > 1))
    return made


_DECODER = json.JSONDecoder(parse_float=Decimal, object_pairs_hook=_once)


def _not_json(error: json.JSONDecodeError, text: str) -> NotJsonError:
    """The error with the reason that a person would give."""
    place = error.pos
    fault = next((fault for begun, fault in _FAULTS if error.msg.startswith(begun)), JsonFault.OTHER)
    if (
        fault == JsonFault.ONE_COMMA_TOO_MANY
    ):  # Python 3.13 tells the comma's place, those before it what stands behind it
        place = _after_space(text, place + 1)
    here = text[place : place + 1]
    if fault in (JsonFault.NAME, JsonFault.VALUE) and here in ("]", "}") and text[:place].rstrip().endswith(","):
        fault = JsonFault.ONE_COMMA_TOO_MANY
    elif here and here in FULL_WIDTH:
        fault = JsonFault.FULL_WIDTH
    elif not text[place:].strip():
        fault = JsonFault.ENDS_EARLY
    return NotJsonError(fault, text, place)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
