"""A bound on the memory of one piece of work: a hostile file ends its own import and not the machine."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_PAGE = resource.getpagesize()


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Within, MemoryError is raised where more than `IMPORT_MEMORY_MB` is asked for, beyond what is in use already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _in_use() + settings.IMPORT_MEMORY_MB * 1024 * 1024
    bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _in_use() -> int:
    """Bytes of data and stack of this process."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * _PAGE
