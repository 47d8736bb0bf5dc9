"""What a title or the name of a sheet says about all figures under it (pure, imports no Django)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imports.files.cells import canonical_name
from imports.vocabulary.names import KnownNames
from imports.vocabulary.values import Period, period_in

_DAY = re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
_OF_THE_PAPER = re.compile(r"(?:填报|制表|报送|填表|编制|打印|上报|审核|印发)(?:日期|时间)")
_MONTH = re.compile(r"(?:((?:19|2\d)\d\d)年)?(?:(\d{1,2})月?[-~至])?(?<!\d)(\d{1,2})月(?!\d)")
_QUARTER = re.compile(r"(?:((?:19|2\d)\d\d)年)?(第?[一二三四1-4]季度|上半年|前三季度|全年)")
_YEAR = re.compile(r"(?<!\d)((?:19|2\d)\d\d)年")
_UNIT = re.compile(r"(?:计量)?单位:([^\s,;)]{1,10})")


@dataclass(frozen=True, slots=True)
class TitleReading:
    """What a text says: names by their codes, and a period, without its year if the text has none; "" where it says
    nothing."""

    indicator: str = ""
    region: str = ""
    period: str = ""
    year: int = 0
    unit: str = ""


def read_titles(texts: Sequence[str], known: KnownNames) -> TitleReading:
    """What these texts say together; what they contradict each other about stays empty."""
    said = [text for text in texts if not _OF_THE_PAPER.match(canonical_name(text))]
    together = "\n".join(said)
    period, year = _time(said)
    indicator, region = known.indicators.inside(together), known.regions.inside(together)
    unit = _UNIT.search(canonical_name(together))
    return TitleReading(
        indicator.code if indicator else "", region.code if region else "", period, year, unit[1] if unit else ""
    )


def _time(texts: Sequence[str]) -> tuple[str, int]:
    periods: set[Period] = set()
    years: set[int] = set()
    for text in texts:
        written = _DAY.sub("", canonical_name(text))
        years |= {int(found) for found in _YEAR.findall(written)}
        whole = period_in(written)
        periods |= {whole} if whole else set(_periods(written))
    years |= {period.year for period in periods if period.year}
    year = years.pop() if len(years) == 1 else 0
    numbers = {(period.number, period.span) for period in periods if 1 <= period.number <= 12}
    if len(numbers) != 1:
        return "", year
    return str(Period(year or None, *numbers.pop())), year


def _periods(text: str) -> list[Period]:
    found = [
        Period(int(year) if year else None, int(number), int(number) if start == "1" else 1)
        for year, start, number in _MONTH.findall(text)
        if start in ("", "1")
    ]
    for year, words in _QUARTER.findall(text):
        if (quarter := period_in(words)) and not found:
            found.append(quarter._replace(year=int(year) if year else None))
    return found
