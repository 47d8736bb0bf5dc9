"""The documents of the house say what is there: paths, links, sections that are cited, terms, examples of the API."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings

from pages.tests.house import APPS
from qualityplan.api import api
from qualityplan.tests.test_translations import CATALOGUE
from targets.entering.received_schemas import ObservationsIn

BASE = settings.BASE_DIR
DECISIONS = sorted((BASE / "docs/decisions").glob("*.md"))
WRITTEN = [
    BASE / "CONTRIBUTING.md",
    *(BASE / f"docs/{name}.md" for name in ("api", "domain", "glossary", "login", "ways")),
    *DECISIONS,
]
LINKING = [
    *(
        BASE / f"{name}.md"
        for name in (
            "README",
            "CHANGELOG",
            "SECURITY",
            "docs/backup",
            "docs/fixtures",
            "docs/login",
            "docs/offline",
            "docs/supervision",
        )
    ),
    *sorted((BASE / "deploy").glob("*.md")),
    *WRITTEN,
]

QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"\.?\w[\w.-]*(?:/[\w.-]+)*/?")
DOTTED = re.compile(rf"(?:{'|'.join(APPS)})(?:\.\w+)+")
SUFFIXES = {".py", ".md", ".html", ".js", ".css", ".toml", ".ini", ".in", ".txt", ".po"}
NAMED = re.compile(r"`(\w+)`\s+(?:of|in)\s+`([\w/]+\.py)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CITED = re.compile(r"""domain(?:\.md,|'s)\s+"([^"]+)"|"([^"]+)"\s+in\s+the\s+domain""")
EXAMPLE = re.compile(r"^<!-- example of (\w+) -->\n```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OPERATION = re.compile(r"^\| (GET|POST) \| `([^`]+)` \|", re.MULTILINE)

each_document = pytest.mark.parametrize("document", WRITTEN, ids=lambda one: one.name)


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def code() -> list[Path]:
    return [path for app in APPS for path in (BASE / app).rglob("*.py")]


# --- What is named ----------------------------------------------------------------------------------------------------


def is_there(name: str) -> bool:
    """Whether the path exists, from the root; a bare name of a file may stand anywhere."""
    return (BASE / name).exists() or ("/" not in name and any((BASE / app).rglob(name) for app in APPS))


def paths_in(document: Path) -> Iterator[str]:
    for quoted in QUOTED.findall(text_of(document)):
        first = quoted.partition("/")[0]
        rooted = "/" in quoted and (BASE / first).is_dir()
        if PATH.fullmatch(quoted) and (rooted or Path(quoted).suffix in SUFFIXES):
            yield quoted


@each_document
def test_every_path_that_is_named_exists(document: Path) -> None:
    assert [name for name in paths_in(document) if not is_there(name)] == []


@each_document
def test_every_module_that_is_named_exists(document: Path) -> None:
    for dotted in filter(DOTTED.fullmatch, QUOTED.findall(text_of(document))):
        module, _dot, name = dotted.rpartition(".")
        assert hasattr(import_module(module), name) or import_module(dotted)


@each_document
def test_what_is_said_to_stand_in_a_file_stands_there(document: Path) -> None:
    for name, path in NAMED.findall(text_of(document)):
        assert re.search(rf"\b{name}\b", text_of(BASE / path)), f"{name} in {path}"


def anchors_of(document: Path) -> set[str]:
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text_of(document))}


@pytest.mark.parametrize("document", LINKING, ids=lambda one: one.name)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(text_of(document)):
        place, _hash, anchor = link.partition("#")
        if "://" not in link:
            target = (document.parent / place).resolve() if place else document
            assert target.exists(), link
            assert not anchor or anchor in anchors_of(target), link


def test_every_decision_is_listed() -> None:
    listed = LINK.findall(text_of(BASE / "docs/decisions/README.md"))
    assert sorted([*listed, "README.md"]) == [one.name for one in DECISIONS]


def test_every_section_and_word_of_the_domain_that_is_cited_is_there() -> None:
    """Words are those of the tables: "done by" is `done_by`."""
    found = (" ".join("".join(groups).split()) for path in code() for groups in CITED.findall(text_of(path)))
    cited, domain = set(found), text_of(BASE / "docs/domain.md")
    assert cited >= {"Indicator", "Target", "Attainment", "How a figure becomes official", "The one other way in"}
    assert cited <= {*HEADING.findall(domain), *(word.replace("_", " ") for word in QUOTED.findall(domain))}


def test_every_term_stands_on_the_pages_in_this_chinese() -> None:
    rows = [line.split("|")[1:-1] for line in text_of(BASE / "docs/glossary.md").splitlines() if line.startswith("|")]
    terms = {chinese.strip() for _term, chinese, *_rest in rows} - {"中文", "---"}
    shown = {entry.msgstr or entry.msgstr_plural.get(0) for entry in polib.pofile(str(CATALOGUE))}
    assert len(terms) > 80
    assert terms <= shown


# --- The API ----------------------------------------------------------------------------------------------------------

API = text_of(BASE / "docs/api.md")
DESCRIBED: dict[str, Any] = api.get_openapi_schema(path_prefix="")
SCHEMAS = DESCRIBED["components"]["schemas"]
KINDS = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "null": type(None)}


def demand_fits(value: Any, schema: dict[str, Any]) -> None:
    """As far as schemas of ours go: the kind of each value, all fields and no others, and the form of a text."""
    if "anyOf" in schema:
        assert any(fits(value, one) for one in schema["anyOf"]), (value, schema)
        return
    schema = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "type" not in schema:
        return
    assert type(value) is KINDS[schema["type"]], (value, schema)
    if isinstance(value, dict):
        assert set(value) == set(schema["properties"])
        for name, one in value.items():
            demand_fits(one, schema["properties"][name])
    for one in value if isinstance(value, list) else ():
        demand_fits(one, schema["items"])
    assert re.search(schema.get("pattern", ""), value if isinstance(value, str) else "") or not isinstance(value, str)


def fits(value: Any, schema: dict[str, Any]) -> bool:
    try:
        demand_fits(value, schema)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(("name", "example"), EXAMPLE.findall(API))
def test_every_example_fits_its_schema(name: str, example: str) -> None:
    if name == ObservationsIn.__name__:
        sent = ObservationsIn.model_validate_json(example)
        assert all(hasattr(row, "indicator") for row in sent.observations)
    else:
        demand_fits(json.loads(example), SCHEMAS[name])


def test_every_answer_has_an_example() -> None:
    """A list is shown by one of its items, a part by the whole that it stands in."""
    parts = {"Input", "Fault", "ErrorOut", "RowsOut", "FreshnessOut", "QuotaOut", "StepOut", "VersionOut"}
    parts |= {"MilestoneOut", "ObservationKept", "OvertakenOut", "ResponsibleOut", "RegionOut"}
    shown = {name for name, _example in EXAMPLE.findall(API)}
    assert {name for name in SCHEMAS if not name.startswith("Paged")} - parts <= shown


def test_every_operation_is_described_and_no_other() -> None:
    there = {(method.upper(), path) for path, methods in DESCRIBED["paths"].items() for method in methods}
    assert set(OPERATION.findall(API)) == there
