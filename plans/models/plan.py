"""A plan and its clauses: the document, verbatim."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from departments import access
from departments.models import Region, User
from departments.models.columns import loaded_after
from departments.permissions import Action
from plans.fields import MonthField
from plans.first_words import BEGINNING, first_words
from plans.models.assignment import AbstractAssignment
from plans.periods import Month, months_between
from plans.wording import join_sentences, with_parting

LONGEST = 120
"""The most months that a plan is for."""


class PlanQuerySet(models.QuerySet["Plan"]):
    """Questions about plans; finds rows by the names that fixtures use."""

    def get_by_natural_key(self, code: str) -> "Plan":
        return self.get(code=code)

    def published(self) -> Self:
        """The plans that are in force, with their regions: every page, file and answer of the API shows these alone."""
        return self.filter(state=Plan.State.PUBLISHED).select_related("region")

    def visible_to(self, user: User) -> Self:
        """The plans that the person sees, with their regions: whoever governs a region those in force there and in its
        parts; whoever works for a unit those of the unit's region and of every region above it, and those that name
        the unit. A draft is seen by the administrators of exactly its region."""
        seen, drafting = access.reach(user, Action.VIEW_PLAN), access.reach(user, Action.ADMINISTER)
        within = models.Q(region__in=seen.nearby) | plans_naming_departments(seen.departments)
        drafts = models.Q(state=Plan.State.DRAFT, region__in=drafting.seats)
        return self.filter(models.Q(state=Plan.State.PUBLISHED) & within | drafts).select_related("region")

    def governed_by(self, user: User, action: Action) -> Self:
        """The plans for which the person may take an action of those who govern: those of exactly the region of the
        role; drafts only for who administers."""
        found = self.filter(region__in=access.reach(user, action).seats).select_related("region")
        return found if action is Action.ADMINISTER else found.filter(state=Plan.State.PUBLISHED)

    def latest_first(self) -> Self:
        """The plan that began last first."""
        return self.order_by("-first_month", "code")

    def holding(self, month: Month) -> Self:
        """The plans that the month is of."""
        return self.filter(first_month__lte=month, last_month__gte=month)

    def holding_any(self, months: Collection[Month]) -> Self:
        """The plans that hold any of the months, or a month between them; and the plans that begin later in the year of
        the last month, because their figures may count from January on."""
        if not months:
            return self.none()
        return self.filter(first_month__lte=Month(max(months).year, 12), last_month__gte=min(months))

    def holding_first(self, year: int) -> Self:
        """The plans that begin in a year; none for a year that no plan can have."""
        try:
            first, last = Month(year, 1), Month(year, 12)
        except ValueError:
            return self.none()
        return self.filter(first_month__gte=first, first_month__lte=last)

    def begun(self, day: date) -> Self:
        """The plans whose first month has begun."""
        return self.filter(first_month__lte=Month.of(day))

    def following(self, plan: "Plan") -> "Plan | None":
        """The next plan of the same series, a draft or not."""
        return self.of_series(plan).filter(first_month__gt=plan.first_month).order_by("first_month", "code").first()

    def preceding(self, plan: "Plan") -> "Plan | None":
        """The plan in force before it in the same series."""
        earlier = self.published().of_series(plan).filter(first_month__lt=plan.first_month)
        return earlier.order_by("-first_month", "code").first()

    def last_of_series(self, plan: "Plan") -> "Plan":
        """The plan of its series that ends last, a draft or not: the plan itself where none follows."""
        ends = self.of_series(plan).filter(last_month__gt=plan.last_month).order_by("-last_month", "code").first()
        return ends or plan

    def earlier_than(self, plan: "Plan") -> Self:
        """The plans in force of the same region that began before it, of whatever series."""
        return self.published().filter(region=plan.region_id, first_month__lt=plan.first_month)

    def drafts_of(self, region_id: int) -> Self:
        """The drafts of exactly a region."""
        return self.filter(region=region_id, state=Plan.State.DRAFT).latest_first()

    def of_series(self, plan: "Plan") -> Self:
        """The plans of the region that follow or precede a plan. A plan without a series has begun a series, which has
        the plan's code as its name."""
        series = plan.series or plan.code
        alike = models.Q(series=series) | models.Q(code=series)
        return self.filter(alike, region=plan.region_id).exclude(pk=plan.pk)


def departments_named_to(user: User) -> models.Q:
    """Which departments the plans name that the person sees."""
    plans, found = Plan.objects.visible_to(user).values("pk"), models.Q(pk__in=())
    for assignment in AbstractAssignment.__subclasses__():
        of_plans = assignment._default_manager.filter(**{f"{assignment.of_plan}__in": plans})
        found |= models.Q(pk__in=of_plans.values("department"))
    return found


def plans_naming_departments(departments: Collection[int]) -> models.Q:
    """Which plans give one of the departments something to answer for."""
    found = models.Q(pk__in=())
    for assignment in AbstractAssignment.__subclasses__() if departments else ():
        found |= models.Q(
            pk__in=assignment._default_manager.filter(department__in=departments).values(assignment.of_plan)
        )
    return found


class Plan(models.Model):
    """One official document, with the months that it is for and the settings by which its promises are judged.

    `code` names the plan everywhere (`wenzhou-2014-quality`) and is never changed; plans that follow each other year by
    year share a `series`. A city has many plans at once, and so have its counties; each is of one region.
    `pace_tolerance`: the share of the linear pace down to which a count is yellow and not red. A draft is proposed from
    the plan before it, while the document is not out yet: its clauses have no words, its promises no quotes, and nobody
    but administrators sees it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("plan", "draft")
        PUBLISHED = "published", pgettext_lazy("plan", "published")

    code = models.SlugField(
        _("code"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Small letters and digits, joined by hyphens."))],
        help_text=_("Names the plan in addresses, files and the API, such as wenzhou-2014-quality."),
    )
    series = models.SlugField(
        _("series"),
        max_length=60,
        blank=True,
        db_index=False,
        help_text=_("The same for plans that follow each other year by year, such as wenzhou-quality."),
    )
    first_month = MonthField(_("first month"))
    last_month = MonthField(_("last month"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
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
    demonstration = models.BooleanField(
        _("made up for demonstration"),
        default=False,
        help_text=_("No government has issued it; every page, file and answer of the API says so."),
    )

    objects = PlanQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-first_month", "code"]
        constraints = [
            models.CheckConstraint(
                name="plan_ends_after_it_begins",
                condition=models.Q(last_month__gte=models.F("first_month")),
                violation_error_message=_("The last month lies before the first."),
            ),
            models.CheckConstraint(
                name="plan_published_with_day",
                condition=models.Q(state="draft") | models.Q(issued_on__isnull=False),
                violation_error_message=_("A plan needs the day on which it was issued."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @loaded_after("departments.region")
    def natural_key(self) -> tuple[str]:
        return (self.code,)

    def clean(self) -> None:
        """A plan of more months than can be judged is refused."""
        months = self.first_month, self.last_month
        if all(isinstance(month, Month) for month in months) and len(months_between(*months)) > LONGEST:
            raise ValidationError({"last_month": _("A plan is for ten years at most.")})

    @property
    def year(self) -> int:
        """The year in which the plan begins."""
        return self.first_month.year

    @property
    def span(self) -> str:
        """The plan's months in short: "2014", "2021–2025", "2014-07–2014-12"."""
        first, last = self.first_month, self.last_month
        if (first.number, last.number) != (1, 12):
            return f"{first}–{last}"
        return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"

    @property
    def months(self) -> list[Month]:
        """Every month of the plan, the first to the last."""
        return months_between(self.first_month, self.last_month)

    @property
    def earlier_months(self) -> list[Month]:
        """The months of its first calendar year before it begins; none for a plan that begins in January."""
        return months_between(Month(self.first_month.year, 1), self.first_month.shifted(-1))

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class ClauseQuerySet(models.QuerySet["Clause"]):
    """Questions about clauses; finds rows by the names that fixtures use."""

    def with_names(self) -> Self:
        """The clauses without their words, but for those by which they may be called (`Clause.name`)."""
        return self.annotate(beginning=Left("text", BEGINNING)).defer("text")

    def get_by_natural_key(self, plan: str, path: str) -> "Clause":
        return self.get(plan__code=plan, path=path)


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

    objects = ClauseQuerySet.as_manager()
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
        return self.name

    @property
    def name(self) -> str:
        """By what the clause is called wherever it is listed: its number and its title."""
        return f"{self.path} {self.title}".strip()

    @property
    def title(self) -> str:
        """The heading; plans that are tables have none, then the first words. Empty in a draft without words."""
        return self.heading or first_words(self._beginning, self.path)

    @property
    def _beginning(self) -> str:
        """The words, or only the first where no more were read (`with_names`)."""
        return str(self.__dict__["beginning"]) if "beginning" in self.__dict__ else self.text

    @loaded_after("plans.plan")
    def natural_key(self) -> tuple[str, str]:
        return (self.plan.code, self.path)

    def clean(self) -> None:
        if not self.text and self.plan_id is not None and not self.plan.is_draft:
            raise ValidationError({"text": _("A clause of a plan in force has words. Enter them.")})
        if self.heading and self.heading not in self.text:
            said = _("The heading does not stand in the text of the clause.")
            raise ValidationError({"heading": with_parting(said, self.heading, self.text)})


def quote_stands_in_clause(quote: str, clause: Clause) -> bool:
    """Whether there is a quote, and the clause's text holds it word for word."""
    return bool(quote) and quote in clause.text


def check_quote(quote: str, clause: Clause) -> None:
    """Raises ValidationError unless the quote stands word for word in the clause's text; a draft may lack it."""
    if not quote and clause.plan.is_draft:
        return
    if not quote_stands_in_clause(quote, clause):
        told = {"quote": quote, "path": clause.path}
        said = _('The quote "%(quote)s" does not stand word for word in clause %(path)s.') % told
        raise ValidationError({"quote": _standing_elsewhere(said, quote, clause)})


def _standing_elsewhere(said: str, quote: str, clause: Clause) -> str:
    """The sentence, and after it the clause that has the quote, or else where the quote and this clause part."""
    other = next((other for other in clause.plan.clauses.all() if quote_stands_in_clause(quote, other)), None)
    if other is None:
        return with_parting(said, quote, clause.text)
    return join_sentences(said, _("These words stand in clause %(path)s.") % {"path": other.path})
