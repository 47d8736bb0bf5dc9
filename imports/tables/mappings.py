"""What a person says a table means, where it is not recognised (pure, imports no Django).

It is kept under the shape of the sheet that it corrects, or under shape and name ("shape/name") where several sheets of
a file have the same shape; it travels as JSON and is checked when it comes back.
"""

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from imports.vocabulary.strict import HostileError, decode_dataclass
from imports.vocabulary.wording import MEANINGS

MOST_PIECES = 100
MOST_HEADING_ROWS, LAST_ROW, LAST_COLUMN = 5, 1_048_576, 16_384
_KEY = re.compile(r"[0-9a-f]{64}(?:/.{0,200})?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """What stands in a column (`index` 0 is A): a meaning of `wording.MEANINGS`, and what its heading fixes.

    The period is written like in a heading: "3月", "2014年3月".
    """

    index: int
    meaning: str
    indicator: str = ""
    region: str = ""
    period: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.index < LAST_COLUMN or self.meaning not in MEANINGS:
            raise HostileError(self.meaning)


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """The corrected columns of a sheet, its heading rows if the person names others, and what holds for all of its
    rows; `skipped` if the sheet is to be left aside altogether, `harmless` the pieces of its texts that change
    nothing. `with_hidden` if the hidden rows and columns count too, which is not remembered for the next file."""

    columns: tuple[MappedColumn, ...] = ()
    heading_rows: tuple[int, ...] = ()
    indicator: str = ""
    region: str = ""
    month: str = ""
    skipped: bool = False
    harmless: tuple[str, ...] = ()
    with_hidden: bool = False

    def __post_init__(self) -> None:
        rows = self.heading_rows
        if (
            len(rows) > MOST_HEADING_ROWS
            or not all(1 <= row <= LAST_ROW for row in rows)
            or rows != tuple(sorted(set(rows)))
        ):
            raise HostileError("heading_rows")
        if len({column.index for column in self.columns}) < len(self.columns):
            raise HostileError("columns")
        if len(self.harmless) > MOST_PIECES:
            raise HostileError("harmless")


@dataclass(frozen=True, slots=True)
class FileMapping:
    """Key (shape of a sheet, with or without the sheet's name) → how the sheet is to be understood."""

    sheets: dict[str, SheetMapping] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(_KEY.fullmatch(key) for key in self.sheets):
            raise HostileError("shape")

    def of(self, shape: str, name: str) -> SheetMapping:
        """How the sheet of this shape and name is to be understood; an empty mapping if nothing was corrected in it."""
        return self.sheets.get(f"{shape}/{name}") or self.sheets.get(shape) or SheetMapping()

    def lasting(self) -> Self:
        """What may be remembered for the next file of this shape: everything but the month, which changes."""
        lasting = {key: replace(sheet, month="", with_hidden=False) for key, sheet in self.sheets.items()}
        return type(self)({key: sheet for key, sheet in lasting.items() if sheet != SheetMapping()})

    def to_json(self) -> dict[str, object]:
        """Plain dictionaries, lists, texts and numbers."""
        sheets = {}
        for shape, sheet in self.sheets.items():
            sheets[shape] = {
                **asdict(sheet),
                "columns": [asdict(column) for column in sheet.columns],
                "heading_rows": list(sheet.heading_rows),
                "harmless": list(sheet.harmless),
            }
        return {"sheets": sheets}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The mapping that the JSON holds; HostileError, a ValueError, for anything that `to_json` would not have
        written."""
        return decode_dataclass(cls, data)
