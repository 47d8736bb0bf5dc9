"""Which department follows which after reforms (pure: imports no Django).

A department that is renamed, merged or split ends, and what follows is another one, with a name of its own. So what was
promised and reported before keeps the name of its time, and what is promised later goes to whoever follows.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ReformKind(StrEnum):
    """What becomes of departments (机构改革)."""

    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class ReformStep:
    """From a day on, some departments (ids) are followed by others."""

    day: date
    before: frozenset[int]
    after: frozenset[int]


def reform_fits(kind: ReformKind, before: Collection[int], after: Collection[int]) -> bool:
    """Whether a reform of this kind can lead from the departments before to the departments after.

    A renamed department is followed by one other department. Merged departments are followed by a single department,
    which may be one of them. A split department is followed by two or more departments, and may itself be among them.
    """
    if not set(before) - set(after):
        return kind is ReformKind.SPLIT and len(before) == 1 and len(after) > 1
    return {
        ReformKind.RENAMED: len(before) == len(after) == 1,
        ReformKind.MERGED: len(after) == 1,
        ReformKind.SPLIT: len(before) == 1 and len(after) > 1,
    }[kind]


def successors(steps: Iterable[ReformStep], day: date) -> Mapping[int, frozenset[int]]:
    """Who follows each department that has been reformed up to a day, this day included, over all steps between."""
    found: dict[int, frozenset[int]] = {}
    for step in sorted((known for known in steps if known.day <= day), key=lambda known: known.day):
        found = {old: _stepped(now, step) for old, now in found.items()}
        found |= {old: step.after for old in step.before if old not in found}
    return {old: now for old, now in found.items() if now != {old}}


def _stepped(now: frozenset[int], step: ReformStep) -> frozenset[int]:
    return (now - step.before) | step.after if now & step.before else now
