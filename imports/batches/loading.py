"""Who and where the names in a file are: every region, and every indicator and department that the uploader is shown.

Each city has its 市公安局 and many a 鼓楼区: what is called so in the uploader's own region comes first, then what is
in a part or a whole of it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from departments import access
from departments.models import Region, User
from departments.people.seeing import departments_seen_by
from departments.people.wording import WHOLES
from departments.permissions import Action
from imports.tables.parsing import FigureFragment, FigureLine, FigureTable, TableMistake
from imports.vocabulary.names import KnownNames, NamedEntity, NamedIndicator, NamedRegion, NameIndex, short_names
from imports.vocabulary.units import units_differ
from targets.entry_rules.figures import Entry, Problem
from targets.models import Indicator

_BETWEEN_NAMES = re.compile(r"[、,，;；/\s]+")
_NOTHING: list[Problem] = []
_entry = partial(tuple.__new__, Entry)


def load_known_names(by: User) -> KnownNames:
    """Every name that may stand in a table of the uploader's, in a handful of queries."""
    own = {role.department.region_id for role in by.held}
    return KnownNames(_indicators(by), _regions(by, own), _departments(by, own))


def _indicators(by: User) -> NameIndex[NamedIndicator]:
    read = ("entry_basis", "frequency", "region_rule", "department_id", "usual_low", "usual_high")
    rows = Indicator.objects.visible_to(by).values_list("id", "code", "name", "unit", *read)
    return NameIndex("indicator", ((_indicator(*row), ()) for row in rows))


def _indicator(
    pk: int,
    code: str,
    name: str,
    unit: str,
    basis: str,
    frequency: str,
    rule: str,
    department: int,
    *usual: Decimal | None,
) -> NamedIndicator:
    made, small = rule != "own", _lie_below_one(usual)
    return NamedIndicator(pk, code, name, unit, basis == "to_date", frequency, made, department, small)


def _lie_below_one(usual: Sequence[Decimal | None]) -> bool:
    return all(limit is not None and abs(limit) <= 1 for limit in usual)


def _regions(by: User, own: Collection[int]) -> NameIndex[NamedRegion]:
    """Regions, 鹿城 for 鹿城区 too; 全市 is the uploader's city, 全县 the uploader's county."""
    rows = list(Region.objects.values_list("id", "code", "name", "parent_id", "kind"))
    places, near = {row[0]: NamedRegion(*row[:4]) for row in rows}, access.reach(by, Action.VIEW_PLAN).lineage
    aliases = short_names(places[pk] for pk in near if pk in places)
    wholes = _own_and_wholes(places, own)
    for region_id, kind in ((row[0], row[4]) for row in rows if row[0] in wholes):
        aliases[region_id] += WHOLES[kind]
    return NameIndex("region", ((place, aliases[place.id]) for place in places.values()), [own, near])


def _own_and_wholes(places: Mapping[int, NamedRegion], own: Collection[int]) -> set[int]:
    """The uploader's own regions and those above them."""
    found: set[int] = set()
    for start in own:
        region: int | None = start
        while region is not None and region not in found:
            found.add(region)
            region = places[region].parent if region in places else None
    return found


def _departments(by: User, own: Collection[int]) -> NameIndex[NamedEntity]:
    rows = list(departments_seen_by(by).values_list("id", "code", "name", "short_name", "aliases", "region_id"))
    return NameIndex(
        "department",
        (
            (NamedEntity(pk, code, name), (short, *(alias["name"] for alias in aliases)))
            for pk, code, name, short, aliases, _region in rows
        ),
        [{row[0] for row in rows if row[5] in own}],
    )


class FigureLineResolver:
    """Turns lines of a file into entries."""

    def __init__(self, names: KnownNames) -> None:
        self._known = names
        self._checked: dict[tuple[object, ...], tuple[Problem, ...]] = {}
        self._ids: dict[tuple[str, str], tuple[NamedIndicator, int]] = {}

    def entry(self, line: FigureLine) -> tuple[Entry | None, list[Problem]]:
        """The line's entry, or the problems: unknown names, and values that do not fit the indicator."""
        names = (line.indicator, line.region)
        if names not in self._ids and (problems := self._look_up(names, line)):
            return None, problems
        indicator, region_id = self._ids[names]
        month = line.month
        key = (indicator.id, line.span, month.number, line.department, line.unit)
        if key not in self._checked:
            self._checked[key] = tuple(self._problems(indicator, line))
        value, problems = (line.value, _NOTHING) if line.to_date is None else self._value(indicator, line)
        if problems or self._checked[key]:
            return None, [*self._checked[key], *problems]
        figures = (value, line.numerator, line.denominator, line.occurred_on)
        return _entry((indicator.id, region_id, month, *figures, line.note)), _NOTHING

    def _look_up(self, names: tuple[str, str], line: FigureLine) -> list[Problem]:
        """Finds indicator and region of a line and keeps them in `_ids`, or says why their names are unknown."""
        indicator, region = self._known.indicators.find(names[0]), self._known.regions.find(names[1])
        if isinstance(indicator, Problem) or isinstance(region, Problem):
            named = [answer for answer in (indicator, region) if isinstance(answer, Problem)]
            return [*named, *self._unknown_department(line.department)]
        self._ids[names] = indicator, region.id
        return []

    def _problems(self, indicator: NamedIndicator, line: FigureLine) -> Iterator[Problem]:
        """What does not fit the indicator: months taken together, the department, the unit."""
        usual = {"quarterly": 3, "annual": 12}.get(indicator.frequency, 1)
        allowed = {1, usual} | ({line.month.number} if indicator.to_date else set())
        if line.span not in allowed:
            yield Problem("period_too_long", "month", (("span", str(line.span)),))
        yield from self._department(indicator, line.department)
        if units_differ(line.unit, indicator.unit):
            yield Problem("unit_differs", "unit", (("found", line.unit), ("unit", indicator.unit)))

    def _department(self, indicator: NamedIndicator, text: str) -> Iterator[Problem]:
        """What is wrong with the departments of a row: each must be known, and one must report the indicator."""
        found = [self._known.departments.find(name) for name in self._names(text)]
        unknown = [answer for answer in found if isinstance(answer, Problem)]
        yield from unknown
        ids = {department.id for department in found if isinstance(department, NamedEntity)}
        if ids and not unknown and indicator.department and indicator.department not in ids:
            right = self._known.departments.by_id[indicator.department].name
            yield Problem("department_differs", "department", (("found", text[:40]), ("right", right)))

    def _names(self, text: str) -> list[str]:
        """The departments in a cell; a name may itself hold a sign that divides names."""
        if not text or self._known.departments.match(text):
            return [text] if text else []
        return [name for name in _BETWEEN_NAMES.split(text) if name]

    def _unknown_department(self, text: str) -> list[Problem]:
        found = [self._known.departments.find(name) for name in self._names(text)]
        return [answer for answer in found if isinstance(answer, Problem)]

    def _value(self, indicator: NamedIndicator, line: FigureLine) -> tuple[Decimal | None, list[Problem]]:
        """This month's figure, or the running total beside it if the indicator is entered as a total since January."""
        if indicator.to_date:
            return line.to_date, []
        if line.value is None and line.numerator is None:
            return None, [Problem("only_to_date", "to_date")]
        return line.value, []

    def unknown(self, fragment: FigureFragment) -> Iterator[Problem]:
        """Which names of a fragment are unknown; a missing name was told before."""
        if fragment.indicator and isinstance(found := self._known.indicators.find(fragment.indicator), Problem):
            yield found
        if fragment.region and isinstance(place := self._known.regions.find(fragment.region), Problem):
            yield place
        yield from self._unknown_department(fragment.department)


def entries_of(table: FigureTable, names: KnownNames) -> tuple[list[tuple[FigureLine, Entry]], list[TableMistake]]:
    """The entry of each line whose names are known, each figure once; and the mistakes in the names of all rows."""
    directory, first, entries = (
        FigureLineResolver(names),
        dict[tuple[object, ...], FigureLine](),
        list[tuple[FigureLine, Entry]](),
    )
    mistakes = [
        table.mistake(fragment, problem) for fragment in table.fragments for problem in directory.unknown(fragment)
    ]
    for line in table.lines:
        entry, problems = directory.entry(line)
        if entry is not None:
            same = first.setdefault(entry[:3], line)
            if same is line:
                entries.append((line, entry))
            else:
                problems = [_given_twice(same, line)]
        if problems:
            mistakes += [table.mistake(line, problem) for problem in problems]
    return entries, mistakes


def _given_twice(first: FigureLine, line: FigureLine) -> Problem:
    row = ("first", str(first.row))
    if first.sheet != line.sheet:
        return Problem("given_twice", "indicator", (row, ("sheet", first.sheet)))
    return Problem("given_twice_here", "indicator", (row,))
