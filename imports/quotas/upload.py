"""From an uploaded sheet of quotas to quotas that are set: all targets of the sheet, or none."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings

from departments.models import Region
from imports.files.limits import Limits
from imports.files.readers import read_file_rows
from imports.quotas.sheet import QuotaSheetReading, QuotaSheetScope, read_quotas
from imports.vocabulary.names import NamedEntity, NamedIndicator, NamedRegion, NameIndex, short_names
from plans.models import Plan
from targets.entry_rules.figures import Problem
from targets.judging.loading import Regions
from targets.models import Target
from targets.models.parting import problems_of
from targets.quotas.tables import QuotaTable
from targets.services.quotas import TargetDivision

LARGEST_SHEET = 5 * 1024 * 1024
"""The most bytes of a sheet of quotas: it is read while the person waits."""


def limits_of_quota_sheet() -> Limits:
    """How large a sheet of quotas may be."""
    size = min(settings.UPLOAD_MAX_BYTES, LARGEST_SHEET)
    return Limits(size=size, unpacked=4 * LARGEST_SHEET, rows=5_000, cells=200_000, sheets=20, text=LARGEST_SHEET)


def read_sheet(data: bytes, table: QuotaTable) -> QuotaSheetReading:
    """What an uploaded sheet says; UnreadableError for what is no table, or too large a one."""
    return read_quotas(read_file_rows(data, limits_of_quota_sheet()), scope_of_quota_sheet(table))


def divisions_of(found: QuotaSheetReading, table: QuotaTable) -> list[TargetDivision]:
    """How the targets of the sheet are to be divided: those of which a number differs from what holds."""
    return [
        TargetDivision(column.target, rows, found.seen.get(column.target.pk, column.version))
        for column in table.columns
        if (rows := found.numbers.get(column.target.pk)) is not None and rows != column.numbers
    ]


def scope_of_quota_sheet(table: QuotaTable) -> QuotaSheetScope:
    """What may stand in a sheet of the table's plan; two queries."""
    tree, plan = Regions.load(), table.plan
    direct = tree.parts.get(plan.region_id, [])
    regions = list(Region.objects.filter(pk__in=_below(plan, tree)).order_by("code"))
    every = {region.pk for region in regions}
    targets = {column.target.pk: column.target for column in table.columns}
    parted = {pk for pk, target in targets.items() if target.coverage == Target.Coverage.PARTS}

    def check(target_id: int, number: Decimal) -> Sequence[Problem]:
        return problems_of(targets[target_id].indicator, number)

    return QuotaSheetScope(
        plan.code,
        _region_names(regions),
        _target_names(list(targets.values())),
        (plan.region.code, plan.region.name),
        {pk: set(direct) if pk in parted else every for pk in targets},
        {column.target.pk: column.numbers.keys() for column in table.columns},
        check,
    )


def _below(plan: Plan, tree: Regions) -> list[int]:
    """All regions that the plan's consists of."""
    found = list(tree.parts.get(plan.region_id, []))
    for region_id in found:
        found += tree.parts.get(region_id, [])
    return found


def _region_names(regions: Sequence[Region]) -> NameIndex[NamedEntity]:
    short = short_names(NamedRegion(region.pk, region.code, region.name, region.parent_id) for region in regions)
    return NameIndex(
        "region", ((NamedEntity(region.pk, region.code, region.name), short.get(region.pk, ())) for region in regions)
    )


def _target_names(targets: Sequence[Target]) -> NameIndex[NamedIndicator]:
    """By the target's code and name, and by its indicator's."""
    return NameIndex(
        "indicator",
        ((_measured(target), (target.indicator.code, target.indicator.name)) for target in targets),
    )


def _measured(target: Target) -> NamedIndicator:
    return NamedIndicator(target.pk, target.code, target.name, target.indicator.unit)
