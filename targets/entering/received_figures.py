"""Figures that another system sends: by the rules of the worksheet, all of them or none, everything wrong told at once.

Whose a figure is, is asked as the worksheet asks it; what may be entered, as every door does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet

from departments import access
from departments.access import Reach
from departments.http_api.bodies import Unread, faults_of
from departments.http_api.contract import Fault, RequestRefusedError
from departments.models import Department, Region, User
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import Plan
from plans.periods import expected_months
from reviews.workflow import ReviewState
from targets.entering.named_figures import NamedFigureRow, NamesByCode, find_named_figure, problem_given_twice
from targets.entering.received_schemas import ObservationKept, ObservationsIn
from targets.entering.worksheet import may_enter_for_unit
from targets.entry_rules.figures import Entry, Key, Problem
from targets.expected.closed_months import closed_in
from targets.expected.duties import expected_over
from targets.messages import problem_sentence
from targets.models import Draft, Indicator, Observation, Revision, Source
from targets.services.checking import entry_rule
from targets.services.drafting import (
    ConflictsError,
    EntriesRefusedError,
    ExaminedDrafts,
    examine_figure_drafts,
    hand_in,
    save_drafts,
)
from targets.services.locking import keep_open, locked_problem
from targets.services.official import same_figures

CONFLICTS = frozenset({"month_locked", "stale_version", "draft_gone", "colleagues_draft"})
"""Problems that lie in what has happened meanwhile: 409. All others are bad values: 422."""
STANDING = frozenset({ReviewState.SUBMITTED.value, ReviewState.RETURNED.value, ReviewState.APPROVED.value})
Rows = Mapping[Key, NamedFigureRow]
Problems = Mapping[Key, Sequence[Problem]]
Found = TypeVar("Found", bound=Model)


@dataclass(slots=True)
class SiftedRows:
    """The rows that are good so far, by their figure, and what is wrong with the others."""

    rows: dict[Key, NamedFigureRow] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, problems: Problems) -> None:
        """Takes out the rows that have problems."""
        for key in [key for key in self.rows if problems.get(key)]:
            row = self.rows.pop(key)
            self.faults += [fault_of(row.number, problem) for problem in problems[key]]

    def demand_none(self) -> None:
        """RefusedError with all faults in the order of the rows, if there are any."""
        if self.faults:
            bad = any(fault.code not in CONFLICTS for fault in self.faults)
            raise RequestRefusedError(422 if bad else 409, sorted(self.faults, key=lambda fault: fault.row or 0))


def fault_of(row: int, problem: Problem) -> Fault:
    """The problem in the reader's language."""
    return Fault(row=row, column=problem.column or None, code=problem.code, message=problem_sentence(problem))


@transaction.atomic
def keep_received_figures(sent: ObservationsIn, *, by: User, label: str) -> list[ObservationKept]:
    """Saves the figures as drafts, or hands them in. PermissionDenied or RefusedError: then nothing is kept.

    Whoever sends the same figures again changes nothing: what was handed in last and says the same stands.
    """
    reached = access.demand(by, Action.ENTER_OBSERVATIONS)
    sifted = sift_received_rows(sent, by)
    keep_open(key[2] for key in sifted.rows)
    sifted.refuse(_not_asked(sifted.rows, reached, by))
    sifted.refuse(_locked(sifted.rows))
    found = examine_figure_drafts([_draft(row) for row in sifted.rows.values()])
    handed_in = _standing(found.entries) if sent.submits else {}
    sifted.refuse(_wrong(sifted.rows, found, handed_in, submits=sent.submits))
    drafts = _saved({key: row for key, row in sifted.rows.items() if key not in handed_in}, sifted, by)
    sifted.demand_none()
    if sent.submits:
        handed_in |= _submitted(drafts, sifted, Source(kind=Source.Kind.API, label=label[:200], by=by))
    elif drafts:
        record("observations.drafted", by=by, count=len(drafts), name=label)
    return [_kept(row, handed_in.get(key), drafts.get(key), found) for key, row in sifted.rows.items()]


def sift_received_rows(sent: ObservationsIn, by: User) -> SiftedRows:
    """The rows whose indicator, region and month are known to the person, each figure once."""
    indicators = NamesByCode("indicator", Indicator.objects.visible_to(by))
    regions = NamesByCode("region", Region.objects.all())
    sifted = SiftedRows()
    for number, row in sent.rows:
        if isinstance(row, Unread):
            sifted.faults += faults_of(row.errors, number)
            continue
        found = find_named_figure(number, row, indicators, regions)
        if isinstance(found, NamedFigureRow):
            first = sifted.rows.setdefault(found.key, found)
            problems = [] if first is found else [problem_given_twice(first)]
        else:
            problems = found
        sifted.faults += [fault_of(number, problem) for problem in problems]
    return sifted


# --- Whose the figures are --------------------------------------------------------------------------------------------


def _not_asked(rows: Rows, reached: Reach, by: User) -> dict[Key, list[Problem]]:
    """The rows that no worksheet has. RefusedError (403) if others than the person are asked for one of the rest.

    The units stay locked until the end: whoever sends the same twice finds what the first request has done.
    """
    plans = list(Plan.objects.published().visible_to(by).holding_any({row.month for row in rows.values()}))
    units = _units(plans, {key[1] for key in rows})
    months = {month for plan in plans for month in plan.months} | {key[2] for key in units}
    somewhen = {(key[0], key[1], key[2].year) for key in units}
    wholes = set(Region.objects.filter(parent__isnull=False).values_list("parent_id", flat=True))
    problems = {}
    foreign = []
    for key, row in rows.items():
        unit = units.get(key)
        if unit is None:
            asked = (key[0], key[1], row.month.year) in somewhen
            problems[key] = [_not_due(row, known=row.month in months, asked=asked, whole=key[1] in wholes)]
        elif not may_enter_for_unit(reached, unit):
            foreign.append(fault_of(row.number, Problem("not_yours", "indicator", (("unit", str(unit)),))))
    if foreign:
        raise RequestRefusedError(403, foreign)
    concerned = {units[key].pk for key in rows if key in units}
    list(Department.objects.select_for_update(no_key=True).filter(pk__in=concerned).order_by("pk"))
    return problems


def _units(plans: Sequence[Plan], places: Collection[int]) -> dict[Key, Department]:
    """Who is expected to report each figure of the plans in these regions."""
    figures = expected_over(plans, places=places).figures
    departments = Department.objects.select_related("region").in_bulk(set(figures.values()) - {None})
    return {key: departments[unit] for key, unit in figures.items() if unit is not None}


def _not_due(row: NamedFigureRow, *, known: bool, asked: bool, whole: bool) -> Problem:
    """Why no worksheet has the row."""
    month = ("month", str(row.month))
    if not known:
        return Problem("no_plan", "month", (("year", str(row.month.year)), month))
    if entry_rule(row.indicator, has_parts=whole).made_from_parts:
        return Problem("made_from_parts", "region")
    if not asked or row.month.number in expected_months(row.indicator.frequency):
        return Problem("not_asked", "region")
    due = ", ".join(map(str, expected_months(row.indicator.frequency)))
    return Problem("not_due", "month", (month, ("months", due)))


# --- What they say ----------------------------------------------------------------------------------------------------


def _locked(rows: Rows) -> dict[Key, list[Problem]]:
    closed = closed_in({row.month for row in rows.values()})
    plans = {key: closed.plan_of(key) for key in rows} if closed else {}
    return {key: [locked_problem(plan, key[2])] for key, plan in plans.items() if plan is not None}


def _draft(row: NamedFigureRow) -> Draft:
    return Draft(indicator_id=row.key[0], region_id=row.key[1], month=row.month, **row.texts)


def _standing(entries: Sequence[Entry]) -> dict[Key, Revision]:
    """What was handed in last and says the same: it is not handed in again."""
    found = _within(Revision.objects.select_related("observation"), entries, "observation__")
    latest = {_key(revision.observation): revision for revision in found.order_by("id")}
    same = {
        entry.key: latest[entry.key] for entry in entries if entry.key in latest and _says(latest[entry.key], entry)
    }
    return {key: revision for key, revision in same.items() if revision.state in STANDING}


def _says(revision: Revision, entry: Entry) -> bool:
    return same_figures(entry, revision) and revision.note == entry.note


def _wrong(
    rows: Rows, found: ExaminedDrafts, handed_in: Mapping[Key, Revision], *, submits: bool
) -> dict[Key, list[Problem]]:
    """What forbids to keep the rows: in a draft, what looks odd may wait for its note."""
    changing = {key for key in rows if key not in handed_in}
    official = {_key(row) for row in _within(Observation.objects.official(), found.entries, "")} & changing
    wrong = found.refusals if submits else found.problems
    problems = {key: list(wrong.get(key, ())) for key in changing}
    for key in changing:
        if not submits:
            problems[key] += [Problem("reason_of_draft", "reason")] if rows[key].sent.reason else []
        elif key in official and not rows[key].sent.reason:
            problems[key].append(Problem("reason_missing", "reason"))
    return problems


def _within(rows: QuerySet[Found], entries: Sequence[Entry], prefix: str) -> QuerySet[Found]:
    """The rows of the entries' indicators, regions and months: of more figures perhaps, in one query."""
    return rows.filter(
        **{
            f"{prefix}indicator__in": {entry.indicator_id for entry in entries},
            f"{prefix}region__in": {entry.region_id for entry in entries},
            f"{prefix}month__in": {entry.month for entry in entries},
        }
    )


def _key(row: Observation) -> Key:
    return row.indicator_id, row.region_id, row.month


# --- What is kept -----------------------------------------------------------------------------------------------------


def _saved(rows: Rows, sifted: SiftedRows, by: User) -> dict[Key, Draft]:
    """The rows as drafts; those of which somebody has saved another one are refused."""
    typed, versions = (
        {key: row.typed for key, row in rows.items()},
        {key: row.sent.version for key, row in rows.items()},
    )
    try:
        return save_drafts(typed, versions=versions, by=by)
    except ConflictsError as conflict:
        sifted.refuse({key: [_conflict(rows[key], draft)] for key, draft in conflict.current.items()})
    except ValidationError as closed:
        fault = Fault(column="month", code="month_locked", message=" ".join(closed.messages))
        raise RequestRefusedError(409, [fault]) from None
    return {}


def _conflict(row: NamedFigureRow, draft: Draft | None) -> Problem:
    if draft is None:
        return Problem("draft_gone", "version")
    code = "colleagues_draft" if row.sent.version is None else "stale_version"
    return Problem(code, "version", (("person", str(draft.by)), ("version", str(draft.version))))


def _submitted(drafts: Mapping[Key, Draft], sifted: SiftedRows, source: Source) -> dict[Key, Revision]:
    """The drafts, handed in. A month that was closed meanwhile is told like one that had been closed before."""
    reasons = {key: sifted.rows[key].sent.reason for key in drafts}
    try:
        made = hand_in(list(drafts), by=source.by, reasons=reasons, source=source)
    except EntriesRefusedError as refused:
        sifted.refuse(refused.problems)
        sifted.demand_none()
        raise
    return {_key(revision.observation): revision for revision in made}


def _kept(
    row: NamedFigureRow, revision: Revision | None, draft: Draft | None, found: ExaminedDrafts
) -> ObservationKept:
    return ObservationKept(
        indicator=row.indicator.code,
        region=row.region.code,
        month=str(row.month),
        state=revision.state if revision is not None else ReviewState.DRAFT.value,
        revision=revision.pk if revision is not None else None,
        version=draft.version if draft is not None and revision is None else 0,
        oddities=[problem.code for problem in found.oddities.get(row.key, ())],
    )
