"""How the parts of a plan's region stand with what each of them owes: one line a part, and with what it is behind.

What a part owes nothing of counts nowhere.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from departments.models import Region, User
from reports.board.overview import LightCount, counts_in_light_order
from reports.board.standing import PlanStanding
from targets.models import Attainment, Target
from targets.reading.selectors import TargetRow, attainments_official_then, attainments_seen_by, rows_of_attainments
from targets.wording.completion import completion_text, owes
from targets.wording.explanation import behind_text, quota_of

NAMED = 2
"""How many targets are named with which a part is behind; its own page has all."""
_URGENCY = {"red": 0, "yellow": 1}


@dataclass(frozen=True, slots=True)
class LaggingTarget:
    """A target with which a part is behind, and by how much; the share of its own quota where it has one."""

    row: TargetRow
    behind: str
    completion: str


@dataclass(frozen=True, slots=True)
class RegionPart:
    """A part of the region: the lights of what it owes, and the first of the targets with which it is behind."""

    region: Region
    counts: Sequence[LightCount]
    gaps: Sequence[LaggingTarget]

    @property
    def owed(self) -> int:
        """Of how many targets it owes anything."""
        return sum(count.number for count in self.counts)

    @property
    def further(self) -> int:
        """With how many more targets it is behind."""
        return sum(count.number for count in self.counts if count.colour.name in _URGENCY) - len(self.gaps)


def judge_region_parts(standing: PlanStanding, user: User) -> list[RegionPart]:
    """The parts that the person may see, the part furthest behind first, last the parts that owe nothing. One query at
    most asks for what is official now; there is none where the plan's region alone is judged."""
    targets = {row.target.pk: row.target for row in standing.rows if row.target.coverage != Target.Coverage.WHOLE}
    by_region: dict[Region, list[Attainment]] = defaultdict(list)
    for attainment in judged_in_parts(standing, user, targets):
        by_region[attainment.region].append(attainment)
    found = [
        _part(region, [attainment for attainment in listed if owes(attainment)], list(targets))
        for region, listed in by_region.items()
    ]
    return sorted(found, key=_order)


def judged_in_parts(standing: PlanStanding, user: User, targets: Mapping[int, Target]) -> list[Attainment]:
    """How the targets stand in the parts of the plan's region, as the person may see it."""
    if not targets:
        return []
    region = standing.plan.region
    if standing.day is None:
        stored = Attainment.objects.filter(target__in=targets, month=standing.month, region__parent=region)
        found = list(stored.in_regions_of(user).select_related("region", "quota").defer("inputs_hash"))
    else:
        covering = Target.objects.filter(pk__in=targets).exclude(coverage=Target.Coverage.WHOLE)
        then = attainments_official_then(covering, region, standing.end, parts=True)
        here = [
            attainment
            for attainment in then
            if attainment.month == standing.month and attainment.region.parent_id == region.pk
        ]
        found = attainments_seen_by(user, here)
    for attainment in found:
        attainment.of_target(targets[attainment.target_id])
    return found


def _part(region: Region, owed: Sequence[Attainment], order: Sequence[int]) -> RegionPart:
    behind = [attainment for attainment in owed if attainment.signal in _URGENCY]
    first = sorted(behind, key=lambda attainment: (_URGENCY[attainment.signal], order.index(attainment.target_id)))[
        :NAMED
    ]
    return RegionPart(
        region,
        counts_in_light_order(Counter(attainment.signal for attainment in owed)),
        [_gap(row) for row in rows_of_attainments(first)],
    )


def _gap(row: TargetRow) -> LaggingTarget:
    attainment = row.attainment
    return LaggingTarget(
        row, behind_text(attainment), completion_text(attainment) if quota_of(attainment) is not None else ""
    )


def _order(part: RegionPart) -> tuple[bool, int, int, str]:
    numbers = {count.colour.name: count.number for count in part.counts}
    return not part.owed, -numbers["red"], -numbers["yellow"], part.region.code
