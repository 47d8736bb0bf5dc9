"""What the made-up figures are shaped like: read from `fixtures/samples`, one file a plan.

The file gives for each indicator its typical size and its story; where a published figure of the year exists, the
series is made to meet it. Places, years and figures are data of the city and stand in these files alone.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from departments.permissions import Role
from plans.periods import Month

SAMPLES = settings.BASE_DIR / "fixtures" / "samples"
MADE_UP_PLANS = settings.BASE_DIR / "fixtures" / "demonstration"
Raw = dict[str, Any]
"""An object of a scenario's file: JSON, in which each name has values of its own kind."""
Monthly = tuple[Decimal | None, ...]
"""Twelve figures, January to December; None where nothing is reported."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One year of an indicator in a region.

    `annual` is the figure of the whole year. `season` weighs the months: of a count its parts, of a mean its readings,
    of a ratio what falls short of the denominator. `denominator` is typical for a month; None means the days of the
    month, less `gaps` (month → days without measurement). Figures given in full are taken as they are. Months in
    `missing` are never reported.
    """

    indicator: str
    region: str
    year: int
    annual: Decimal | None = None
    season: tuple[int, ...] = (1,) * 12
    denominator: int | None = None
    gaps: dict[int, int] = field(default_factory=dict)
    values: Monthly = ()
    numerators: Monthly = ()
    denominators: Monthly = ()
    missing: frozenset[int] = frozenset()
    occurred_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedFigure:
    """A ratio that was handed in and came back, as it was typed, with the reviewer's reason."""

    indicator: str
    region: str
    month: Month
    numerator: str
    denominator: str
    note: str
    reason: str


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody who looks after the whole plan: log-in name, name, role, and the code of the department."""

    username: str
    name: str
    role: Role
    department: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that is made up for one plan.

    `until` is the last month that has been reported; `officials` run the plan's own office, `done` maps the milestones
    (task, milestone) that are done to the day, `returned` is what came back in the review, `supervision` and `comments`
    what `demonstration.pressing` makes.
    """

    label: str
    seed: int
    until: Month
    officials: tuple[Official, ...]
    shapes: tuple[Shape, ...]
    done: dict[tuple[str, str], date]
    returned: tuple[ReturnedFigure, ...]
    supervision: tuple[Raw, ...] = ()
    comments: tuple[Raw, ...] = ()

    def username(self, role: Role) -> str:
        """The log-in name of who holds the role."""
        return next(official.username for official in self.officials if official.role is role)


def read_scenario(code: str, folder: Path = SAMPLES) -> Scenario | None:
    """The scenario of the plan with this code, if there is one."""
    path = folder / f"demonstration-{code}.json"
    if not path.is_file():
        return None
    raw = _read(path)
    published = published_figures(folder / "published-figures.csv")
    return Scenario(
        raw["label"],
        raw["seed"],
        Month.parse(raw["until"]),
        tuple(Official(name, **who | {"role": Role(who["role"])}) for name, who in raw["officials"].items()),
        tuple(shape for series in raw["series"] for shape in _shapes(_whole(series, folder), published)),
        {(task, step): date.fromisoformat(day) for task, steps in raw["done"].items() for step, day in steps.items()},
        tuple(ReturnedFigure(**row | {"month": Month.parse(row["month"])}) for row in raw["returned"]),
        tuple(raw.get("supervision", ())),
        tuple(raw.get("comments", ())),
    )


def _read(path: Path) -> Raw:
    found: Raw = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def _whole(series: Raw, folder: Path) -> Raw:
    """The series as it is, or as it stands in the file of the plan that it is `from`, for its own `regions` alone: a
    figure that two plans ask for is the same figure."""
    if "from" not in series:
        return series
    known = _read(folder / f"demonstration-{series['from']}.json")["series"]
    found = next(other for other in known if all(other[key] == series[key] for key in ("indicator", "year")))
    return found | {"regions": {region: found["regions"][region] for region in series["regions"]}}


def made_up_plans() -> list[str]:
    """The files of the plans that no government has issued, in the order in which they are loaded."""
    return sorted(map(str, MADE_UP_PLANS.glob("[0-9]*.json")))


Published = dict[tuple[str, str, int], Decimal]
"""(name of the indicator, code of the region, year) → figure"""


def published_figures(path: Path) -> Published:
    """The figures that were really published, each with its source in the file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            (row["indicator"], row["region_code"], int(row["period"])): Decimal(row["value"])
            for row in csv.DictReader(file)
        }


def _shapes(raw: Raw, published: Published) -> list[Shape]:
    """One shape a region. What stands there for the region wins over what stands for all, and over both the figure that
    was published, if any was, under the name in `published`."""
    shapes = []
    for region, own in raw["regions"].items():
        known = published.get((raw.get("published", ""), region, raw["year"]))
        fields = {**raw, **own} | ({} if known is None else {"annual": known})
        read = {key: _READ[key](value) for key, value in fields.items() if key in _READ}
        shapes.append(Shape(raw["indicator"], region, raw["year"], **read))
    return shapes


def _monthly(values: list[Decimal | int | str | None]) -> Monthly:
    return tuple(None if value is None else Decimal(value) for value in values)


_READ: dict[str, Callable[[Any], Any]] = {
    "annual": Decimal,
    "season": tuple,
    "denominator": int,
    "gaps": lambda gaps: {int(month): days for month, days in gaps.items()},
    "values": _monthly,
    "numerators": _monthly,
    "denominators": _monthly,
    "missing": frozenset,
    "occurred_on": date.fromisoformat,
    "note": str,
}
"""Field of Shape → how the file's value becomes the field's."""
