"""A key to the HTTP API for another system."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import ApiToken, User
from departments.services.accounts import record

LONGEST = 3650


class Command(BaseCommand):
    """Prints the key alone on the standard output, so that it can be piped, and what to know about it beside."""

    help = "Create a token for the HTTP API and print it once. It has the permissions of its owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose token, for how long, and what for."""
        parser.add_argument("username", help="The owner; what the owner may do, the token may do.")
        parser.add_argument("--days", type=int, default=365, help="How long it is valid (default: 365 days).")
        parser.add_argument("--name", default="", help="What it is for, to tell it from others.")

    def handle(self, *, username: str, days: int, name: str, **_options: object) -> None:
        """One token, or one sentence that says why not."""
        owner = owner_called(username)
        demand_storable_token(days, name)
        token, key = issue_api_token(owner, days=days, name=name)
        self.stdout.write(key)
        until = timezone.localtime(token.expires_at).strftime("%Y-%m-%d %H:%M")
        self.stderr.write(_("Valid until %(until)s. The token is not shown again: keep it now.") % {"until": until})


def owner_called(username: str) -> User:
    """The active person with this log-in name."""
    owner = User.objects.filter(username=username).first()
    if owner is None:
        raise CommandError(_('There is no person with the log-in name "%(name)s".') % {"name": username})
    if not owner.is_active:
        raise CommandError(_('The account "%(name)s" is closed; its token would not work.') % {"name": username})
    return owner


def demand_storable_token(days: int, name: str) -> None:
    """Refuses what the database could not store, or what would be expired at once."""
    if not 1 <= days <= LONGEST:
        raise CommandError(_("A token is valid for 1 to %(days)d days.") % {"days": LONGEST})
    longest = ApiToken._meta.get_field("name").max_length or 0
    if len(name) > longest:
        raise CommandError(_("The name of a token has at most %(length)d characters.") % {"length": longest})


@transaction.atomic
def issue_api_token(owner: User, *, days: int, name: str) -> tuple[ApiToken, str]:
    """The token with its entry in the audit record, which names no actor: whoever runs commands is the system."""
    token, key = ApiToken.issue(owner, days=days, name=name)
    record("api_token.created", by=None, subject=token, owner=owner.username, name=name)
    return token, key
