"""What the titles of a sheet, or its name, say about all figures under them (pure, imports no Django)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imports.vocabulary.accounting import TextReader
from imports.vocabulary.values import Period


@dataclass(frozen=True, slots=True)
class TitleReading:
    """What a text says: names by their codes, and a period, without its year if the text has none; "" where it says
    nothing."""

    indicator: str = ""
    region: str = ""
    period: str = ""
    year: int = 0


def read_titles(texts: Sequence[str], reader: TextReader) -> TitleReading:
    """What these texts say together; what they contradict each other about stays empty."""
    known, together = reader.known, "\n".join(texts)
    accounts = [reader.account(text) for text in texts]
    period, year = _time(
        (found for account in accounts for found in account.periods), {y for account in accounts for y in account.years}
    )
    indicator, region = known.indicators.inside(together), known.regions.inside(together)
    return TitleReading(indicator.code if indicator else "", region.code if region else "", period, year)


def _time(periods: Iterable[Period], years: set[int]) -> tuple[str, int]:
    year = next(iter(years)) if len(years) == 1 else 0
    numbers = {(period.number, period.span) for period in periods}
    if len(numbers) != 1:
        return "", year
    return str(Period(year or None, *numbers.pop())), year
