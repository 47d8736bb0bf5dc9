"""Who answers for a promise."""

from collections.abc import Collection
from typing import ClassVar, Self, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from departments.people.groups import EACH_COUNTY, groups_standing_for
from plans.wording import with_parting

Held = TypeVar("Held", bound="AbstractAssignment")


class AssignmentQuerySet(models.QuerySet[Held]):
    """Questions about assignments."""

    def held_by(self, departments: "Collection[int] | models.QuerySet[Department, object]") -> Self:
        """The assignments of these departments; an assignment of each county is one of every county's government."""
        return self.filter(
            models.Q(department__in=departments)
            | models.Q(department__in=groups_standing_for(departments).values("pk"))
        )


class AbstractAssignment(models.Model):
    """A department's role for a target or a task.

    `quote` holds the words of the plan that name the department there, from whichever bracket of the clause; empty when
    the plan names nobody and the plan office has allocated the promise, which every page says. `of_plan` is the way to
    the plan that names it.
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

    def check_holder(self, region_id: int) -> None:
        """Raises ValidationError if each county is meant of another region than the plan's."""
        if self.department_id is None or self.department.kind != EACH_COUNTY:
            return
        if self.department.region_id != region_id:
            raise ValidationError({"department": _("These are the counties of another region than the plan's.")})


class AbstractLeader(models.Model):
    """A person whom the plan names as leading a target or a task (牵头领导): 副市长张三.

    A name and not a user of the service: a leader owes no report. `quote` holds the words of the plan, as for an
    assignment.
    """

    of_plan: ClassVar[str]

    name = models.CharField(
        _("leader in charge"), max_length=60, help_text=_("The person with the post, such as 副市长张三.")
    )
    quote = models.CharField(_("words of the plan"), max_length=400, blank=True)

    class Meta:
        abstract = True


def check_words(quote: str, text: str, said: str | Promise) -> None:
    """Raises ValidationError, with the sentence and where the two part, for words that the clause's text lacks."""
    if quote and quote not in text:
        raise ValidationError({"quote": with_parting(said, quote, text)})
