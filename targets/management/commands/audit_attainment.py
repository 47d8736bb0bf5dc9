"""Compares what is stored with what ought to be."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from targets.judging.audit import differences, disordered
from targets.models import DirtyKey


class Command(BaseCommand):
    """`manage.py audit_attainment`: exit code 1 and a list if any stored attainment differs from a full recompute, or
    the history of a figure runs backwards."""

    help = "Recompute everything, compare with what is stored, exit 1 on any difference or a history out of order."

    def handle(self, *args: object, **options: object) -> None:
        found = 0
        for difference in differences():
            self.stdout.write(str(difference))
            found += 1
        for figure in disordered():
            said = _("%(figure)s: its history runs backwards; what was official when cannot be told.")
            self.stdout.write(said % {"figure": figure})
            found += 1
        waiting = DirtyKey.objects.count()
        if waiting:
            self.stdout.write(_("%(count)s changes are still waiting to be recomputed.") % {"count": waiting})
        if found:
            raise CommandError(_("%(count)s differences found.") % {"count": found})
        self.stdout.write(_("Every attainment is what the figures say."))
