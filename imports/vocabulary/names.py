"""Names of indicators, regions and departments, and who or what bears them (pure, imports no Django)."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from imports.files.cells import canonical_name
from targets.entry_rules.figures import Problem

MOST_SIMILAR, QUOTED, SHORTEST_INSIDE, SHORTEST_ASCII = 3, 40, 2, 4
MARKS = "*※#△▲☆★"
"""Signs behind a name that lead to a note."""
_BRACKETS = re.compile(r"\(([^()]*)\)$")
_KINDS_OF_PLACE = ("自治县", "新区", "区", "县", "市")


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """Something with a code and a name."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class NamedIndicator(NamedEntity):
    """An indicator with the properties that decide how a table is to be understood; `below_one` if its usual figures
    lie between -1 and 1."""

    unit: str = ""
    to_date: bool = False
    frequency: str = "monthly"
    from_parts: bool = False
    department: int | None = None
    below_one: bool = False


@dataclass(frozen=True, slots=True)
class NamedRegion(NamedEntity):
    """A region and the region of which it is a part."""

    parent: int | None = None


Kind = TypeVar("Kind", bound=NamedEntity)


class NameIndex(Generic[Kind]):
    """Everything of one kind by its code, its name and its other names.

    Several may bear a name. Then those are meant whose ids are in the first set of `near`, else those in the next set.
    """

    def __init__(
        self, kind: str, known: Iterable[tuple[Kind, Iterable[str]]] = (), near: Sequence[Collection[int]] = ()
    ) -> None:
        self._kind = kind
        self._found: dict[str, list[Kind]] = defaultdict(list)
        self._answers: dict[str, Kind | Problem] = {}
        self._inside: dict[str, Kind | None] = {}
        self.by_id: dict[int, Kind] = {}
        for entity, aliases in known:
            self.by_id[entity.id] = entity
            for name in {canonical_name(text) for text in (entity.code, entity.name, *aliases)} - {""}:
                self._found[name].append(entity)
        for name, several in self._found.items():
            lots = ([entity for entity in several if entity.id in lot] for lot in near)
            self._found[name] = next((lot for lot in lots if lot), several)
        shortest = {True: SHORTEST_ASCII, False: SHORTEST_INSIDE}
        long_enough = (name for name in self._found if len(name) >= shortest[name.isascii()])
        self._in_texts = sorted(long_enough, key=len, reverse=True)
        self._longest_first = [name for name in self._in_texts if not name.isascii()]

    def find(self, text: str) -> Kind | Problem:
        """The thing that bears the name, or the problem if none or several do. Each answer is kept."""
        if text not in self._answers:
            self._answers[text] = self._find(text)
        return self._answers[text]

    def match(self, text: str) -> Kind | None:
        """The thing that bears the name, if no other bears it."""
        found = self._candidates(text)
        return found[0] if len(found) == 1 else None

    def inside(self, text: str) -> Kind | None:
        """The one thing that a title names among other words; the longest name wins: 温州市鹿城区 is 鹿城区."""
        if text not in self._inside:
            self._inside[text] = self._in_title(canonical_name(text))
        return self._inside[text]

    def take_names(self, text: str, gone: str) -> tuple[list[Kind], str]:
        """Everything that a canonical text names, the longest names first, and the text with `gone` in their place.

        Of several that bear a name the first stands for them. Names of one sign, or of few in ASCII, are left.
        """
        found: list[Kind] = []
        for name in self._in_texts:
            if name in text:
                text = text.replace(name, gone)
                found.append(self._found[name][0])
        return found, text

    def _in_title(self, title: str) -> Kind | None:
        found: dict[int, Kind] = {}
        for name in self._longest_first:
            if name in title and len(self._found[name]) == 1:
                title = title.replace(name, "\0")
                found[self._found[name][0].id] = self._found[name][0]
        parents = {getattr(entity, "parent", None) for entity in found.values()}
        smallest = [entity for entity in found.values() if entity.id not in parents]
        return smallest[0] if len(smallest) == 1 else None

    def _candidates(self, text: str) -> list[Kind]:
        """Everything that bears the text as a name, or the text without a unit in brackets behind it: 危房改造(户)."""
        written = canonical_name(text).rstrip(MARKS)
        found = self._found.get(written) or self._below_whole(written)
        if not found and (bracket := _BRACKETS.search(written)):
            found = [
                entity
                for entity in self._found.get(written[: bracket.start()], [])
                if canonical_name(getattr(entity, "unit", "")) in (bracket[1], "")
                or bracket[1] == canonical_name(entity.code)
            ]
        return found or []

    def _below_whole(self, written: str) -> list[Kind]:
        """A part that is named behind its whole: 温州市鹿城区."""
        return [
            part
            for place in range(SHORTEST_INSIDE, len(written) - 1)
            for part in self._found.get(written[place:], ())
            for whole in self._found.get(written[:place], ())
            if getattr(part, "parent", None) == whole.id
        ]

    def _find(self, text: str) -> Kind | Problem:
        found = self._candidates(text)
        if len(found) == 1:
            return found[0]
        quoted = ("found", text[:QUOTED])
        if found:
            codes = ", ".join(entity.code for entity in found)
            return Problem(f"{self._kind}_ambiguous", self._kind, (quoted, ("similar", codes)))
        similar = self._similar(text)
        if similar:
            return Problem(f"{self._kind}_similar", self._kind, (quoted, ("similar", "、".join(similar))))
        return Problem(f"{self._kind}_unknown", self._kind, (quoted,))

    def _similar(self, text: str) -> list[str]:
        nearest = get_close_matches(canonical_name(text), self._found, n=2 * MOST_SIMILAR, cutoff=0.5)
        return list(dict.fromkeys(entity.name for name in nearest for entity in self._found[name]))[:MOST_SIMILAR]


def short_names(places: Iterable[NamedRegion]) -> dict[int, list[str]]:
    """How places are called for short, where that is clear: 鹿城 for 鹿城区; a single character is no name."""
    shortened: dict[str, list[int]] = defaultdict(list)
    for place in places:
        for ending in _KINDS_OF_PLACE:
            if place.name.endswith(ending) and len(place.name) - len(ending) >= SHORTEST_INSIDE:
                shortened[place.name.removesuffix(ending)].append(place.id)
                break
    found: dict[int, list[str]] = defaultdict(list)
    for name, ids in shortened.items():
        if len(ids) == 1:
            found[ids[0]].append(name)
    return found


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Every name that may stand in a table."""

    indicators: NameIndex[NamedIndicator]
    regions: NameIndex[NamedRegion]
    departments: NameIndex[NamedEntity]


NOTHING_KNOWN = KnownNames(NameIndex("indicator"), NameIndex("region"), NameIndex("department"))
