"""Opening and closing the screens on walls."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import Screen, User
from departments.permissions import Action
from departments.services import record


@transaction.atomic
def open_screen(*, name: str, by: User) -> tuple[Screen, str]:
    """A new screen and the key of its address, which is shown once."""
    access.demand(by, Action.SHOW_SCREENS)
    if not name.strip():
        raise ValidationError(_("Say where the screen is, for example in which meeting room."))
    screen, key = Screen.made(name.strip(), by)
    record("screen.opened", by=by, subject=screen, name=screen.name)
    return screen, key


@transaction.atomic
def close_screen(screen: Screen, *, by: User) -> None:
    """The screen's address opens nothing any more, from now on; closing it again changes nothing."""
    access.demand(by, Action.SHOW_SCREENS)
    if Screen.objects.filter(pk=screen.pk, closed_at__isnull=True).update(closed_at=timezone.now()):
        record("screen.closed", by=by, subject=screen, name=screen.name)
