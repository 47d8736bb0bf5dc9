"""Making a backup of database and attached files, while the service runs."""

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qualityplan.backup.destination import demand_folder
from qualityplan.backup.making import make_backup
from qualityplan.backup.manifest import Manifest
from qualityplan.backup.notes import BackupNote, note_backup, note_failure
from qualityplan.backup.refusals import BackupRefusedError, in_both_languages
from qualityplan.backup.retention import Keeping, delete_old_archives


class Command(BaseCommand):
    """`docs/backup.md` says how often, where to and what for."""

    help = "Write one archive of the database and the attached files; the service may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, for whom, and how many of the earlier ones stay."""
        parser.add_argument("to", type=Path, metavar="TO", help="A folder, where the archive gets a name, or a file.")
        parser.add_argument("--recipient", metavar="age1…", help="Encrypt for this key, not for BACKUP_RECIPIENT.")
        parser.add_argument("--keep", type=int, metavar="N", help="Then delete all but the N newest in the folder …")
        parser.add_argument("--weekly", type=int, default=0, metavar="N", help="… and the last of each of N weeks …")
        parser.add_argument("--monthly", type=int, default=0, metavar="N", help="… and of each of N months.")

    def handle(self, *args: object, **options: Any) -> None:
        """One line about the archive, and one for each that is deleted."""
        try:
            keeping = _keeping(options)
            moment = timezone.now().replace(microsecond=0)
            made = make_backup(options["to"], options["recipient"] or settings.BACKUP_RECIPIENT, moment)
        except BackupRefusedError as error:
            raise _failed(str(error)) from error
        except OSError as error:
            raise _failed(in_both_languages(NO_ROOM, reason=error.strerror or error)) from error
        except DatabaseError as error:
            raise _failed(in_both_languages(DATABASE, reason=str(error).strip())) from error
        try:
            self._finish(*made, keeping)
        except OSError as error:
            raise _failed(in_both_languages(UNFINISHED, file=made[0], reason=error)) from error

    def _finish(self, place: Path, note: BackupNote, manifest: Manifest, keeping: Keeping | None) -> None:
        note_backup(note)
        self._tell(MADE, file=place, rows=_rows(manifest), files=manifest.files, bytes=note.bytes)
        if not note.encrypted:
            self._tell(NOT_ENCRYPTED)
        if manifest.missing_files:
            self._tell(MISSING, count=len(manifest.missing_files), names=", ".join(manifest.missing_files[:5]))
        if keeping is not None:
            for name in delete_old_archives(place.parent, keeping):
                self._tell(DELETED, name=name)

    def _tell(self, sentence: Any, **details: object) -> None:
        self.stdout.write(in_both_languages(sentence, **details))


def _keeping(options: dict[str, Any]) -> Keeping | None:
    """BackupRefusedError for numbers that would delete what was just made, or in a folder that was not named."""
    kept = Keeping(options["keep"] or 0, options["weekly"], options["monthly"])
    if options["keep"] is None and not (kept.weekly or kept.monthly):
        return None
    if kept.newest < 1 or min(kept.weekly, kept.monthly) < 0:
        raise BackupRefusedError(_("--keep is at least 1, --weekly and --monthly at least 0."))
    if options["to"].is_file():
        raise BackupRefusedError(_("--keep deletes earlier archives of a folder: name the folder, not a file."))
    demand_folder(options["to"])
    return kept


def _rows(manifest: Manifest) -> int:
    return sum(table.rows for table in manifest.tables.values())


def _failed(reason: str) -> CommandError:
    with suppress(OSError):  # where nothing can be written, the exit code and the sentence must do
        note_failure(reason, timezone.now())
    return CommandError(reason)


MADE = _("%(file)s is complete: %(rows)d rows, %(files)d files, %(bytes)d bytes.")
NOT_ENCRYPTED = _("It is not encrypted. Set BACKUP_RECIPIENT if it leaves this machine (docs/backup.md).")
MISSING = _("%(count)d files that rows name were lost before and are not in it: %(names)s")
DELETED = _("Deleted: %(name)s")
UNFINISHED = _(
    "%(file)s is complete, but it could not be noted, or earlier ones not be deleted (%(reason)s). See that VAR_DIR "
    "and the folder can be written."
)
NO_ROOM = _("The backup could not be written (%(reason)s). Nothing of it was kept. Make room, or name another folder.")
DATABASE = _("The database could not be read (%(reason)s). Nothing was kept. See that it runs, then try again.")
