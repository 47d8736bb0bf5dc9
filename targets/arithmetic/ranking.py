"""Places in a ranking (pure, imports no Django)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal


def ranks(figures: Sequence[Decimal | None], *, higher: bool) -> list[int | None]:
    """The place of each figure, the best one 1: as many as are better, plus one, so equal figures share a place and
    the next ones are skipped (1, 2, 2, 4). `higher`: more is better. No figure has no place, and neither has one that
    stands alone: it was compared with nothing."""
    known = sorted(figure for figure in figures if figure is not None)
    if len(known) < 2:
        return [None] * len(figures)
    return [None if figure is None else _better(known, figure, higher=higher) + 1 for figure in figures]


def _better(known: Sequence[Decimal], figure: Decimal, *, higher: bool) -> int:
    return len(known) - bisect_right(known, figure) if higher else bisect_left(known, figure)
