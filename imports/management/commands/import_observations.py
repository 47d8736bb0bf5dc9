"""Imports a file of figures: all of it, or nothing and everything that is wrong."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from departments.models import User
from imports.batches.messages import errors_of, unreadable
from imports.files.readers import UnreadableError
from imports.models import ImportBatch
from imports.services.whole import import_observations


class Command(BaseCommand):
    """See the module."""

    help = "Import monitoring data from a CSV or XLSX file; official at once, so only for coordinators."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and who answers for it."""
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--by", required=True, metavar="USERNAME", help="The coordinator who imports.")

    def handle(self, *args: object, **options: Any) -> None:
        """Prints the counts; exits 1 with one line for each error."""
        batch = import_figures_file(options["file"], find_importer(options["by"]))
        counts = _("%(read)d read, %(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(rejected)d rejected")
        self.stdout.write(counts % vars(batch))
        if not batch.applied:
            for error in errors_of(batch):
                self.stderr.write(str(error))
            raise CommandError(_("Nothing was imported: %(count)d errors.") % {"count": len(batch.errors)})


def find_importer(username: str) -> User:
    """The person with this name; CommandError if there is none."""
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(_('There is nobody called "%(name)s".') % {"name": username}) from None


def import_figures_file(path: Path, by: User) -> ImportBatch:
    """The batch of a file; CommandError with a sentence where there is nothing to import."""
    try:
        with path.open("rb") as file:
            return import_observations(file, by=by)
    except OSError as error:
        raise CommandError(
            _("The file %(file)s cannot be read: %(why)s") % {"file": path, "why": error.strerror}
        ) from None
    except UnreadableError as error:
        raise CommandError(f"{path}: {unreadable(error)}") from None
    except PermissionDenied as error:
        raise CommandError(str(error)) from None
