"""The plan itself as a live page: its text word for word, every promise in it marked by its light.

What is marked and where is decided here; `marking` cuts the text, and not one character of it is lost.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.formats import date_format

from plans.models import Clause, Plan
from reports.board.marking import Segment, cut_into_segments, find_quote_span, find_search_spans
from reports.board.overview import LightCount, counts_in_light_order
from reports.board.standing import PlanStanding
from targets.reading.selectors import TargetRow, last_updates
from targets.wording.lights import COLOURS, Light
from tasks.reading.selectors import TaskRow
from tasks.reading.selectors import task_rows_of_plan as tasks_at

HIT = "hit"
URGENCY = [colour.name for colour in COLOURS]
"""What needs attention most stands first; words of several promises show the first of their lights."""


@dataclass(frozen=True, slots=True)
class MarkedPromise:
    """A target or a task as its mark and its card tell it; `row` is there for a target, `task` for a task."""

    key: str
    name: str
    quote: str
    light: Light
    address: str
    units: Sequence[str]
    row: TargetRow | None = None
    task: TaskRow | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of the text: which promises they are part of, which of them end here, whether they were looked for."""

    text: str
    targets: Sequence[MarkedPromise]
    tasks: Sequence[MarkedPromise]
    pins: Sequence[MarkedPromise]
    hit: bool


@dataclass(slots=True)
class DocumentLine:
    """A line of the document; the heading's words stand first and may be all of it."""

    kind: str
    heading: list[Piece] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DocumentPassage:
    """A clause as it is set: how deep it lies, its lines, and the tasks that are all of it."""

    clause: Clause
    depth: int
    lines: Sequence[DocumentLine]
    whole: Sequence[MarkedPromise]
    hits: int


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """A line of the rail: a chapter or what is directly below it, with the lights of the targets within."""

    clause: Clause
    depth: int
    counts: Sequence[LightCount]
    number: int


@dataclass(frozen=True, slots=True)
class MarkedDocument:
    """The whole page."""

    passages: Sequence[DocumentPassage]
    parts: Sequence[DocumentPart]
    promises: Sequence[MarkedPromise]
    hits: int


def mark_document(standing: PlanStanding, wanted: str) -> MarkedDocument:
    """The plan's text with its promises as they stand; `wanted` is looked for in it."""
    clauses = {clause.pk: clause for clause in standing.plan.clauses.order_by("order")}
    by_clause: dict[int, list[MarkedPromise]] = {key: [] for key in clauses}
    for clause_id, promise in (*_targets(standing), *_tasks(standing)):
        by_clause[clause_id].append(promise)
    passages = [
        _passage(clause, _depth(clause, clauses), standing.plan, by_clause[clause.pk], wanted)
        for clause in clauses.values()
    ]
    promises = [promise for listed in by_clause.values() for promise in listed]
    return MarkedDocument(
        passages, _parts(standing.rows, by_clause, clauses), promises, sum(passage.hits for passage in passages)
    )


def _targets(standing: PlanStanding) -> Iterator[tuple[int, MarkedPromise]]:
    updated = last_updates(row.attainment for row in standing.rows)
    for row in standing.rows:
        target = row.target
        address = f"{reverse('target', args=[standing.plan.code, target.code])}?{standing.query}"
        units = [duty.department.short_name for duty in standing.duties.get(target.pk, ())]
        key = f"target-{target.code}"
        yield (
            target.clause_id,
            MarkedPromise(
                key, target.name, target.quote, row.light, address, units, row=row, updated=updated.get(target.pk)
            ),
        )


def _tasks(standing: PlanStanding) -> Iterator[tuple[int, MarkedPromise]]:
    for row in tasks_at(standing.plan, standing.month.last_day):
        task = row.task
        address = reverse("task", args=[standing.plan.code, task.code])
        units = [duty.department.short_name for duty in row.assignments]
        yield (
            task.clause_id,
            MarkedPromise(f"task-{task.code}", task.title, task.quote, row.light, address, units, task=row),
        )


def _depth(clause: Clause, clauses: Mapping[int, Clause]) -> int:
    depth = 0
    while clause.parent_id is not None:
        depth, clause = depth + 1, clauses[clause.parent_id]
    return depth


def _passage(clause: Clause, depth: int, plan: Plan, promises: Sequence[MarkedPromise], wanted: str) -> DocumentPassage:
    found = find_search_spans(clause.text, wanted, HIT)
    spans = [span for promise in promises if (span := find_quote_span(clause.text, promise.quote, promise.key))]
    end = _heading_end(clause)
    breaks = [index for index, sign in enumerate(clause.text) if sign == "\n"]
    cut = cut_into_segments(clause.text, [*spans, *found], [end, *breaks, *(index + 1 for index in breaks)])
    lines = _lines(cut, end, {promise.key: promise for promise in promises})
    for line in lines:
        line.kind = _kind(line, clause, plan)
    whole = [
        promise for promise in promises if promise.task is not None and promise.quote.strip() == clause.text.strip()
    ]
    return DocumentPassage(clause, depth, lines, whole, len(found))


def _heading_end(clause: Clause) -> int:
    """Where the heading's words end in the clause's first line, with the full stop that follows them."""
    first = clause.text.partition("\n")[0]
    start = first.find(clause.heading) if clause.heading else -1
    if start < 0:
        return 0
    end = start + len(clause.heading)
    return end + 1 if first[end : end + 1] in ("。", ".") else end


def _lines(cut: Sequence[Segment], heading_end: int, promises: Mapping[str, MarkedPromise]) -> list[DocumentLine]:
    lines = [DocumentLine("")]
    for segment in cut:
        if segment.text == "\n":
            if segment.closing:  # words that were quoted with the line break after them
                lines[-1].pieces.append(_piece(segment._replace(text=""), promises))
            lines.append(DocumentLine(""))
        elif segment.start < heading_end:
            lines[-1].heading.append(_piece(segment, promises))
        else:
            lines[-1].pieces.append(_piece(segment, promises))
    return lines


def _piece(segment: Segment, promises: Mapping[str, MarkedPromise]) -> Piece:
    covering = [promises[key] for key in segment.keys if key != HIT]
    closing = [promises[key] for key in segment.closing if key != HIT]
    return Piece(
        segment.text,
        _urgent([promise for promise in covering if promise.row is not None]),
        _urgent([promise for promise in covering if promise.task is not None]),
        closing,
        HIT in segment.keys,
    )


def _urgent(promises: list[MarkedPromise]) -> list[MarkedPromise]:
    return sorted(promises, key=lambda promise: URGENCY.index(promise.light.colour))


def _kind(line: DocumentLine, clause: Clause, plan: Plan) -> str:
    """How official documents set a line: the title, the salutation, who signs and when, all others as text."""
    text = "".join(piece.text for piece in (*line.heading, *line.pieces))
    if text == plan.title == clause.text:
        return "title"
    if text in (plan.issuer, plan.issued_on and date_format(plan.issued_on, "Y年n月j日")):
        return "signature"
    return "salutation" if text.endswith((":", "：")) and not line.heading else "text"


def _parts(
    rows: Sequence[TargetRow], promises: Mapping[int, Sequence[MarkedPromise]], clauses: Mapping[int, Clause]
) -> list[DocumentPart]:
    """The chapters, and what lies directly below them, with the lights of all targets within. What has no heading is a
    part where something is promised: plans that are tables have no headings at all."""
    signals: dict[int, Counter[str]] = {key: Counter() for key in clauses}
    for row in rows:
        for clause in _upwards(clauses[row.target.clause_id], clauses):
            signals[clause.pk][row.attainment.signal] += 1
    promising = {above.pk for key, listed in promises.items() if listed for above in _upwards(clauses[key], clauses)}
    parts = []
    for clause in clauses.values():
        depth = _depth(clause, clauses)
        if depth < 2 and (clause.heading or clause.pk in promising) and clause.heading != clause.text:
            parts.append(
                DocumentPart(clause, depth, counts_in_light_order(signals[clause.pk]), signals[clause.pk].total())
            )
    return parts


def _upwards(clause: Clause, clauses: Mapping[int, Clause]) -> Iterator[Clause]:
    yield clause
    while clause.parent_id is not None:
        clause = clauses[clause.parent_id]
        yield clause
