"""照抄: both parts of a share again, to the digit, where chance hardly does that (pure).

Equal counts say nothing: of twelve months two are equal in 45 % of years even at a thousand a month. Nor does a share
of all or of none, nor a small number of things.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import comb

from plans.periods import Month
from targets.data_quality.chances import coincidence
from targets.data_quality.series import MonthlySeries, share_of_entry, shares_of
from targets.data_quality.signals import (
    ALPHA,
    RULES,
    SignalKind,
    SignalResult,
    SignalSubject,
    scant_result,
    weigh_result,
)
from targets.entry_rules.figures import Entry

MANY, VERY_MANY = 400, 2000
"""From so many things on equal figures of two months that follow each other mean something; of any two months."""
ALIKE = 3
"""So many counties with the same figures in one month, or two counties in two months running."""


def copied_month(series: MonthlySeries, month: Month) -> SignalResult | None:
    """The figure of the month against the one before, or where there are very many things against every earlier one.
    Nothing for what is no share."""
    if series.measure != "ratio":
        return None
    about, shares, entry = SignalSubject(series.indicator_id, series.region_id), shares_of(series), series.at(month)
    if entry is None or shares is None:
        return scant_result(SignalKind.COPIED, about)
    (good, number), fixed = shares[-1], _is_fixed([whole for _good, whole in shares])
    earlier = list(series.entries[:-1]) if number >= VERY_MANY else list(filter(None, [series.before(month)]))
    chance = coincidence(good, number, fixed=fixed) * len(earlier)
    if not earlier or number < MANY or chance >= RULES[SignalKind.COPIED].limit:
        return scant_result(SignalKind.COPIED, about)
    same = [other for other in earlier if other.figures[:3] == entry.figures[:3]]
    figures, facts = ([*same, entry], {"earlier": str(same[-1].month)}) if same else ([], {})
    return weigh_result(SignalKind.COPIED, about, chance if same else 1.0, figures, own=chance, **facts)


def _is_fixed(numbers: Sequence[int]) -> bool:
    """Whether the number of things is the same in most months: then it is so by design and no coincidence."""
    return len(numbers) > 2 and 2 * max(Counter(numbers).values()) > len(numbers)


def equal_counties(indicator_id: int, lot: Iterable[MonthlySeries], month: Month) -> SignalResult | None:
    """Counties with the same figures: three in the month, or two that were equal the month before too. Nothing where
    fewer than three report a share."""
    shares = [series for series in lot if series.measure == "ratio"]
    if len(shares) < ALIKE:
        return None
    about, there = SignalSubject(indicator_id), _telling([series.at(month) for series in shares])
    before = _telling([series.before(month) for series in shares])
    if len(there) < (2 if before else ALIKE):
        return scant_result(SignalKind.EQUAL_COUNTIES, about)
    pair = max(_coincidence(entry) for entry in (*there, *before))
    chance = (comb(len(there), ALIKE) + (comb(len(there), 2) if before else 0)) * pair**2
    if chance >= RULES[SignalKind.EQUAL_COUNTIES].limit:
        return scant_result(SignalKind.EQUAL_COUNTIES, about)
    alike = list(_alike(there, before))
    return weigh_result(SignalKind.EQUAL_COUNTIES, about, chance if alike else 1.0, alike, own=chance)


def _telling(entries: Iterable[Entry | None]) -> list[Entry]:
    """The figures of which it would be strange that two are equal; none where the number of things is fixed."""
    known = [entry for entry in entries if entry is not None and share_of_entry(entry) is not None]
    if _is_fixed([int(entry.denominator or 0) for entry in known]):
        return []
    return [entry for entry in known if int(entry.denominator or 0) >= MANY and _coincidence(entry) < ALPHA]


def _coincidence(entry: Entry) -> float:
    return coincidence(int(entry.numerator or 0), int(entry.denominator or 0), fixed=False)


def _alike(there: Iterable[Entry], before: Iterable[Entry]) -> Iterator[Entry]:
    """The figures that are equal, of this month, and of the one before where they were equal then too."""
    groups = _equal(there)
    last = {entry.region_id: entry for entry in before}
    for group in groups:
        earlier = [last[entry.region_id] for entry in group if entry.region_id in last]
        twice = [entry for same in _equal(earlier) for entry in same]
        if len(group) >= ALIKE or twice:
            yield from (*twice, *group)


def _equal(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Those that share both parts with another one."""
    groups: dict[object, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.figures[:3]].append(entry)
    return [group for group in groups.values() if len(group) > 1]
