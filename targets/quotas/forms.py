"""What is typed into a table of quotas: every cell that is no number, and every number that is no quota, said there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from departments.rules.typed import number_of
from targets.entry_rules.numbers import NotANumberError, read_number
from targets.messages import SENTENCES, problem_sentence
from targets.models.parting import problems_of
from targets.quotas.tables import QuotaColumn, QuotaPlace, QuotaTable
from targets.services.quotas import TargetDivision
from targets.wording.aims import threshold_text
from targets.wording.number_texts import number_without_zeros

LONGEST = 30
"""The most characters of a cell."""
LONGEST_SOURCE = 300
Key = tuple[int, int]
"""target id, region id"""


@dataclass(frozen=True, slots=True)
class QuotaCell:
    """A number as it stands in the table: its input's name, what was typed, what is stored, what is wrong with it.
    `name` is empty where the region can have no quota of the target."""

    name: str
    label: str
    text: str
    stored: str
    shown: str
    problem: str
    hint: str

    @property
    def differs(self) -> bool:
        """Whether what was typed is not what is stored: said beside it once the form comes back."""
        return self.text.strip() != self.stored


class QuotaForm:
    """A table of quotas with what was typed into it; without data with what is in force in its month."""

    def __init__(self, table: QuotaTable, data: Mapping[str, str] | None = None) -> None:
        self.table, self.data = table, data
        self.source = (data or {}).get("source", "").strip()
        self.reason = (data or {}).get("reason", "").strip()
        self.problems: dict[Key, str] = {}
        self.errors: list[str] = []
        self.numbers: dict[Key, Decimal | None] = {}
        if data is not None:
            self._read(data)
        else:
            self.source, self.reason = _said_once(table, "source"), _said_once(table, "reason")

    @property
    def is_valid(self) -> bool:
        """Whether everything that was typed can be understood."""
        return not self.problems and not self.errors

    def _read(self, data: Mapping[str, str]) -> None:
        if len(self.source) > LONGEST_SOURCE:
            self.errors.append(_("The paper has more than %(limit)s characters.") % {"limit": LONGEST_SOURCE})
        for column in self.table.columns:
            for place in self.table.places:
                text = data.get(quota_input_name(column, place))
                if text is not None and place.region.pk in column.regions:
                    self._understand(column, place, text)

    def _understand(self, column: QuotaColumn, place: QuotaPlace, text: str) -> None:
        key = column.target.pk, place.region.pk
        try:
            number = read_number(text) if len(text) <= LONGEST else _refuse(text)
        except NotANumberError as error:
            self.problems[key] = str(SENTENCES[error.code]) % {"found": text[:LONGEST]}
            return
        self.numbers[key] = number
        problems = problems_of(column.target.indicator, number) if number is not None else []
        if problems:
            self.problems[key] = problem_sentence(problems[0])

    def divisions(self, *, every: bool = False) -> list[TargetDivision]:
        """How the targets are to be divided: those of which a number is different, or all that the form holds."""
        rows = [(column, self._rows(column)) for column in self.table.columns if self._version(column) is not None]
        changed = [(column, numbers) for column, numbers in rows if every or numbers != column.numbers]
        return [TargetDivision(column.target, numbers, self._version(column)) for column, numbers in changed]

    def _version(self, column: QuotaColumn) -> int | None:
        return number_of((self.data or {}).get(f"seen-{column.target.pk}", ""))

    def _rows(self, column: QuotaColumn) -> dict[int, Decimal]:
        """All quotas of a target: what was typed, and what the form did not show as it is."""
        pk = column.target.pk
        typed = {region_id: number for (target_id, region_id), number in self.numbers.items() if target_id == pk}
        return {region_id: number for region_id, number in {**column.numbers, **typed}.items() if number is not None}

    def rows(self) -> list[tuple[QuotaPlace, list[QuotaCell]]]:
        """The table with what stands in its cells."""
        return [(place, [self._cell(column, place) for column in self.table.columns]) for place in self.table.places]

    def _cell(self, column: QuotaColumn, place: QuotaPlace) -> QuotaCell:
        name = quota_input_name(column, place) if place.region.pk in column.regions else ""
        number = column.numbers.get(place.region.pk)
        stored = quota_input_text(number)
        text = stored if self.data is None else self.data.get(name, stored)[: LONGEST + 1]
        problem = self.problems.get((column.target.pk, place.region.pk), "")
        shown = "" if number is None else number_without_zeros(number)
        return QuotaCell(name, column.target.name, text, stored, shown, problem, hint_of(column))


def _refuse(text: str) -> Decimal:
    raise NotANumberError(text)


def quota_input_name(column: QuotaColumn, place: QuotaPlace) -> str:
    """The name of a cell's input."""
    return f"quota-{column.target.pk}-{place.region.pk}"


def quota_input_text(number: Decimal | None) -> str:
    """A number as one types it; nothing for none."""
    return "" if number is None else f"{number.normalize():f}"


def hint_of(column: QuotaColumn) -> str:
    """What an empty cell means."""
    return _("owes nothing") if column.by_quota_alone else threshold_text(column.target)


def _said_once(table: QuotaTable, name: str) -> str:
    """The paper or the reason of the table's numbers, where it is the same for all."""
    said = {getattr(quota, name) for column in table.columns for quota in column.quotas.values()}
    return str(said.pop()) if len(said) == 1 else ""
