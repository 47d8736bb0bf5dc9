"""Opening and closing the screens on walls."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import Region, Screen, User
from departments.models.lineage import RegionsBelow
from departments.permissions import Action
from departments.services.accounts import record


def screens_of(by: User) -> "QuerySet[Screen]":
    """The screens of the regions for which somebody may open and close any."""
    return Screen.objects.filter(region__in=access.reach(by, Action.SHOW_SCREENS).seats)


def regions_for_screens(by: User) -> "QuerySet[Region]":
    """The regions for which somebody may open a screen, each with `below`, the ids of the region and of its parts."""
    seats = access.reach(by, Action.SHOW_SCREENS).seats
    return Region.objects.filter(pk__in=seats).annotate(below=RegionsBelow(F("pk")))


@transaction.atomic
def open_screen(*, name: str, region: Region, by: User, plan_code: str = "") -> tuple[Screen, str]:
    """A new screen for a region and the key of its address, which is shown once; without a plan it shows all."""
    access.demand_acting(by, Action.SHOW_SCREENS, region.pk)
    if not name.strip():
        raise ValidationError(_("Say where the screen is, for example in which meeting room."))
    screen, key = Screen.made(name.strip(), region.pk, by, plan_code=plan_code)
    record("screen.opened", by=by, subject=screen, name=screen.name, **({"plan": plan_code} if plan_code else {}))
    return screen, key


@transaction.atomic
def close_screen(screen: Screen, *, by: User) -> None:
    """The screen's address opens nothing any more, from now on; closing it again changes nothing."""
    access.demand_acting(by, Action.SHOW_SCREENS, screen.region_id)
    if Screen.objects.filter(pk=screen.pk, closed_at__isnull=True).update(closed_at=timezone.now()):
        record("screen.closed", by=by, subject=screen, name=screen.name)
