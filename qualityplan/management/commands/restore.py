"""Putting a backup back into an empty installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from qualityplan.backup.inspection import open_archive
from qualityplan.backup.refusals import BackupRefusedError, in_both_languages
from qualityplan.backup.restoring import restore_archive
from qualityplan.management.commands.serve import hold_service_lock


class Command(BaseCommand):
    """Everything or nothing; `docs/backup.md` says what else a burnt machine needs."""

    help = "Restore a backup into an empty installation, as the owner of the tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From where, with which key."""
        parser.add_argument("source", type=Path, metavar="FROM", help="The archive.")
        parser.add_argument("--identity", type=Path, metavar="FILE", help="The private key of an encrypted archive.")
        parser.add_argument(
            "--with-other-keys", action="store_true", help="SECRET_KEY or AUDIT_KEY of the backup are lost for good."
        )

    def handle(self, *args: object, **options: Any) -> None:
        """One line about what was restored."""
        try:
            with (
                hold_service_lock(Path(settings.VAR_DIR)),
                open_archive(options["source"], options["identity"]) as source,
            ):
                manifest = restore_archive(source, Path(settings.MEDIA_ROOT), other_keys=options["with_other_keys"])
        except BackupRefusedError as error:
            raise CommandError(str(error)) from error
        except (OSError, DatabaseError) as error:
            raise CommandError(in_both_languages(FAILED, reason=str(error).strip())) from error
        told = {"moment": manifest.made_at.isoformat(), "tables": len(manifest.tables), "files": manifest.files}
        self.stdout.write(in_both_languages(RESTORED, **told))


RESTORED = _("Restored as of %(moment)s: %(tables)d tables and %(files)d files, each equal to the backup.")
FAILED = _("The backup could not be restored (%(reason)s). Nothing was kept: mend that and restore again.")
