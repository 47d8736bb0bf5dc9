"""Fixtures are the city's data, often typed by hand: they pass the same checks as a form, all of a file or nothing.

It stands in for Django's command `loaddata`, which is refused here.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from qualityplan.loading.files import read_fixture_rows
from qualityplan.loading.loader import load_fixture_rows


class Command(BaseCommand):
    """See the module. Rows come after what they name; fields that are absent keep what is stored."""

    help = "Load fixtures strictly: every row is validated, and one bad row keeps all files out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The office edits the plan after it was loaded: `--keep` lets a restart add without taking that back."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="A path, or a name in the folder fixtures.")
        parser.add_argument("--keep", action="store_true", help="Add what is missing, change nothing.")

    def handle(self, *args: object, **options: Any) -> None:
        """All files in one transaction: what is wrong with any of them is told together."""
        try:
            loader = load_fixture_rows(read_fixture_rows(options["files"]), keep=options["keep"])
        except ValidationError as error:
            raise CommandError("\n".join([_("Nothing was stored:"), *error.messages])) from error
        if options["verbosity"]:
            self.stdout.write(loader.summary())
