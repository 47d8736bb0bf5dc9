"""The manual as a PDF file in each language."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qualityplan.backup.refusals import in_both_languages
from qualityplan.manual.chapters import FOLDERS
from qualityplan.manual.paper import NO_LIBRARIES, make_manual_pdf
from tasks.papers.pdf import LIBRARIES, MissingError


class Command(BaseCommand):
    """`manage.py manual_pdf`; the page of help leads to the same files."""

    help = "Make the manual as a PDF file in each language, and print where the files are."

    def handle(self, *args: object, **options: Any) -> None:
        """A line for each file; what is there already is not made again."""
        try:
            for language in FOLDERS:
                self.stdout.write(str(make_manual_pdf(language)))
        except MissingError as error:
            raise CommandError(in_both_languages(NO_LIBRARIES, packages=LIBRARIES)) from error
