"""What people are told, and of what they were reminded when."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models.people import User


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Questions about notices."""

    def unread(self) -> Self:
        """What the person has not marked as read."""
        return self.filter(read_at__isnull=True)

    def to_mail(self, now: datetime) -> Self:
        """What is to be sent now: not what was read meanwhile, nor to people without an address or who have left. A
        further address is told in any case: perhaps somebody else has read it."""
        reachable = Q(read_at__isnull=True, user__is_active=True) & ~Q(user__email="")
        return self.filter(reachable | ~Q(mail_also=""), mail_at__lte=now)

    def unread_first(self) -> Self:
        """What was not read yet, then the rest; newest first."""
        return self.alias(is_unread=Q(read_at__isnull=True)).order_by("-is_unread", "-pk")


class Notice(models.Model):
    """Something a person is told in the application, and by e-mail where there is an address.

    `parts` are `{"kind", "details", "link"}`: the sentences are made from them in the reader's language when shown.
    The same is told once: `kind` with `subject` (what it is about) and `day`, so that a repeated or concurrent run
    adds nothing. `mail_at` is when it is to be sent, or after a failure sent again; empty: not, or not any more.
    `mail_also` is an address besides the person's that is still to be told: the one that the person had before.
    """

    DIGEST = "digest"

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", db_index=False, verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=20)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    day = models.DateField(_("day"))
    parts = models.JSONField(_("parts"), default=list)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    mail_at = models.DateTimeField(_("to be sent at"), null=True, blank=True)
    mail_also = models.EmailField(_("to be sent to as well"), blank=True)
    mail_attempts = models.PositiveSmallIntegerField(_("attempts to send"), default=0)
    mailed_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "subject", "day"], name="notice_once"),
            models.CheckConstraint(
                condition=Q(mail_at__isnull=True) | Q(mailed_at__isnull=True), name="notice_not_sent_again"
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_unread"),
            models.Index(fields=["mail_at"], condition=Q(mail_at__isnull=False), name="notice_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.kind} · {self.day}"


class LastReminder(models.Model):
    """On which day a person was last reminded of a thing (`departments.rules.reminding.Matter.thing`)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, verbose_name=_("person")
    )
    thing = models.CharField(_("thing"), max_length=120)
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("last reminder")
        verbose_name_plural = _("last reminders")
        ordering = ["user", "thing"]
        constraints = [models.UniqueConstraint(fields=["user", "thing"], name="last_reminder_once")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.thing} · {self.day}"
