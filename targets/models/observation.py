"""The measured facts, and the append-only record of how each became what it is."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Region, User
from departments.permissions import Action
from plans.fields import MonthField
from reviews.models import AbstractAuthor, AbstractDecision, AbstractReviewed, ReviewedQuerySet
from reviews.workflow import ReviewVerb
from targets.entry_rules.figures import Entry, Key
from targets.models.indicator import Indicator, bound
from targets.models.target import TargetAssignment


class Source(models.Model):
    """Where revisions came from: one act of entering, by one person, at one time.

    `digest` is the SHA-256 of an imported file; `demonstration` marks made-up figures, which every page says.
    """

    class Kind(models.TextChoices):
        FORM = "form", _("typed in")
        IMPORT = "import", _("imported file")
        API = "api", _("other system")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    label = models.CharField(_("label"), max_length=200, blank=True)
    digest = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    demonstration = models.BooleanField(_("demonstration data"), default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["-id"]
        # Every page asks whether there is any such source.
        indexes = [models.Index(fields=["id"], condition=Q(demonstration=True), name="source_demonstration")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.label}".strip()


class Figures(models.Model):
    """A measured fact in numbers: numerator and denominator for a ratio, a value otherwise.

    At most 15 significant digits, 6 of them decimals: what every supported database stores exactly. More is refused
    at every door, never rounded.
    """

    value = bound(_("value"))
    numerator = bound(_("numerator"))
    denominator = bound(_("denominator"))
    occurred_on = models.DateField(_("day"), null=True, blank=True)

    class Meta:
        abstract = True


_EMPTY = Q(value__isnull=True, numerator__isnull=True, denominator__isnull=True)
_VALUE = Q(value__isnull=False, numerator__isnull=True, denominator__isnull=True)
_RATIO = Q(value__isnull=True, numerator__isnull=False, denominator__isnull=False, denominator__gte=0)


def _in_index(keys: Collection[Key], path: str = "") -> Q:
    """These figures, and perhaps some others between their months. A range of months is found in the index for each
    indicator and region; a list of them would make the table be read whole."""
    months = [month for _indicator, _region, month in keys]
    return Q(
        (f"{path}indicator__in", {indicator for indicator, _region, _month in keys}),
        (f"{path}region__in", {region for _indicator, region, _month in keys}),
        (f"{path}month__range", (min(months), max(months))),
    )


def _seen(reached: access.Reach, path: str = "") -> Q:
    """Which figures a reach covers; `path` leads to them."""
    found = Q((f"{path}region__in", reached.realm | reached.upward))
    if further := reached.above - reached.realm:
        found |= Q((f"{path}indicator__department__region__in", reached.realm), (f"{path}region__in", further))
    if units := reached.departments:
        answered_for = TargetAssignment.objects.filter(department__in=units).values("target__indicator")
        own = Q((f"{path}indicator__department__in", units)) | Q((f"{path}indicator__in", answered_for))
        found |= own & Q((f"{path}region__in", reached.parts | reached.wholes))
    return found


class ObservationQuerySet(models.QuerySet["Observation"]):
    """Questions about observations."""

    def around(self, keys: Collection[Key]) -> Self:
        """These figures, and perhaps some others between their months."""
        return self.filter(_in_index(keys)) if keys else self.none()

    def visible_to(self, user: User) -> Self:
        """Whoever looks after a region: its figures, those of its parts, and what its departments report of a whole
        above. A unit: what it reports or is responsible for, within its city and above. A county: its own figures and
        those of every region above. Nobody sees another city's."""
        return self.filter(_seen(access.reach(user, Action.VIEW_OBSERVATIONS)))

    def official(self) -> Self:
        """Only observations with an approved figure."""
        return self.filter(official__isnull=False)


class Observation(Figures):
    """The official figure of an indicator in a region and month; empty while nothing is approved.

    `official` is the revision that gave the figures. Only `targets.services` writes here.
    """

    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="observations", verbose_name=_("indicator"), db_index=False
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="observations", verbose_name=_("region"), db_index=False
    )
    month = MonthField(_("month"))
    official = models.OneToOneField(
        "Revision", models.PROTECT, null=True, related_name="+", verbose_name=_("official revision")
    )

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        ordering = ["indicator", "region", "month"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "region", "month"], name="observation_once"),
            models.CheckConstraint(
                condition=(Q(official__isnull=True) & _EMPTY) | (Q(official__isnull=False) & (_VALUE | _RATIO)),
                name="observation_figures_iff_official",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} · {self.region} · {self.month}"


class LatestEntry(NamedTuple):
    """The latest entry of a figure that was handed in."""

    state: str
    revision_id: int


class RevisionQuerySet(ReviewedQuerySet["Revision"]):
    """Questions about revisions."""

    def handed_in(self, keys: Collection[Key]) -> Self:
        """The entries of these figures that were handed in, oldest first, and perhaps of some others between their
        months."""
        if not keys:
            return self.none()
        return self.filter(_in_index(keys, "observation__")).order_by("id")

    def latest_of(self, keys: Collection[Key]) -> dict[Key, LatestEntry]:
        """The latest entry of each of these figures, and perhaps of some others."""
        columns = ("observation__indicator_id", "observation__region_id", "observation__month", "state", "pk")
        rows = self.handed_in(keys).values_list(*columns)
        return {(indicator, region, month): LatestEntry(state, pk) for indicator, region, month, state, pk in rows}

    def official_at(self, moment: datetime) -> Self:
        """The revisions that were official at a moment: at most one an observation."""
        return self.filter(official_at__lte=moment).filter(Q(ended_at__isnull=True) | Q(ended_at__gt=moment))

    def with_decisions(self) -> Self:
        """Each with the steps of its way, oldest first, and who took them: two queries, however many revisions."""
        return self.prefetch_related("decisions__by")


class Revision(Figures, AbstractReviewed):
    """One entry of an observation: who, when, what, why, from where; its figures never change.

    `oddities` are the codes of what looked odd when it was handed in (see `targets.entry_rules.oddities`), for the
    reviewer.
    """

    observation = models.ForeignKey(
        Observation, models.PROTECT, related_name="revisions", verbose_name=_("observation")
    )
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="revisions", verbose_name=_("source"), db_index=False
    )
    note = models.CharField(_("note"), max_length=400, blank=True)
    oddities = models.JSONField(_("what looked odd"), default=list, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta(AbstractReviewed.Meta):
        abstract = False
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-id"]
        constraints = [
            *AbstractReviewed.Meta.constraints,
            models.CheckConstraint(condition=_VALUE | _RATIO, name="revision_value_or_ratio"),
            models.UniqueConstraint(
                fields=["observation"], condition=Q(state="approved"), name="revision_one_approved"
            ),
            models.UniqueConstraint(
                fields=["observation"], condition=Q(state="submitted"), name="revision_one_submitted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.observation_id} · {self.pk} · {self.get_state_display()}"

    @property
    def entry(self) -> Entry:
        """The figure as it was offered."""
        row = self.observation
        figures = self.value, self.numerator, self.denominator, self.occurred_on
        return Entry(row.indicator_id, row.region_id, row.month, *figures, self.note)

    @property
    def return_reason(self) -> str:
        """Why it was returned; empty if it was not. Where there are many, load them `with_decisions`."""
        return next(
            (decision.reason for decision in self.decisions.all() if decision.verb == ReviewVerb.RETURN.value), ""
        )


class RevisionAuthor(AbstractAuthor):
    """One of several authors of a revision; `parts` are the columns of the numbers that they typed."""

    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="authors", db_index=False, verbose_name=_("revision")
    )

    class Meta(AbstractAuthor.Meta):
        abstract = False
        verbose_name = _("author of a revision")
        verbose_name_plural = _("authors of revisions")
        constraints = [models.UniqueConstraint(fields=["revision", "user"], name="revision_author_once")]

    def __str__(self) -> str:
        return f"{self.revision_id} · {self.user_id}"


class Decision(AbstractDecision):
    """One step of a revision's way; an import by the plan office is told by the revision itself."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="decisions", verbose_name=_("revision"))

    class Meta(AbstractDecision.Meta):
        abstract = False
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
