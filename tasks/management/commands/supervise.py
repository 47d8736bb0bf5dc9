"""Supervision of a day, by hand."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from tasks import clock
from tasks.services.escalating import escalate
from tasks.services.proposing import propose_by_rule


class Command(BaseCommand):
    """`manage.py supervise`: what Beat does every hour of the day; a second run adds nothing."""

    help = "Propose what slips, escalate what is late, and print how many."

    def handle(self, *args: object, **options: Any) -> None:
        """Two numbers."""
        now = clock.now()
        made, raised = propose_by_rule(now=now), escalate(now=now)
        said = _("%(made)d matters proposed, %(raised)d escalated.") % {"made": made, "raised": raised}
        self.stdout.write(said)
