"""Everything a person reads is there in Chinese and in English."""

import re
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation import templatize

from conftest import missing
from pages.tests.house import APPS

CATALOGUE = settings.BASE_DIR / "qualityplan/locale/zh_Hans/LC_MESSAGES/django.po"
KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "pgettext_lazy:1c,2",
    "npgettext:1c,2,3",
    "_",
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def sources(folder: Path) -> list[Path]:
    """The code, and the templates as code that xgettext understands."""
    code = [path for app in APPS for path in (settings.BASE_DIR / app).rglob("*.py") if "tests" not in path.parts]
    pages = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
    for number, page in enumerate(pages):
        copy = folder / f"{number}.py"
        copy.write_text(templatize(page.read_text(), origin=str(page)))
        code.append(copy)
    return code


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[polib.POEntry]:
    """Every text that the code and the templates mark for translation."""
    if shutil.which("xgettext") is None:
        missing("xgettext not found: apt-get install gettext / 未找到 xgettext，请安装 gettext")
    folder = tmp_path_factory.mktemp("messages")
    keywords = [f"--keyword={keyword}" for keyword in KEYWORDS]
    command = ["xgettext", "-L", "Python", "--from-code=UTF-8", *keywords, "-o", str(folder / "all.pot")]
    subprocess.run([*command, *map(str, sources(folder))], check=True, capture_output=True)
    return list(polib.pofile(str(folder / "all.pot")))


def chinese() -> dict[tuple[str | None, str], polib.POEntry]:
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(CATALOGUE))}


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_text_is_there_in_chinese(messages: list[polib.POEntry]) -> None:
    known = chinese()
    untold = [entry.msgid for entry in messages if not all(texts(known.get((entry.msgctxt, entry.msgid), entry)))]
    assert untold == []


def test_every_key_is_english(messages: list[polib.POEntry]) -> None:
    """A key may quote Chinese headings for which there are no other words, but is never Chinese alone."""
    assert [
        entry.msgid for entry in messages if CHINESE.search(entry.msgid) and not re.search("[a-z]{3}", entry.msgid)
    ] == []


def test_no_translation_has_lost_its_source(messages: list[polib.POEntry]) -> None:
    used = {(entry.msgctxt, entry.msgid) for entry in messages}
    assert [key for key in chinese() if key not in used] == []


def test_a_translation_keeps_what_is_filled_in() -> None:
    for entry in chinese().values():
        wanted = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        for text in texts(entry):
            assert set(PLACEHOLDER.findall(text)) <= wanted, entry.msgid


def test_nothing_is_marked_as_doubtful() -> None:
    assert [entry.msgid for entry in chinese().values() if entry.fuzzy] == []
