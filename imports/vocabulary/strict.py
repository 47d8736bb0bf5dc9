"""Plain data from outside back into our dataclasses, or refused (pure, imports no Django)."""

import json
from collections.abc import Iterator
from typing import TypeVar

from pydantic import TypeAdapter

LONGEST_TEXT, LONGEST_LIST, LARGEST = 1000, 20_000, 10**9
Made = TypeVar("Made")


class HostileError(ValueError):
    """Data that we would not have written."""


def decode_dataclass(kind: type[Made], data: object) -> Made:
    """An instance of the dataclass from a dictionary that has its fields and nothing else."""
    adapter = _adapter_of(kind)
    try:
        _demand_bounds(data)
        # When it is strict, pydantic takes a list for a tuple from JSON alone, which has no tuples.
        made = adapter.validate_json(json.dumps(data), strict=True)
        written = adapter.dump_python(made, mode="json")
    except (ValueError, TypeError, RecursionError) as error:
        raise HostileError(kind.__name__) from error
    # Pydantic passes over a field too many, and gives one that is missing its default.
    if written != data:
        raise HostileError(kind.__name__)
    return made


_ADAPTERS: dict[type, TypeAdapter] = {}


def _adapter_of(kind: type[Made]) -> TypeAdapter[Made]:
    """What reads the dataclass; pydantic takes some milliseconds to make it."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _demand_bounds(data: object) -> None:
    """HostileError for a text, list or number that is larger than any of ours, or a text that cannot be stored."""
    for value in _values(data):
        if isinstance(value, str) and (len(value) > LONGEST_TEXT or "\0" in value):
            raise HostileError("text")
        if isinstance(value, list | dict) and len(value) > LONGEST_LIST:
            raise HostileError("list")
        if isinstance(value, int) and abs(value) > LARGEST:
            raise HostileError("number")


def _values(data: object) -> Iterator[object]:
    """The value and all that is in it, names of fields too."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
