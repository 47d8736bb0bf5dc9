"""A plan and its clauses: the document, verbatim."""

from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from departments.models import Region


class PlanQuerySet(models.QuerySet["Plan"]):
    """Questions about plans; finds rows by the names that fixtures use."""

    def get_by_natural_key(self, year: int) -> "Plan":
        return self.get(year=year)

    def published(self) -> Self:
        """The plans that are in force, with their regions: every page, file and answer of the API shows these alone."""
        return self.filter(state=Plan.State.PUBLISHED).select_related("region")

    def newest(self) -> "Plan | None":
        """The published plan of the latest year; none before the first is loaded."""
        return self.published().order_by("-year").first()


class Plan(models.Model):
    """One official document for one year, with the settings by which its promises are judged.

    `pace_tolerance`: the share of the linear pace down to which a count is yellow and not red. A draft is proposed from
    the plan before it, while the document is not out yet: its clauses have no words, its promises no quotes, and nobody
    but administrators sees it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("plan", "draft")
        PUBLISHED = "published", pgettext_lazy("plan", "published")

    year = models.PositiveSmallIntegerField(
        _("year"), unique=True, validators=[MinValueValidator(1900), MaxValueValidator(2999)]
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PUBLISHED, editable=False)
    number = models.CharField(_("document number"), max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=200)
    issuer = models.CharField(_("issuer"), max_length=120)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="plans", verbose_name=_("region"))
    pace_tolerance = models.DecimalField(
        _("share of the pace that is still yellow"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.8"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )
    deadline_day = models.PositiveSmallIntegerField(
        _("deadline: day of the next month"), default=5, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    deadline_moves = models.BooleanField(
        _("a deadline on a day off moves to the next working day"),
        default=True,
        help_text=_("By the calendar of working days."),
    )
    import_needs_second = models.BooleanField(
        _("imports are confirmed by a second coordinator"),
        default=False,
        help_text=_("Figures that a coordinator imports become official when another coordinator confirms them."),
    )

    objects = PlanQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                name="plan_published_with_number_and_day",
                condition=models.Q(state="draft") | (~models.Q(number="") & models.Q(issued_on__isnull=False)),
                violation_error_message=_("A plan needs its document number and the day on which it was issued."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[int]:
        return (self.year,)

    natural_key.dependencies = ["departments.region"]  # type: ignore[attr-defined]

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class ClauseManager(models.Manager["Clause"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, year: int, path: str) -> "Clause":
        return self.get(plan__year=year, path=path)


class Clause(models.Model):
    """One numbered passage with its verbatim text; all of a plan's clauses in `order`, joined by line breaks, are the
    document's body. `path` is the number as the document writes it: 一, 二(二)2, 三(一). In a draft the text is still
    empty.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="clauses", verbose_name=_("plan"), db_index=False)
    path = models.CharField(_("number"), max_length=30)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    heading = models.CharField(_("heading"), max_length=120, blank=True)
    text = models.TextField(_("text"), blank=True)

    objects = ClauseManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["plan", "order"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "path"], name="clause_path_once"),
            models.UniqueConstraint(fields=["plan", "order"], name="clause_order_once"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.heading}".strip()

    def natural_key(self) -> tuple[int, str]:
        return (self.plan.year, self.path)

    natural_key.dependencies = ["plans.plan"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        if not self.text and not self.plan.is_draft:
            raise ValidationError({"text": _("A clause of a plan in force has words. Enter them.")})
        if self.heading and self.heading not in self.text:
            raise ValidationError({"heading": _("The heading does not stand in the text of the clause.")})


def stands_in(quote: str, clause: Clause) -> bool:
    """Whether there is a quote, and the clause's text holds it word for word."""
    return bool(quote) and quote in clause.text


def check_quote(quote: str, clause: Clause) -> None:
    """Raises ValidationError unless the quote stands word for word in the clause's text; a draft may lack it."""
    if not quote and clause.plan.is_draft:
        return
    if not stands_in(quote, clause):
        raise ValidationError(
            {
                "quote": _('The quote "%(quote)s" does not stand word for word in clause %(path)s.')
                % {"quote": quote, "path": clause.path}
            },
            code="quote",
        )
