"""The tables of the fixtures' description, drawn anew from the models."""

from typing import Any

from django.core.management.base import BaseCommand

from qualityplan.loading.description import PATH, redraw_fixture_tables


class Command(BaseCommand):
    """`manage.py describe_fixtures`: a test fails when the file does not say what the models say."""

    help = "Draw the tables of docs/fixtures.md from the models."

    def handle(self, *args: object, **options: Any) -> None:
        """Write the file and say where it is."""
        PATH.write_text(redraw_fixture_tables(PATH.read_text(encoding="utf-8")), encoding="utf-8")
        self.stdout.write(str(PATH))
