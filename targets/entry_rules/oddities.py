"""Figures that may be right but look odd (pure, imports no Django): whoever enters one explains it in the note.

The hard rules are in `figures`; these here refuse nothing once they are explained, and the reviewer sees them. What is
asked must be rare among honest figures, or people learn to write anything: a count is held against the spread that
counts of its size have by chance (Anscombe 1948), a share against the two-proportion test, each at 3.3 standard
deviations, which one honest figure in a thousand passes. Nothing is divided, so every comparison is exact; only the
spread of a long series is measured with floating point.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, Inexact
from math import sqrt
from statistics import mean, variance

from targets.arithmetic.accumulation import ONE, ZERO
from targets.entry_rules.figures import Entry, Problem

JUMP = Decimal("0.5")
"""A count jumps only when it is away from the mean of the last months by more than half of it, too."""
SLIP = Decimal(5)
"""What has no spread that can be known jumps when it is five times the mean or a fifth: a decimal point has slipped."""
MONTHS = 3
"""A figure is held against the mean of so many months before it."""
LONG = 12
"""From so many months on a count is held against its own spread."""

_LIMIT = Decimal("10.89")
"""3.3 standard deviations, squared."""
_LIMIT_OF_OWN = 4.437
"""The same chance when the spread itself is known from twelve months only: Student's t, 11 degrees of freedom."""
_ANSCOMBE = Decimal("0.375")
_PI = Decimal("3.14159265")
_CHANCE = Decimal("0.001")

Amount = tuple[Decimal, Decimal]
"""A figure in the indicator's unit: numerator and denominator, the latter positive."""


@dataclass(frozen=True, slots=True)
class EntrySurroundings:
    """What an entry is held against: what is measured, the usual range, and the months before, oldest first."""

    scale: Decimal
    measure: str = "level"
    usual_low: Decimal | None = None
    usual_high: Decimal | None = None
    earlier: Sequence[Entry] = ()


def oddities(entry: Entry, around: EntrySurroundings) -> list[Problem]:
    """Everything about the entry that wants a word of explanation; to be called under the context EXACT.

    Nothing is said of numbers with hundreds of digits: they cannot be entered.
    """
    try:
        amount = _amount(entry, around.scale)
        found = [code for code, holds in _RULES if holds(entry, amount, around)] if amount else []
    except Inexact:
        return []
    return [Problem(code, "value" if entry.value is not None else "numerator") for code in found] if found else []


def _amount(entry: Entry, scale: Decimal) -> Amount | None:
    """The figure in the indicator's unit; None where nothing can be said."""
    _indicator, _region, _month, value, numerator, denominator, _day, _note = entry
    if value is not None:
        return value, ONE
    if numerator is None or not denominator:
        return None
    return (numerator * scale, denominator) if denominator > 0 else (-numerator * scale, -denominator)


def _is_low(_entry: Entry, amount: Amount, around: EntrySurroundings) -> bool:
    return around.usual_low is not None and amount[0] < around.usual_low * amount[1]


def _is_high(_entry: Entry, amount: Amount, around: EntrySurroundings) -> bool:
    return around.usual_high is not None and amount[0] > around.usual_high * amount[1]


def _jumps(entry: Entry, amount: Amount, around: EntrySurroundings) -> bool:
    """Against two months at least: one is no habit. Done or not yet done is no jump."""
    if len(around.earlier) < 2 or around.measure == "event":
        return False
    series = [*around.earlier, entry]
    if around.measure == "count" and all(map(_is_counted, series)):
        return _count_jumps([entry.value or ZERO for entry in around.earlier], amount[0])
    if around.measure == "ratio" and all(map(_is_share, series)):
        return _share_jumps(entry, around.earlier[-MONTHS:])
    if around.measure == "ratio" and all(map(_is_rate, series)):
        return _count_jumps([entry.numerator or ZERO for entry in around.earlier], entry.numerator or ZERO)
    return _slips(
        amount, [size for size in (_amount(known, around.scale) for known in around.earlier[-MONTHS:]) if size]
    )


def _is_counted(entry: Entry) -> bool:
    """Whether the value is a number of things: whole and not negative. Amounts of money are none."""
    return entry.value is not None and entry.value >= 0 and not entry.value % ONE


def _is_rate(entry: Entry) -> bool:
    """Whether the ratio says how many there were for so much of something, as accidents a vehicle: whole and not
    negative. Next to what they are counted against, few of them spread as a count does."""
    return entry.numerator is not None and entry.numerator >= 0 and not entry.numerator % ONE


def _is_share(entry: Entry) -> bool:
    """Whether the ratio says how many of a number of things: whole, and not more than there are."""
    numerator, denominator = entry.numerator, entry.denominator
    if numerator is None or denominator is None or numerator % ONE or denominator % ONE:
        return False
    return ZERO <= numerator <= denominator


def _count_jumps(earlier: Sequence[Decimal], now: Decimal) -> bool:
    """Whether 2√(x + 3/8), which spreads by 1 whatever is counted, is further from that of the mean m of k months than
    3.3·√(1 + 1/k). |2√A - 2√B| > c is 4A + 4B - c² > 8√(AB), squared and times all that stands below.
    """
    last = earlier[-MONTHS:]
    months, total = Decimal(len(last)), sum(last, ZERO)
    if abs(now * months - total) <= JUMP * total:
        return False
    here, there = 8 * now + 3, 8 * total + 3 * months
    apart = months * here + there - 2 * _LIMIT * (months + 1)
    if apart <= 0 or apart * apart <= 4 * months * here * there:
        return False
    return len(earlier) < LONG or _leaves_own_spread(earlier, now)


def _leaves_own_spread(earlier: Sequence[Decimal], now: Decimal) -> bool:
    """Whether the count lies outside what its own months show, where these spread more than chance alone does: work
    that is done in bursts."""
    *known, last = (2 * sqrt(count + _ANSCOMBE) for count in (*earlier[-LONG:], now))
    spread = variance(known)
    return spread <= 1 or abs(last - mean(known)) > _LIMIT_OF_OWN * sqrt(spread * (1 + 1 / LONG))


def _share_jumps(entry: Entry, earlier: Sequence[Entry]) -> bool:
    """The two-proportion test against the months before taken together: z² = (x₁n₂ - x₂n₁)²·N / (n₁n₂·X·(N - X))."""
    good, number = entry.numerator or ZERO, entry.denominator or ZERO
    good_before = sum((entry.numerator or ZERO for entry in earlier), ZERO)
    number_before = sum((entry.denominator or ZERO for entry in earlier), ZERO)
    together, all_good = number + number_before, good + good_before
    apart = good * number_before - good_before * number
    return apart * apart * together > _LIMIT * number * number_before * all_good * (together - all_good)


def _slips(amount: Amount, known: Sequence[Amount]) -> bool:
    """Whether the figure is more than five times the mean of the months before, or less than a fifth of it. The sum of
    k months is brought to one denominator, total / below."""
    if len(known) < 2:
        return False
    total, below = ZERO, ONE
    for numerator, denominator in known:
        total, below = total * denominator + numerator * below, below * denominator
    here, mean_there = abs(amount[0]) * below * len(known), abs(total) * amount[1]
    return bool(total) and (here > SLIP * mean_there or here * SLIP < mean_there)


def _repeats(entry: Entry, _amount: Amount, around: EntrySurroundings) -> bool:
    """Both parts of a share as last month, to the digit, where chance does that less than once in a thousand months:
    1/(2√(πn)) for the number n of things, 1/(2√(πnq(1-q))) for how many of them, q being the share.

    Of a share of all or of none, and of a number of things that is fixed by design, nothing can be said in this way.
    """
    if not around.earlier or not _is_share(entry) or around.earlier[-1].figures[:3] != entry.figures[:3]:
        return False
    good, number = entry.numerator or ZERO, entry.denominator or ZERO
    varying = good * (number - good)
    same_number = [entry for entry in around.earlier[-MONTHS:] if entry.denominator == number]
    fixed = len(same_number) > 1
    # Times 2√(πn) and 2√(πnq(1-q)), squared; nq(1-q) is x(n-x)/n.
    if fixed:
        return 4 * _PI * varying * _CHANCE * _CHANCE > number
    return bool(varying) and 16 * _PI * _PI * varying * _CHANCE * _CHANCE > 1


_RULES: tuple[tuple[str, Callable[[Entry, Amount, EntrySurroundings], bool]], ...] = (
    ("unusually_low", _is_low),
    ("unusually_high", _is_high),
    ("jump", _jumps),
    ("same_as_last_month", _repeats),
)
"""Code → when it is found."""
