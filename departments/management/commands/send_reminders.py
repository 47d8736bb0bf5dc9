"""The digests of a day, by hand."""

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.notices.digest import compose_digests
from departments.notices.mailing import deliver_mails


class Command(BaseCommand):
    """`manage.py send_reminders`: what Beat does every morning; whoever was told today already is told nothing."""

    help = "Compose the reminders of a day for everybody who has none yet, send them, and print how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """As if today were another day."""
        parser.add_argument("--day", default="", help="The day to remind for, like 2014-07-02 (default: today).")

    def handle(self, *, day: str, **_options: object) -> None:
        """Two numbers, or one sentence that says why not."""
        now = timezone.now()
        made = compose_digests(day_called(day, timezone.localdate(now)), now)
        sent = failed = 0
        more = True
        while more:
            outcome = deliver_mails(timezone.now())
            sent, failed, more = sent + outcome.sent, failed + outcome.failed, outcome.more
        said = _("%(made)d reminders composed, %(sent)d mails sent, %(failed)d failed and will be tried again.")
        self.stdout.write(said % {"made": made, "sent": sent, "failed": failed})


def day_called(text: str, today: date) -> date:
    """The day; a day to come is refused, for it would take that day's reminders away."""
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise CommandError(_('"%(found)s" is not a day. Write it like 2014-06-27.') % {"found": text}) from error
    if day > today:
        said = _("%(day)s has not come yet. Reminders are sent for today or for a day before.")
        raise CommandError(said % {"day": day})
    return day
