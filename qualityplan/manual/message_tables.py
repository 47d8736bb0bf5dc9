"""The tables of messages in the manual, drawn anew from the product's catalogues: each code with its sentence, which
says what to do."""

import re
from collections.abc import Iterator, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from imports.batches.messages import FILES, ROWS
from qualityplan.manual.chapters import FOLDERS, chapter_files
from reviews.messages import REFUSED_FILES
from targets.messages import SENTENCES as FIGURES
from tasks.wording.messages import SENTENCES as REPORTS

NAME = "messages"
"""The chapter that has the tables."""

CATALOGUES: Mapping[str, Mapping[str, str | Promise]] = {
    "figures": FIGURES,
    "rows": ROWS,
    "files": FILES,
    "attachments": REFUSED_FILES,
    "reports": REPORTS,
}
"""The name of a table → every code with its sentence."""

MARKED = re.compile(r"^\[messages of (\w+)\]: #\n\n(?:\|.*\n)*", re.MULTILINE)
"""A table's mark, of which readers of Markdown show nothing, and the table that follows."""

HEADINGS = (_("code"), _("what is told, and what to do"))

FILLED_IN = re.compile(r"%\(\w+\)[sd]")


def redraw_message_tables() -> Iterator[str]:
    """Draws the tables of the chapter in each language; gives the names of the files."""
    for language in FOLDERS:
        (file,) = (file for file in chapter_files(language) if file.stem == NAME)
        file.write_text(draw_message_tables(file.read_text(encoding="utf-8"), language), encoding="utf-8")
        yield str(file)


def draw_message_tables(written: str, language: str) -> str:
    """The chapter with its tables drawn anew in the language; KeyError for a mark that no catalogue has."""
    with override(language):
        return MARKED.sub(lambda found: "\n".join(_table(found[1])) + "\n", written)


def _table(name: str) -> Iterator[str]:
    yield f"[messages of {name}]: #\n"
    yield f"| {' | '.join(map(str, HEADINGS))} |"
    yield "|---|---|"
    for code, sentence in CATALOGUES[name].items():
        yield f"| `{code}` | {_shown(str(sentence))} |"


def _shown(sentence: str) -> str:
    """The sentence with … where something is filled in, safe in a cell of a table."""
    text = FILLED_IN.sub("…", sentence).replace("%%", "%")
    return re.sub(r"([\\|*_`<\[])", r"\\\1", text)
