"""The parts of the plan's region: the figures of each, its rank among them, and how far it is from the whole.

A part is judged for a target where the target covers the parts; where the whole is only made from them, the part's
figures are shown without a light, and only to those who may read them (`Observation.visible_to`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Q

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from reports.board.overview import LightCount, counts_in_light_order
from reports.board.standing import PlanStanding
from reports.comparing.comparison import ComparisonLine, line_of_target, load_compared_figures, rank_parts
from reports.comparing.departments import timeliness_by_unit, weight
from reports.comparing.parts import judged_in_parts
from targets.arithmetic.ranking import ranks
from targets.expected.timeliness import TimelinessLine as Reporting
from targets.models import Indicator, Target, TargetAssignment
from targets.models.duty import COUNTY
from targets.reading.selectors import TargetRow, TrendPoint, rows_of_attainments


@dataclass(frozen=True, slots=True)
class RegionMatrix:
    """The targets that the parts have figures for, in the plan's order, with the whole and the parts of each; only what
    the person may see."""

    regions: Sequence[Region]
    wholes: Sequence[ComparisonLine]
    parts: Mapping[int, Sequence[ComparisonLine]]

    def of_region(self, region: Region) -> list[ComparisonLine]:
        """One part's figures, in the plan's order."""
        return [line for whole in self.wholes for line in self.parts[whole.target.pk] if line.region == region]

    def of_target(self, code: str) -> tuple[ComparisonLine, Sequence[ComparisonLine]] | None:
        """One target: the whole, and its parts in the order of their codes."""
        whole = next((line for line in self.wholes if line.target.code == code), None)
        return None if whole is None else (whole, self.parts[whole.target.pk])

    def compared(self, line: ComparisonLine) -> int:
        """How many parts are ranked for the line's target."""
        return sum(part.ranked is not None for part in self.parts[line.target.pk])


def build_region_matrix(standing: PlanStanding, user: User) -> RegionMatrix:
    """Every target that parts have figures for; nine queries at most, however many targets and parts."""
    plan = standing.plan
    every = list(Region.objects.filter(parent=plan.region).order_by("code"))
    rows = [row for row in standing.rows if _in_parts(row.target)]
    judged = _judged(standing, user, {row.target.pk: row.target for row in rows})
    readable = _Readable(user)
    figures = load_compared_figures(
        standing, [row.target for row in rows], [plan.region_id, *(region.pk for region in every)]
    )
    wholes, parts = [], {}
    for row in rows:
        whole = line_of_target(row.target, plan.region, row, figures, standing)
        listed = [
            line_of_target(row.target, region, judged.get((row.target.pk, region.pk)), figures, standing)
            for region in every
            if (row.target.pk, region.pk) in judged or readable(row.target, region)
        ]
        parts[row.target.pk] = rank_parts(listed, whole)
        wholes.append(next((line.whole for line in parts[row.target.pk] if line.whole is not None), whole))
    seen = {line.region.pk for listed in parts.values() for line in listed}
    return RegionMatrix([region for region in every if region.pk in seen], wholes, parts)


def _in_parts(target: Target) -> bool:
    return target.coverage != Target.Coverage.WHOLE or target.indicator.region_rule != Indicator.RegionRule.OWN


def _judged(standing: PlanStanding, user: User, targets: Mapping[int, Target]) -> dict[tuple[int, int], TargetRow]:
    """(target, part) → how it stands, as the person may see it."""
    found = judged_in_parts(standing, user, targets)
    return {(row.target.pk, row.attainment.region_id): row for row in rows_of_attainments(found)}


def offer_regions_and_targets(standing: PlanStanding, user: User) -> tuple[list[Region], list[Target]]:
    """The parts, and the targets that parts have figures for, from which a person may choose."""
    targets = [row.target for row in standing.rows if _in_parts(row.target)]
    reached = access.reach(user, Action.VIEW_OBSERVATIONS)
    parts = Region.objects.filter(parent=standing.plan.region).order_by("code") if targets else Region.objects.none()
    return [region for region in parts if region.pk in reached.judged], targets


class _Readable:
    """Whether a person may read the official figures of a target's indicator in a region; one query."""

    def __init__(self, user: User) -> None:
        self.reached = access.reach(user, Action.VIEW_OBSERVATIONS)
        departments = self.reached.departments
        assigned = TargetAssignment.objects.filter(department__in=departments).values("target__indicator")
        own = Q(department__in=departments) | Q(pk__in=assigned)
        self.indicators = set(Indicator.objects.filter(own).values_list("pk", flat=True)) if departments else set()

    def __call__(self, target: Target, region: Region) -> bool:
        if region.pk in self.reached.realm | self.reached.upward:
            return True
        return target.indicator_id in self.indicators and region.pk in self.reached.parts | self.reached.wholes


@dataclass(frozen=True, slots=True)
class CountyFigure:
    """A figure of a part, its months so far, and how many parts are ranked with it."""

    line: ComparisonLine
    trend: Sequence[TrendPoint]
    among: int


@dataclass(frozen=True, slots=True)
class County:
    """A part of the region: the targets by which it is judged, last the targets for which it owes nothing; the targets
    to which it only adds; and how its government reports."""

    judged: Sequence[CountyFigure]
    shared: Sequence[CountyFigure]
    line: Reporting | None

    @property
    def owed(self) -> Sequence[CountyFigure]:
        """The targets for which the part owes anything."""
        return [figure for figure in self.judged if figure.line.owes]

    @property
    def counts(self) -> Sequence[LightCount]:
        return counts_in_light_order(Counter(figure.line.signal for figure in self.owed))

    @property
    def has_quotas(self) -> bool:
        """Whether anything is judged by quotas of the parts' own."""
        return any(figure.line.divided for figure in self.judged)


def read_county_standing(region: Region, standing: PlanStanding, user: User) -> County | None:
    """What a person may see of a part; None for nothing."""
    matrix = build_region_matrix(standing, user)
    if region not in matrix.regions:
        return None
    told = [CountyFigure(line, line.trend(standing.month), matrix.compared(line)) for line in matrix.of_region(region)]
    judged = [figure for figure in told if figure.line.row is not None]
    return County(
        sorted(judged, key=lambda figure: not figure.line.owes),
        [figure for figure in told if figure.line.row is None],
        timeliness_by_region([region], standing, user).get(region.pk),
    )


@dataclass(frozen=True, slots=True)
class RankedCounty:
    """A part in the list: its rank (1 has most red lights, then most yellow ones; None where it owes nothing), the
    lights of what it owes, how it reports."""

    region: Region
    rank: int | None
    counts: Sequence[LightCount]
    first: int
    punctuality: Fraction | None

    @property
    def judged(self) -> int:
        return sum(count.number for count in self.counts)


def rank_counties(matrix: RegionMatrix, standing: PlanStanding, user: User) -> list[RankedCounty]:
    """The parts that the person may see, the one furthest behind first."""
    told = [[line for line in matrix.of_region(region) if line.row] for region in matrix.regions]
    counted = [counts_in_light_order(Counter(line.signal for line in lines if line.owes)) for lines in told]
    weights = [
        None if lines and not any(line.owes for line in lines) else weight(counts, len(standing.rows) + 1)
        for counts, lines in zip(counted, told, strict=True)
    ]
    found = ranks(weights, higher=True)
    first = Counter(line.region.pk for listed in matrix.parts.values() for line in listed if line.rank == 1)
    on_time = timeliness_by_region(matrix.regions, standing, user)
    listed = [
        RankedCounty(
            region,
            rank,
            counts,
            first[region.pk],
            line.passed.punctuality if (line := on_time.get(region.pk)) else None,
        )
        for region, rank, counts in zip(matrix.regions, found, counted, strict=True)
    ]
    return sorted(listed, key=lambda county: (county.rank is None, county.rank or 0))


def timeliness_by_region(regions: Collection[Region], standing: PlanStanding, user: User) -> dict[int, Reporting]:
    """Region → how its government reports, where the person may see it."""
    by_code = timeliness_by_unit(standing, user)
    governments = Department.objects.filter(kind=COUNTY, region__in=regions).order_by("code")
    found: dict[int, Reporting] = {}
    for code, region_id in governments.values_list("code", "region_id"):
        if code in by_code:
            found.setdefault(region_id, by_code[code])
    return found
