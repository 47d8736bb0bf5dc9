"""How far figures lie apart: less than chance alone does (过于平稳), or one of them from all others (pure)."""

from collections.abc import Sequence
from decimal import Decimal
from math import sqrt
from statistics import mean, median, stdev

from plans.periods import Month
from targets.data_quality.chances import above_t, at_most_spread, least_spread, two_sided
from targets.data_quality.series import MonthlySeries, counts_of_series, shares_of
from targets.data_quality.signals import RULES, SignalKind, SignalResult, SignalSubject, scant_result, weigh_result

LEAST_EXPECTED = 3
"""So many failures, or things, are expected a month where figures can be too even."""
LEAST_MONTHS = 6
"""From so many months on."""
DECEMBER, BEFORE_DECEMBER = 12, 11
_OUT_OF_PLACE = 5
"""Modified z-scores above it: 2.9 % of honest series have one, so it asks only together with the other test."""
_MODIFIED = 0.6745
_RECENT = 3
_ANSCOMBE = 0.375
NEAR_PACE, RIDING_MONTHS, OWN_SPREAD = Decimal("0.01"), 6, 0.2
RIDING_CHANCE = 0.0004

AgainstPace = tuple[Decimal, Decimal]
"""What was reached by a month, and what its pace wanted."""


def too_even(series: MonthlySeries, month: Month) -> SignalResult | None:
    """Σ(k-np)²/(np(1-p)), of counts Σ(x-x̄)²/x̄, against χ²; nothing for what is neither counted nor a share."""
    if series.measure not in ("count", "ratio"):
        return None
    about, kind = SignalSubject(series.indicator_id, series.region_id), SignalKind.TOO_EVEN
    spread = _spread(series) if series.at(month) is not None and len(series.entries) >= LEAST_MONTHS else None
    if spread is None:
        return scant_result(kind, about)
    degrees = len(series.entries) - 1
    limit = least_spread(degrees, RULES[kind].limit)
    facts = {"statistic": spread, "limit": limit, "degrees": degrees, "share": sqrt(spread / degrees)}
    return weigh_result(kind, about, at_most_spread(spread, degrees), series.entries, **facts)


def _spread(series: MonthlySeries) -> float | None:
    """The statistic; None where less is expected a month than can be told apart."""
    if (counts := counts_of_series(series)) is not None:
        middle = mean(counts)
        return sum((count - middle) ** 2 for count in counts) / middle if middle >= LEAST_EXPECTED else None
    shares = shares_of(series)
    return _spread_of_shares(shares) if shares is not None else None


def _spread_of_shares(shares: Sequence[tuple[int, int]]) -> float | None:
    good, number = (sum(parts) for parts in zip(*shares, strict=True))
    share = good / number
    if min(whole for _good, whole in shares) * min(share, 1 - share) < LEAST_EXPECTED:
        return None
    return sum((part - whole * share) ** 2 / (whole * share * (1 - share)) for part, whole in shares)


def outlier(series: MonthlySeries, month: Month) -> SignalResult | None:
    """The figure of the month far from the middle of all (modified z), and by more than chance from the last months."""
    if series.measure not in ("count", "ratio"):
        return None
    about, kind = SignalSubject(series.indicator_id, series.region_id), SignalKind.OUTLIER
    scores = _scores(series) if series.at(month) is not None and len(series.entries) > LEAST_MONTHS else None
    if scores is None:
        return scant_result(kind, about)
    modified, z = scores
    chance = two_sided(z) if abs(modified) > _OUT_OF_PLACE else 1.0
    return weigh_result(kind, about, chance, series.entries, modified=abs(modified), z=abs(z))


def _scores(series: MonthlySeries) -> tuple[float, float] | None:
    """The modified z of the last figure, and how far it is from the three before; None where nothing spreads."""
    if (counts := counts_of_series(series)) is not None:
        return _both(counts, _apart(counts))
    shares = shares_of(series)
    if shares is None:
        return None
    return _both([good / number for good, number in shares], _shares_apart(shares))


def _both(values: Sequence[float], z: float | None) -> tuple[float, float] | None:
    middle = median(values)
    away = median(abs(value - middle) for value in values)
    return (_MODIFIED * (values[-1] - middle) / away, z) if away and z is not None else None


def _apart(counts: Sequence[int]) -> float:
    """2√(x + 3/8), which spreads by 1 whatever is counted, of the last against the mean of the three before."""
    before = mean(counts[-1 - _RECENT : -1])
    return 2 * (sqrt(counts[-1] + _ANSCOMBE) - sqrt(before + _ANSCOMBE)) / sqrt(1 + 1 / _RECENT)


def _shares_apart(shares: Sequence[tuple[int, int]]) -> float | None:
    """The two-proportion test of the last share against the three before taken together."""
    good, number = shares[-1]
    good_before, before = (sum(parts) for parts in zip(*shares[-1 - _RECENT : -1], strict=True))
    share = (good + good_before) / (number + before)
    spread = share * (1 - share) * (1 / number + 1 / before)
    return (good / number - good_before / before) / sqrt(spread) if spread > 0 else None


def year_end_rush(series: MonthlySeries, month: Month) -> SignalResult | None:
    """年末突击: December against January to November, Student's t of ten degrees of freedom; of counts, in December."""
    if series.measure != "count" or month.number != DECEMBER:
        return None
    about, kind, counts = (
        SignalSubject(series.indicator_id, series.region_id),
        SignalKind.YEAR_END_RUSH,
        counts_of_series(series),
    )
    if series.at(month) is None or counts is None or len(counts) <= BEFORE_DECEMBER:
        return scant_result(kind, about)
    *before, last = counts[-1 - BEFORE_DECEMBER :]
    spread = stdev(before)
    if not spread:
        return scant_result(kind, about)
    t = (last - mean(before)) / (spread * sqrt(1 + 1 / BEFORE_DECEMBER))
    return weigh_result(
        kind, about, above_t(t, BEFORE_DECEMBER - 1), series.entries, t=t, last=last, mean=float(mean(before))
    )


def riding_pace(series: MonthlySeries, standings: Sequence[AgainstPace], month: Month) -> SignalResult | None:
    """Year to date no more than 1 % above the straight line, in six months at least; only of what is done in bursts,
    for even work keeps pace honestly."""
    counts, kind = counts_of_series(series), SignalKind.RIDING_PACE
    if series.measure != "count" or not standings:
        return None
    about = SignalSubject(series.indicator_id, series.region_id)
    if series.at(month) is None or counts is None or len(standings) < RIDING_MONTHS or not mean(counts):
        return scant_result(kind, about)
    own = stdev(counts) / mean(counts) if len(counts) > 1 else 0.0
    if own < OWN_SPREAD:
        return scant_result(kind, about)
    near = sum(1 for reached, wanted in standings if wanted > 0 and 0 <= reached - wanted <= NEAR_PACE * wanted)
    chance = RIDING_CHANCE if near >= RIDING_MONTHS else 1.0
    return weigh_result(kind, about, chance, series.entries, months=near, spread=own)
