"""Who and where the names in a file are: every indicator and region, read in two queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from departments.models import Region
from imports.parsing import Fragment, Line, Mistake, Table, canonical
from targets.figures import Entry, Problem
from targets.models import Indicator

MOST_SIMILAR, QUOTED = 3, 40
Known = tuple[int, str, str]
"""id, code, name"""


class Names:
    """Everything of one kind by code and by name."""

    def __init__(self, kind: str, known: Iterable[Known]) -> None:
        self._kind = kind
        self._found: dict[str, list[Known]] = defaultdict(list)
        self._answers: dict[str, int | Problem] = {}
        for one in known:
            for name in {canonical(one[1]), canonical(one[2])}:
                self._found[name].append(one)

    def find(self, text: str) -> int | Problem:
        """The id of what is called so, or why it cannot be told; the same question is answered only once."""
        if text not in self._answers:
            self._answers[text] = self._find(text)
        return self._answers[text]

    def _find(self, text: str) -> int | Problem:
        found = self._found.get(canonical(text), [])
        if len(found) == 1:
            return found[0][0]
        quoted = ("found", text[:QUOTED])
        if found:
            codes = ", ".join(code for _id, code, _name in found)
            return Problem(f"{self._kind}_ambiguous", self._kind, (quoted, ("similar", codes)))
        similar = self._similar(text)
        if similar:
            return Problem(f"{self._kind}_similar", self._kind, (quoted, ("similar", "、".join(similar))))
        return Problem(f"{self._kind}_unknown", self._kind, (quoted,))

    def _similar(self, text: str) -> list[str]:
        nearest = get_close_matches(canonical(text), self._found, n=2 * MOST_SIMILAR, cutoff=0.5)
        return list(dict.fromkeys(one[2] for name in nearest for one in self._found[name]))[:MOST_SIMILAR]


class Directory:
    """Turns lines of a file into entries."""

    def __init__(self) -> None:
        self._indicators = Names("indicator", Indicator.objects.values_list("id", "code", "name"))
        self._regions = Names("region", Region.objects.values_list("id", "code", "name"))

    def entry(self, line: Line) -> tuple[Entry | None, list[Problem]]:
        """The line's entry, or what in it names nothing."""
        indicator, region = self._indicators.find(line.indicator), self._regions.find(line.region)
        if isinstance(indicator, int) and isinstance(region, int):
            figures = (line.value, line.numerator, line.denominator, line.occurred_on)
            return Entry(indicator, region, line.month, *figures, line.note), []
        return None, [one for one in (indicator, region) if isinstance(one, Problem)]

    def unknown(self, fragment: Fragment) -> Iterator[Mistake]:
        """Which of a row's names name nothing; a name that is missing has been told."""
        for names, name in ((self._indicators, fragment.indicator), (self._regions, fragment.region)):
            found = names.find(name) if name else 0
            if isinstance(found, Problem):
                yield Mistake(fragment.sheet, fragment.row, found)


def entries_of(table: Table) -> tuple[list[tuple[Line, Entry]], list[Mistake]]:
    """The entry of each line that names something, once; and the mistakes in the names of all rows."""
    directory, first, entries = Directory(), dict[tuple[object, ...], Line](), list[tuple[Line, Entry]]()
    mistakes = [mistake for fragment in table.fragments for mistake in directory.unknown(fragment)]
    for line in table.lines:
        entry, problems = directory.entry(line)
        if entry is not None:
            same = first.setdefault(entry.key, line)
            if same is line:
                entries.append((line, entry))
            problems = list(_given_twice(same, line))
        mistakes += [Mistake(line.sheet, line.row, problem) for problem in problems]
    return entries, mistakes


def _given_twice(first: Line, line: Line) -> Iterator[Problem]:
    row = ("first", str(first.row))
    if first.sheet != line.sheet:
        yield Problem("given_twice", "indicator", (row, ("sheet", first.sheet)))
    elif first is not line:
        yield Problem("given_twice_here", "indicator", (row,))
