"""Lines that two processes make at the same time: Python itself uses one core only (pure, imports no Django).

The second process is a fork of this one, so it has everything that was loaded and needs nobody; it touches neither the
database nor a file, and ends with its last line or with this process.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import F_SETPIPE_SZ, fcntl
from typing import BinaryIO, NoReturn

ROOM = 1024 * 1024
"""Bytes that the child may be ahead."""
_LENGTH = 8


def made_beside(pieces: Sequence[Iterable[str]]) -> Iterator[str]:
    """The lines of all pieces in their order; a child makes every second piece meanwhile. Whatever becomes of it,
    nothing is lost: what does not arrive is made here, and an error in it is raised here.
    """
    with _child(pieces[1::2]) as pipe:
        for number, piece in enumerate(pieces):
            made = _received(pipe) if pipe and number % 2 else None
            if made is None:
                yield from piece
            else:
                yield made


@contextmanager
def _child(pieces: Sequence[Iterable[str]]) -> Iterator[BinaryIO | None]:
    """A process that makes the pieces, as the pipe through which they come; None if there is no room for one."""
    reading, writing = os.pipe()
    with suppress(OSError):  # as little as the system allows otherwise
        fcntl(writing, F_SETPIPE_SZ, ROOM)
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        yield None
        return
    if child == 0:
        os.close(reading)
        _make(pieces, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            yield pipe
    finally:  # a child that still writes has learned by the closed pipe that nobody reads
        os.waitpid(child, 0)


def _received(pipe: BinaryIO) -> str | None:
    """The next piece; None if the child has ended before it was whole."""
    length = int.from_bytes(pipe.read(_LENGTH), "big")
    made = pipe.read(length)
    return made.decode() if length and len(made) == length else None


def _make(pieces: Iterable[Iterable[str]], writing: int) -> NoReturn:
    """What the child does: it leaves without any of the goodbyes that belong to its parent."""
    try:
        with os.fdopen(writing, "wb") as pipe:
            for piece in pieces:
                made = "".join(piece).encode()
                pipe.write(len(made).to_bytes(_LENGTH, "big") + made)
                pipe.flush()
    finally:
        os._exit(0)
