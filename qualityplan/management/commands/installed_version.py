"""Which release is installed."""

from django.core.management.base import BaseCommand

from qualityplan.version import VERSION


class Command(BaseCommand):
    """`manage.py installed_version`; `manage.py --version` tells Django's."""

    help = "Print the version of this release."

    def handle(self, *args: object, **options: object) -> None:
        """One line, for scripts."""
        self.stdout.write(VERSION)
