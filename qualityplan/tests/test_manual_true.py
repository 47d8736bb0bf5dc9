"""The manual cannot rot: what it names is there, and both languages say it in the same places.

In a chapter bold type is for words of the product alone, `manage.py …` for its commands, capitals in code for settings.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

import polib
import pytest
from django.conf import settings
from django.core.management import get_commands
from markdown_it.token import Token

from qualityplan.manual.chapters import FOLDERS, ORDER, PARSER, chapter_files, read_manual
from qualityplan.manual.fitting import FITTING
from qualityplan.manual.message_tables import CATALOGUES, NAME, draw_message_tables
from qualityplan.tests.test_templates import apps_of_addresses
from qualityplan.tests.test_translations import CATALOGUE

LANGUAGES = list(FOLDERS)
COMMAND = re.compile(r"manage\.py (\w+)")
SETTING = re.compile(r"[A-Z]+(?:_[A-Z]+)+|PORT|BIND|DEMO|HTTPS|DEBUG|PROXIES")
FILE = re.compile(r"(?:docs|deploy)/[\w.-]+|[A-Z]+\.md")

each_chapter = pytest.mark.parametrize("name", ORDER)
each_language = pytest.mark.parametrize("language", LANGUAGES)


@lru_cache(maxsize=2 * len(ORDER))
def tokens_of(name: str, language: str) -> Sequence[Token]:
    (file,) = (file for file in chapter_files(language) if file.stem == name)
    return PARSER.parse(file.read_text(encoding="utf-8"))


def inline(tokens: Sequence[Token]) -> Iterator[Token]:
    """Everything within paragraphs, headings and cells."""
    yield from (child for token in tokens for child in token.children or ())


def bold(name: str, language: str) -> list[str]:
    """The words of the product that a chapter names."""
    words, before = [], ""
    for token in inline(tokens_of(name, language)):
        if before == "strong_open":
            words.append(token.content)
        before = token.type
    return words


def code(name: str, language: str) -> list[str]:
    return [token.content for token in inline(tokens_of(name, language)) if token.type == "code_inline"]


@lru_cache(maxsize=1)
def chinese() -> dict[str, set[str]]:
    """Every English text of the product → its Chinese, of which there may be several."""
    words: dict[str, set[str]] = {}
    for entry in polib.pofile(str(CATALOGUE)):
        words.setdefault(entry.msgid, set()).update({entry.msgstr, *entry.msgstr_plural.values()} - {""})
    return words


# --- Both languages ---------------------------------------------------------------------------------------------------


@each_language
def test_every_chapter_is_there_and_no_other(language: str) -> None:
    folder = settings.BASE_DIR / "docs" / "manual" / FOLDERS[language]
    assert {file.stem for file in folder.iterdir()} == set(ORDER)
    assert [chapter.name for chapter in read_manual(language)] == list(ORDER)


@each_chapter
def test_both_languages_are_built_alike(name: str) -> None:
    """The same headings, paragraphs, items and rows, so that nothing is said in one language alone."""
    built = [[(token.type, token.tag) for token in tokens_of(name, language)] for language in LANGUAGES]
    for place, (block, twin) in enumerate(zip_longest(*built)):
        assert block == twin, [token.content for token in tokens_of(name, LANGUAGES[0])[max(0, place - 3) : place + 3]]


@each_chapter
def test_both_languages_name_the_same_words_of_the_product(name: str) -> None:
    in_chinese, in_english = (bold(name, language) for language in LANGUAGES)
    assert len(in_chinese) == len(in_english)
    said = {chinese_word for word in in_english for chinese_word in chinese().get(word, ())}
    assert set(in_chinese) <= said


@each_chapter
def test_both_languages_name_the_same_commands_settings_and_codes(name: str) -> None:
    in_chinese, in_english = (
        [text for text in code(name, language) if COMMAND.match(text) or text.isascii()] for language in LANGUAGES
    )
    told = [
        [COMMAND.findall(text) or text.replace(".zh.md", ".md") for text in texts] for texts in (in_chinese, in_english)
    ]
    assert sorted(map(str, told[0])) == sorted(map(str, told[1]))


# --- What is named is there -------------------------------------------------------------------------------------------


@each_chapter
def test_every_word_of_the_product_that_is_named_is_there(name: str) -> None:
    shown = set().union(*chinese().values())
    assert [word for word in bold(name, "zh-hans") if word not in shown] == []
    assert [word for word in bold(name, "en") if word not in chinese()] == []


@each_language
@each_chapter
def test_every_command_setting_and_file_that_is_named_is_there(name: str, language: str) -> None:
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    table = {text for line in readme.splitlines() if line.startswith("| `") for text in re.findall(r"`(\w+)`", line)}
    for text in code(name, language):
        assert set(COMMAND.findall(text)) <= set(get_commands()), text
        if SETTING.fullmatch(text):
            assert text in table, text
        if FILE.fullmatch(text):
            assert (settings.BASE_DIR / text).exists(), text


@each_language
@each_chapter
def test_every_link_leads_to_a_heading_that_is_there(name: str, language: str) -> None:
    anchors = {chapter.name: {section.anchor for section in chapter.sections} for chapter in read_manual(language)}
    for token in inline(tokens_of(name, language)):
        if token.type == "link_open":
            place, _hash, anchor = str(token.attrGet("href")).partition("#")
            assert place.removesuffix(".md") in anchors, place
            assert not anchor or anchor in anchors[place.removesuffix(".md")]


@each_language
def test_headings_of_a_chapter_have_anchors_of_their_own(language: str) -> None:
    for chapter in read_manual(language):
        anchors = [section.anchor for section in chapter.sections]
        assert len(anchors) == len(set(anchors)), chapter.name


@each_language
@each_chapter
def test_no_markup_is_left_in_what_is_read(name: str, language: str) -> None:
    """`**` beside a bracket or a full stop is no bold type to the parser; a line break between two Chinese signs
    would be read as a space."""
    for token in inline(tokens_of(name, language)):
        assert token.type == "code_inline" or "**" not in token.content, token.content
        assert language == "en" or token.type != "softbreak"


# --- Messages ---------------------------------------------------------------------------------------------------------


@each_language
def test_every_message_of_the_catalogues_is_in_the_manual(language: str) -> None:
    """`manage.py describe_messages` draws them anew."""
    (file,) = (file for file in chapter_files(language) if file.stem == NAME)
    written = file.read_text(encoding="utf-8")
    assert draw_message_tables(written, language) == written
    assert set(CATALOGUES) == set(re.findall(r"\[messages of (\w+)\]", written))


@each_language
def test_every_refusal_of_the_api_is_in_the_manual(language: str) -> None:
    described = (settings.BASE_DIR / "docs/api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", described, re.MULTILINE)
    assert len(rows) > 10
    codes = {code for _status, cell in rows for code in re.findall(r"`(\w+)`", cell)}
    assert codes <= set(code(NAME, language))


# --- From a page to its chapter ---------------------------------------------------------------------------------------


def test_every_page_that_leads_to_a_chapter_and_every_chapter_is_there() -> None:
    assert set(FITTING) <= set(apps_of_addresses())
    assert set(FITTING.values()) <= set(ORDER)
