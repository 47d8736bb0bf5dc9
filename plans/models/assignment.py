"""Who answers for a promise."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from departments.models import Department


class AbstractAssignment(models.Model):
    """A department's role for a target or a task.

    `quote` holds the words of the plan that name the department there; empty when the plan names nobody and the
    quality office has allocated the promise, which every page says. `of_plan` is the way to the plan that names it.
    """

    of_plan: ClassVar[str]

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        SHARED = "shared", _("shared responsibility")
        SUPPORT = "support", _("support")

    department = models.ForeignKey(Department, models.PROTECT, related_name="%(class)ss", verbose_name=_("department"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    quote = models.CharField(_("words of the plan"), max_length=400, blank=True)

    class Meta:
        abstract = True
