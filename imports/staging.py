"""Checked rows on their way into the database: written by COPY, compared in SQL with what is there, taken from there.

The SQL is put together from names of tables and columns of our own.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, F, Max, QuerySet

from departments.models import Region
from imports.models import ImportBatch, StagedRow
from targets import offering
from targets.copying import Row, text
from targets.figures import Entry, Problem
from targets.loading import fingerprint
from targets.models import Indicator
from targets.offering import OBSERVATIONS, REVISIONS

STAGED = StagedRow._meta.db_table
COLUMNS = ("batch_id", "outcome", "number", "sheet", '"row"', *offering.COLUMNS)


class Accepted(NamedTuple):
    """A row that the rules allow: where it stands, what it says, and what looks odd about it."""

    sheet: str
    row: int
    entry: Entry
    odd: Sequence[Problem]


def stage(batch: ImportBatch, accepted: Iterable[Accepted]) -> dict[str, int]:
    """Keeps the rows in place of earlier ones of the batch: how many are new, changed and unchanged."""
    clear(batch)
    offering.fill(STAGED, COLUMNS, _rows(batch, accepted))
    offering.run(_compared(batch.official), [batch.pk])
    found = StagedRow.objects.filter(batch=batch).order_by().values_list("outcome").annotate(rows=Count("number"))
    return dict.fromkeys(StagedRow.Outcome.values, 0) | dict(found)


def clear(batch: ImportBatch) -> None:
    """Removes the rows of a batch."""
    with _cursor() as cursor:
        cursor.execute(f"DELETE FROM {STAGED} WHERE batch_id = %s", [batch.pk])


def _rows(batch: ImportBatch, accepted: Iterable[Accepted]) -> Iterator[Row]:
    """The rows, all of them new as long as nothing else is known."""
    sheets: dict[str, str] = {}
    common = batch.pk, StagedRow.Outcome.NEW.value
    for number, (sheet, row, entry, odd) in enumerate(accepted, 1):
        if sheet not in sheets:
            sheets[sheet] = text(sheet)
        yield (*common, number, sheets[sheet], row, *offering.row_of(entry, odd))


def _compared(official: bool) -> str:
    """Tells those of a batch's rows that change or repeat something, and which revision. What waits for a review comes
    before what is official where the rows themselves are to be reviewed."""
    known = f"FROM {OBSERVATIONS} o"
    outcome = f"CASE WHEN {offering.same('o', STAGED)} THEN 'unchanged' ELSE 'changed' END"
    previous = "o.official_id"
    if not official:
        known += (
            f" LEFT JOIN {REVISIONS} p ON p.id = (SELECT max(r.id) FROM {REVISIONS} r "
            "WHERE r.observation_id = o.id AND r.state = 'submitted')"
        )
        outcome = (
            f"CASE WHEN p.id IS NULL THEN {outcome} WHEN {offering.same('p', STAGED)} THEN 'unchanged' "
            "WHEN o.official_id IS NULL THEN 'new' ELSE 'changed' END"
        )
        previous = "coalesce(p.id, o.official_id)"
    return (
        f"UPDATE {STAGED} SET outcome = {outcome}, previous_id = {previous} {known} "
        f"WHERE {offering.of_same_key('o', STAGED)} AND {previous} IS NOT NULL AND {STAGED}.batch_id = %s"
    )


def selected(batch: ImportBatch) -> tuple[str, list[Any]]:
    """What of the batch is to be written, as a query of `offering.COLUMNS`."""
    return (
        f"SELECT {', '.join(offering.COLUMNS)} FROM {STAGED} WHERE batch_id = %s AND outcome <> 'unchanged'",
        [batch.pk],
    )


def changing(batch: ImportBatch) -> QuerySet[StagedRow]:
    """The rows that are to be written."""
    return StagedRow.objects.filter(batch=batch).exclude(outcome=StagedRow.Outcome.UNCHANGED)


def indicators(batch: ImportBatch) -> QuerySet[Any]:
    """The ids of the indicators of the rows."""
    return StagedRow.objects.filter(batch=batch).order_by().values("indicator_id")


def series(batch: ImportBatch) -> tuple[str, list[Any]]:
    """The years of indicators and regions that the batch touches, as a query."""
    return f"SELECT DISTINCT indicator_id, region_id, month / 100 FROM {STAGED} WHERE batch_id = %s", [batch.pk]


def circumstances(series: str, parameters: Sequence[Any] = ()) -> str:
    """What a check depends on besides the file: what is official in its series, the rules, the regions."""
    rules = Indicator.history.aggregate(last=Max("history_id"))["last"]
    regions = Region.objects.aggregate(number=Count("pk"), parents=Count("parent"), last=Max("pk"))
    return f"{fingerprint(series, parameters)}|{rules}|{regions['number']}:{regions['parents']}:{regions['last']}"


def old_and_new(batch: ImportBatch) -> Any:
    """The rows that change what was there, in the order of the file."""
    return StagedRow.objects.filter(batch=batch, outcome=StagedRow.Outcome.CHANGED).order_by(F("number"))


def _cursor() -> Any:
    return connection.cursor()
