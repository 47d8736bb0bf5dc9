"""The year at a glance: every target through the months of the calendar year that is shown, a light for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from plans.periods import Month
from reports.board.standing import PlanStanding
from targets.reading.selectors import TargetRow
from targets.wording.lights import COLOURS, Colour

_COLOURS = {colour.name: colour for colour in COLOURS}


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A month of a target; no colour for a month of which nothing is known yet."""

    month: Month
    colour: Colour | None


@dataclass(frozen=True, slots=True)
class HeatLane:
    """A target with its months of the year."""

    row: TargetRow
    cells: Sequence[HeatCell]


def draw_heat_lanes(standing: PlanStanding, rows: Sequence[TargetRow]) -> list[HeatLane]:
    """The rows through the year, up to the last month with data; later months only carry what was known before."""
    return [HeatLane(row, _cells(standing, row)) for row in rows]


def _cells(standing: PlanStanding, row: TargetRow) -> list[HeatCell]:
    last = standing.known.last_month
    signals = {point.month: point.signal for point in standing.known.points.get(row.target.pk, ())}
    return [
        HeatCell(month, _COLOURS.get(signals.get(month, "")) if last is not None and month <= last else None)
        for month in standing.months.of_year
    ]
