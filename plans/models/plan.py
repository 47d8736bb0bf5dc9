"""A plan and its clauses: the document, verbatim."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models import Region


class PlanManager(models.Manager["Plan"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, year: int) -> "Plan":
        return self.get(year=year)


class Plan(models.Model):
    """One official document for one year, with the settings by which its promises are judged.

    `pace_tolerance`: the share of the linear pace down to which a count is yellow and not red.
    """

    year = models.PositiveSmallIntegerField(
        _("year"), unique=True, validators=[MinValueValidator(1900), MaxValueValidator(2999)]
    )
    number = models.CharField(_("document number"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    issuer = models.CharField(_("issuer"), max_length=120)
    issued_on = models.DateField(_("issued on"))
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

    objects = PlanManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-year"]

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[int]:
        return (self.year,)

    natural_key.dependencies = ["departments.region"]  # type: ignore[attr-defined]


class ClauseManager(models.Manager["Clause"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, year: int, path: str) -> "Clause":
        return self.get(plan__year=year, path=path)


class Clause(models.Model):
    """One numbered passage with its verbatim text; all of a plan's clauses in `order`, joined by line breaks, are the
    document's body. `path` is the number as the document writes it: 一, 二(二)2, 三(一).
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="clauses", verbose_name=_("plan"), db_index=False)
    path = models.CharField(_("number"), max_length=30)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    heading = models.CharField(_("heading"), max_length=120, blank=True)
    text = models.TextField(_("text"))

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
        if self.heading and self.heading not in self.text:
            raise ValidationError({"heading": _("The heading does not stand in the text of the clause.")})


def check_quote(quote: str, clause: Clause) -> None:
    """Raises ValidationError unless the quote stands word for word in the clause's text."""
    if not quote or quote not in clause.text:
        raise ValidationError(
            {
                "quote": _('The quote "%(quote)s" does not stand word for word in clause %(path)s.')
                % {"quote": quote, "path": clause.path}
            },
            code="quote",
        )
