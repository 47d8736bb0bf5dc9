"""What a draft still lacks, and how two plans' promises compare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from departments.models import successors_on
from plans.models import Clause, Plan
from plans.models.plan import stands_in
from targets.explanation import Shown, shown, threshold_text
from targets.lights import Light, light
from targets.models import Attainment, Target
from tasks.models import Milestone, Task


def gaps(draft: Plan) -> list[str]:
    """One sentence for everything without which the draft cannot be published; a constant number of queries."""
    return [
        *_of_the_document(draft),
        *_without_words(draft.clauses.order_by("order")),
        *_without_quote(draft.targets.select_related("clause")),
        *_without_quote(draft.tasks.select_related("clause")),
        *_steps_without_quote(Milestone.objects.filter(task__plan=draft).select_related("task__clause")),
        *_split_reporters(draft),
    ]


def _of_the_document(draft: Plan) -> list[str]:
    return [] if draft.issued_on else [_("Enter the day on which the plan was issued.")]


def _without_words(clauses: Iterable[Clause]) -> list[str]:
    return [_("Clause %(path)s has no text.") % {"path": one.path} for one in clauses if not one.text]


def _without_quote(promises: Iterable[Target | Task]) -> list[str]:
    return [_quote_wanted(str(one), one.clause) for one in promises if not stands_in(one.quote, one.clause)]


def _steps_without_quote(steps: Iterable[Milestone]) -> list[str]:
    return [
        _quote_wanted(f"{one.task} · {one}", one.task.clause)
        for one in steps
        if not stands_in(one.quote, one.task.clause)
    ]


def _quote_wanted(promise: str, clause: Clause) -> str:
    told = {"promise": promise, "path": clause.path}
    return _("%(promise)s: quote the words of clause %(path)s that promise it.") % told


def _split_reporters(draft: Plan) -> list[str]:
    followers = successors_on(draft.first_month.first_day)
    measured = {one.indicator for one in draft.targets.select_related("indicator__department")}
    return [
        _("%(indicator)s is reported by %(department)s, which was split. Name the indicator's new department.")
        % {"indicator": one, "department": one.department}
        for one in sorted(measured, key=lambda one: one.code)
        if one.department_id is not None and len(followers.get(one.department_id, [])) > 1
    ]


@dataclass(frozen=True, slots=True)
class Pair:
    """One promise in two years; one of them is missing where it is new or was dropped.

    `reached` is where the earlier one stood at the end of its year, None if nothing is known.
    """

    before: Target | None
    after: Target | None
    reached: Shown | None
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
        """`new`, `dropped`, `changed` or `same`: of what is promised, whatever it is called."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "dropped"
        return "same" if _promise(self.before) == _promise(self.after) else "changed"


def pairs(before: Plan, after: Plan) -> list[Pair]:
    """Every target of the two plans in the later one's order, those that were dropped last; three queries.

    Two are the same promise if they have the same code, or else if they are the only ones about an indicator.
    """
    earlier, later = _targets(before), _targets(after)
    reached = {
        row.target_id: row
        for row in Attainment.objects.of_plan(before, region_id=before.region_id).filter(month=before.last_month)
    }
    matched = {one.pk: _match(one, earlier, later) for one in later}
    used = {one.pk for one in matched.values() if one is not None}
    found = [(matched[one.pk], one) for one in later] + [(one, None) for one in earlier if one.pk not in used]
    return [_pair(old, new, reached.get(old.pk) if old is not None else None) for old, new in found]


def _targets(plan: Plan) -> list[Target]:
    return list(plan.targets.select_related("plan", "indicator", "operand", "clause").order_by("order", "code"))


def _match(one: Target, earlier: Sequence[Target], later: Sequence[Target]) -> Target | None:
    same = [old for old in earlier if old.code == one.code]
    if not same and sum(new.indicator_id == one.indicator_id for new in later) == 1:
        same = [old for old in earlier if old.indicator_id == one.indicator_id]
        codes = {new.code for new in later}
        same = [old for old in same if old.code not in codes] if len(same) == 1 else []
    return same[0] if same else None


def _pair(before: Target | None, after: Target | None, reached: Attainment | None) -> Pair:
    if reached is None or (reached.actual is None and reached.done_on is None):
        return Pair(before, after, None, None)
    return Pair(before, after, shown(reached), light(reached))


def _promise(target: Target) -> tuple[object, ...]:
    return (
        target.comparator,
        target.threshold_kind,
        target.threshold,
        target.threshold_upper,
        target.operand_id,
        (target.due.month, target.due.day),
        target.firmness,
    )


@dataclass(frozen=True, slots=True)
class Contents:
    """What a draft is made of: its clauses, each with the words of the year before, and its tasks with milestones."""

    clauses: Sequence[tuple[Clause, str]]
    tasks: Sequence[Task]


def contents(draft: Plan, before: Plan | None) -> Contents:
    """The draft's rows in its order; four queries."""
    words = {} if before is None else dict(before.clauses.values_list("path", "text"))
    clauses = [(one, words.get(one.path, "")) for one in draft.clauses.order_by("order")]
    return Contents(
        clauses, list(draft.tasks.select_related("clause").prefetch_related("milestones").order_by("order"))
    )
