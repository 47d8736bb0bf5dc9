"""What the plan office asks a unit about figures that look odd, and what the unit answers."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.fields import MonthField
from plans.models import Plan
from targets.data_quality.signals import SignalKind
from targets.models.duty import COUNTY
from targets.models.fields import ExactDecimalField
from targets.models.indicator import Indicator

LONGEST_NOTE, LONGEST_ANSWER = 400, 2000


class DataQuestionQuerySet(models.QuerySet["DataQuestion"]):
    """Questions about questions."""

    def visible_to(self, user: User) -> Self:
        """For the plan office and the administrators of exactly the plan's region, and for the unit that is asked:
        neither for other units nor for leadership."""
        office = access.reach(user, Action.VIEW_DATA_QUALITY).seats
        return self.filter(Q(plan__region__in=office) | _asked_of(user))

    def to_answer(self, user: User) -> Self:
        """What the person's own unit is asked and has not answered, the oldest first."""
        return self.asked_of(user).filter(answered_at__isnull=True).order_by("asked_at", "pk")

    def asked_of(self, user: User) -> Self:
        """What the person's own unit is or was asked."""
        return self.filter(_asked_of(user))

    def named(self) -> Self:
        """With all that a list shows."""
        return self.select_related("plan", "unit", "indicator", "region", "asked_by", "answered_by")


def _asked_of(user: User) -> Q:
    reached = access.reach(user, Action.ANSWER_DATA_QUESTIONS)
    return Q(unit__in=reached.departments) | Q(unit__kind=COUNTY, unit__region__in=reached.regions)


class DataQuestion(models.Model):
    """A signal about figures as it was found in a month of a plan, and the question to the unit that hangs on it.

    `subject` names what was tested (`About.name`). `figures` are those that were seen, `facts` what the sentence tells,
    `chance` how often honest data look so (None: listed without statistics), `together` the same among all `tests` of
    the month: all of it stays as it was found, whatever becomes of the figures. One answer closes the question.
    """

    class KindChoices(models.TextChoices):
        COPIED = SignalKind.COPIED.value, _("Copied figures")
        EQUAL_COUNTIES = SignalKind.EQUAL_COUNTIES.value, _("Equal figures of counties")
        TOO_EVEN = SignalKind.TOO_EVEN.value, _("Too even")
        ROUND_DIGITS = SignalKind.ROUND_DIGITS.value, _("Round figures")
        OVER_THE_LINE = SignalKind.OVER_THE_LINE.value, _("Just over the line")
        RIDING_PACE = SignalKind.RIDING_PACE.value, _("Exactly at the pace")
        YEAR_END_RUSH = SignalKind.YEAR_END_RUSH.value, _("Year-end rush")
        OUTLIER = SignalKind.OUTLIER.value, _("Far from all others")
        FAVOURABLE_CORRECTIONS = SignalKind.FAVOURABLE_CORRECTIONS.value, _("Corrections that turn a verdict")
        REVERSAL = SignalKind.REVERSAL.value, _("Corrected there and back")
        LATE_CORRECTIONS = SignalKind.LATE_CORRECTIONS.value, _("Corrected just before the month was closed")

    plan = models.ForeignKey(
        Plan, models.CASCADE, related_name="data_questions", db_index=False, verbose_name=_("plan")
    )
    month = MonthField(_("month"))
    kind = models.CharField(_("kind"), max_length=24, choices=KindChoices.choices)
    subject = models.CharField(_("what was tested"), max_length=80)
    unit = models.ForeignKey(
        Department, models.PROTECT, related_name="data_questions", verbose_name=_("unit that is asked")
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("indicator")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("region")
    )
    figures = models.JSONField(_("figures that were seen"), default=list)
    facts = models.JSONField(_("what was found"), default=dict)
    chance = ExactDecimalField(_("chance that honest data look so"), null=True)
    together = ExactDecimalField(_("the same among all tests of the month"), null=True)
    tests = models.PositiveIntegerField(_("tests of the month"))
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    answer = models.TextField(
        _("answer"), max_length=LONGEST_ANSWER, blank=True, validators=[MaxLengthValidator(LONGEST_ANSWER)]
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)

    objects = DataQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about data")
        verbose_name_plural = _("questions about data")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "month", "kind", "subject"], name="data_question_once"),
            models.CheckConstraint(
                name="data_question_answered_whole",
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} · {self.month} · {self.kind} · {self.subject}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_at is None
