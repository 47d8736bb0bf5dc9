"""How a file was understood, kept beside its import: bounded, without signs that cannot be stored (pure)."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from imports.files.cells import printable
from imports.tables.lines import FigureTable
from imports.tables.recognition import Recognition, SheetRecognition
from imports.tables.samples import Sample
from imports.vocabulary.strict import decode_dataclass

LONGEST_TEXT, MOST_LEFT_OUT = 120, 30


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was recognised, the first rows of each form, and how many rows of each sheet were left out and why."""

    recognition: Recognition = field(default_factory=Recognition)
    samples: tuple[Sample, ...] = ()
    left_out: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: FigureTable) -> Self:
        """What is worth keeping of a table; of the rows that are left out only the first of each sheet are kept."""
        sheets = table.recognition.sheets
        left_out = {
            sheet.sheet: dict(Counter(row.reason for row in sheet.left_out)) for sheet in sheets if sheet.left_out
        }
        kept = replace(table.recognition, sheets=tuple(_shortened(sheet) for sheet in sheets))
        return cls(kept, table.samples, left_out)

    def to_json(self) -> dict[str, object]:
        """Plain dictionaries, lists, texts and numbers."""
        return {name: _storable(value) for name, value in json.loads(json.dumps(asdict(self))).items()}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The understanding that the JSON holds; HostileError, a ValueError, for anything that `to_json` would not have
        written."""
        return decode_dataclass(cls, data)


def _shortened(sheet: SheetRecognition) -> SheetRecognition:
    return replace(sheet, left_out=sheet.left_out[:MOST_LEFT_OUT])


def _storable(data: object) -> object:
    if isinstance(data, str):
        return printable(data, LONGEST_TEXT)
    if isinstance(data, list):
        return [_storable(element) for element in data]
    if isinstance(data, dict):
        return {printable(key, LONGEST_TEXT): _storable(value) for key, value in data.items()}
    return data
