"""The HTTP API shows and takes nothing of another city."""

from typing import Any

import pytest

from departments.permissions import Role
from departments.tests.callers import asking, posting, sending
from departments.tests.cities import province
from imports.batches.checking import check_import_batch
from imports.models import ImportBatch
from qualityplan.tests.cities import Possession, Whole, whole_city
from qualityplan.tests.test_api_permissions import OPERATIONS
from targets.models import Draft, Observation, Revision

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["beside each other", "in one province"])
def cities(request: pytest.FixtureRequest) -> tuple[Whole, Whole]:
    above = province() if request.param == "in one province" else None
    return whole_city("温州", above), whole_city("丽水", above)


def paths(things: Possession) -> list[str]:
    """Every address that is read, with what is these things'."""
    known = {"plan": things.plan.code, "code": things.target.code, "pk": things.batch.pk}
    return [name.removeprefix("GET ").format(**known) for name in OPERATIONS if name.startswith("GET ")]


def foreign_marks(answer: Any, whole: Whole) -> list[str]:
    return [mark for mark in whole.marks if mark in answer.content.decode()]


def test_what_is_asked_for_of_another_city_is_not_there(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    lists = set(paths(here.own)) & set(paths(there.own))
    for user in (*here.people.values(), *here.countys.values()):
        ask = asking(user)
        for things in (there.own, there.county):
            for path in set(paths(things)) - lists:
                answer = ask(path)
                assert answer.status_code in (403, 404), (path, user)
                assert not foreign_marks(answer, there), (path, user)
            place = things.plan.region.code
            assert ask("/observations", indicator=things.indicator.code).status_code == 404, user
            assert ask("/observations", region=place).status_code == 404, user
            for region in (place, here.city.region.code):
                address = f"/plans/{things.plan.code}/attainment"
                assert ask(address, region=region).status_code == 404, user
            own = f"/plans/{here.own.plan.code}/attainment"
            assert ask(own, region=place).status_code == 404, user


def test_lists_hold_nothing_of_another_city(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for role, user in here.people.items():
        ask = asking(user)
        for path in (*paths(here.own), "/observations"):
            answer = ask(path)
            assert not foreign_marks(answer, there), (path, role)
        assert here.own.plan.code in ask("/plans").content.decode()
    assert here.county.plan.code in asking(here.people[Role.LEADER])("/plans").content.decode()
    assert here.county.plan.code not in asking(here.people[Role.REPORTER])("/plans").content.decode()


def test_figures_of_another_city_are_taken_from_nobody(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    before = Revision.objects.count(), Draft.objects.count(), Observation.objects.count()
    for user in (*here.people.values(), *here.countys.values()):
        for things in (there.own, there.county):
            for indicator, region in (
                (things.indicator, things.plan.region),
                (here.own.indicator, things.plan.region),
                (things.indicator, here.city.region),
            ):
                row = {"indicator": indicator.code, "region": region.code, "month": "2014-07", "value": "3"}
                answer = posting(user)("/observations", {"observations": [row], "mode": "draft"})
                assert answer.status_code in (403, 422), (user, answer.content)
                assert "丽水" not in answer.content.decode(), user
    assert (Revision.objects.count(), Draft.objects.count(), Observation.objects.count()) == before


def test_a_file_of_another_city_is_neither_shown_nor_decided(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for user in here.people.values():
        for things in (there.own, there.county):
            assert asking(user)(f"/imports/{things.batch.pk}").status_code in (403, 404)
            for step in ("confirm", "cancel", "undo"):
                assert posting(user)(f"/imports/{things.batch.pk}/{step}", {}).status_code in (403, 404)
            assert ImportBatch.objects.get(pk=things.batch.pk).state == "uploaded"


def test_a_coordinators_file_makes_nothing_of_another_city_official(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    before = Observation.objects.official().count()
    rows = [
        f"{indicator.code},{region.code},2014-07,3"
        for indicator, region in (
            (here.own.indicator, here.city.region),
            (here.own.indicator, there.city.region),
            (there.own.indicator, there.city.region),
            (there.own.indicator, here.city.region),
        )
    ]
    data = "\n".join(["指标,地区,月份,数值", *rows]).encode()
    sent = sending(here.people[Role.COORDINATOR])(data)
    batch = ImportBatch.objects.get(pk=sent.json()["id"])
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert [(one["row"], one["code"]) for one in batch.errors] == [
        (4, "indicator_similar"),
        (5, "indicator_similar"),
    ]
    assert batch.accepted == 2
    assert "丽水" not in str(batch.errors)
    assert Observation.objects.official().count() == before
