"""Proving that a backup can be restored and says what the service said."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qualityplan.backup.inspection import open_archive
from qualityplan.backup.notes import note_verified
from qualityplan.backup.refusals import BackupRefusedError, in_both_languages
from qualityplan.backup.verifying import verify_archive


class Command(BaseCommand):
    """Exit code 0: every row, file, seal and light is as it was."""

    help = (
        "Restore a backup into a database that is thrown away and hold everything against it; exit code 1 if it fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From where, with which key."""
        parser.add_argument("source", type=Path, metavar="FROM", help="The archive.")
        parser.add_argument("--identity", type=Path, metavar="FILE", help="The private key of an encrypted archive.")

    def handle(self, *args: object, **options: Any) -> None:
        """A sentence for each fault, or that there is none."""
        try:
            with open_archive(options["source"], options["identity"]) as source:
                manifest, faults = verify_archive(source)
        except BackupRefusedError as error:
            raise CommandError(str(error)) from error
        except (OSError, DatabaseError) as error:
            raise CommandError(in_both_languages(FAILED, reason=str(error).strip())) from error
        for fault in faults:
            self.stderr.write(fault)
        if manifest.missing_files:
            self.stdout.write(in_both_languages(MISSING, count=len(manifest.missing_files)))
        if faults:
            raise CommandError(in_both_languages(FAULTS, count=len(faults)))
        note_verified(options["source"].name, timezone.now())
        self.stdout.write(in_both_languages(PROVED, rows=sum(table.rows for table in manifest.tables.values())))


PROVED = _("The backup holds: %(rows)d rows, every file, the audit chain and every light are as they were.")
MISSING = _("%(count)d files had been lost before the backup was made.")
FAULTS = _("The backup does not hold: %(count)d faults.")
FAILED = _("The backup could not be restored to prove it (%(reason)s).")
