"""A row of a worksheet: one figure that is due, what is known about it, what was typed and handed in, its inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils.safestring import SafeString

from plans.periods import Month
from reviews.workflow import ReviewState
from targets.entry_rules.figures import Entry, Key, Problem
from targets.models import Attachment, Draft, Indicator, Revision, Target
from targets.wording.explanation import AttainmentTexts
from targets.wording.lights import Light

TEXTS = ("value", "numerator", "denominator", "occurred_on", "note")
END = "<!-- row -->"
"""Stands between two rows as they are written, so that each can be kept by itself."""


class WorksheetInput(NamedTuple):
    """One input of a row: `id` is its name in the form, `column` its place in the grid (3 is the note), `handed_in`
    what was handed in last, shown faintly in an empty input."""

    id: str
    name: str
    column: int
    label: str
    unit: str
    text: str
    handed_in: str


class HandedInEntry(NamedTuple):
    """The latest entry of a figure that was handed in: by whom, why it was returned, with which files, and what."""

    author: str
    return_reason: str
    attachments: Sequence[Attachment]
    state: str
    at: datetime
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    occurred_on: date | None
    note: str

    @property
    def state_text(self) -> str:
        """Where it stands, in words."""
        return str(Revision.StateChoices(self.state).label)


@dataclass(frozen=True, slots=True)
class WorksheetPromise:
    """A target of the row's indicator, and how it stands now; `whole` says that the light is that of the plan's whole
    region, `plan` is the plan's short title where several plans promise something about the indicator."""

    target: Target
    threshold: str
    shown: AttainmentTexts | None = None
    light: Light | None = None
    whole: bool = False
    plan: str = ""


@dataclass(slots=True)
class WorksheetRow:
    """One figure that is due. `text` is what stands in the inputs, `version` the draft's version that was shown,
    `seen` whether the person has sent this very text, `barred` that it is another department's to enter by now;
    `attachments` lie with the draft, not handed in yet, `attached` are those that came with this request,
    `refused_files` say what did not. `plans` are the short titles of the plans for which it counts, where the sheet is
    for several; `closed` is the title of a plan that has closed the month."""

    indicator: Indicator
    region_id: int
    month: Month
    draft: Draft | None = None
    handed_in: HandedInEntry | None = None
    official: Entry | None = None
    before: Entry | None = None
    last_year: Entry | None = None
    promises: Sequence[WorksheetPromise] = ()
    text: dict[str, str] = field(default_factory=dict)
    version: int = 0
    problems: list[Problem] = field(default_factory=list)
    oddities: list[Problem] = field(default_factory=list)
    conflict: Draft | None = None
    gone: bool = False
    seen: bool = False
    barred: bool = False
    plans: Sequence[str] = ()
    closed: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    attached: set[int] = field(default_factory=set)
    refused_files: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.indicator.pk, self.region_id, self.month

    @property
    def id(self) -> str:
        """The row's name in the page: text, so that no page writes it with separators."""
        return str(self.indicator.pk)

    @property
    def is_fixed(self) -> bool:
        """Whether the person cannot change anything of it."""
        return self.barred or bool(self.closed)

    @property
    def has_figure(self) -> bool:
        """Whether a draft holds a figure that can be handed in."""
        return self.draft is not None and not self.draft.is_blank

    @property
    def new_files(self) -> list[Attachment]:
        """What lies beside the draft and was not handed in with the last entry."""
        known = (
            {attachment.digest for attachment in self.handed_in.attachments} if self.handed_in is not None else set()
        )
        return [attachment for attachment in self.attachments if attachment.digest not in known]

    @property
    def wants_note(self) -> bool:
        """Whether something odd is not explained yet."""
        return bool(self.oddities) and not self.text.get("note", "").strip()

    @property
    def state(self) -> str:
        """Where the figure stands: returned, drafted, submitted, approved, or open."""
        return worksheet_state_of(self.draft, self.handed_in.state if self.handed_in else None)

    @property
    def fields(self) -> list[WorksheetInput]:
        """The inputs that the indicator's measure asks for, and the note."""
        indicator = self.indicator
        if indicator.is_ratio:
            return [
                self._field("numerator", 1, indicator.numerator_name, indicator.numerator_unit),
                self._field("denominator", 2, indicator.denominator_name, indicator.denominator_unit),
                self._field("note", 3),
            ]
        if indicator.measure == Indicator.Measure.EVENT:
            return [self._field("value", 1), self._field("occurred_on", 2), self._field("note", 3)]
        return [self._field("value", 1, "", indicator.unit), self._field("note", 3)]

    def _field(self, name: str, column: int, label: str = "", unit: str = "") -> WorksheetInput:
        last = self.handed_in
        stands = last is not None and last.state != ReviewState.WITHDRAWN.value and name != "note"
        earlier = _text(getattr(last, name)) if stands else ""
        return WorksheetInput(f"{self.id}-{name}", name, column, label, unit, self.text.get(name, ""), earlier)


class WrittenRow(NamedTuple):
    """A row as HTML, where its figure stands, and whether a new figure would correct an official one."""

    html: SafeString
    state: str
    corrects: bool


def worksheet_state_of(draft: Draft | None, handed_in: str | None) -> str:
    """Where a figure stands; a returned one stays returned until it is handed in again."""
    if handed_in == ReviewState.RETURNED.value:
        return handed_in
    if draft is not None and not draft.is_blank:
        return "drafted"
    return handed_in if handed_in in (ReviewState.SUBMITTED.value, ReviewState.APPROVED.value) else "open"


def input_texts_of(source: Draft | HandedInEntry | None) -> dict[str, str]:
    """The fields as text; what was handed in is written out in full, without zeros at their end."""
    if source is None:
        return dict.fromkeys(TEXTS, "")
    return {name: _text(getattr(source, name)) for name in TEXTS}


def _text(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.rstrip("0").rstrip(".") if hasattr(value, "as_tuple") and "." in text else text
