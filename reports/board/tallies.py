"""The lights counted by who leads and by chapter, and the choice of targets to which each number leads."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from departments.models import Department
from reports.board.overview import Chapter, LightCount, counts_in_light_order
from targets.reading.selectors import Assigned, Duties, TargetRow
from targets.wording.lights import COLOURS, Colour

NOBODY, UNASSIGNED = "none", "unassigned"
"""What stands in the address for targets that nobody leads: the plan names several units that share them, or nobody has
been made responsible yet."""

UNLED = {NOBODY: _("shared responsibility"), UNASSIGNED: _("nobody responsible yet")}
"""How these are called: by who answers for them, not by who does not."""


@dataclass(frozen=True, slots=True)
class LightTally:
    """One line of a table: a unit, targets without a lead (`UNLED`) or a chapter, with the lights of its targets."""

    key: str
    name: str
    counts: Sequence[LightCount]

    @property
    def number(self) -> int:
        return sum(count.number for count in self.counts)

    @property
    def is_led(self) -> bool:
        """Whether the line is a unit's, in a table of the units that lead targets."""
        return self.key not in UNLED


def tally_lights_by_lead(rows: Sequence[TargetRow], duties: Duties) -> list[LightTally]:
    """The lights by the unit that leads, most red first; last the targets that nobody leads. A target that two units
    lead counts for both."""
    return tally_lights((row.attainment.signal, _leads(duties.get(row.target.pk, ()))) for row in rows)


def tally_lights(lights: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> list[LightTally]:
    """The same from each target's light and the units that lead it, as key and name."""
    found: dict[str, Counter[str]] = {}
    names: dict[str, str] = {}
    for light, leads in lights:
        for key, name in leads:
            names[key] = name
            found.setdefault(key, Counter())[light] += 1
    tallies = [LightTally(key, names[key], counts_in_light_order(numbers)) for key, numbers in found.items()]
    return sorted(tallies, key=lambda tally: (not tally.is_led, [-count.number for count in tally.counts], tally.key))


def _leads(assignments: Sequence[Assigned]) -> list[tuple[str, str]]:
    leads = [
        (assignment.department.code, assignment.department.short_name)
        for assignment in assignments
        if assignment.role == "lead"
    ]
    unled = NOBODY if assignments else UNASSIGNED
    return leads or [(unled, str(UNLED[unled]))]


def tally_lights_by_chapter(chapters: Iterable[Chapter]) -> list[LightTally]:
    """The lights by chapter, in the plan's order."""
    return [
        LightTally(
            str(chapter.clause.order),
            chapter.clause.heading or chapter.clause.name,
            counts_in_light_order(
                Counter(row.attainment.signal for passage in chapter.passages for row in passage.rows)
            ),
        )
        for chapter in chapters
    ]


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """Which targets are listed: those of one light, of one leading unit, of one chapter, or several of these."""

    light: Colour | None = None
    department: Department | None = None
    unled: str = ""
    chapter: Chapter | None = None

    def __bool__(self) -> bool:
        return self.light is not None or self.department is not None or bool(self.unled) or self.chapter is not None

    @property
    def asked(self) -> dict[str, str]:
        """The choice as it stands in an address."""
        unit = self.unled or (self.department.code if self.department is not None else "")
        chapter = str(self.chapter.clause.order) if self.chapter is not None else ""
        every = {"light": self.light.name if self.light is not None else "", "department": unit, "chapter": chapter}
        return {name: value for name, value in every.items() if value}

    @property
    def unled_name(self) -> str:
        """How the targets without a lead are called that are chosen."""
        return str(UNLED[self.unled]) if self.unled else ""

    def of(self, rows: Sequence[TargetRow], duties: Duties) -> list[TargetRow]:
        """The rows that fit."""
        fitting = self.of_all_lights(rows, duties)
        return [row for row in fitting if self.light is None or row.attainment.signal == self.light.name]

    def of_all_lights(self, rows: Sequence[TargetRow], duties: Duties) -> list[TargetRow]:
        """The rows that fit, whatever their light."""
        within = {row.target.pk for passage in self.chapter.passages for row in passage.rows} if self.chapter else None
        unit = self.asked.get("department")
        return [
            row
            for row in rows
            if (within is None or row.target.pk in within)
            and (unit is None or unit in {key for key, _name in _leads(duties.get(row.target.pk, ()))})
        ]


def choose_targets(asked: Mapping[str, str], chapters: Iterable[Chapter], duties: Duties) -> TargetChoice:
    """What the address chooses; what is none of the lights, units or chapters chooses nothing."""
    units = {duty.department.code: duty.department for listed in duties.values() for duty in listed}
    return TargetChoice(
        next((colour for colour in COLOURS if colour.name == asked.get("light")), None),
        units.get(asked.get("department", "")),
        next((key for key in UNLED if key == asked.get("department")), ""),
        next((chapter for chapter in chapters if str(chapter.clause.order) == asked.get("chapter")), None),
    )
