"""The units of the plan, under the names that the plan uses."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from departments.models import Department, Region

FIXTURES = settings.BASE_DIR / "fixtures"
TEXT = (FIXTURES / "2014-wenzhou.txt").read_text(encoding="utf-8")
ROLE_WORDS = re.compile(r"(?:等单位)?(?:按照?职责分工负责|牵头负责|牵头|配合)$")
OPEN_ENDED = ("相关市级部门", "等单位")
SLIP = "市交通运输厅"


def fixture_fields(model: str) -> list[dict[str, Any]]:
    rows = json.loads((FIXTURES / "10_departments.json").read_text(encoding="utf-8"))
    return [row["fields"] for row in rows if row["model"] == model]


DEPARTMENTS = fixture_fields("departments.department")
UNITS = [unit for unit in DEPARTMENTS if unit["kind"] not in ("county_government", "government_office")]


def names_in_parentheses() -> set[str]:
    """Every unit that a closing parenthesis of the plan names, as it is written there."""
    closing = re.findall(r"\(([^()]*(?:负责|配合))\)$", TEXT, re.MULTILINE)
    phrases = [ROLE_WORDS.sub("", phrase) for group in closing for phrase in group.split(",")]
    return {name for phrase in phrases for name in phrase.split("、")} - set(OPEN_ENDED)


@pytest.fixture
def region(db: None) -> Region:
    return Region.objects.create(code="990000", name="City", kind="city")


def make_department(region: Region, **fields: object) -> Department:
    return Department(
        **{"code": "water", "name": "水务局", "short_name": "水务", "kind": "bureau", "region": region} | fields
    )


def test_the_plan_has_24_units_named_exactly_as_it_writes_them() -> None:
    assert len(UNITS) == 24
    assert {unit["short_name"] for unit in UNITS} == names_in_parentheses() - {SLIP}


def test_the_slip_of_the_source_is_an_alias_with_a_note_and_not_a_unit() -> None:
    (transport,) = [unit for unit in UNITS if unit["code"] == "transport"]
    (alias,) = transport["aliases"]
    assert (transport["short_name"], alias["name"]) == ("市交通运输局", SLIP)
    assert "笔误" in alias["note"]
    assert SLIP in TEXT


@pytest.mark.parametrize("words", OPEN_ENDED)
def test_words_that_name_nobody_are_no_department(words: str) -> None:
    assert words in TEXT
    assert words not in json.dumps(DEPARTMENTS, ensure_ascii=False)


def test_no_name_or_alias_means_two_units() -> None:
    names = [name for unit in DEPARTMENTS for name in (unit["short_name"], unit["name"])]
    names += [alias["name"] for unit in DEPARTMENTS for alias in unit["aliases"]]
    assert len(names) == len(set(names))


def test_every_alias_says_where_it_comes_from() -> None:
    assert all(alias["note"] for unit in DEPARTMENTS for alias in unit["aliases"])


def test_each_county_has_its_government_and_the_issuer_is_there() -> None:
    counties = {unit["region"][0]: unit for unit in DEPARTMENTS if unit["kind"] == "county_government"}
    parts = {part["code"]: part for part in fixture_fields("departments.region") if part.get("parent") == ["330300"]}
    assert counties.keys() == parts.keys()
    assert len(counties) == 11
    assert all(unit["name"] == f"{parts[code]['name']}人民政府" for code, unit in counties.items())
    assert [unit["name"] for unit in DEPARTMENTS if unit["kind"] == "government_office"] == ["温州市人民政府办公室"]


def test_a_department_is_accepted(region: Region) -> None:
    make_department(region).full_clean()


@pytest.mark.parametrize("same", [{"code": "other"}, {"name": "Other"}, {"short_name": "Other"}])
def test_code_and_names_are_each_given_once(region: Region, same: dict[str, str]) -> None:
    make_department(region).save()
    unlike = {"code": "c", "name": "n", "short_name": "s"}
    clash = {name: value for name, value in unlike.items() if name not in same}
    twin = make_department(region, **clash)
    with pytest.raises(ValidationError):
        twin.full_clean()
    with pytest.raises(IntegrityError):
        twin.save()


@pytest.mark.parametrize("code", ["33030", "3303000", "33030a"])
def test_a_region_code_has_six_digits(code: str, db: None) -> None:
    with pytest.raises(ValidationError, match="code"):
        Region(code=code, name="x", kind="city").full_clean()


def test_a_region_is_not_part_of_itself(region: Region) -> None:
    region.parent = region
    with pytest.raises(ValidationError):
        region.full_clean()
    with pytest.raises(IntegrityError):
        region.save()
