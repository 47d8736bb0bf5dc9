"""What everything that becomes official through a review has in common."""

from collections.abc import Iterable
from typing import Protocol, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from departments.models import User
from departments.models.sealing import SealField
from reviews.authors import group_authors_by_part
from reviews.documents import KINDS, FileKind
from reviews.workflow import ALWAYS_OFFICIAL_ONCE, NEEDS_REASON, ReviewState, ReviewVerb

OFFICIAL = ("approved_by", "official_at", "ended_at")
"""What an entry gets on its way, each once (see `departments.database.append_only`)."""
MOVING = ("state", "official_by")
"""What changes on its way."""
REVISED = ("created_at", "official_at", "ended_at")
"""When something happened to an entry."""
_NEED_REASON = sorted(verb.value for verb in NEEDS_REASON)


Row = TypeVar("Row", covariant=True)


class Related(Protocol[Row]):
    """The rows that stand beside an entry, of whichever model an app makes for them."""

    def all(self) -> Iterable[Row]: ...


class AbstractReviewed(models.Model):
    """An append-only entry with its review state.

    The values of an entry never change; `state` moves by `workflow.TRANSITIONS` alone. An entry is official from
    `official_at` until `ended_at` (a later approval or a withdrawal); both are kept, so that what was official at any
    moment can be told. Approval needs a second person; an import by a coordinator is the one other way in, openly
    marked by `official_by`. `reason` is that of a correction; what others decide, and why, stands beside the entry in
    its decisions (`AbstractDecision`).

    `author` is who typed the entry, whoever handed it in; where several have typed, one of them, and all stand in
    `authors` (`AbstractAuthor`). None of them ever approves it.
    """

    authors: "Related[AbstractAuthor]"
    decisions: "Related[AbstractDecision]"

    class StateChoices(models.TextChoices):
        SUBMITTED = ReviewState.SUBMITTED.value, _("submitted")
        RETURNED = ReviewState.RETURNED.value, _("returned")
        APPROVED = ReviewState.APPROVED.value, _("approved")
        SUPERSEDED = ReviewState.SUPERSEDED.value, _("superseded")
        WITHDRAWN = ReviewState.WITHDRAWN.value, _("withdrawn")

    class OfficialBy(models.TextChoices):
        REVIEW = "review", _("approved by a colleague")
        IMPORT = "import", _("imported by the plan office")

    state = models.CharField(
        _("state"), max_length=10, choices=StateChoices.choices, default=ReviewState.SUBMITTED.value
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"), db_index=False
    )
    created_at = models.DateTimeField(_("created at"))
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
        db_index=False,
    )
    official_by = models.CharField(_("official by"), max_length=6, choices=OfficialBy.choices, blank=True)
    official_at = models.DateTimeField(_("official at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("official until"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("author")),
                name="%(class)s_not_approved_by_author",
                violation_error_message=_("Nobody approves what they have typed."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=(*ALWAYS_OFFICIAL_ONCE, "superseded"), official_at__isnull=False)
                | (~Q(state__in=ALWAYS_OFFICIAL_ONCE) & Q(official_at__isnull=True, official_by="")),
                name="%(class)s_official_at_iff_official",
            ),
            models.CheckConstraint(
                condition=Q(official_by="review", approved_by__isnull=False)
                | Q(official_by__in=("", "import"), approved_by__isnull=True),
                name="%(class)s_approver_iff_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("superseded", "withdrawn"), official_at__isnull=False, ended_at__isnull=False)
                | Q(state="superseded", official_at__isnull=True, ended_at__isnull=True)
                | (~Q(state__in=("superseded", "withdrawn")) & Q(ended_at__isnull=True)),
                name="%(class)s_ended_at_iff_ended",
            ),
        ]

    def save_step(self) -> None:
        """Saves what a step has changed; the service may change nothing else of an entry."""
        self.save(update_fields=[*MOVING, *OFFICIAL])

    @property
    def was_replaced(self) -> bool:
        """Whether a later entry took its place before anybody had decided: it was never official."""
        return self.state == ReviewState.SUPERSEDED.value and self.official_at is None

    @property
    def standing(self) -> str:
        """Where it stands, in words."""
        return pgettext("an entry", "replaced") if self.was_replaced else str(self.StateChoices(self.state).label)

    @property
    def all_authors(self) -> list[User]:
        """Everybody who typed the entry, the one under whose name it goes first. Where there are many entries, load
        them `with_authors`."""
        further = [author.user for author in self.authors.all() if author.user_id != self.author_id]
        return [self.author, *further]

    @property
    def handed_in_by(self) -> User | None:
        """Who handed it in without having typed it; None if that was an author."""
        found = next(
            (decision.by for decision in self.decisions.all() if decision.verb == ReviewVerb.SUBMIT.value), None
        )
        return None if found in self.all_authors else found

    @property
    def authors_named(self) -> str:
        """The names of all authors, for the audit log."""
        return ", ".join(sorted(map(str, self.all_authors)))

    @property
    def concerned(self) -> list[User]:
        """Who wants to know what becomes of it: the authors, and who handed it in."""
        return [*self.all_authors, *([self.handed_in_by] if self.handed_in_by is not None else [])]

    def authors_by_part(self, parts: Iterable[str]) -> dict[str, list[int]]:
        """Part → the ids of who typed it; `parts` are those in which anything stands."""
        shares = [(author.user_id, author.parts) for author in self.authors.all()]
        return group_authors_by_part(shares or [(self.author_id, parts)])

    def is_typed_by(self, user: User) -> bool:
        """Whether somebody is one of the authors."""
        return user in self.all_authors


class AbstractAuthor(models.Model):
    """One of several authors of an entry, and which of its parts they typed. Where one person has typed everything, the
    entry names that person as its `author`, and no rows are needed.

    Rows are made before the entry is handed in and stay as they are (`reviews.four_eyes`).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"), db_index=False
    )
    parts = models.JSONField(_("what was typed"), default=list)

    class Meta:
        abstract = True
        ordering = ["id"]


Reviewed = TypeVar("Reviewed", bound=AbstractReviewed)


class ReviewedQuerySet(models.QuerySet[Reviewed]):
    """Questions about the authors of entries."""

    def by_others(self, user: User) -> Self:
        """The entries of which somebody is no author."""
        return self.exclude(author=user).exclude(authors__user=user)

    def with_authors(self) -> Self:
        """The entries with all their authors, by a single query however many entries there are."""
        return self.select_related("author").prefetch_related("authors__user")


class AbstractDecision(models.Model):
    """One step of an entry's way, append-only: what was done (a verb of `workflow`), by whom, when and why."""

    class VerbChoices(models.TextChoices):
        SUBMIT = ReviewVerb.SUBMIT.value, _("handed in")
        RETURN = ReviewVerb.RETURN.value, _("returned")
        APPROVE = ReviewVerb.APPROVE.value, _("approved")
        SUPERSEDE = ReviewVerb.SUPERSEDE.value, _("replaced by a newer entry")
        WITHDRAW = ReviewVerb.WITHDRAW.value, _("withdrawn")

    verb = models.CharField(_("step"), max_length=10, choices=VerbChoices.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False
    )
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    seal = SealField(_("seal"))

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(verb__in=_NEED_REASON) | ~Q(reason=""), name="%(class)s_reason_where_due"
            ),
        ]


class AbstractAttachment(models.Model):
    """A file beside an entry. Until it is handed in it lies with the draft and may be removed; handed in, it belongs to
    the entry for good.

    `file` has a random name outside everything that is served by its address. Several attachments may share one file: a
    returned entry's are beside the next draft again without being copied.
    """

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=4, choices=[(code, code.upper()) for code in KINDS])
    size = models.PositiveIntegerField(_("size in bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    file = models.FileField(_("file"), max_length=100, db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0) & ~Q(digest="") & ~Q(file=""), name="%(class)s_whole"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def recognised(self) -> FileKind:
        """What was found in the file."""
        return KINDS[self.kind]

    @property
    def content(self) -> dict[str, object]:
        """What is the same wherever the same file lies."""
        same = {name: getattr(self, name) for name in ("name", "kind", "size", "digest", "by_id", "at")}
        return same | {"file": self.file.name}
