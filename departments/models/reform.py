"""机构改革: departments that are renamed, merged or split, dated."""

from collections.abc import Collection
from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models.organisation import Department
from departments.rules.succession import ReformKind, ReformStep, reform_fits, successors


class ReformQuerySet(models.QuerySet["Reform"]):
    """Questions about reforms."""

    def up_to(self, day: date) -> Self:
        """The reforms that have taken effect, this day included."""
        return self.filter(effective_on__lte=day)


class Reform(models.Model):
    """From a day on, other departments follow: under a new name, as one, or as several.

    The departments before keep their rows and names, so the plans of their time show them as they were.
    """

    class Kind(models.TextChoices):
        RENAMED = ReformKind.RENAMED.value, _("renamed")
        MERGED = ReformKind.MERGED.value, _("merged")
        SPLIT = ReformKind.SPLIT.value, _("split")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    effective_on = models.DateField(_("takes effect on"))
    before = models.ManyToManyField(Department, related_name="reformed_by", verbose_name=_("departments before"))
    after = models.ManyToManyField(Department, related_name="made_by", verbose_name=_("departments after"))
    document = models.CharField(_("document"), max_length=200, blank=True)

    objects = ReformQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[before, after])

    class Meta:
        verbose_name = _("reform of departments")
        verbose_name_plural = _("reforms of departments")
        ordering = ["-effective_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.effective_on:%Y-%m-%d} {self.get_kind_display()}"


def check_reform(
    kind: str, day: date, before: Collection[Department], after: Collection[Department], pk: int | None = None
) -> None:
    """Raises ValidationError, saying what to do, unless these departments can become those on the day.

    `pk`: the reform itself, if it is there already and only changed.
    """
    if not reform_fits(
        ReformKind(kind), {department.pk for department in before}, {department.pk for department in after}
    ):
        raise ValidationError(
            _(
                "Renamed: one department before and another one after. Merged: one after. Split: one before and at "
                "least two after."
            )
        )
    gone = successors_on(day, besides=pk)
    for department in before:
        if department.pk in gone and department not in gone[department.pk]:
            raise ValidationError(_("%(name)s has ended by an earlier reform.") % {"name": department})


def successors_on(day: date, *, besides: int | None = None) -> dict[int, list[Department]]:
    """Who follows each department (id) that has been reformed up to a day, by code; three queries."""
    reforms = Reform.objects.up_to(day).exclude(pk=besides or 0).prefetch_related("before", "after")
    followers = {department.pk: department for reform in reforms for department in reform.after.all()}
    steps = [
        ReformStep(
            reform.effective_on,
            frozenset(d.pk for d in reform.before.all()),
            frozenset(d.pk for d in reform.after.all()),
        )
        for reform in reversed(reforms)
    ]
    found = successors(steps, day)
    return {
        old: sorted((followers[pk] for pk in now), key=lambda department: department.code) for old, now in found.items()
    }
