"""Plain data from outside back into our dataclasses, or refused (pure, imports no Django)."""

from dataclasses import fields, is_dataclass
from types import GenericAlias
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

LONGEST_TEXT, LONGEST_LIST, LARGEST = 1000, 20_000, 10**9
Made = TypeVar("Made")


class HostileError(ValueError):
    """Data that we would not have written."""


def decode_dataclass(kind: type[Made], data: object) -> Made:
    """An instance of the dataclass from a dictionary that has its fields and nothing else."""
    if not isinstance(data, dict):
        raise HostileError(kind.__name__)
    hints = get_type_hints(kind)
    if set(data) != {one.name for one in fields(kind)}:  # type: ignore[arg-type]  # a dataclass
        raise HostileError(kind.__name__)
    return kind(**{name: _value(hints[name], data[name]) for name in hints})


def _value(hint: Any, data: object) -> Any:
    if isinstance(hint, GenericAlias) or get_origin(hint) is not None:
        return _container(hint, data)
    if is_dataclass(hint):
        return decode_dataclass(hint, data)  # type: ignore[arg-type]  # a dataclass, as was asked
    if type(data) is not hint or (isinstance(data, str) and not _decent(data)):
        raise HostileError(repr(hint))
    if isinstance(data, int) and abs(data) > LARGEST:
        raise HostileError(repr(hint))
    return data


def _decent(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and "\0" not in text and all(not 0xD800 <= ord(sign) <= 0xDFFF for sign in text)


def _container(hint: Any, data: object) -> Any:
    """A tuple of one kind from a list, or a dictionary of one kind under texts."""
    *_keys, kind = [one for one in get_args(hint) if one is not Ellipsis]
    if get_origin(hint) is tuple and isinstance(data, list) and len(data) <= LONGEST_LIST:
        return tuple(_value(kind, one) for one in data)
    if get_origin(hint) is dict and isinstance(data, dict) and len(data) <= LONGEST_LIST:
        return {_value(str, key): _value(kind, one) for key, one in data.items()}
    raise HostileError(repr(hint))
