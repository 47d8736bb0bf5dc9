"""The private address of a person's calendar: made anew, or ended."""

from django.db import transaction
from django.utils import timezone

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from tasks.models import CalendarFeed


@transaction.atomic
def issue_feed(by: User) -> str:
    """Makes the key of a new private address, which is shown once; the earlier address ends."""
    access.demand(by, Action.VIEW_PLAN)
    User.objects.select_for_update().get(pk=by.pk)
    end_feed(by)
    key = CalendarFeed.issue(by)
    record("calendar.issued", by=by, subject=by)
    return key


@transaction.atomic
def revoke_feed(by: User) -> bool:
    """Ends the person's private address; False if there was none."""
    access.demand(by, Action.VIEW_PLAN)
    ended = end_feed(by)
    if ended:
        record("calendar.revoked", by=by, subject=by)
    return ended


def end_feed(user: User) -> bool:
    """The person's private address opens nothing any more; False if there was none."""
    return bool(CalendarFeed.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=timezone.now()))
