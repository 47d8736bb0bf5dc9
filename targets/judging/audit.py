"""Whether what is stored is what a full recompute from the figures would store, and history runs forwards."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from targets.bulk.event_times import histories_out_of_order
from targets.judging import storing
from targets.judging.exclusion import exclude_others
from targets.judging.loading import Regions, official_by_revisions
from targets.judging.recompute import attainments_from, fresh_rows
from targets.models import Attainment, Indicator, Target


@dataclass(frozen=True, slots=True)
class AttainmentDifference:
    """A stored row that is not what it ought to be: `column` is empty where the whole row is missing or too many."""

    target: str
    region: str
    month: str
    column: str
    stored: str
    computed: str

    def __str__(self) -> str:
        return f"{self.target} {self.region} {self.month} {self.column}: {self.stored} ≠ {self.computed}"


@dataclass(frozen=True, slots=True)
class Verification:
    """One stored row against a fresh computation from the very revisions it names: the new hash, and what differs."""

    inputs_hash: str
    differing: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return not self.differing


def verify_attainment(stored: Attainment) -> Verification:
    """Computes a row anew from its revisions, by the same formulas; nothing is written."""
    target = Target.objects.to_be_judged().get(pk=stored.target_id)
    rows = attainments_from([target], stored.region_id, official_by_revisions(stored.revisions))
    computed = next((row for row in rows if row.month == stored.month), None)
    if computed is None:
        return Verification("", ("inputs_hash",))
    names = [field.attname for field in Attainment._meta.concrete_fields]
    differing = tuple(name for name in names if getattr(stored, name) != getattr(computed, name))
    return Verification(computed.inputs_hash, differing)


def disordered() -> Iterator[str]:
    """The figures whose history runs backwards, each told by the codes of indicator and region and by its month."""
    found = histories_out_of_order()
    codes = dict(Indicator.objects.filter(pk__in={key[0] for key in found}).values_list("pk", "code"))
    places = Regions.load().codes if found else {}
    return (f"{codes[indicator_id]} {places[region_id]} {month}" for indicator_id, region_id, month in found)


@transaction.atomic
def differences() -> Iterator[AttainmentDifference]:
    """Every difference between the stored attainments and those computed anew, without writing anything."""
    exclude_others()
    regions = Regions.load()
    targets = list(Target.objects.in_force().to_be_judged())
    codes = {target.pk: f"{target.plan.code}/{target.code}" for target in targets}
    for start in range(0, len(targets), 20):
        lot = targets[start : start + 20]
        stored = _stored([target.pk for target in lot])
        for computed in map(storing.attainment_of_row, fresh_rows(lot, regions)):
            yield from _compare(stored.pop(computed.pk, None), computed, codes, regions)
        for leftover in stored.values():
            yield _named(leftover, codes, regions, "", "stored", "not judged")


def _stored(target_ids: list[int]) -> dict[tuple[int, int, object], Attainment]:
    return {row.pk: row for row in Attainment.objects.filter(target_id__in=target_ids)}


def _compare(
    stored: Attainment | None, computed: Attainment, codes: dict[int, str], regions: Regions
) -> Iterator[AttainmentDifference]:
    if stored is None:
        yield _named(computed, codes, regions, "", "missing", "computed")
        return
    for field in Attainment._meta.concrete_fields:
        have, ought = getattr(stored, field.attname), getattr(computed, field.attname)
        if have != ought:
            yield _named(computed, codes, regions, field.attname, str(have), str(ought))


def _named(
    row: Attainment, codes: dict[int, str], regions: Regions, column: str, stored: str, computed: str
) -> AttainmentDifference:
    target, region = codes[row.target_id], regions.codes.get(row.region_id, str(row.region_id))
    return AttainmentDifference(target, region, str(row.month), column, stored, computed)
