"""Every component of the pages: the pattern agrees with its template, and escapes whatever it is given."""

import random
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import pytest
from django.template.backends.django import get_installed_libraries
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import override

from pages.patterns import Pattern
from pages.tests.house import APPS

WILD = """"'><script>alert({0})</script><b onclick="alert(1)">&amp; %s {{ name }} {"""
HTML = SafeString("<i>{1} &amp; %d</i>")
VALUES: dict[type, tuple[object, ...]] = {
    str: ("", "鹿城区 Lucheng", WILD),
    bool: (False, True),
    SafeString: (SafeString(""), HTML),
}
ROWS = 100


def is_ours(module: str) -> bool:
    return module.split(".")[0] in APPS


def patterns_of_the_house() -> dict[str, Pattern[Any]]:
    """Every pattern that a module of ours has, by its template."""
    for library in get_installed_libraries().values():
        if is_ours(library):
            import_module(library)
    modules = [module for name, module in list(sys.modules.items()) if is_ours(name)]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Pattern)]
    return {pattern.template: pattern for pattern in found}


PATTERNS = patterns_of_the_house()


def rows_of(pattern: Pattern[Any]) -> Iterator[Any]:
    """Values of every kind: empty, plain, hostile, HTML; the same each time."""
    chance = random.Random(pattern.template)
    kinds = pattern.kind.__annotations__.values()
    for _number in range(ROWS):
        yield pattern.kind(*[chance.choice(VALUES[kind]) for kind in kinds])


class Elements(HTMLParser):
    """The elements and attributes that a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _value in attrs}


def test_the_rows_of_a_worksheet_are_among_them() -> None:
    assert {"targets/_worksheet_row.html", "targets/_light.html", "reports/_pin.html"} <= PATTERNS.keys()


@pytest.mark.parametrize("template", sorted(PATTERNS))
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_pattern_writes_what_its_template_writes(template: str, language: str) -> None:
    pattern = PATTERNS[template]
    with override(language):
        for values in rows_of(pattern):
            written = render_to_string(template, values._asdict())
            assert pattern.fill(values).strip() == written.strip()


@pytest.mark.parametrize("template", sorted(PATTERNS))
def test_nothing_that_is_filled_in_becomes_markup(template: str) -> None:
    pattern = PATTERNS[template]
    for values in rows_of(pattern):
        found = Elements(pattern.fill(values))
        assert "script" not in found.elements
        assert "onclick" not in found.attributes


@pytest.mark.parametrize("template", sorted(PATTERNS))
def test_every_value_is_written_or_asked(template: str) -> None:
    """A value that changes nothing is left over, or its name is misspelt in the template."""
    pattern = PATTERNS[template]
    kinds = pattern.kind.__annotations__
    for name in kinds:
        rows = list(rows_of(pattern))
        changed = [row._replace(**{name: VALUES[kinds[name]][0]}) for row in rows]
        others = [row._replace(**{name: VALUES[kinds[name]][-1]}) for row in rows]
        assert list(map(pattern.fill, changed)) != list(map(pattern.fill, others)), name
