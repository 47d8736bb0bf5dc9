"""What each column of a sheet means (pure, imports no Django)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imports.files.cells import canonical_name
from imports.tables.headings import INDICATOR, PERIOD, REGION, YEAR, HeadingFact
from imports.tables.mappings import MappedColumn
from imports.vocabulary.values import Period, period_in
from imports.vocabulary.wording import CODES, MEASURES, NAMES

UNKNOWN, IGNORED, TOTAL = "unknown", "ignored", "total"


@dataclass(frozen=True, slots=True)
class RecognisedColumn:
    """What stands in a column: its meaning ("" under no heading, "unknown" under one that is not understood), and what
    its heading fixes for all of its cells. `index` 0 is A; `period` is written like "2014年3月" or "3月".
    """

    index: int
    heading: str
    meaning: str
    indicator: str = ""
    region: str = ""
    period: str = ""
    unit: str = ""

    @property
    def fixed(self) -> tuple[str, str, str]:
        """Indicator, region and period of all cells of the column, as far as the heading says them."""
        return self.indicator, self.region, self.period

    @property
    def measures(self) -> bool:
        """Whether figures stand in the column."""
        return self.meaning in MEASURES


def column_of(index: int, lines: Sequence[tuple[str, tuple[HeadingFact, ...]]]) -> RecognisedColumn:
    """The column under these headings, from the uppermost to the lowest."""
    heading = " ".join(text for text, _facts in lines)
    if not lines:
        return RecognisedColumn(index, "", "")
    facts = [fact for _text, found in lines for fact in found]
    if not all(found for _text, found in lines):
        ignored = any(fact.kind == IGNORED for fact in facts)
        return RecognisedColumn(index, heading, IGNORED if ignored else UNKNOWN)
    fixed = {kind: [fact.value for fact in facts if fact.kind == kind] for kind in (INDICATOR, REGION, PERIOD, YEAR)}
    units = [fact.unit for fact in facts if fact.unit]
    meaning = _meaning([fact.kind for fact in facts if not fact.kind.startswith("=")], any(fixed.values()))
    names = (_only(fixed[INDICATOR]), _only(fixed[REGION]), _period(fixed[PERIOD], fixed[YEAR]))
    if meaning in (IGNORED, UNKNOWN) or not all(len(set(values)) < 2 for values in fixed.values()):
        return RecognisedColumn(index, heading, meaning if meaning == IGNORED else UNKNOWN)
    return RecognisedColumn(index, heading, meaning, *names, _only(units))


def _meaning(words: list[str], fixed: bool) -> str:
    """What a column means by its headings: the lowest decides. Parts of a running total or of a total are figures of no
    month."""
    if not words:
        return "value" if fixed else UNKNOWN
    if IGNORED in words or (len(set(words)) > 1 and {"to_date", TOTAL} & set(words)):
        return IGNORED
    if len(set(words)) > 1 and not set(words) <= {*MEASURES}:
        return UNKNOWN
    return words[-1] if words[-1] in MEASURES or words[-1] == TOTAL or not fixed else UNKNOWN


def _only(values: Sequence[str]) -> str:
    return values[-1] if values else ""


def _period(periods: Sequence[str], years: Sequence[str]) -> str:
    """The month with the year of the heading above it; a heading with a year alone means the whole year."""
    if not periods:
        return str(Period(int(years[-1]), 12, 12)) if years else ""
    found = period_in(periods[-1])
    if found is not None and found.year is None and years:
        return str(found._replace(year=int(years[-1])))
    return periods[-1]


def settle_columns(columns: Sequence[RecognisedColumn]) -> list[RecognisedColumn]:
    """The columns, each compared with the others: a column that only repeats or sums up others is left aside."""
    names = Counter(column.meaning for column in columns if column.meaning in NAMES)
    parts = {column.fixed for column in columns if column.meaning in ("numerator", "denominator")}
    periods = [_span(column) for column in columns if column.measures and column.period]
    months = 1 in periods
    coded = {column.meaning for column in columns if canonical_name(column.heading) in CODES}

    def seen(column: RecognisedColumn) -> RecognisedColumn:
        beside_code = names[column.meaning] > 1 and column.meaning in coded
        if beside_code and canonical_name(column.heading) not in CODES:
            return replace(column, meaning=IGNORED)
        if column.meaning == "rate":
            return replace(column, meaning=IGNORED if column.fixed in parts else "value")
        several_months = column.measures and months and _span(column) > 1
        running = column.meaning == "to_date" and months and not column.period
        return replace(column, meaning=IGNORED) if several_months or running else column

    return [seen(column) for column in columns]


def _span(column: RecognisedColumn) -> int:
    period = period_in(column.period) if column.period else None
    return period.span if period else 0


def correct_columns(columns: Sequence[RecognisedColumn], mapped: Sequence[MappedColumn]) -> list[RecognisedColumn]:
    """The columns with a person's corrections."""
    given = {said.index: said for said in mapped}
    found = []
    for column in columns:
        if correction := given.get(column.index):
            column = replace(
                column,
                meaning=correction.meaning,
                indicator=correction.indicator,
                region=correction.region,
                period=correction.period,
            )
        found.append(column)
    return found


_KINDS = ("indicators", "regions", "months")


def layout_of(columns: Sequence[RecognisedColumn]) -> str:
    """How the figures lie: "long" (one a row), or by what the headings fix: "wide-months", "wide-regions-months" …"""
    measured = [column.fixed for column in columns if column.measures]
    kinds = [kind for position, kind in enumerate(_KINDS) if any(fixed[position] for fixed in measured)]
    return "-".join(["wide", *kinds]) if kinds else "long"
