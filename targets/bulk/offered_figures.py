"""Many figures as a table in SQL: offered, held against what is official, and written in a handful of statements.

The SQL is put together from names of tables and columns of our own; what people typed travels as parameters or by COPY.
The same statements serve PostgreSQL and SQLite. Nothing here asks who may do what: `services.official` does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from plans.periods import Month
from targets.bulk.copy_rows import Lines, Row, SqlValue, copy_into_table, copy_text, execute_many
from targets.bulk.event_times import Moments, later_than
from targets.entry_rules.figures import Entry, Key, Problem
from targets.models import DirtyKey, Observation, Revision

KEY = ("indicator_id", "region_id", "month")
FIGURES = ("value", "numerator", "denominator", "occurred_on")
COLUMNS = (*KEY, *FIGURES, "note", "oddities")
"""What a table of offered figures has; `oddities` is a JSON list of codes as text, `month` the integer YYYYMM."""

TYPES = {
    **dict.fromkeys(("indicator_id", "region_id"), "bigint"),
    "month": "integer",
    **dict.fromkeys(("value", "numerator", "denominator"), "numeric(15, 6)"),
    "occurred_on": "date",
    **dict.fromkeys(("note", "oddities"), "text"),
}
LOCK = 0x6F666665  # any constant: one writer of many official figures at a time
OBSERVATIONS, REVISIONS, DIRTY = (model._meta.db_table for model in (Observation, Revision, DirtyKey))
OFFERED, GOING, MOMENTS = "figures_offered", "figures_going", "figures_moments"


def write_in_turn() -> None:
    """Waits until nobody else writes many official figures; held to the end of the transaction.

    So two files that overlap are applied one after the other and never block each other. On SQLite IMMEDIATE
    transactions exclude each other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def write_beside_others() -> None:
    """Waits until nobody writes many figures; whoever wants to next waits in turn, others like oneself do not.

    Somebody who has made a new observation and waits for an old one would block a file that holds the old one and is
    about to make the new one. To be called before any observation is made or locked.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])


# --- Tables -----------------------------------------------------------------------------------------------------------


@contextmanager
def temporary_table(name: str, columns: Mapping[str, str], rows: Iterable[Row]) -> Iterator[str]:
    """A table of this transaction alone, filled with the rows; gives its name."""
    described = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({described})")
        fill_database_table(name, list(columns), rows)
        yield name
        cursor.execute(f"DROP TABLE {name}")


def fill_database_table(name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Writes rows into a table."""
    if connection.vendor == "postgresql":
        copy_into_table(name, Lines(columns, rows))
    else:
        execute_many(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


def row_of_entry(entry: Entry, odd: Sequence[Problem] = ()) -> Row:
    """An entry as a row of COLUMNS."""
    indicator_id, region_id, month, value, numerator, denominator, day, note = entry
    codes = copy_text(json.dumps([problem.code for problem in odd])) if odd else "[]"
    said = copy_text(note) if note else ""
    return indicator_id, region_id, month.key, value, numerator, denominator, day, said, codes


@contextmanager
def offered_entries(entries: Iterable[Entry]) -> Iterator[str]:
    """The entries as a query of COLUMNS."""
    with temporary_table(OFFERED, {column: TYPES[column] for column in COLUMNS}, map(row_of_entry, entries)) as name:
        yield f"SELECT {', '.join(COLUMNS)} FROM {name}"


@contextmanager
def moments(known: str, parameters: Sequence[SqlValue], usual: datetime) -> Iterator[Moments]:
    """When something happens now to the observations of which `known` is a query of ids and months; `moment_expression`
    knows it.
    """
    found = Moments(usual, later_than(usual, known, parameters))
    with _moments({USUAL: usual, **found.later}):
        yield found


@contextmanager
def _moments(found: Mapping[int, datetime]) -> Iterator[None]:
    """The moments, by the ids of observations, in the table MOMENTS."""
    adapt = connection.ops.adapt_datetimefield_value
    columns = {"observation_id": "bigint PRIMARY KEY", "at": "timestamp with time zone"}
    with temporary_table(MOMENTS, columns, ((pk, adapt(moment)) for pk, moment in found.items())):
        yield


USUAL = 0
"""No observation has this id: the row says when it happens to all others."""


def moment_expression(observation: str) -> str:
    """The moment of an observation's id, in SQL, within `moments`."""
    of = f"SELECT m.at FROM {MOMENTS} m WHERE m.observation_id = "
    return f"coalesce(({of}{observation}), ({of}{USUAL}))"


# --- Statements -------------------------------------------------------------------------------------------------------


def figures_expression(alias: str) -> str:
    """The figures of a table as a row, to be compared."""
    return f"({', '.join(f'{alias}.{name}' for name in FIGURES)})"


def same_figures_condition(left: str, right: str) -> str:
    """That two tables say the same, compared as numbers, nothing being the same as nothing."""
    equal = "IS NOT DISTINCT FROM" if connection.vendor == "postgresql" else "IS"
    return f"{figures_expression(left)} {equal} {figures_expression(right)}"


def same_key_condition(left: str, right: str) -> str:
    """That two tables are about the same figure."""
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in KEY)


@contextmanager
def figures_to_publish(select: str, parameters: Sequence[SqlValue], usual: datetime) -> Iterator[tuple[int, int]]:
    """What of the offered figures is not official yet, in the table GOING, with the ids of its revisions to be and the
    moment of each: how many are new and how many change something.

    The observations are locked, in one order for everybody, and nobody else makes any meanwhile (`write_in_turn`,
    `write_beside_others`), so that what is new stays new.
    """
    lock_observations(select, parameters)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Sorting a hundred thousand figures needs no disk then; compiling takes longer than it saves.
            cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {GOING} AS SELECT f.*, {_next_id(REVISIONS)} AS revision_id, "
            f"coalesce(f.known_id, {_next_id(OBSERVATIONS)}) AS observation_id, {_usual_moment()} AS at "
            f"FROM ({_differing(select)}) f",
            [connection.ops.adapt_datetimefield_value(usual), *parameters],
        )
        _put_off(usual)
        cursor.execute(f"SELECT count(*) - count(previous_id), count(previous_id) FROM {GOING}")
        yield cursor.fetchone()
        cursor.execute(f"DROP TABLE {GOING}")


def _usual_moment() -> str:
    return "%s::timestamptz" if connection.vendor == "postgresql" else "%s"


def _put_off(usual: datetime) -> None:
    """Gives those figures of GOING a later moment to which something has happened since: none as long as the clock runs
    on."""
    if later := later_than(usual, f"SELECT observation_id, month FROM {GOING}"):
        with _moments(later):
            run_statement(
                f"UPDATE {GOING} SET at = m.at FROM {MOMENTS} m WHERE m.observation_id = {GOING}.observation_id", []
            )


def _differing(select: str) -> str:
    """What of the offered figures is not official, beside its observation and what is: by key, so that ids and indexes
    grow at their ends."""
    return (
        f"SELECT f.*, o.id AS known_id, o.official_id AS previous_id FROM ({select}) f "
        f"LEFT JOIN {OBSERVATIONS} o ON {same_key_condition('o', 'f')} "
        f"WHERE o.official_id IS NULL OR NOT ({same_figures_condition('o', 'f')}) "
        f"ORDER BY {', '.join(f'f.{name}' for name in KEY)}"
    )


def lock_observations(select: str, parameters: Sequence[SqlValue]) -> None:
    """Locks the observations of the offered figures, in one order for everybody. SQLite has one writer at a time."""
    if connection.vendor == "postgresql":
        run_statement(
            f"SELECT count(*) FROM (SELECT o.id FROM ({select}) f JOIN {OBSERVATIONS} o "
            f"ON {same_key_condition('o', 'f')} ORDER BY o.id FOR UPDATE OF o) locked",
            parameters,
        )


def _next_id(table: str) -> str:
    """Ids for new rows, later than all there are: taken beforehand, so that each row is written once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # looked up here: in the statement it would be so for every row
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            return f"nextval('{cursor.fetchone()[0]}'::regclass)"
    return f"(SELECT coalesce(max(id), 0) FROM {table}) + row_number() OVER ()"


Statement = tuple[str, list[SqlValue]]
"""SQL and its parameters."""


def publication(values: Mapping[str, SqlValue]) -> list[Statement]:
    """What shows the figures of GOING as the official ones and keeps their revisions; these have `values` in common.

    Observation and revision point to each other. PostgreSQL looks for what they point to after the statement, so there
    both are written in one; SQLite looks at the end of the transaction.
    """
    columns = ", ".join((*KEY, *FIGURES))
    make = (
        f"INSERT INTO {OBSERVATIONS} (id, {columns}, official_id) "
        f"SELECT observation_id, {columns}, revision_id FROM {GOING} WHERE known_id IS NULL"
    )
    updates = ", ".join(f"{name} = g.{name}" for name in FIGURES)
    change = (
        f"UPDATE {OBSERVATIONS} SET {updates}, official_id = g.revision_id FROM {GOING} g "
        f"WHERE {OBSERVATIONS}.id = g.known_id"
    )
    own = {"id": "g.revision_id", "observation_id": "g.observation_id", "created_at": "g.at", "official_at": "g.at"}
    keep, parameters = _revisions("g", own, values, f"FROM {GOING} g", [])
    if connection.vendor == "postgresql":
        return [(f"WITH made AS ({make}), changed AS ({change}) {keep}", parameters)]
    return [(make, []), (change, []), (keep, parameters)]


def publish_offered_figures(values: Mapping[str, SqlValue]) -> None:
    """Carries out `publication`."""
    for statement in publication(values):
        run_statement(*statement)


def make_observations(select: str, parameters: Sequence[SqlValue]) -> None:
    """The observations of the offered figures, where there are none yet, without an official figure."""
    names = ", ".join(KEY)
    run_statement(
        f"INSERT INTO {OBSERVATIONS} ({names}) SELECT {names} FROM ({select}) f WHERE true "
        f"ORDER BY {names} ON CONFLICT ({names}) DO NOTHING",
        parameters,
    )


def insert_submitted(select: str, parameters: Sequence[SqlValue], values: Mapping[str, SqlValue]) -> int:
    """Revisions of the offered figures that wait for a review, within `moments`: how many."""
    source = f"FROM ({select}) f JOIN {OBSERVATIONS} o ON {same_key_condition('o', 'f')} ORDER BY o.id"
    own = {"observation_id": "o.id", "created_at": moment_expression("o.id")}
    return run_statement(*_revisions("f", own, values, source, parameters))


def _revisions(
    alias: str, own: Mapping[str, str], values: Mapping[str, SqlValue], source: str, parameters: Sequence[SqlValue]
) -> Statement:
    """What inserts revisions: their own columns, the offered ones, what all have in common, else the defaults."""
    json_of = "::jsonb" if connection.vendor == "postgresql" else ""
    expressions = {name: f"{alias}.{name}" for name in (*FIGURES, "note")}
    expressions |= {"oddities": f"{alias}.oddities{json_of}", **own}
    common: dict[str, SqlValue] = {}
    for field in Revision._meta.concrete_fields:
        column = str(field.column)
        if column not in expressions and not field.primary_key:
            given = values.get(column, field.get_default())
            common[column] = field.get_db_prep_save(given, connection)
    columns = ", ".join((*expressions, *common))
    placed = ", ".join((*expressions.values(), *(["%s"] * len(common))))
    return f"INSERT INTO {REVISIONS} ({columns}) SELECT {placed} {source}", [*common.values(), *parameters]


_AFFECTED = f"SELECT indicator_id, region_id, min(month) FROM {GOING} GROUP BY indicator_id, region_id, month / 100"


def keys_affected_by_publication() -> list[Key]:
    """What must be judged anew after GOING: indicator, region, the month from which on; once a year and place."""
    with connection.cursor() as cursor:
        cursor.execute(_AFFECTED)
        return [(indicator_id, region_id, Month.from_key(month)) for indicator_id, region_id, month in cursor]


def mark_going_dirty(now: datetime) -> bool:
    """Keeps what must be judged anew after GOING: whether there is anything."""
    columns = "indicator_id, region_id, month, created_at"
    return bool(
        run_statement(f"INSERT INTO {DIRTY} ({columns}) SELECT affected.*, %s FROM ({_AFFECTED}) affected", [now])
    )


def run_statement(sql: str, parameters: Sequence[SqlValue]) -> int:
    """One statement: how many rows it has touched."""
    adapt = connection.ops.adapt_datetimefield_value
    adapted = [adapt(parameter) if isinstance(parameter, datetime) else parameter for parameter in parameters]
    with connection.cursor() as cursor:
        cursor.execute(sql, adapted)
        return int(cursor.rowcount)
