"""The manual as one PDF file for each language: with a title, contents with the numbers of pages, and all chapters.

The file is kept under VAR_DIR and named after all that it is made from, so that a changed chapter makes a new one.
"""

import re
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from qualityplan.manual.chapters import FOLDERS, Chapter, read_manual
from qualityplan.version import VERSION
from tasks.papers.pdf import lay_out

NO_LIBRARIES = _(
    "This server cannot make PDF files yet: libraries of the system are missing. Read the manual on these pages, or "
    "ask the administrator of the server to run, as root: apt-get install %(packages)s"
)

ANCHOR = re.compile(r'(<h\d id=")')


def make_manual_pdf(language: str) -> Path:
    """Gives the file of the manual in the language, made if it is not there; files of earlier texts are deleted.

    MissingError where the system's libraries are missing, OSError where nothing can be written.
    """
    place = path_of_manual(language)
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(place, lay_out(*_written(language)))
        for earlier in place.parent.glob(f"*-{_folder(language)}.pdf"):
            if earlier != place:
                earlier.unlink(missing_ok=True)
    return place


def path_of_manual(language: str) -> Path:
    """Where the file of today's manual in the language is, or would be."""
    mark = sha256("\0".join(_written(language)).encode()).hexdigest()[:16]
    return Path(settings.VAR_DIR) / "manual" / f"{mark}-{_folder(language)}.pdf"


def _folder(language: str) -> str:
    return FOLDERS.get(language, FOLDERS["zh-hans"])


def _written(language: str) -> tuple[str, str]:
    """The page that is laid out, and its sheet of styles."""
    chapters = [(chapter, _printed(chapter)) for chapter in read_manual(language)]
    with override(language):
        page = render_to_string("qualityplan/manual_paper.html", {"chapters": chapters, "version": VERSION})
    return page, render_to_string("qualityplan/manual_paper.css")


def _printed(chapter: Chapter) -> SafeString:
    """The chapter as a part of one page: anchors carry the name of their chapter, links lead to them."""
    to_chapter = re.compile(rf'href="{re.escape(reverse("help"))}([a-z]+)/(?:#([^"]*))?"')
    named = ANCHOR.sub(rf"\g<1>{chapter.name}-", chapter.html)
    return SafeString(to_chapter.sub(_link, named))


def _link(found: re.Match[str]) -> str:
    return f'href="#{found[1]}-{found[2]}"' if found[2] else f'href="#{found[1]}"'


def _write(place: Path, made: bytes) -> None:
    """The file is there when it is whole, or not at all."""
    with NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as part:
        try:
            part.write(made)
            part.flush()
        except OSError:
            Path(part.name).unlink()
            raise
    Path(part.name).replace(place)
