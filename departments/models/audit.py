"""The append-only record of who did what."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models.organisation import Region
from departments.models.sealing import SealField

KEPT = timedelta(days=183)
"""For how long every event must be kept: at least six months (网络安全法 第二十一条)."""


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Events are added and read; all that can be done to old ones is to let go of them."""

    def update(self, **values: object) -> NoReturn:
        raise TypeError("An audit event is never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("An audit event is never deleted.")

    def purge(self, before: datetime) -> int:
        """Deletes what is older; the number of events. Refuses what must still be kept."""
        if before > timezone.now() - KEPT:
            raise ValueError(f"Audit events are kept for {KEPT.days} days.")
        return self.filter(at__lt=before)._raw_delete(self.db)


class AuditEvent(models.Model):
    """One thing that was done, written in the transaction that did it. Rows are added, never changed or deleted.

    The database keeps this promise too (`departments.database.append_only`): triggers refuse UPDATE, and DELETE before
    `KEPT` is over. `actor` is empty for what the system does by itself; `subject` names the object
    ("targets.revision:17"); `region` is the one whose administrators read of it, empty for what concerns the
    installation.
    """

    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("actor"), db_index=False
    )
    action = models.CharField(_("action"), max_length=40)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", verbose_name=_("region"), db_index=False
    )
    detail = models.JSONField(_("detail"), default=dict)
    seal = SealField(_("seal"))

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject}"

    def save(
        self,
        *,
        force_insert: bool | tuple[models.base.ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Adds the row; refuses to change one that exists."""
        if self.pk is not None:
            raise TypeError("An audit event is never changed.")
        super().save(force_insert=force_insert, using=using)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError("An audit event is never deleted.")


class Link(models.Model):
    """One row in the chain of all that is sealed (`departments.auditing.chain`): audit events and decisions.

    `hash` is made of the link's other fields and of the hash before it, so that no link can be taken out, put in or
    changed without all later ones. `let_go` is set, in the same handwriting, where the row was deleted by rule.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    label = models.CharField(_("kind of data"), max_length=40)
    row = models.BigIntegerField(_("row"))
    seal = models.CharField(_("seal"), max_length=64)
    linked_at = models.DateTimeField(_("linked at"))
    hash = models.CharField(_("hash"), max_length=64)
    let_go = models.CharField(_("let go"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("link of the audit chain")
        verbose_name_plural = _("links of the audit chain")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["label", "row"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"
