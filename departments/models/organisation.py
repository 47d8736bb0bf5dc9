"""Departments and regions: both come from fixtures and are data of the city, never of the code."""

from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models.columns import loaded_after
from departments.models.lineage import BELOW


class RegionQuerySet(models.QuerySet["Region"]):
    """Questions about regions; finds rows by the names that fixtures use."""

    def below(self, region_id: int) -> Self:
        """A region and all its parts."""
        return self.filter(pk__in=RawSQL(BELOW, [region_id]))  # noqa: S611 - the text is our own

    def get_by_natural_key(self, code: str) -> "Region":
        return self.get(code=code)


class Region(models.Model):
    """Where something is measured; `code` is the six-digit code of GB/T 2260."""

    class Kind(models.TextChoices):
        PROVINCE = "province", _("province")
        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        COUNTY = "county", _("county")
        COUNTY_LEVEL_CITY = "county-level city", _("county-level city")

    code = models.CharField(
        _("code"),
        max_length=6,
        unique=True,
        validators=[RegexValidator(r"^\d{6}$", _("A region code has six digits."))],
    )
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("parent")
    )

    objects = RegionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="region_not_its_own_parent",
                violation_error_message=_("A region cannot be part of itself."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class DepartmentManager(models.Manager["Department"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, code: str) -> "Department":
        return self.get(code=code)


class Department(models.Model):
    """Who answers for something. Each city has its 市公安局: names are unique within a region.

    One of the kind `each_county`, 各县（市、区）, stands for the government of each part of its region: every one
    of them answers for itself (`departments.people.groups`).

    `aliases` is a list of `{"name": ..., "note": ...}`: other names under which a document means this same unit; the
    note says where it comes from, for example that the source has a slip of the pen.
    """

    class Kind(models.TextChoices):
        BUREAU = "bureau", _("government department")
        CENTRAL_AGENCY = "central_agency", _("centrally administered agency")
        PARTY_ORGAN = "party_organ", _("Party organ")
        MASS_ORGANISATION = "mass_organisation", _("mass organisation")
        GOVERNMENT_OFFICE = "government_office", _("government office")
        COUNTY_GOVERNMENT = "county_government", _("county government")
        EACH_COUNTY = "each_county", _("each county, district and county-level city")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("full name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=60)
    aliases = models.JSONField(_("aliases"), default=list, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    region = models.ForeignKey(Region, models.PROTECT, related_name="departments", verbose_name=_("region"))

    objects = DepartmentManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["kind", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"],
                name="department_name_once",
                violation_error_message=_("The region has a department of this full name already."),
            ),
            models.UniqueConstraint(
                fields=["region", "short_name"],
                name="department_short_name_once",
                violation_error_message=_("The region has a department of this short name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name

    @loaded_after("departments.region")
    def natural_key(self) -> tuple[str]:
        return (self.code,)

    @property
    def alias_names(self) -> list[str]:
        """The other names alone, in the order of the data."""
        return [alias["name"] for alias in self.aliases]
