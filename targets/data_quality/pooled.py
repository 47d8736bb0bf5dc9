"""What only many figures together can tell: last digits (凑整), and how they lie about the line (踩线) (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from targets.data_quality.chances import FIFTH, HALF, chance_of_at_least
from targets.data_quality.series import count_of, share_of_entry
from targets.data_quality.signals import RULES, SignalKind, SignalResult, SignalSubject, scant_result, weigh_result
from targets.entry_rules.figures import Entry

LEAST_COUNT, LEAST_COUNTS = 8, 12
"""Last digits are as good as equally frequent from this count on; so many of them are needed."""
ROUND = 5
LEAST_FIGURES, LEAST_ROOM = 60, 8
"""So many figures are pooled where it is asked how they lie about the line, each of so many things that on the line so
many fail and so many pass: of fewer, honest figures just over it are far more frequent than those just under it."""
_PART_OF_SPREAD = 4


def round_digits(unit_id: int, entries: Iterable[Entry]) -> SignalResult:
    """Counts that end in 0 or 5, of all that a unit reports: one in five by chance."""
    about, kind = SignalSubject(unit_id=unit_id), SignalKind.ROUND_DIGITS
    counted = [entry for entry in entries if (count_of(entry) or 0) >= LEAST_COUNT]
    if len(counted) < LEAST_COUNTS:
        return scant_result(kind, about)
    round_ones = [entry for entry in counted if (count_of(entry) or 0) % ROUND == 0]
    chance = chance_of_at_least(len(round_ones), len(counted), FIFTH)
    return weigh_result(kind, about, chance, round_ones, number=len(counted), round=len(round_ones))


@dataclass(frozen=True, slots=True)
class BesideLine:
    """A share beside the one that is promised (in parts of 1); `higher` is better, or lower."""

    entry: Entry
    share: Fraction
    higher: bool = True

    @property
    def above(self) -> int | None:
        """How many things the figure lies beyond the least that passes; below 0 it fails. None for what is no share."""
        found = share_of_entry(self.entry)
        if found is None:
            return None
        good, number = found
        part, whole = self.share.as_integer_ratio()
        return good - -(-part * number // whole) if self.higher else part * number // whole - good

    @property
    def has_room(self) -> bool:
        """Whether there is enough on both sides of the line."""
        part, whole = self.share.as_integer_ratio()
        return int(self.entry.denominator or 0) * min(part, whole - part) >= LEAST_ROOM * whole

    @property
    def width(self) -> int:
        """A quarter of the standard deviation of such a figure, 1 at least."""
        number = float(self.entry.denominator or 0)
        spread = sqrt(number * float(self.share) * (1 - float(self.share)))
        return max(1, round(spread / _PART_OF_SPREAD))


def over_the_line(indicator_id: int, lot: Sequence[BesideLine]) -> SignalResult | None:
    """As many figures lie just over the line as just under it, if nobody lifts any. Nothing where none is a share."""
    about, kind = SignalSubject(indicator_id), SignalKind.OVER_THE_LINE
    known = [(figure, above) for figure in lot if (above := figure.above) is not None]
    if not known:
        return None
    placed = [(figure, above) for figure, above in known if figure.has_room]
    over = [figure.entry for figure, above in placed if 0 <= above < figure.width]
    under = [figure.entry for figure, above in placed if -figure.width <= above < 0]
    if (
        len(placed) < LEAST_FIGURES
        or chance_of_at_least(near := len(over) + len(under), near, HALF) >= RULES[kind].limit
    ):
        return scant_result(kind, about)
    chance = chance_of_at_least(len(over), near, HALF)
    return weigh_result(kind, about, chance, over, over=len(over), under=len(under), number=len(placed))
