"""What a target was judged by before its rule was changed from a month on."""

import copy
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models import Region
from departments.models.columns import column
from plans.fields import MonthField
from targets.models.indicator import Indicator
from targets.models.parting import Step
from targets.models.target import Target

RULE = (
    *("comparator", "threshold_kind", "threshold", "threshold_upper", "operand", "operand_region", "tolerance"),
    *("baseline", "baseline_year", "warning_margin", "due", "firmness", "coverage", "counting", "first_month"),
)
"""The fields of a target by which its months are judged, and which may be others from a month on. What is measured,
and for which plan, is the same in all months."""


# Which kind of field it is depends on the name: no type can say that.
def _as_in_target(name: str) -> Any:
    """A field of the same kind as the target's own."""
    return column(Target, name).clone()


class TargetVersionManager(models.Manager["TargetVersion"]):
    """Versions with what they compare with: whoever reads one judges by it."""

    def get_queryset(self) -> "models.QuerySet[TargetVersion]":
        return super().get_queryset().select_related("operand", "operand_region")


class TargetVersion(models.Model):
    """A rule that a target had, and the change that ended it: from `from_month` on the target is judged by the next
    one, which is the next version's or, after the last version, the target's own.

    `number` is the version of the target that attainments name. `steps` are those that it had, each a day and a number
    as text. `source` is the paper by which it was changed (文号). A later change from an earlier month leaves nothing
    of the rules that were to hold from later months on.
    """

    target = models.ForeignKey(
        Target, models.PROTECT, related_name="versions", verbose_name=_("target"), db_index=False
    )
    number = models.PositiveIntegerField(_("version of the target"))
    from_month = MonthField(_("month from which the change holds"))
    source = models.CharField(_("paper"), max_length=300, blank=True)
    reason = models.CharField(_("reason for the change"), max_length=400)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    comparator = _as_in_target("comparator")
    threshold_kind = _as_in_target("threshold_kind")
    threshold = _as_in_target("threshold")
    threshold_upper = _as_in_target("threshold_upper")
    operand = models.ForeignKey(
        Indicator,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="former_operand_of",
        verbose_name=_("compared with"),
    )
    operand_region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("region compared with")
    )
    tolerance = _as_in_target("tolerance")
    baseline = _as_in_target("baseline")
    baseline_year = _as_in_target("baseline_year")
    warning_margin = _as_in_target("warning_margin")
    due = _as_in_target("due")
    firmness = _as_in_target("firmness")
    coverage = _as_in_target("coverage")
    counting = _as_in_target("counting")
    first_month = _as_in_target("first_month")
    steps = models.JSONField(verbose_name=_("steps"), default=list)

    objects = TargetVersionManager()

    class Meta:
        verbose_name = _("version of a target")
        verbose_name_plural = _("versions of targets")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["target", "number"], name="target_version_once"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="target_changed_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.target} · {self.number}"

    @classmethod
    def of(cls, target: Target, number: int, steps: Sequence[Step]) -> "TargetVersion":
        """The rule that a target has now, not yet saved; `steps` in order of time."""
        rule = {name: getattr(target, name) for name in RULE}
        return cls(target=target, number=number, steps=[[str(step.due), str(step.threshold)] for step in steps], **rule)

    def says_the_same(self, other: "TargetVersion") -> bool:
        """Whether both judge alike."""
        return all(getattr(self, name) == getattr(other, name) for name in (*RULE, "steps"))

    def restored(self, target: Target) -> Target:
        """A target as this version had it; to be read, never to be saved."""
        made = copy.copy(target)
        for name in RULE:
            setattr(made, name, getattr(self, name))
        made.version, made.known_steps, made.known_versions = self.number, self.all_steps, []
        return made

    @property
    def all_steps(self) -> list[Step]:
        """Its steps in order of time; not saved."""
        return list(self._steps(self.target))

    def _steps(self, target: Target) -> Iterator[Step]:
        for due, threshold in self.steps:
            yield Step(target=target, due=date.fromisoformat(due), threshold=Decimal(threshold))
