"""Reading official figures for the recompute: however many keys, one query, and each year's series folded once.

The SQL is put together from names of columns and from integers of our own; what people typed travels as parameters.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.db import connection

from departments.models import Region
from departments.models.columns import column
from plans.periods import Month
from targets.arithmetic.accumulation import Accumulated, IndicatorRule, MonthReading, accumulate, combine, event_day
from targets.arithmetic.provenance import token
from targets.bulk.copy_rows import SqlValue
from targets.entry_rules.figures import Key
from targets.models import Observation, Revision

ROWS_AT_A_TIME = 5000


class SeriesKey(NamedTuple):
    """One year of an indicator in a region where it is measured."""

    indicator_id: int
    region_id: int
    year: int


class SeriesSpan(NamedTuple):
    """An indicator's figures in a region, counted together over so many months from the first, an integer YYYYMM."""

    indicator_id: int
    region_id: int
    first: int
    months: int


class FoldedSeries:
    """Figures that are counted together: the state after each month, and what it was made from (canonical text and
    revision ids)."""

    __slots__ = ("revisions", "states", "tokens")

    def __init__(self, states: list[Accumulated | None], tokens: list[str], revisions: list[list[int]]) -> None:
        self.states, self.tokens, self.revisions = states, tokens, revisions


Row = tuple[int, int, int, Decimal | None, Decimal | None, Decimal | None, date | None, int]
"""indicator, region, month key, value, numerator, denominator, day, revision"""
Loader = Callable[[Collection[SeriesKey]], Iterator[Row]]

_reading = partial(tuple.__new__, MonthReading)
_COLUMNS = "r.value, r.numerator, r.denominator, r.occurred_on"


def series_query(keys: Collection[tuple[int, int, int]]) -> str:
    """The keys as a query; integers of our own, so they may stand in the text and need no parameters."""
    return f"VALUES {','.join([f'({indicator},{region},{year})' for indicator, region, year in keys])}"


def _wanted(keys: Collection[SeriesKey]) -> str:
    """The keys as a table in SQL; integers of our own, so they may stand in the text and need no parameters."""
    values = ",".join(
        f"({key.indicator_id},{key.region_id},{key.year * 100 + 1},{key.year * 100 + 12})" for key in keys
    )
    return f"WITH wanted(indicator_id, region_id, low, high) AS (VALUES {values}) "


def observation_ids(keys: Collection[Key]) -> list[int]:
    """The ids of the observations of (indicator, region, month), by the unique index, however scattered they lie."""
    values = ",".join(f"({indicator_id},{region_id},{month.key})" for indicator_id, region_id, month in keys)
    sql = (
        f"WITH wanted(indicator_id, region_id, month) AS (VALUES {values}) "
        f"SELECT o.id FROM wanted w JOIN {Observation._meta.db_table} o "
        "ON o.indicator_id = w.indicator_id AND o.region_id = w.region_id AND o.month = w.month"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def _match(observation: str) -> str:
    return (
        f"{observation}.indicator_id = w.indicator_id AND {observation}.region_id = w.region_id "
        f"AND {observation}.month BETWEEN w.low AND w.high"
    )


def official_now(keys: Collection[SeriesKey]) -> Iterator[Row]:
    """The official figures of the keys, as they are now."""
    table = Observation._meta.db_table
    return _rows(
        _wanted(keys)
        + f"SELECT r.indicator_id, r.region_id, r.month, {_COLUMNS}, r.official_id "
        + f"FROM wanted w JOIN {table} r ON {_match('r')} WHERE r.official_id IS NOT NULL",
        [],
    )


def official_soon(going: str) -> Loader:
    """A loader of the figures as they will be once those of a table are written (`offering.GOING`)."""
    key = "r.indicator_id, r.region_id, r.month"
    sql = (
        f"SELECT {key}, {_COLUMNS}, r.revision_id FROM wanted w JOIN {going} r ON {_match('r')} "
        f"UNION ALL SELECT {key}, {_COLUMNS}, r.official_id "
        f"FROM wanted w JOIN {Observation._meta.db_table} r ON {_match('r')} "
        f"WHERE r.official_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {going} g WHERE g.known_id = r.id)"
    )
    return lambda keys: _rows(_wanted(keys) + sql, [])


def fingerprint(series: str, parameters: Sequence[SqlValue] = ()) -> str:
    """What is official, and what waits for a review, in the series of which `series` is a query (indicator, region,
    year): the same text means that nothing has changed.

    Ids of revisions only grow, so an equal number with an equal sum are the same ids.
    """
    observations, revisions = Observation._meta.db_table, Revision._meta.db_table
    official = f"SELECT count(o.official_id), sum(o.official_id) FROM wanted w JOIN {observations} o ON {_match('o')}"
    waiting = (
        f"SELECT count(r.id), sum(r.id) FROM wanted w JOIN {observations} o ON {_match('o')} "
        f"JOIN {revisions} r ON r.observation_id = o.id AND r.state = 'submitted'"
    )
    wanted = (
        f"WITH series(indicator_id, region_id, year) AS ({series}), "
        "wanted AS (SELECT indicator_id, region_id, year * 100 + 1 AS low, year * 100 + 12 AS high FROM series) "
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{wanted} SELECT * FROM ({official}) a, ({waiting}) b", parameters)
        return ":".join(str(total or 0) for total in cursor.fetchone())


def official_at(moment: datetime) -> Loader:
    """A loader of the figures that were official at a moment, from the revisions."""
    observations, revisions = Observation._meta.db_table, Revision._meta.db_table
    sql = (
        f"SELECT o.indicator_id, o.region_id, o.month, {_COLUMNS}, r.id "
        f"FROM wanted w JOIN {observations} o ON {_match('o')} JOIN {revisions} r ON r.observation_id = o.id "
        "WHERE r.official_at <= %s AND (r.ended_at IS NULL OR r.ended_at > %s)"
    )
    adapted = connection.ops.adapt_datetimefield_value(moment)
    return lambda keys: _rows(_wanted(keys) + sql, [adapted, adapted])


def official_by_revisions(ids: Collection[int]) -> Loader:
    """A loader of the figures of these revisions alone, whatever is official now."""
    observations, revisions = Observation._meta.db_table, Revision._meta.db_table
    sql = (
        f"SELECT o.indicator_id, o.region_id, o.month, {_COLUMNS}, r.id "
        f"FROM wanted w JOIN {observations} o ON {_match('o')} JOIN {revisions} r ON r.observation_id = o.id "
        f"WHERE r.id IN ({','.join(str(int(pk)) for pk in ids) or 'NULL'})"
    )
    return lambda keys: _rows(_wanted(keys) + sql, [])


def _rows(sql: str, parameters: Sequence[SqlValue]) -> Iterator[Row]:
    """Rows in the types of Python; SQLite gives back floats and text, which its converters make exact."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        convert = _converter()
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield from rows if convert is None else map(convert, rows)


def _converter() -> Callable[[Row], Row] | None:
    if connection.vendor == "postgresql":
        return None
    columns = [column(Observation, name).cached_col for name in ("value", "numerator", "denominator", "occurred_on")]
    chains = [each.get_db_converters(connection) + connection.ops.get_db_converters(each) for each in columns]

    def convert(row: Row) -> Row:
        middle: list[Any] = list(row[3:7])  # what Django's converters give has no type
        for index, chain in enumerate(chains):
            for step in chain:
                middle[index] = step(middle[index], columns[index], connection)
        return (row[0], row[1], row[2], middle[0], middle[1], middle[2], middle[3], row[7])

    return convert


@dataclass(slots=True)
class Regions:
    """The tree of regions: who is made of whom."""

    codes: dict[int, str]
    parents: dict[int, int | None]
    parts: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls) -> "Regions":
        """All regions, in one query."""
        rows = list(Region.objects.order_by("code").values_list("id", "code", "parent_id"))
        tree = cls({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows})
        for region_id, _code, parent_id in rows:
            if parent_id is not None:
                tree.parts[parent_id].append(region_id)
        return tree

    def upwards(self, region_id: int) -> Iterator[int]:
        """The region and all it is a part of."""
        current: int | None = region_id
        while current is not None:
            yield current
            current = self.parents[current]

    def measured(self, region_id: int, region_rule: str) -> list[int]:
        """Where figures are entered that make up the region's: itself, or the smallest parts, sorted by code."""
        parts = self.parts.get(region_id)
        if region_rule == "own" or not parts:
            return [region_id]
        return [leaf for part in parts for leaf in self.measured(part, region_rule)]


class LoadedFigures:
    """All series that a piece of work needs, loaded at once and folded when first asked for."""

    def __init__(self, regions: Regions, loader: Loader = official_now) -> None:
        self._regions, self._loader = regions, loader
        self._readings: dict[tuple[int, int, int], list[MonthReading]] = defaultdict(list)
        self._series: dict[SeriesSpan, FoldedSeries] = {}

    def load(self, wanted: Iterable[tuple[int, int, int, str]]) -> None:
        """Reads the figures behind (indicator, region, year, region rule), one query in all."""
        keys = {
            SeriesKey(indicator_id, leaf, year)
            for indicator_id, region_id, year, rule in wanted
            for leaf in self._regions.measured(region_id, rule)
        }
        readings = self._readings
        for indicator_id, region_id, month, value, numerator, denominator, day, revision in (
            self._loader(keys) if keys else ()
        ):
            year, number = divmod(month, 100)
            if day is None and value is not None and value == 1:
                day = event_day(None, Month.from_key(month))
            reading = _reading((number, value, numerator, denominator, day, revision))
            readings[indicator_id, region_id, year].append(reading)

    def series(self, indicator_id: int, rule: IndicatorRule, region_id: int, year: int) -> FoldedSeries:
        """The year's series of a region, measured there or made from its parts."""
        return self.counted(rule, SeriesSpan(indicator_id, region_id, year * 100 + 1, 12))

    def counted(self, rule: IndicatorRule, span: SeriesSpan) -> FoldedSeries:
        """The same for months that need not be a calendar year; nothing before the first is counted."""
        if span not in self._series:
            leaves = self._regions.measured(span.region_id, rule.region_rule)
            measured = leaves == [span.region_id]
            self._series[span] = self._measured(rule, span) if measured else self._whole(rule, span, leaves)
        return self._series[span]

    def _measured(self, rule: IndicatorRule, span: SeriesSpan) -> FoldedSeries:
        readings = self._readings_of(span)
        code = self._regions.codes[span.region_id]
        tokens = [""] * span.months
        revisions: list[list[int]] = [[] for _month in range(span.months)]
        for reading in readings:
            index = reading.month - 1
            tokens[index] = token(code, reading)
            revisions[index].append(reading.revision)
        return FoldedSeries(accumulate(rule, readings, span.months), tokens, revisions)

    def _readings_of(self, span: SeriesSpan) -> list[MonthReading]:
        """The readings of a span, their months counted from its first."""
        indicator_id, region_id, first, months = span
        year, number = divmod(first, 100)
        if number == 1 and months == 12:
            return self._readings.get((indicator_id, region_id, year), [])
        found = []
        for ahead in range(1 - number, months, 12):
            for reading in self._readings.get((indicator_id, region_id, year), ()):
                if 0 < reading.month + ahead <= months:
                    found.append(reading._replace(month=reading.month + ahead))
            year += 1
        return found

    def _whole(self, rule: IndicatorRule, span: SeriesSpan, leaves: list[int]) -> FoldedSeries:
        parts = [self.counted(rule, SeriesSpan(span.indicator_id, leaf, span.first, span.months)) for leaf in leaves]
        tokens = ["".join(part.tokens[index] for part in parts) for index in range(span.months)]
        revisions = [[pk for part in parts for pk in part.revisions[index]] for index in range(span.months)]
        return FoldedSeries(combine(rule, [part.states for part in parts]), tokens, revisions)
