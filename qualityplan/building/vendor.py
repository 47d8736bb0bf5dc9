"""The few files of npm packages that pages use, offered to Django's static files under `vendor/`.

The packages hold hundreds of files more; collecting and compressing them all would take a minute.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage


class VendorFinder(BaseFinder):
    """Finds the files listed in `settings.VENDOR_FILES`: name in a page → path under node_modules."""

    def __init__(self, *_: object, **__: object) -> None:
        self.storage = FileSystemStorage(location=settings.NODE_MODULES)

    def check(self, **_: object) -> list[CheckMessage]:
        """Nothing to check: a missing file is reported by `list`, when static files are collected."""
        return []

    def find(self, path: str, find_all: bool = False, **_: object) -> Any:
        """The file on disk for one name, as Django's own finders answer."""
        source = settings.VENDOR_FILES.get(path)
        found = [str(Path(settings.NODE_MODULES) / source)] if source else []
        return found[0] if found and not find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Every listed file with a storage that opens it."""
        for name, source in settings.VENDOR_FILES.items():
            if not matches_patterns(name, ignore_patterns or []):
                yield name, RenamedFile(source)


class RenamedFile(FileSystemStorage):
    """A storage with one file, opened whatever name it is asked for."""

    def __init__(self, source: str) -> None:
        super().__init__(location=settings.NODE_MODULES)
        self.source = source

    def path(self, name: str) -> str:
        """The one file's path."""
        return super().path(self.source)
