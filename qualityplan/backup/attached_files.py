"""The files below MEDIA_ROOT that rows name: held while they are packed, and put back whole or not at all.

A file is written once and never changed, but it is deleted when nobody needs it any more, maybe while the backup runs.
A second link to it, made at once, keeps its content for as long as the packing takes.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from qualityplan.backup.archive import PLAIN_PATH, ArchiveWriter, Entry
from qualityplan.backup.private_folders import private_folder
from qualityplan.backup.refusals import BackupRefusedError

HOLDING, RESTORING = ".backup-", ".restoring-"
FOLDER = "media/"


@dataclass(slots=True)
class HeldFiles:
    """Where each file's content lies for now, by the name in the database, and the names that lead nowhere."""

    paths: dict[str, Path] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def pack(self, archive: ArchiveWriter) -> int:
        """Adds every file, in the order of their names: how many bytes."""
        packed = 0
        for name, path in sorted(self.paths.items()):
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                archive.add_file(FOLDER + name, file, size)
            packed += size
        return packed


@contextmanager
def hold_files(media: Path, names: Iterable[str]) -> Iterator[HeldFiles]:
    """Holds the files of these names, as they are now, until the block ends."""
    media.mkdir(mode=0o700, parents=True, exist_ok=True)
    with private_folder(media, HOLDING) as folder:
        held = HeldFiles()
        for number, name in enumerate(sorted(set(names))):
            path = _held(media, name, folder / str(number))
            if path is None:
                held.missing.add(name)
            else:
                held.paths[name] = path
        yield held


def _held(media: Path, name: str, link: Path) -> Path | None:
    """Where the content of a file lies for now; the file itself where the disk knows no second links. None if there is
    no such file. A name that leads elsewhere is none of ours, whatever the database says."""
    path = media / name
    if not PLAIN_PATH.fullmatch(name) or not _is_plain_file(path):
        return None
    try:
        os.link(path, link, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError:
        return path
    return link


def _is_plain_file(path: Path) -> bool:
    with suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


class FilesPutBack:
    """Takes files out of an archive into a folder of their own; `publish` moves all of them to their places."""

    def __init__(self, media: Path, folder: Path) -> None:
        self._media, self._folder = media, folder
        self._published: list[Path] = []

    def take(self, entry: Entry) -> None:
        """Writes one file; its name was looked at when the archive was read."""
        path = self._folder / entry.name.removeprefix(FOLDER)
        for folder in reversed(path.relative_to(self._folder).parents):
            (self._folder / folder).mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for portion in entry.portions():
                file.write(portion)
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> None:
        """Moves everything to its place."""
        for found in list(self._folder.iterdir()):
            place = self._media / found.name
            if place.exists():
                shutil.rmtree(place)  # empty folders, as `demand_no_files` has seen
            found.rename(place)
            self._published.append(place)

    def take_back(self) -> None:
        """Removes what was published."""
        for place in self._published:
            shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)


@contextmanager
def put_back_files(media: Path, needed: int) -> Iterator[FilesPutBack]:
    """For files of `needed` bytes together; BackupRefusedError if there are files already, or no room. Where the block
    ends with an error nothing of them stays."""
    media.mkdir(mode=0o700, parents=True, exist_ok=True)
    demand_no_files(media)
    free = shutil.disk_usage(media).free
    if needed > free:
        raise BackupRefusedError(
            _("The files of the backup need %(needed)d MB and %(folder)s has %(free)d MB left. Make room first."),
            needed=needed // 1024**2 + 1,
            free=free // 1024**2,
            folder=media,
        )
    with private_folder(media, RESTORING) as folder:
        files = FilesPutBack(media, folder)
        try:
            yield files
        except BaseException:
            files.take_back()
            raise


def demand_no_files(media: Path) -> None:
    """BackupRefusedError if the folder holds a file; empty folders do no harm, nor does what a killed restore left."""
    ours = (HOLDING, RESTORING)
    found = (path for path in media.rglob("*") if not path.is_dir() or path.is_symlink())
    kept = next((path for path in found if not path.relative_to(media).parts[0].startswith(ours)), None)
    if kept is not None:
        raise BackupRefusedError(
            _(
                "%(folder)s holds files already (%(file)s). A backup is restored into an empty installation alone: "
                "move them away first."
            ),
            folder=media,
            file=kept.name,
        )
