"""The tables of messages in the manual, drawn anew from the catalogues."""

from typing import Any

from django.core.management.base import BaseCommand

from qualityplan.manual.message_tables import redraw_message_tables


class Command(BaseCommand):
    """`manage.py describe_messages`: a test fails when the manual does not say what the product says."""

    help = "Draw the tables of messages in docs/manual from the catalogues."

    def handle(self, *args: object, **options: Any) -> None:
        """Write the files and say where they are."""
        for name in redraw_message_tables():
            self.stdout.write(name)
