"""Checked rows on their way into the database: written by COPY, compared in SQL with what is there, taken from there.

The SQL is put together from names of tables and columns of our own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from departments.models import Region
from imports.models import ImportBatch, StagedRow
from plans.periods import Month
from targets.bulk import offered_figures
from targets.bulk.copy_rows import Row, copy_text
from targets.bulk.offered_figures import OBSERVATIONS, REVISIONS
from targets.entry_rules.figures import Entry, Problem
from targets.judging.loading import fingerprint
from targets.models import Indicator

STAGED = StagedRow._meta.db_table
_INDICATORS, _REGIONS = Indicator._meta.db_table, Region._meta.db_table
_RULES = Indicator.history.model._meta.db_table
COLUMNS = ("batch_id", "outcome", "number", "sheet", '"row"', *offered_figures.COLUMNS)


class AcceptedRow(NamedTuple):
    """A row that the rules allow: where it stands, what it says, and what looks odd about it."""

    sheet: str
    row: int
    entry: Entry
    odd: Sequence[Problem]


def stage_accepted_rows(batch: ImportBatch, accepted: Iterable[AcceptedRow]) -> dict[str, int]:
    """Keeps the rows in place of earlier ones of the batch: how many are new, changed and unchanged."""
    clear_staged_rows(batch)
    offered_figures.fill_database_table(STAGED, COLUMNS, _rows(batch, accepted))
    offered_figures.run_statement(_compared(batch.official), [batch.pk])
    found = StagedRow.objects.filter(batch=batch).order_by().values_list("outcome").annotate(rows=Count("number"))
    return dict.fromkeys(StagedRow.Outcome.values, 0) | dict(found)


def clear_staged_rows(batch: ImportBatch) -> None:
    """Removes the rows of a batch."""
    with _cursor() as cursor:
        cursor.execute(f"DELETE FROM {STAGED} WHERE batch_id = %s", [batch.pk])


def _rows(batch: ImportBatch, accepted: Iterable[AcceptedRow]) -> Iterator[Row]:
    """The rows, all of them new as long as nothing else is known."""
    sheets: dict[str, str] = {}
    common = batch.pk, StagedRow.Outcome.NEW.value
    for number, (sheet, row, entry, odd) in enumerate(accepted, 1):
        if sheet not in sheets:
            sheets[sheet] = copy_text(sheet)
        yield (*common, number, sheets[sheet], row, *offered_figures.row_of_entry(entry, odd))


def _compared(official: bool) -> str:
    """Tells those of a batch's rows that change or repeat something, and which revision."""
    there, previous = _there(official)
    outcome = f"CASE WHEN {offered_figures.same_figures_condition('o', STAGED)} THEN 'unchanged' ELSE 'changed' END"
    if not official:
        outcome = (
            f"CASE WHEN p.id IS NULL THEN {outcome} "
            f"WHEN {offered_figures.same_figures_condition('p', STAGED)} THEN 'unchanged' "
            "WHEN o.official_id IS NULL THEN 'new' ELSE 'changed' END"
        )
    return (
        f"UPDATE {STAGED} SET outcome = {outcome}, previous_id = {previous} FROM {there} "
        f"WHERE {offered_figures.same_key_condition('o', STAGED)} AND {previous} IS NOT NULL AND {STAGED}.batch_id = %s"
    )


def _there(official: bool) -> tuple[str, str]:
    """What rows are held against: the observations o, and where the rows themselves are to be reviewed what waits for a
    review, p, which comes before what is official; and the id of the revision that comes first."""
    if official:
        return f"{OBSERVATIONS} o", "o.official_id"
    waiting = f"SELECT max(r.id) FROM {REVISIONS} r WHERE r.observation_id = o.id AND r.state = 'submitted'"
    return f"{OBSERVATIONS} o LEFT JOIN {REVISIONS} p ON p.id = ({waiting})", "coalesce(p.id, o.official_id)"


def query_of_rows_to_write(batch: ImportBatch) -> tuple[str, list[int]]:
    """What of the batch is to be written, as a query of `offered_figures.COLUMNS`."""
    return (
        f"SELECT {', '.join(offered_figures.COLUMNS)} FROM {STAGED} WHERE batch_id = %s AND outcome <> 'unchanged'",
        [batch.pk],
    )


def staged_rows_to_write(batch: ImportBatch) -> QuerySet[StagedRow]:
    """The rows that are to be written."""
    return StagedRow.objects.filter(batch=batch).exclude(outcome=StagedRow.Outcome.UNCHANGED)


def months_of_staged_rows(batch: ImportBatch) -> QuerySet[StagedRow, Month]:
    """The months of the rows, each once."""
    return StagedRow.objects.filter(batch=batch).order_by().values_list("month", flat=True).distinct()


def indicators_of_staged_rows(batch: ImportBatch) -> QuerySet[StagedRow, Mapping[str, object]]:
    """The ids of the indicators of the rows."""
    return StagedRow.objects.filter(batch=batch).order_by().values("indicator_id")


def query_of_touched_series(batch: ImportBatch) -> tuple[str, list[int]]:
    """The years of indicators and regions that the batch touches, as a query."""
    return f"SELECT DISTINCT indicator_id, region_id, month / 100 FROM {STAGED} WHERE batch_id = %s", [batch.pk]


def read_check_circumstances(series: str, parameters: Sequence[int] = ()) -> str:
    """What a check depends on besides the file and the figures that it changes: the rules of its indicators, whether
    its regions have parts, and of totals since January what is official in their years, for none may fall."""
    named = f"WITH series(indicator_id, region_id, year) AS ({series}) "
    rules = f"SELECT max(h.history_id) FROM {_RULES} h WHERE h.id IN (SELECT indicator_id FROM series)"
    parts = f"SELECT count(*) FROM {_REGIONS} r WHERE r.parent_id IN (SELECT region_id FROM series)"
    totals = (
        f"{named}SELECT s.indicator_id, s.region_id, s.year FROM series s JOIN {_INDICATORS} i "
        "ON i.id = s.indicator_id AND i.entry_basis = 'to_date'"
    )
    with _cursor() as cursor:
        cursor.execute(f"{named}SELECT ({rules}), ({parts})", parameters)
        known = cursor.fetchone()
    return f"{fingerprint(totals, parameters)}|{known[0] or 0}|{known[1]}"


def overtaken_staged_rows(batch: ImportBatch) -> QuerySet[StagedRow]:
    """The rows whose figures have changed since they were checked, in the order of the file: another revision than the
    one that was found then comes first now."""
    there, previous = _there(batch.official)
    now = f"SELECT {previous} FROM {there} WHERE {offered_figures.same_key_condition('o', STAGED)}"
    rows = StagedRow.objects.filter(batch=batch).annotate(now=RawSQL(f"coalesce(({now}), 0)", ()))  # noqa: S611 - our own names
    return rows.exclude(now=Coalesce(F("previous_id"), 0)).order_by("number")


def old_and_new(batch: ImportBatch) -> QuerySet[StagedRow]:
    """The rows that change what was there, in the order of the file."""
    return StagedRow.objects.filter(batch=batch, outcome=StagedRow.Outcome.CHANGED).order_by(F("number"))


def _cursor() -> CursorWrapper:
    return connection.cursor()
