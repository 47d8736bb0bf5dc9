"""What was answered to requests that must not be done twice."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class IdempotentAnswer(models.Model):
    """The answer to a request that named a key (draft-ietf-httpapi-idempotency-key-header), kept for its repetitions.

    The row is made first and filled in by the transaction that does what was asked: whoever sees a row sees an answer,
    and a second request with the same key waits for the first. `status` is 0 until then; `digest` is the SHA-256 of
    what was sent.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"), db_index=False
    )
    key = models.CharField(_("key"), max_length=128)
    operation = models.CharField(_("operation"), max_length=200)
    digest = models.CharField(_("SHA-256 of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    answer = models.TextField(_("answer"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_answer_once")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.operation} · {self.key}"
