"""Steps of many entries at once, in SQL: what ends, what takes its place, and who did it when and why (`Decision`).

Beside `offering`, in the same way; nothing here asks who may do what.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection

from departments.models.sealing import seals_of_many
from reviews.workflow import ReviewState, ReviewVerb
from targets.bulk.copy_rows import Row, SqlValue, copy_text
from targets.bulk.event_times import moment_from_database
from targets.bulk.offered_figures import (
    DIRTY,
    FIGURES,
    GOING,
    OBSERVATIONS,
    REVISIONS,
    fill_database_table,
    moment_expression,
    run_statement,
    same_key_condition,
)
from targets.models import Decision

DECISIONS, _LABEL = Decision._meta.db_table, Decision._meta.label_lower
_COLUMNS = ("revision_id", "verb", "by_id", "at", "reason", "seal")


def keep_bulk_decisions(
    revisions: str, parameters: Sequence[SqlValue], verb: ReviewVerb, *, by_id: int, reason: str = ""
) -> int:
    """Keeps that one step was taken with all revisions of which `revisions` is a query of ids and moments: how many."""
    found = _by_moment(revisions, parameters)
    fill_database_table(DECISIONS, _COLUMNS, _rows(found, verb, by_id, reason))
    return sum(map(len, found.values()))


def _by_moment(revisions: str, parameters: Sequence[SqlValue]) -> dict[datetime, list[int]]:
    """The ids of a query of ids and moments by their moment, of which there is one as long as the clock runs on."""
    listed = "string_agg(revision.id::text, ',')" if connection.vendor == "postgresql" else "group_concat(revision.id)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT revision.at, {listed} FROM ({revisions}) revision GROUP BY revision.at ORDER BY revision.at",
            parameters,
        )
        return {moment_from_database(when): sorted(map(int, ids.split(","))) for when, ids in cursor.fetchall()}


def _rows(found: Mapping[datetime, Sequence[int]], verb: ReviewVerb, by_id: int, reason: str) -> Iterator[Row]:
    """Decisions as rows of _COLUMNS, sealed."""
    same = {"verb": verb.value, "by_id": by_id, "reason": reason}
    for when, ids in found.items():
        told = (verb.value, by_id, connection.ops.adapt_datetimefield_value(when), copy_text(reason))
        seals = seals_of_many(_LABEL, "revision_id", ids, {**same, "at": when})
        yield from ((pk, *told, seal) for pk, seal in zip(ids, seals, strict=True))


def supersede_previous(*, by_id: int) -> None:
    """Ends the revisions that GOING replaces, each at the moment of what replaces it."""
    run_statement(
        f"UPDATE {REVISIONS} SET state = %s, ended_at = g.at FROM {GOING} g WHERE {REVISIONS}.id = g.previous_id",
        [ReviewState.SUPERSEDED.value],
    )
    previous = f"SELECT previous_id AS id, at FROM {GOING} WHERE previous_id IS NOT NULL"
    keep_bulk_decisions(previous, [], ReviewVerb.SUPERSEDE, by_id=by_id)


def entries_waiting_beside_offered(select: str, parameters: Sequence[SqlValue]) -> dict[int, int]:
    """What waits for a review of the offered figures: the id of each entry, and of its observation."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id, o.id FROM ({select}) f JOIN {OBSERVATIONS} o ON {same_key_condition('o', 'f')} "
            f"JOIN {REVISIONS} r ON r.observation_id = o.id AND r.state = '{ReviewState.SUBMITTED.value}'",
            parameters,
        )
        return dict(cursor.fetchall())


def observations_of(select: str) -> str:
    """The observations of the offered figures, as a query of ids and months with the same parameters."""
    return f"SELECT o.id, o.month FROM ({select}) f JOIN {OBSERVATIONS} o ON {same_key_condition('o', 'f')}"


def keep_bulk_submission(source_id: int, *, by_id: int) -> None:
    """Keeps that everything of a source was handed in when it was made."""
    mine = f"SELECT id, created_at AS at FROM {REVISIONS} WHERE source_id = %s"
    keep_bulk_decisions(mine, [source_id], ReviewVerb.SUBMIT, by_id=by_id)


def observations_of_source(source_id: int) -> tuple[str, list[SqlValue]]:
    """The observations of which a source has brought figures, as a query of ids and months."""
    brought = f"SELECT r.observation_id FROM {REVISIONS} r WHERE r.source_id = %s"
    return f"SELECT o.id, o.month FROM {OBSERVATIONS} o WHERE o.id IN ({brought})", [source_id]


def return_entries_of_source(source_id: int, *, by_id: int, reason: str) -> int:
    """Returns what of a source still waits for a review, within `moments`: how many."""
    waiting = f"FROM {REVISIONS} WHERE source_id = %s AND state = '{ReviewState.SUBMITTED.value}'"
    mine = f"SELECT id, {moment_expression(f'{REVISIONS}.observation_id')} AS at {waiting}"
    keep_bulk_decisions(mine, [source_id], ReviewVerb.RETURN, by_id=by_id, reason=reason)
    return run_statement(
        f"UPDATE {REVISIONS} SET state = %s WHERE source_id = %s AND state = '{ReviewState.SUBMITTED.value}'",
        [ReviewState.RETURNED.value, source_id],
    )


def figures_before_source(source_id: int) -> tuple[str, list[SqlValue]]:
    """What was official before the figures of a source became so, as a query of COLUMNS: what they superseded."""
    as_text = "::text" if connection.vendor == "postgresql" else ""
    return (
        f"SELECT o.indicator_id, o.region_id, o.month, p.value, p.numerator, p.denominator, p.occurred_on, p.note, "
        f"p.oddities{as_text} AS oddities FROM {REVISIONS} r JOIN {OBSERVATIONS} o ON o.official_id = r.id "
        f"JOIN {REVISIONS} p ON p.observation_id = o.id AND p.ended_at = r.official_at WHERE r.source_id = %s",
        [source_id],
    )


def withdraw_rest(source_id: int, now: datetime, *, by_id: int, reason: str) -> int:
    """Ends what of a source is still official, without a successor, within `moments`, and marks it to be judged anew:
    how many."""
    official = "source_id = %s AND official_at IS NOT NULL AND ended_at IS NULL"
    mine = f"SELECT id FROM {REVISIONS} WHERE {official}"
    run_statement(
        f"INSERT INTO {DIRTY} (indicator_id, region_id, month, created_at) SELECT indicator_id, region_id, min(month), "
        f"%s FROM {OBSERVATIONS} WHERE official_id IN ({mine}) GROUP BY indicator_id, region_id, month / 100",
        [now, source_id],
    )
    emptied = ", ".join(f"{name} = NULL" for name in (*FIGURES, "official_id"))
    run_statement(f"UPDATE {OBSERVATIONS} SET {emptied} WHERE official_id IN ({mine})", [source_id])
    when = f"SELECT id, {moment_expression(f'{REVISIONS}.observation_id')} AS at FROM {REVISIONS} WHERE {official}"
    keep_bulk_decisions(when, [source_id], ReviewVerb.WITHDRAW, by_id=by_id, reason=reason)
    return run_statement(
        f"UPDATE {REVISIONS} SET state = %s, ended_at = {moment_expression(f'{REVISIONS}.observation_id')} "
        f"WHERE {official}",
        [ReviewState.WITHDRAWN.value, source_id],
    )
