"""The diagram of supervision in the documents, drawn anew from the table of steps."""

from typing import Any

from django.core.management.base import BaseCommand

from tasks.papers.diagram import PATH, draw_supervision_diagram


class Command(BaseCommand):
    """`manage.py draw_supervision`: a test fails when the file does not say what the table says."""

    help = "Draw docs/supervision.md from the table of steps."

    def handle(self, *args: object, **options: Any) -> None:
        """Write the file and say where it is."""
        PATH.write_text(draw_supervision_diagram(), encoding="utf-8")
        self.stdout.write(str(PATH))
