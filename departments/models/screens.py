"""Screens on a wall, which show what leadership sees without anybody's log-in."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models.lineage import RegionsAbove, RegionsBelow
from departments.models.organisation import Department, Region
from departments.models.people import Membership, User
from departments.permissions import Role
from departments.rules.keys import digest_of_key, new_key

DAYS = 365
"""For how long an address holds."""


class ScreenQuerySet(models.QuerySet["Screen"]):
    """Questions about screens."""

    def shining(self, at: datetime) -> Self:
        """Those whose address holds."""
        return self.filter(closed_at__isnull=True, expires_at__gt=at)

    def of_key(self, key: str) -> Self:
        """The screen with this key in its address, with the regions below and above its own."""
        region = models.F("region_id")
        return self.filter(key_hash=digest_of_key(key)).annotate(below=RegionsBelow(region), above=RegionsAbove(region))


class Screen(models.Model):
    """A screen in a meeting room. Its address holds a long random key, which is shown once and stored as SHA-256; who
    has it sees what the role of a leader of the region sees on the big screen, and can do nothing. It ends when it is
    closed, or in a year. `plan_code` names the plan that it shows, empty for all that such a leader sees; a code,
    because plans stand above this app.

    A wall cannot log in: a log-in ends after half an hour without use, and what the screen asks by itself is no use.
    """

    name = models.CharField(_("where the screen is"), max_length=60)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"), db_index=False)
    plan_code = models.SlugField(_("plan"), max_length=60, blank=True, db_index=False)
    key_hash = models.CharField(_("hash of the key"), max_length=64, unique=True, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = ScreenQuerySet.as_manager()

    below: str
    above: str

    class Meta:
        verbose_name = _("big screen")
        verbose_name_plural = _("big screens")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="screen_has_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def shines(self) -> bool:
        """Whether its address holds."""
        return self.closed_at is None and self.expires_at > timezone.now()

    @classmethod
    def made(cls, name: str, region_id: int, by: User, *, plan_code: str = "") -> tuple["Screen", str]:
        """A new screen, saved, and its key; the key is not kept and cannot be shown again."""
        key, now = new_key(), timezone.now()
        times = {"opened_at": now, "expires_at": now + timedelta(days=DAYS)}
        shown = {"region_id": region_id, "plan_code": plan_code}
        made = cls.objects.create(name=name, key_hash=digest_of_key(key), opened_by=by, **shown, **times)
        return made, key


def onlooker(screen: Screen) -> User:
    """Whoever stands before a screen: nobody in particular, with the role of a leader of the screen's region, and so
    with what that role reaches in the table of permissions."""
    nobody = User(username="")
    held = Membership(user=nobody, department=Department(region_id=screen.region_id), role=Role.LEADER.value)
    held.below, held.above = screen.below, screen.above
    nobody.held = [held]
    return nobody
