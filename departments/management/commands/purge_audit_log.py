"""Letting go of old audit events, when the time for which they must be kept is over."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.auditing import chain
from departments.models import AuditEvent
from departments.models.audit import KEPT
from departments.services.accounts import record

LONGEST = 36500


class Command(BaseCommand):
    """What is deleted is counted, and that it was deleted is itself an event."""

    help = "Delete audit events that are older than the given number of days, at least 183."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How old an event must be."""
        parser.add_argument("--older-than-days", type=int, required=True, help=f"At least {KEPT.days}.")

    @transaction.atomic
    def handle(self, *, older_than_days: int, **_options: object) -> None:
        """One number, or one sentence that says why not."""
        if not KEPT.days <= older_than_days <= LONGEST:
            told = _("Audit events are kept for at least six months: give %(least)d to %(most)d days.")
            raise CommandError(told % {"least": KEPT.days, "most": LONGEST})
        before = timezone.now() - timedelta(days=older_than_days)
        chain.note_purged_rows(AuditEvent, AuditEvent.objects.filter(at__lt=before))
        count = AuditEvent.objects.purge(before)
        record("audit.purged", by=None, count=count, older_than=timezone.localtime(before).strftime("%Y-%m-%d %H:%M"))
        self.stdout.write(_("%(count)d audit events deleted.") % {"count": count})
