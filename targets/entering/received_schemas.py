"""What other systems send: figures as they would be typed, each number exactly as it is written."""

from decimal import Decimal
from typing import Annotated, Literal

from django.conf import settings
from ninja import Schema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from departments.http_api.bodies import Unread, or_unread
from targets.entry_rules.figures import Problem
from targets.messages import problem_sentence

LONGEST_NUMBER, LONGEST_NOTE, LONGEST_NAME = 60, 400, 120
LARGEST_VERSION = 2**31 - 1
ANY = 10_000_000
"""No limit of its own: the request has one, and a note that is too long is told in our words."""


def as_written(value: object) -> object:
    """A number of JSON as the text that a person would have typed; null as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        raise _refused("not_a_number", found=str(value).lower())
    if not isinstance(value, int | Decimal):
        return value
    if value and abs(Decimal(value).adjusted()) > LONGEST_NUMBER:
        raise _refused("too_many_digits")
    return format(Decimal(value), "f") if value else "0"


def or_empty(value: object) -> object:
    """null as nothing."""
    return "" if value is None else value


def clean(text: str) -> str:
    """Without what no database keeps."""
    return text.replace("\x00", "").strip()


def as_note(text: str) -> str:
    """The note as it is kept."""
    kept = clean(text)
    if len(kept) > LONGEST_NOTE:
        raise _refused("note_too_long", length=str(len(kept)))
    return kept


def _refused(code: str, **details: str) -> PydanticCustomError:
    return PydanticCustomError(code, problem_sentence(Problem(code, "", tuple(details.items()))))


Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(clean)]
Written = Annotated[
    str,
    Field(max_length=LONGEST_NUMBER),
    BeforeValidator(as_written),
    AfterValidator(str.strip),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": LONGEST_NUMBER}, {"type": "number"}, {"type": "null"}]}),
]
"""A figure: best a string, which nothing on the way rounds. As in the worksheet, "1 243" and "1.5万" are understood."""
Day = Annotated[
    str,
    Field(max_length=LONGEST_NUMBER),
    BeforeValidator(or_empty),
    AfterValidator(clean),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
]
Note = Annotated[
    str,
    Field(max_length=ANY),
    BeforeValidator(or_empty),
    AfterValidator(as_note),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_NOTE}),
]
Reason = Annotated[str, Field(max_length=LONGEST_NOTE), BeforeValidator(or_empty), AfterValidator(clean)]


class ObservationIn(BaseModel):
    """One figure: a value, or numerator and denominator of a ratio.

    `note` explains what looks odd; `reason` says why an approved figure is changed; `version` is that of the draft
    which may be replaced.
    """

    model_config = ConfigDict(extra="forbid")

    indicator: Name = Field(description="The indicator's code.", examples=["manufacturing-quality"])
    region: Name = Field(description="The region's code of GB/T 2260.", examples=["330300"])
    month: Name = Field(description="The month, like 2014-06.", examples=["2014-06"])
    value: Written = Field(default="", description="The figure, in the indicator's unit; of a ratio nothing.")
    numerator: Written = Field(default="", description="A ratio's numerator, in its own unit.")
    denominator: Written = Field(default="", description="A ratio's denominator, in its own unit.")
    occurred_on: Day = Field(default="", description="The day of an event that was done.")
    note: Note = Field(default="", description="Explains what looks odd.")
    reason: Reason = Field(default="", description="Why an approved figure is changed; no part of a draft.")
    version: Annotated[int, Field(strict=True, ge=0, le=LARGEST_VERSION)] | None = Field(
        default=None, description="The version of the draft that may be replaced."
    )


Row = Annotated[ObservationIn, WrapValidator(or_unread)]


class ObservationsIn(BaseModel):
    """Figures that are kept as drafts or handed in for review: all of them or none."""

    model_config = ConfigDict(extra="forbid")

    observations: Annotated[list[Row], Field(min_length=1, max_length=settings.API_ROWS)] = Field(
        description="The figures, each once."
    )
    mode: Literal["draft", "submit"] = Field(description="Kept as drafts, or handed in for review.")

    @property
    def rows(self) -> list[tuple[int, ObservationIn | Unread]]:
        """Each row with its number, counted from 1."""
        return list(enumerate(self.observations, 1))

    @property
    def submits(self) -> bool:
        """Whether they are handed in for review."""
        return self.mode == "submit"


class ObservationKept(Schema):
    """A figure as it stands now: a draft with its version, or a revision that was handed in.

    `state` is draft, submitted, or what has become of a figure that says the same as the last one handed in: that one
    stands and nothing is doubled. `oddities` are the codes of what looks odd, for which a note is wanted.
    """

    indicator: str = Field(description="The indicator's code, as it was sent.")
    region: str = Field(description="The region's code, as it was sent.")
    month: str = Field(description="The month.")
    state: str = Field(
        description="draft, submitted, or where the same figure stands that was handed in before: returned or approved."
    )
    revision: int | None = Field(description="The id of the entry that was handed in; null for a draft.")
    version: int = Field(
        description="The version of the draft, to be sent with its next change; 0 for what was handed in."
    )
    oddities: list[str] = Field(description="The codes of what looks odd, for which a note is wanted.")


class ObservationsKept(Schema):
    """All figures that were sent, in the same order."""

    observations: list[ObservationKept] = Field(description="The figures, in the order in which they were sent.")


EXAMPLES: dict[str, object] = {
    "a value and a ratio, handed in for review": {
        "observations": [
            {"indicator": "model-villages", "region": "330300", "month": "2014-06", "value": "12"},
            {
                "indicator": "manufacturing-quality",
                "region": "330300",
                "month": "2014-06",
                "numerator": "1160",
                "denominator": "1243",
                "note": "抽检批次增加",
            },
        ],
        "mode": "submit",
    },
    "a draft that replaces version 2": {
        "observations": [
            {
                "indicator": "model-villages",
                "region": "330300",
                "month": "2014-06",
                "value": 13,
                "version": 2,
            }
        ],
        "mode": "draft",
    },
}
