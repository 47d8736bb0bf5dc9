"""Persons whom a plan names as leading its targets."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models.columns import loaded_after
from plans.models import AbstractLeader
from plans.models.assignment import check_words
from targets.models.target import Target


class TargetLeaderManager(models.Manager["TargetLeader"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, code: str, name: str) -> "TargetLeader":
        return self.get(target__plan__code=plan, target__code=code, name=name)


class TargetLeader(AbstractLeader):
    """A person whom the plan names as leading a target."""

    of_plan = "target__plan"

    target = models.ForeignKey(Target, models.CASCADE, related_name="leaders", verbose_name=_("target"), db_index=False)

    objects = TargetLeaderManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("leader of a target")
        verbose_name_plural = _("leaders of targets")
        ordering = ["target", "id"]
        constraints = [models.UniqueConstraint(fields=["target", "name"], name="target_leader_once")]

    def __str__(self) -> str:
        return f"{self.target} · {self.name}"

    @loaded_after("targets.target")
    def natural_key(self) -> tuple[str, str, str]:
        return (*self.target.natural_key(), self.name)

    def clean(self) -> None:
        check_words(self.quote, self.target.clause.text, _("These words do not stand in the target's clause."))
