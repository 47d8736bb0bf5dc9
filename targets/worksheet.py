"""The worksheet of one unit and month: what is due, what is known about it, and what has been typed and handed in.

Read in a constant number of queries, however many rows; nothing is judged here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from departments import access
from departments.access import Reach
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import State
from targets.duties import indicators_for, place_of
from targets.explanation import Shown, shown, threshold_text
from targets.figures import Problem
from targets.lights import Light, light
from targets.models import Attachment, Attainment, Draft, Indicator, MonthLock, Observation, Revision, Target

TEXTS = ("value", "numerator", "denominator", "occurred_on", "note")


class Field(NamedTuple):
    """One input of a row: `id` is its name in the form, `column` its place in the grid (3 is the note), `handed_in`
    what was handed in last, shown faintly in an empty input."""

    id: str
    name: str
    column: int
    label: str
    unit: str
    text: str
    handed_in: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A target of the row's indicator, and how it stands now; `whole` says that the light is the whole city's."""

    target: Target
    threshold: str
    shown: Shown | None = None
    light: Light | None = None
    whole: bool = False


@dataclass(slots=True)
class Row:
    """One figure that is due. `text` is what stands in the inputs, `version` the draft's version that was shown,
    `seen` whether the person has sent this very text, `barred` that it is another department's to enter by now;
    `attachments` lie with the draft, not handed in yet, `attached` are those that came with this request,
    `refused_files` say what did not."""

    indicator: Indicator
    region_id: int
    month: Month
    draft: Draft | None = None
    handed_in: Revision | None = None
    official: Observation | None = None
    before: Observation | None = None
    last_year: Observation | None = None
    promises: Sequence[Promise] = ()
    text: dict[str, str] = field(default_factory=dict)
    version: int = 0
    problems: list[Problem] = field(default_factory=list)
    oddities: list[Problem] = field(default_factory=list)
    conflict: Draft | None = None
    gone: bool = False
    seen: bool = False
    barred: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    attached: set[int] = field(default_factory=set)
    refused_files: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, int, Month]:
        return self.indicator.pk, self.region_id, self.month

    @property
    def id(self) -> str:
        """The row's name in the page: text, so that no page writes it with separators."""
        return str(self.indicator.pk)

    @property
    def has_figure(self) -> bool:
        """Whether a draft holds a figure that can be handed in."""
        return self.draft is not None and not self.draft.is_blank

    @property
    def new_files(self) -> list[Attachment]:
        """What lies beside the draft and was not handed in with the last entry."""
        known = {one.digest for one in self.handed_in.attachments.all()} if self.handed_in is not None else set()
        return [one for one in self.attachments if one.digest not in known]

    @property
    def wants_note(self) -> bool:
        """Whether something odd is not explained yet."""
        return bool(self.oddities) and not self.text.get("note", "").strip()

    @property
    def state(self) -> str:
        """Where the figure stands: returned, drafted, submitted, approved, or open."""
        return state_of(self.draft, self.handed_in.state if self.handed_in else None)

    @property
    def fields(self) -> list[Field]:
        """The inputs that the indicator's measure asks for, and the note."""
        one = self.indicator
        if one.is_ratio:
            return [
                self._field("numerator", 1, one.numerator_name, one.numerator_unit),
                self._field("denominator", 2, one.denominator_name, one.denominator_unit),
                self._field("note", 3),
            ]
        if one.measure == Indicator.Measure.EVENT:
            return [self._field("value", 1), self._field("occurred_on", 2), self._field("note", 3)]
        return [self._field("value", 1, "", one.unit), self._field("note", 3)]

    def _field(self, name: str, column: int, label: str = "", unit: str = "") -> Field:
        waiting = self.handed_in is not None and self.handed_in.state != State.WITHDRAWN.value
        earlier = texts_of(self.handed_in)[name] if waiting and name != "note" else ""
        return Field(f"{self.id}-{name}", name, column, label, unit, self.text.get(name, ""), earlier)


@dataclass(slots=True)
class Sheet:
    """What one unit enters for one month."""

    department: Department
    plan: Plan
    region: Region
    month: Month
    locked: bool
    rows: list[Row]


def state_of(draft: Draft | None, handed_in: str | None) -> str:
    """Where a figure stands; a returned one stays returned until it is handed in again."""
    if handed_in == State.RETURNED.value:
        return handed_in
    if draft is not None and not draft.is_blank:
        return "drafted"
    return handed_in if handed_in in (State.SUBMITTED.value, State.APPROVED.value) else "open"


def texts_of(source: Draft | Revision | None) -> dict[str, str]:
    """The fields as text; a revision's figures are written out in full, without zeros at their end."""
    if source is None:
        return dict.fromkeys(TEXTS, "")
    return {name: _text(getattr(source, name)) for name in TEXTS}


def _text(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.rstrip("0").rstrip(".") if hasattr(value, "as_tuple") and "." in text else text


def may_enter(reached: Reach, department: Department) -> bool:
    """Whether the person's permission to enter figures covers what this unit enters."""
    if department.kind == Department.Kind.COUNTY_GOVERNMENT:
        return reached.everything or department.region_id in reached.regions
    return reached.everything or department.pk in reached.departments


def sheet_of(department: Department, plan: Plan, month: Month, user: User) -> Sheet:
    """The whole worksheet, its inputs filled with the draft or else with what was returned."""
    region = place_of(department, plan)
    indicators = indicators_for(department, plan, month)
    rows = [Row(one, region.pk, month) for one in indicators]
    promises = _promises(indicators, plan, region, month, user)
    known, drafts, handed_in, attachments = _known(rows), _drafts(rows), _handed_in(rows), _attachments(rows)
    reached = access.reach(user, Action.ENTER_OBSERVATIONS)
    for row in rows:
        key = row.indicator.pk
        row.promises = promises.get(key, ())
        row.official = known.get((key, month))
        row.before, row.last_year = (known.get((key, one)) for one in _compared(row))
        row.draft, row.handed_in = drafts.get(key), handed_in.get(key)
        row.barred = not reached.covers(department_id=row.indicator.department_id, region_id=region.pk)
        row.attachments = attachments[key]
        _fill(row)
    locked = bool(MonthLock.objects.closing({month}))
    return Sheet(department, plan, region, month, locked, rows)


def _fill(row: Row) -> None:
    returned = row.handed_in is not None and row.handed_in.state == State.RETURNED.value
    row.text = texts_of(row.draft or (row.handed_in if returned else None))
    row.version = row.draft.version if row.draft else 0


def _compared(row: Row) -> tuple[Month, Month]:
    """The period before (a quarterly figure's is the last quarter's) and the same month of last year."""
    step = {Indicator.Frequency.QUARTERLY.value: 3, Indicator.Frequency.ANNUAL.value: 12}.get(
        row.indicator.frequency, 1
    )
    return row.month.shifted(-step), row.month.shifted(-12)


def _known(rows: Sequence[Row]) -> dict[tuple[int, Month], Observation]:
    months = {month for row in rows for month in (row.month, *_compared(row))}
    found = Observation.objects.official().filter(
        indicator__in=[row.indicator.pk for row in rows],
        region__in={row.region_id for row in rows},
        month__in=months,
    )
    return {(one.indicator_id, one.month): one for one in found}


def _drafts(rows: Sequence[Row]) -> dict[int, Draft]:
    found = Draft.objects.filter(
        indicator__in=[row.indicator.pk for row in rows],
        region__in={row.region_id for row in rows},
        month__in={row.month for row in rows},
    )
    return {one.indicator_id: one for one in found.select_related("by")}


def _handed_in(rows: Sequence[Row]) -> dict[int, Revision]:
    """The latest revision of each figure that was handed in."""
    found = Revision.objects.filter(
        observation__indicator__in=[row.indicator.pk for row in rows],
        observation__region__in={row.region_id for row in rows},
        observation__month__in={row.month for row in rows},
    ).exclude(state=State.DRAFT.value)
    related = found.select_related("observation", "author", "approved_by").with_decisions()
    ordered = related.prefetch_related("attachments").order_by("id")
    return {one.observation.indicator_id: one for one in ordered}


def _attachments(rows: Sequence[Row]) -> dict[int, list[Attachment]]:
    """What lies beside the drafts."""
    found = Attachment.objects.of_drafts().filter(
        observation__indicator__in=[row.indicator.pk for row in rows],
        observation__region__in={row.region_id for row in rows},
        observation__month__in={row.month for row in rows},
    )
    beside: dict[int, list[Attachment]] = defaultdict(list)
    for one in found.select_related("observation"):
        beside[one.observation.indicator_id].append(one)
    return beside


def _promises(
    indicators: Sequence[Indicator], plan: Plan, region: Region, month: Month, user: User
) -> dict[int, list[Promise]]:
    """The targets of each indicator with their lights: the region's own, else the whole's."""
    known = {one.pk: one for one in indicators}
    targets = Target.objects.filter(plan=plan, indicator__in=known)
    stored = Attainment.objects.visible_to(user).filter(
        target__in=targets, month=month, region_id__in={region.pk, plan.region_id}
    )
    judged = {(one.target_id, one.region_id): one for one in stored.defer("revisions", "inputs_hash")}
    found: dict[int, list[Promise]] = defaultdict(list)
    for target in targets.select_related("operand").order_by("order", "code"):
        target.indicator, target.plan = known[target.indicator_id], plan
        attainment = judged.get((target.pk, region.pk)) or judged.get((target.pk, plan.region_id))
        found[target.indicator_id].append(_promise(target, attainment, region))
    return found


def _promise(target: Target, attainment: Attainment | None, region: Region) -> Promise:
    if attainment is None:
        return Promise(target, threshold_text(target))
    attainment.target = target
    figures = shown(attainment)
    return Promise(target, figures.threshold, figures, light(attainment), attainment.region_id != region.pk)


def units_of(reached: Reach) -> list[Department]:
    """The units for which the person enters figures, in one query."""
    rows = Department.objects.select_related("region").order_by("kind", "code")
    return [one for one in cast("Iterable[Department]", rows) if may_enter(reached, one)]
