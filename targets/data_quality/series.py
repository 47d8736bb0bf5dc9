"""Figures as they are tested: whole numbers of one month each, side by side (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plans.periods import Month
from targets.entry_rules.figures import Entry

JANUARY = 1


@dataclass(frozen=True, slots=True)
class MonthlySeries:
    """The official figures of an indicator in a region, each of one month alone, oldest first, at most one a month; the
    last is that of the month tested, or there is none of it. `step` is how many months lie between two that are due."""

    indicator_id: int
    region_id: int
    measure: str
    entries: Sequence[Entry]
    step: int = 1

    def at(self, month: Month) -> Entry | None:
        """The figure of the month tested."""
        return self.entries[-1] if self.entries and self.entries[-1].month == month else None

    def before(self, month: Month) -> Entry | None:
        """The figure that was due before it."""
        wanted = month.shifted(-self.step)
        return next((entry for entry in self.entries if entry.month == wanted), None)


def count_of(entry: Entry) -> int | None:
    """A number of things: whole and not negative. Amounts of money, readings and shares are none."""
    value = entry.value
    return int(value) if value is not None and value >= 0 and value == value.to_integral_value() else None


def share_of_entry(entry: Entry) -> tuple[int, int] | None:
    """How many of how many things: whole, and not more than there are; None for what is no share."""
    good, number = entry.numerator, entry.denominator
    if good is None or number is None or not 0 <= good <= number or not number:
        return None
    whole = good == good.to_integral_value() and number == number.to_integral_value()
    return (int(good), int(number)) if whole else None


def counts_of_series(series: MonthlySeries) -> list[int] | None:
    """All figures of the series as counts; None where one is none."""
    found = [count_of(entry) for entry in series.entries]
    counts = [count for count in found if count is not None]
    return counts if series.measure == "count" and len(counts) == len(found) else None


def shares_of(series: MonthlySeries) -> list[tuple[int, int]] | None:
    """All figures of the series as shares; None where one is none."""
    found = [share_of_entry(entry) for entry in series.entries]
    shares = [share for share in found if share is not None]
    return shares if series.measure == "ratio" and len(shares) == len(found) else None


def by_month(entries: Sequence[Entry], step: int = 1) -> list[Entry]:
    """What was entered from January to each month, as the figures of these months alone: a month of which the one
    before is missing is left out."""
    known = {entry.month: entry for entry in entries}
    found = []
    for entry in entries:
        before = known.get(entry.month.shifted(-step))
        if entry.month.number <= step:
            found.append(entry)
        elif before is not None:
            found.append(_less(entry, before))
    return found


def _less(entry: Entry, before: Entry) -> Entry:
    return entry._replace(
        value=_difference(entry.value, before.value),
        numerator=_difference(entry.numerator, before.numerator),
        denominator=_difference(entry.denominator, before.denominator),
    )


def _difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before
