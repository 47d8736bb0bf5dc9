"""What the big screen shows: few things, large, one after the other. Everything is read from the stored attainments."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.board import overview as board
from reports.board.heat import HeatLane, draw_heat_lanes
from reports.board.overview import Attention, LightCount
from reports.board.standing import PlanStanding, read_plan_standing
from reports.board.tallies import LightTally, tally_lights_by_chapter, tally_lights_by_lead
from targets.reading.plan_promises import PlanPromises

LANES = 12
"""How many targets of the heat map can be read from eight metres at once."""
UNITS = 8
"""How many units stand on the panel of those that are behind."""


@dataclass(frozen=True, slots=True)
class PlanWall:
    """The panels of the screen; `heat` is the heat map in parts that fit."""

    standing: PlanStanding
    counts: Sequence[LightCount]
    attention: Sequence[Attention]
    heat: Sequence[Sequence[HeatLane]]
    behind: Sequence[LightTally]
    chapters: Sequence[LightTally]

    @property
    def total(self) -> int:
        return len(self.standing.rows)


def plan_wall(promised: PlanPromises) -> PlanWall:
    """The plan as of the last month with data."""
    state = read_plan_standing(promised, {})
    year = draw_heat_lanes(state, state.rows)
    return PlanWall(
        state,
        board.count_lights_of_plan(state),
        board.pick_attention_targets(state),
        [year[start : start + LANES] for start in range(0, len(year), LANES)],
        [tally for tally in tally_lights_by_lead(state.rows, state.duties) if tally.is_led and _is_behind(tally)][
            :UNITS
        ],
        tally_lights_by_chapter(board.group_rows_by_chapter(promised.clauses, state.rows)),
    )


def _is_behind(tally: LightTally) -> bool:
    return any(count.number for count in tally.counts if count.colour.name in ("red", "yellow"))
