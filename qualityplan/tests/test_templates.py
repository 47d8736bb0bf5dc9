"""Templates keep the floors of the house too: what import-linter cannot see, because names in them import nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from pages.links import offered_pages
from pages.tests.house import FLOOR

TEMPLATES = settings.BASE_DIR / "templates"
OF_LIBRARIES = {"account": "departments", "mfa": "departments", "api": "qualityplan"}
"""Folders whose names libraries ask for, and whose pages they are."""
OTHER = re.compile(r'\{%\s*(?:include|extends)\s+"([^"]+)"')
LOADED = re.compile(r"\{%\s*load\s+([^%]+?)\s*%\}")
ADDRESS = re.compile(r'\{%\s*url\s+"([^"]+)"')
SUBJECT = re.compile(r'\{%\s*page\s+"([^"]+)"')
REVERSED = re.compile(r'\b(?:reverse|redirect|reverse_lazy|resolve_url)\(\s*"([^"]+)"')
LINKED = re.compile(r'\baddress_of_page\(\s*"([^"]+)"')
DRAWN = re.compile(r'"([\w/]+\.html)"')


def templates() -> list[str]:
    """Every template by its name."""
    return sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


def owner(template: str) -> str:
    """The app of a template; those at the top, which Django asks for by name, belong to the composition."""
    folder = template.split("/")[0] if "/" in template else "qualityplan"
    return OF_LIBRARIES.get(folder, folder)


def apps_of_addresses() -> dict[str, str]:
    """The name of every address of ours → the app whose view answers there."""
    return dict(_named(get_resolver().url_patterns, ""))


def _named(patterns: list[URLPattern | URLResolver], space: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _named(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield space + pattern.name, pattern.callback.__module__.split(".")[0]


def libraries() -> dict[str, str]:
    """Every library of template tags of ours → its app."""
    return {path.stem: path.parts[-3] for path in settings.BASE_DIR.glob("*/templatetags/*.py")}


def product() -> list[Path]:
    """The modules of the apps, without tests."""
    found = (path for app in FLOOR for path in (settings.BASE_DIR / app).rglob("*.py"))
    return sorted(path for path in found if "tests" not in path.parts)


def above(app: str, others: dict[str, str], named: list[str]) -> list[str]:
    """Those of the names that belong to a higher floor than the app stands on."""
    return [name for name in named if FLOOR.get(others.get(name, app), -1) > FLOOR[app]]


@pytest.mark.parametrize("template", templates())
def test_a_template_names_nothing_of_an_upper_app(template: str) -> None:
    text, app = (TEMPLATES / template).read_text(encoding="utf-8"), owner(template)
    assert app in FLOOR, "templates lie in the folder of their app"
    loaded = [name for names in LOADED.findall(text) for name in names.split()]
    assert not above(app, {name: owner(name) for name in templates()}, OTHER.findall(text))
    assert not above(app, libraries(), loaded)
    assert not above(app, apps_of_addresses(), ADDRESS.findall(text))


def test_every_address_that_a_template_names_is_there() -> None:
    """`{% url … as name %}` says nothing about a name that is not."""
    known = apps_of_addresses()
    texts = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in templates()}
    assert not [(name, found) for name, text in texts.items() for found in ADDRESS.findall(text) if found not in known]


def test_no_module_names_a_template_or_an_address_of_an_upper_app() -> None:
    found, addresses = {name: owner(name) for name in templates()}, apps_of_addresses()
    faults = []
    for path in product():
        app, text = path.relative_to(settings.BASE_DIR).parts[0], path.read_text(encoding="utf-8")
        faults += [(path, name) for name in above(app, addresses, REVERSED.findall(text))]
        faults += [(path, name) for name in above(app, found, DRAWN.findall(text))]
    assert not faults


def test_every_page_of_an_upper_app_that_is_linked_to_is_offered() -> None:
    texts = [(TEMPLATES / name).read_text(encoding="utf-8") for name in templates()]
    subjects = {subject for text in texts for subject in SUBJECT.findall(text)}
    subjects |= {subject for path in product() for subject in LINKED.findall(path.read_text(encoding="utf-8"))}
    assert subjects
    assert subjects <= offered_pages().keys()
    assert set(offered_pages().values()) <= apps_of_addresses().keys()


def test_every_template_is_drawn_by_somebody() -> None:
    """A template whose name stands nowhere, in no module and no other template, is left over."""
    texts = [path.read_text(encoding="utf-8") for path in product()]
    texts += [(TEMPLATES / name).read_text(encoding="utf-8") for name in templates()]
    asked_by_libraries = ("account/", "mfa/", "api/")
    at_the_top = re.compile(r"\d{3}\.html")
    named = [name for name in templates() if not at_the_top.fullmatch(name) and not name.startswith(asked_by_libraries)]
    assert not [name for name in named if not any(f'"{name}"' in text for text in texts)]
