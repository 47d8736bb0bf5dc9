"""Private addresses under which calendar programs read due dates."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models import User
from departments.rules.keys import digest_of_key, new_key


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    """Questions about private addresses."""

    def usable(self, key: str) -> Self:
        """The address with this key, if it was not revoked and its person's account is open."""
        found = self.filter(key_hash=digest_of_key(key), revoked_at__isnull=True, user__is_active=True)
        return found.select_related("user")


class CalendarFeed(models.Model):
    """A private address of a person's calendar: shown once, stored only as SHA-256, ends when it is revoked.

    It opens nothing but the due dates of tasks, for as long as its person may see the plan.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="calendar_feeds",
        db_index=False,
        verbose_name=_("person"),
    )
    key_hash = models.CharField(_("hash of the key"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("private address of a calendar")
        verbose_name_plural = _("private addresses of calendars")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="calendar_feed_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.created_at:%Y-%m-%d}"

    @classmethod
    def issue(cls, user: User) -> str:
        """A new address's key; it is not kept and cannot be shown again."""
        key = new_key()
        cls.objects.create(user=user, key_hash=digest_of_key(key))
        return key
