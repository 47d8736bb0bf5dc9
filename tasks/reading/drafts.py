"""What a draft is made of and still lacks, what goes with a row of it, and how two plans' promises compare."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from departments.models import successors_on
from plans.models import Clause, Plan
from plans.models.plan import quote_stands_in_clause
from plans.periods import Month
from targets.models import Attainment, Target
from targets.wording.aims import threshold_text
from targets.wording.explanation import AttainmentTexts, attainment_texts_of
from targets.wording.lights import Light, light_of_attainment
from tasks.models import Milestone, Task

Draftable = Plan | Clause | Target | Task | Milestone
"""What is worked on in a draft."""


def plan_of_draft_row(row: Draftable) -> Plan:
    """The plan to which the row belongs."""
    if isinstance(row, Plan):
        return row
    return row.task.plan if isinstance(row, Milestone) else row.plan


@dataclass(frozen=True, slots=True)
class DraftGap:
    """What a draft still lacks: the sentence that says so, and the row in which it is mended, if that is one of the
    draft's."""

    said: str
    row: Draftable | None

    def __str__(self) -> str:
        return self.said

    @property
    def kind(self) -> str:
        """The row's kind, as it stands in an address."""
        return "" if self.row is None else self.row._meta.model_name or ""


def find_draft_gaps(draft: Plan) -> list[DraftGap]:
    """Finds everything without which the draft cannot be published, in a constant number of queries."""
    return [
        *_of_the_document(draft),
        *_of_the_clauses(draft, list(draft.clauses.order_by("order"))),
        *_without_quote(draft.targets.select_related("clause").order_by("order", "code")),
        *_without_quote(draft.tasks.select_related("clause").order_by("order", "code")),
        *_steps_without_quote(Milestone.objects.filter(task__plan=draft).select_related("task__clause")),
        *_split_reporters(draft),
    ]


def _of_the_document(draft: Plan) -> list[DraftGap]:
    return [] if draft.issued_on else [DraftGap(_("Enter the day on which the plan was issued."), draft)]


def _of_the_clauses(draft: Plan, clauses: Sequence[Clause]) -> list[DraftGap]:
    if not clauses:
        return [DraftGap(_("The plan has no clause yet. Add what it says."), None)]
    said = _("Clause %(path)s has no text.")
    return [DraftGap(said % {"path": clause.path}, clause) for clause in clauses if not clause.text]


def _without_quote(promises: Iterable[Target | Task]) -> list[DraftGap]:
    return [
        _quote_wanted(promise, str(promise), promise.clause)
        for promise in promises
        if not quote_stands_in_clause(promise.quote, promise.clause)
    ]


def _steps_without_quote(steps: Iterable[Milestone]) -> list[DraftGap]:
    return [
        _quote_wanted(step, f"{step.task} · {step}", step.task.clause)
        for step in steps
        if not quote_stands_in_clause(step.quote, step.task.clause)
    ]


def _quote_wanted(row: Draftable, promise: str, clause: Clause) -> DraftGap:
    told = {"promise": promise, "path": clause.path}
    return DraftGap(_("%(promise)s: quote the words of clause %(path)s that promise it.") % told, row)


def _split_reporters(draft: Plan) -> list[DraftGap]:
    followers = successors_on(draft.first_month.first_day)
    measured = {target.indicator for target in draft.targets.select_related("indicator__department")}
    said = _("%(indicator)s is reported by %(department)s, which was split. Name the indicator's new department.")
    return [
        DraftGap(said % {"indicator": indicator, "department": indicator.department}, None)
        for indicator in sorted(measured, key=lambda indicator: indicator.code)
        if indicator.department_id is not None and len(followers.get(indicator.department_id, [])) > 1
    ]


@dataclass(frozen=True, slots=True)
class PromisePair:
    """One promise in two plans; one of them is missing where it is new or was dropped.

    `reached` is where the earlier one stood at the end of its plan, None if nothing is known.
    """

    before: Target | None
    after: Target | None
    reached: AttainmentTexts | None
    light: Light | None

    @property
    def name(self) -> str:
        return str(self.after or self.before)

    @property
    def before_text(self) -> str:
        return threshold_text(self.before) if self.before is not None else ""

    @property
    def after_text(self) -> str:
        return threshold_text(self.after) if self.after is not None else ""

    @property
    def change(self) -> str:
        """Whether the promise is `new`, `dropped`, `changed` or the `same`, whatever its name is."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "dropped"
        return "same" if _promise(self.before) == _promise(self.after) else "changed"


def pair_promises_of_plans(before: Plan, after: Plan) -> list[PromisePair]:
    """Every target of the two plans in the later one's order, those that were dropped last; three queries.

    Two are the same promise if they have the same code, or else if they are the only ones about an indicator.
    """
    earlier, later = _targets(before), _targets(after)
    reached = {
        row.target_id: row
        for row in Attainment.objects.of_plan(before, region_id=before.region_id)
        .filter(month=before.last_month)
        .with_rules()
    }
    matched = {new.pk: _match(new, earlier, later) for new in later}
    used = {old.pk for old in matched.values() if old is not None}
    found = [(matched[new.pk], new) for new in later] + [(old, None) for old in earlier if old.pk not in used]
    return [_pair(old, new, reached.get(old.pk) if old is not None else None) for old, new in found]


def _targets(plan: Plan) -> list[Target]:
    related = ("plan__region__parent", "indicator", "operand", "operand_region", "clause")
    return list(plan.targets.select_related(*related).order_by("order", "code"))


def _match(target: Target, earlier: Sequence[Target], later: Sequence[Target]) -> Target | None:
    same = [old for old in earlier if old.code == target.code]
    if not same and sum(new.indicator_id == target.indicator_id for new in later) == 1:
        same = [old for old in earlier if old.indicator_id == target.indicator_id]
        codes = {new.code for new in later}
        same = [old for old in same if old.code not in codes] if len(same) == 1 else []
    return same[0] if same else None


def _pair(before: Target | None, after: Target | None, reached: Attainment | None) -> PromisePair:
    if reached is None or (reached.actual is None and reached.done_on is None):
        return PromisePair(before, after, None, None)
    return PromisePair(before, after, attainment_texts_of(reached), light_of_attainment(reached))


def _promise(target: Target) -> tuple[object, ...]:
    return (
        target.comparator,
        target.threshold_kind,
        target.threshold,
        target.threshold_upper,
        target.operand_id,
        Month.of(target.due).index - target.plan.first_month.index,
        None if target.due == Month.of(target.due).last_day else target.due.day,
        target.firmness,
    )


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """A row of a draft as its list shows it: the words beneath its name, whether the row lacks something, and its
    milestones. A clause without words has those of the earlier plan beneath its name."""

    row: Clause | Target | Task | Milestone
    words: str
    lacks: bool
    steps: "Sequence[DraftEntry]" = ()

    @property
    def lacking_steps(self) -> int:
        """How many of the row's milestones lack something."""
        return sum(step.lacks for step in self.steps)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a draft is made of: its clauses, and clause by clause the targets and the tasks that are promised there."""

    clauses: Sequence[DraftEntry]
    targets: "Sequence[tuple[Clause, Sequence[DraftEntry]]]"
    tasks: "Sequence[tuple[Clause, Sequence[DraftEntry]]]"
    numbers: Mapping[str, int]


def contents(draft: Plan, before: Plan | None, lacking: Sequence[DraftGap]) -> Contents:
    """The draft's rows in the order of its clauses; five queries."""
    wanting = {(gap.kind, gap.row.pk) for gap in lacking if gap.row is not None}
    words = {} if before is None else dict(before.clauses.values_list("path", "text"))
    clauses = [
        DraftEntry(clause, clause.text or words.get(clause.path, ""), ("clause", clause.pk) in wanting)
        for clause in draft.clauses.order_by("order")
    ]
    targets = [DraftEntry(row, threshold_text(row), ("target", row.pk) in wanting) for row in _targets(draft)]
    tasks = [_task(task, wanting) for task in _tasks(draft)]
    numbers = {"clauses": len(clauses), "targets": len(targets), "tasks": len(tasks)}
    return Contents(clauses, _by_clause(targets), _by_clause(tasks), numbers)


def _tasks(draft: Plan) -> "QuerySet[Task]":
    return draft.tasks.select_related("clause").prefetch_related("milestones").order_by("order", "code")


def _task(task: Task, wanting: Container[tuple[str, int]]) -> DraftEntry:
    steps = [DraftEntry(step, "", ("milestone", step.pk) in wanting) for step in task.milestones.all()]
    return DraftEntry(task, "", ("task", task.pk) in wanting, steps)


def _by_clause(entries: Iterable[DraftEntry]) -> "list[tuple[Clause, Sequence[DraftEntry]]]":
    """The promises of each clause, in the order of the clauses."""
    found: dict[Clause, list[DraftEntry]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.row, Target | Task):
            found[entry.row.clause].append(entry)
    return sorted(found.items(), key=lambda item: item[0].order)


@dataclass(frozen=True, slots=True)
class DraftRemoval:
    """The rows that go with a row that is taken out of a draft: the parts of a clause in their order, the promises in
    these parts, the milestones of tasks. `held_by` is a milestone that stays and is counted by one of the targets."""

    clauses: Sequence[Clause] = ()
    targets: Sequence[Target] = ()
    tasks: Sequence[Task] = ()
    milestones: Sequence[Milestone] = field(default=())
    held_by: Milestone | None = None

    @property
    def rows(self) -> list[Model]:
        """All rows that go with the row."""
        return [*self.clauses, *self.targets, *self.tasks, *self.milestones]

    @property
    def mark(self) -> str:
        """A digest of the rows: whoever confirms sends the digest of the rows that the page showed."""
        named = ",".join(f"{row._meta.model_name}:{row.pk}" for row in self.rows)
        return sha256(named.encode()).hexdigest()[:16]


def removal_of_draft_row(row: Clause | Target | Task | Milestone) -> DraftRemoval:
    """Finds the rows that go with the row, in at most five queries."""
    if isinstance(row, Milestone):
        return DraftRemoval()
    if isinstance(row, Task):
        return DraftRemoval(milestones=list(row.milestones.all()))
    if isinstance(row, Target):
        return DraftRemoval(held_by=_held_by([row], []))
    clauses = _parts_of(row)
    within = {"plan": row.plan_id, "clause__in": [row, *clauses]}
    targets = list(Target.objects.filter(**within).order_by("order", "code"))
    tasks = list(Task.objects.filter(**within).order_by("order", "code"))
    milestones = list(Milestone.objects.filter(task__in=tasks))
    return DraftRemoval(clauses, targets, tasks, milestones, _held_by(targets, milestones))


def _parts_of(clause: Clause) -> list[Clause]:
    """Finds the clauses below a clause, at any depth, in the plan's order."""
    below: dict[int | None, list[Clause]] = defaultdict(list)
    for child in Clause.objects.filter(plan=clause.plan_id):
        below[child.parent_id].append(child)
    found, waiting = [], [clause.pk]
    while waiting:
        parts = below[waiting.pop()]
        found += parts
        waiting += [part.pk for part in parts]
    return sorted(found, key=lambda part: part.order)


def _held_by(targets: Sequence[Target], gone: Sequence[Milestone]) -> Milestone | None:
    counted = Milestone.objects.filter(counted_by__in=targets).exclude(pk__in=[milestone.pk for milestone in gone])
    return counted.select_related("task").first()
