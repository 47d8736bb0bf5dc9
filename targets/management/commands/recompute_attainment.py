"""Judges everything anew and writes what differs."""

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from targets.judging.recompute import recompute_all


class Command(BaseCommand):
    """`manage.py recompute_attainment`: a full rebuild; the result is the same as that of all incremental runs."""

    help = "Judge every target anew and write the attainments that differ."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(_("%(count)s attainments written.") % {"count": recompute_all()})
