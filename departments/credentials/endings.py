"""The port through which upper apps end what they have opened to a person, when the account is reset or closed."""

from collections.abc import Callable

from departments.models import User

End = Callable[[User], object]
_ends: list[End] = []


def register_ending(end: End) -> None:
    """Registers what is called beside ending log-ins and tokens, in the same transaction."""
    if end not in _ends:
        _ends.append(end)


def end_all(person: User) -> None:
    """All that upper apps have opened to the person opens nothing any more."""
    for end in _ends:
        end(person)
