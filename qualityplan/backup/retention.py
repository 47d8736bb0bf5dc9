"""Which earlier archives go when a new one is complete: the newest ones stay, and the last of each week and month."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone

from qualityplan.backup.destination import MOMENT, name_begins

REST = re.compile(r"(\d{8}T\d{6}Z)-[0-9A-Za-z.+]+\.tar\.gz(?:\.age)?")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How many archives stay: the newest ones, and besides the last of so many weeks and months that have one."""

    newest: int
    weekly: int = 0
    monthly: int = 0


def moments_to_keep(moments: Iterable[datetime], keeping: Keeping) -> set[datetime]:
    """The moments of those that stay. Weeks begin on Monday; weeks and months are those of the local calendar."""
    newest_first = sorted(moments, reverse=True)
    kept = set(newest_first[: keeping.newest])
    kept.update(_last_of_each(newest_first, keeping.weekly, lambda day: day.isocalendar()[:2]))
    kept.update(_last_of_each(newest_first, keeping.monthly, lambda day: (day.year, day.month)))
    return kept


def _last_of_each(
    newest_first: Iterable[datetime], number: int, period: Callable[[datetime], tuple[int, int]]
) -> list[datetime]:
    last: dict[tuple[int, int], datetime] = {}
    for moment in newest_first:
        last.setdefault(period(timezone.localtime(moment)), moment)
    return list(last.values())[:number]


def delete_old_archives(folder: Path, keeping: Keeping) -> list[str]:
    """Deletes this installation's archives in the folder that need not stay; gives their names. Archives that were
    given a name by hand, and those of other installations, are let alone."""
    known = {path: moment for path in folder.iterdir() if (moment := _moment_of(path)) is not None}
    kept = moments_to_keep(known.values(), keeping)
    gone = sorted(path for path, moment in known.items() if moment not in kept)
    for path in gone:
        path.unlink()
    return [path.name for path in gone]


def _moment_of(path: Path) -> datetime | None:
    """When an archive of this installation was made; None for any other file."""
    begins = name_begins()
    found = REST.fullmatch(path.name.removeprefix(begins)) if path.name.startswith(begins) else None
    if found is None or path.is_symlink() or not path.is_file():
        return None
    try:
        return datetime.strptime(found[1], MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
