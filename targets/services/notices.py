"""Telling its authors what became of a figure, in the transaction in which it happened."""

from django.urls import reverse
from django.utils import timezone

from departments.models import Department, User
from departments.rules.reminding import NoticePart
from departments.services.notices import notify
from targets.models import Observation, Revision

RETURNED, WITHDRAWN = "returned", "withdrawn"


def tell_authors(revision: Revision, kind: str, *, by: User, reason: str) -> None:
    """Tells the authors, and who handed it in, at once that their entry was returned or withdrawn; nobody is told of an
    own deed."""
    row = revision.observation
    unit = unit_entering(row)
    details = {
        "indicator": row.indicator.name,
        "region": row.region.name,
        "month": str(row.month),
        "person": str(by),
        "reason": reason.strip(),
    }
    for person in revision.concerned:
        if person != by:
            notify(
                person,
                kind=kind,
                subject=f"{revision._meta.label_lower}:{revision.pk}",
                part=NoticePart(kind, details, _link(row, unit)),
                now=timezone.now(),
                reminds_of=[f"figures_returned:{unit.code}:{row.month}"] if unit and kind == RETURNED else [],
            )


def unit_entering(row: Observation) -> Department | None:
    """On whose worksheet the figure is entered: the county's in which it is measured, else the reporting bureau's."""
    county = Department.objects.filter(kind=Department.Kind.COUNTY_GOVERNMENT, region=row.region_id).first()
    return county or row.indicator.department


def _link(row: Observation, unit: Department | None) -> str:
    if unit is None:
        keys = {"indicator": row.indicator.code, "region": row.region.code, "month": str(row.month)}
        return reverse("figure", kwargs=keys)
    return reverse("worksheet", kwargs={"code": unit.code, "month": str(row.month)}) + f"#row-{row.indicator_id}"
