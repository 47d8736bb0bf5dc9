"""Files that go with the steps of a notice: the notice itself, what proves an answer, what was found."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from departments.models import User
from reviews.models import AbstractAttachment
from tasks.models.supervision import SupervisionNotice, SupervisionStep
from tasks.rules.supervising import SupervisionVerb


class StepAttachmentQuerySet(models.QuerySet["StepAttachment"]):
    """Questions about files beside steps."""

    def visible_to(self, user: User) -> Self:
        """Files of the notices that the person may see."""
        return self.filter(step__notice__in=SupervisionNotice.objects.visible_to(user).values("pk"))

    def of_issue(self, notice: SupervisionNotice) -> Self:
        """What went to the units with the notice itself."""
        return self.filter(step__notice=notice, step__verb=SupervisionVerb.ISSUE.value)


class StepAttachment(AbstractAttachment):
    """A file beside a step of supervision; it came with the step and stays with it for good."""

    step = models.ForeignKey(
        SupervisionStep,
        models.PROTECT,
        related_name="attachments",
        db_index=False,
        verbose_name=_("step of supervision"),
    )

    objects = StepAttachmentQuerySet.as_manager()

    class Meta(AbstractAttachment.Meta):
        abstract = False
        verbose_name = _("attachment of a step of supervision")
        verbose_name_plural = _("attachments of steps of supervision")
        constraints = [
            *AbstractAttachment.Meta.constraints,
            models.UniqueConstraint(fields=["step", "digest"], name="step_attachment_once"),
        ]
