"""docs/fixtures.md describes everything that can be loaded, and its examples are loaded here."""

import json
import re
from typing import Any

import pytest

from qualityplan.loading.description import PATH, key_names, redraw_fixture_tables
from qualityplan.loading.kinds import find_stored_object, loadable_fields, loadable_models, model_called, natural_key_of
from qualityplan.tests.fixture_rows import Row, Write, load

DOCUMENT = PATH.read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)

LOADABLE = {model._meta.label_lower: model for model in loadable_models()}


def examples() -> list[Row]:
    """The rows of all examples, in the document's order."""
    return [row for block in EXAMPLE.findall(DOCUMENT) for row in json.loads(block)]


def section(label: str) -> str:
    """What the document says about a model, from its heading on."""
    found = [part for part in DOCUMENT.split("\n## ") if f"<!-- fields of {label} -->" in part]
    assert len(found) == 1, f"no section of docs/fixtures.md describes {label}"
    return found[0]


@pytest.mark.django_db
def test_the_examples_are_together_a_file_that_can_be_loaded_twice(write: Write) -> None:
    rows, path = examples(), write(*examples())
    assert load(path) == f"{len(rows)} read, {len(rows)} new, 0 changed, 0 unchanged"
    assert load(path) == f"{len(rows)} read, 0 new, 0 changed, {len(rows)} unchanged"


def test_everything_that_can_be_loaded_has_an_example() -> None:
    """Add one to docs/fixtures.md, in a section of its own, and run manage.py describe_fixtures."""
    assert {row["model"] for row in examples()} == set(LOADABLE)


@pytest.mark.parametrize("label", LOADABLE)
def test_each_example_stands_in_the_section_of_its_model(label: str) -> None:
    models_of = {row["model"] for block in EXAMPLE.findall(section(label)) for row in json.loads(block)}
    assert models_of == {label}


def choices() -> list[Any]:
    return [field for model in LOADABLE.values() for field in loadable_fields(model) if field.choices]


@pytest.mark.parametrize("field", choices(), ids=str)
def test_every_allowed_value_is_named(field: Any) -> None:
    named = section(field.model._meta.label_lower)
    assert [value for value, _words in field.flatchoices if f"`{value}`" not in named] == []


def test_the_tables_say_what_the_models_say() -> None:
    assert redraw_fixture_tables(DOCUMENT) == DOCUMENT, "run manage.py describe_fixtures"


def test_a_reference_names_the_parts_of_the_key() -> None:
    keys = {label: key_names(model) for label, model in LOADABLE.items()}
    assert keys["plans.plan"] == ["code"]
    assert keys["targets.target"] == ["plan.code", "code"]
    assert keys["tasks.milestone"] == ["task.plan.code", "task.code", "code"]


@pytest.mark.django_db
def test_an_example_is_found_by_the_key_that_a_reference_would_write(write: Write) -> None:
    load(write(*examples()))
    for model in LOADABLE.values():
        for stored in model._default_manager.all():
            key = natural_key_of(stored)
            assert len(key) == len(key_names(model))
            assert find_stored_object(model, key) == stored


def test_other_ways_bring_the_rest() -> None:
    """People and figures come by pages and imports, and what is derived by nobody."""
    assert not {"departments.user", "targets.observation", "targets.attainment", "auth.group"} & set(LOADABLE)
    assert model_called("departments.user") is not None
