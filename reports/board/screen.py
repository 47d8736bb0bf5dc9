"""What the big screen shows: few things, large, one after the other. Everything is read from the stored attainments."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.board import overview as board
from reports.board.heat import Lane, lanes
from reports.board.overview import Attention, Count
from reports.board.standing import Standing, standing
from reports.board.tallies import Tally, by_chapter, by_lead
from targets.reading.plan_promises import Promised

LANES = 12
"""How many targets of the heat map can be read from eight metres at once."""
UNITS = 8
"""How many units stand on the panel of those that are behind."""


@dataclass(frozen=True, slots=True)
class Wall:
    """The panels of the screen; `heat` is the heat map in parts that fit."""

    standing: Standing
    counts: Sequence[Count]
    attention: Sequence[Attention]
    heat: Sequence[Sequence[Lane]]
    behind: Sequence[Tally]
    chapters: Sequence[Tally]

    @property
    def total(self) -> int:
        return len(self.standing.rows)


def wall(promised: Promised) -> Wall:
    """The plan as of the last month with data."""
    state = standing(promised, {})
    year = lanes(state, state.rows)
    return Wall(
        state,
        board.counts(state),
        board.attention(state),
        [year[start : start + LANES] for start in range(0, len(year), LANES)],
        [one for one in by_lead(state.rows, state.duties) if one.is_led and _is_behind(one)][:UNITS],
        by_chapter(board.chapters(promised.clauses, state.rows)),
    )


def _is_behind(tally: Tally) -> bool:
    return any(count.number for count in tally.counts if count.colour.name in ("red", "yellow"))
