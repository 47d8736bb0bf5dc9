"""Files that belong to figures: proofs, lists, scans."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import User
from departments.permissions import Action
from targets.documents import KINDS, Kind
from targets.models.observation import Observation, Revision


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Questions about attachments."""

    def of_drafts(self) -> Self:
        """What has not been handed in yet."""
        return self.filter(revision__isnull=True)

    def visible_to(self, user: User) -> Self:
        """What was handed in: for whoever sees the figure. What was not: for whoever may enter it."""
        reached = access.reach(user, Action.ENTER_OBSERVATIONS)
        own = Q(observation__indicator__department__in=reached.departments) | Q(observation__region__in=reached.regions)
        drafts = Q(revision__isnull=True) & (Q() if reached.everything else own)
        return self.filter(
            drafts | Q(revision__isnull=False, observation__in=Observation.objects.visible_to(user).values("pk"))
        )


class Attachment(models.Model):
    """A file beside a figure. Until it is handed in it lies with the draft and may be removed; with `revision` it
    belongs to that entry for good.

    `file` has a random name outside everything that is served by its address. Several attachments may share one file: a
    returned entry's are beside the next draft again without being copied.
    """

    observation = models.ForeignKey(
        Observation, models.PROTECT, related_name="attachments", verbose_name=_("observation"), db_index=False
    )
    revision = models.ForeignKey(
        Revision, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("revision")
    )
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=4, choices=[(code, code.upper()) for code in KINDS])
    size = models.PositiveIntegerField(_("size in bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    file = models.FileField(_("file"), max_length=100, db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        indexes = [models.Index(fields=["observation"], name="attachment_observation")]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0) & ~Q(digest="") & ~Q(file=""), name="attachment_whole"),
            models.UniqueConstraint(
                fields=["observation", "digest"], condition=Q(revision__isnull=True), name="attachment_drafted_once"
            ),
            models.UniqueConstraint(
                fields=["revision", "digest"], condition=Q(revision__isnull=False), name="attachment_handed_in_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def recognised(self) -> Kind:
        """What was found in the file."""
        return KINDS[self.kind]

    def linked(self, revision: Revision | None) -> "Attachment":
        """The same file beside another entry, or beside the next draft; not saved yet."""
        same = {name: getattr(self, name) for name in ("name", "kind", "size", "digest", "by_id", "at")}
        return Attachment(observation_id=self.observation_id, revision=revision, file=self.file.name, **same)
