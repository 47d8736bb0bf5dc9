"""Files that belong to figures: proofs, lists, scans."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import User
from departments.permissions import Action
from reviews.models import AbstractAttachment
from targets.models.observation import Observation, Revision


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Questions about attachments."""

    def of_drafts(self) -> Self:
        """What has not been handed in yet."""
        return self.filter(revision__isnull=True)

    def visible_to(self, user: User) -> Self:
        """What was handed in: for whoever sees the figure. What was not: for whoever may enter it."""
        reached = access.reach(user, Action.ENTER_OBSERVATIONS)
        own = Q(observation__indicator__department__in=reached.departments)
        own |= Q(observation__region__in=reached.regions | reached.realm)
        own |= Q(observation__indicator__department__region__in=reached.realm)
        drafts = Q(revision__isnull=True) & own
        return self.filter(
            drafts | Q(revision__isnull=False, observation__in=Observation.objects.visible_to(user).values("pk"))
        )


class Attachment(AbstractAttachment):
    """A file beside a figure; with `revision` it belongs to that entry for good."""

    observation = models.ForeignKey(
        Observation, models.PROTECT, related_name="attachments", verbose_name=_("observation"), db_index=False
    )
    revision = models.ForeignKey(
        Revision, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("revision")
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta(AbstractAttachment.Meta):
        abstract = False
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [models.Index(fields=["observation"], name="attachment_observation")]
        constraints = [
            *AbstractAttachment.Meta.constraints,
            models.UniqueConstraint(
                fields=["observation", "digest"], condition=Q(revision__isnull=True), name="attachment_drafted_once"
            ),
            models.UniqueConstraint(
                fields=["revision", "digest"], condition=Q(revision__isnull=False), name="attachment_handed_in_once"
            ),
        ]

    def linked(self, revision: Revision | None) -> "Attachment":
        """The same file beside another entry, or beside the next draft; not saved yet."""
        return Attachment(observation_id=self.observation_id, revision=revision, **self.content)
