"""反复更正: corrections that turn whether a figure passes, in which direction, and when (pure)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from targets.data_quality.chances import HALF, chance_of_at_least
from targets.data_quality.signals import (
    SignalKind,
    SignalResult,
    SignalSubject,
    list_without_statistics,
    scant_result,
    weigh_result,
)
from targets.entry_rules.figures import Entry

LEAST_TURNS = 8
BEFORE_LOCK = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class OfficialFigure:
    """A figure that was official from a moment on, and whether it passed what was promised of it (None: cannot be
    told)."""

    entry: Entry
    at: datetime
    passes: bool | None


@dataclass(frozen=True, slots=True)
class Corrected:
    """All figures that were official of one month, oldest first."""

    officials: Sequence[OfficialFigure]

    @property
    def turns(self) -> Iterator[OfficialFigure]:
        """Those that turned whether it passes."""
        for before, after in pairwise(self.officials):
            if None not in (before.passes, after.passes) and before.passes != after.passes:
                yield after


def favourable(unit_id: int, lot: Iterable[Corrected]) -> SignalResult:
    """A unit's corrections of the year that turn a verdict: as many to the better as to the worse, by chance."""
    about, kind = SignalSubject(unit_id=unit_id), SignalKind.FAVOURABLE_CORRECTIONS
    turns = [turn for figure in lot for turn in figure.turns]
    if len(turns) < LEAST_TURNS:
        return scant_result(kind, about)
    better = [turn.entry for turn in turns if turn.passes]
    chance = chance_of_at_least(len(better), len(turns), HALF)
    return weigh_result(kind, about, chance, better, better=len(better), number=len(turns))


def reversal(figure: Corrected) -> SignalResult | None:
    """A figure that passed, did not, and passes again, by corrections alone."""
    turned = [official for official in figure.officials if official.passes is not None]
    changes = [turned[0].passes, *(turn.passes for turn in figure.turns)] if turned else []
    if not any(changes[start : start + 3] == [True, False, True] for start in range(len(changes))):
        return None
    entry = figure.officials[-1].entry
    about = SignalSubject(entry.indicator_id, entry.region_id)
    return list_without_statistics(
        SignalKind.REVERSAL, about, [official.entry for official in figure.officials], number=len(figure.officials) - 1
    )


def corrections_before_closing(unit_id: int, lot: Iterable[Corrected], locked_at: datetime) -> SignalResult | None:
    """How often a unit corrected figures of a month in the 48 hours before it was closed."""
    corrections = [official for figure in lot for official in figure.officials[1:]]
    found = [official.entry for official in corrections if timedelta(0) <= locked_at - official.at <= BEFORE_LOCK]
    return (
        list_without_statistics(SignalKind.LATE_CORRECTIONS, SignalSubject(unit_id=unit_id), found, number=len(found))
        if found
        else None
    )
