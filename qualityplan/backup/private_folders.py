"""Folders for what is under way: for nobody else to read, gone with the work, however it ends.

A process that is killed leaves its folder behind. The kernel lets go of its lock, so the next one recognises what is
nobody's any more and removes it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def private_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder below `parent` whose name begins with `prefix`; removed in the end with all that is in it."""
    for found in parent.glob(f"{prefix}*"):
        _remove_if_left(found)
    folder = parent / f"{prefix}{token_hex(8)}"
    folder.mkdir(mode=0o700)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _remove_if_left(folder: Path) -> None:
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(held)
