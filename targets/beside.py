"""Lines that two processes make at the same time: Python itself uses one core only (pure, imports no Django).

The second process is a fork of this one, so it has everything that was loaded and needs nobody; it touches neither the
database nor a file, and ends with its last line or with this process.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NoReturn


def made_beside(own: Iterable[str], others: Iterable[str]) -> Iterator[str]:
    """The lines of `own`, then those of `others`, which a child makes meanwhile. Whatever happens to the child, nothing
    is lost: its lines are made here then, and an error in them is raised here.
    """
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no room for another process
        os.close(reading)
        os.close(writing)
        yield from chain(own, others)
        return
    if child == 0:
        os.close(reading)
        _make(others, writing)
    os.close(writing)
    yield from _joined(own, others, reading, child)


def _joined(own: Iterable[str], others: Iterable[str], reading: int, child: int) -> Iterator[str]:
    waited = False
    pipe = open(reading, "rb")  # noqa: SIM115
    try:
        yield from own
        made = pipe.read()
        waited, (_child, status) = True, os.waitpid(child, 0)
        if status == 0:
            yield made.decode()
        else:
            yield from others
    finally:
        pipe.close()  # a child that still writes learns by it that nobody reads, and ends
        if not waited:
            os.waitpid(child, 0)


def _make(lines: Iterable[str], writing: int) -> NoReturn:
    """What the child does: it leaves without any of the goodbyes that belong to its parent."""
    status = 1
    try:
        with open(writing, "wb") as pipe:
            pipe.write("".join(lines).encode())
        status = 0
    finally:
        os._exit(status)
