"""What the database keeps of supervision whatever the code does, and who sees a notice."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from departments.models import Department, Region
from departments.permissions import Role
from targets.tests import factories as f
from tasks.models import SupervisionNotice, SupervisionStep
from tasks.rules.supervising import SupervisionState
from tasks.tests import pressed as p

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SimpleNamespace:
    return p.cast()


# --- What the database keeps ------------------------------------------------------------------------------------------


BROKEN: list[dict[str, Any]] = [
    {"state": "issued"},
    {"number": "督〔2014〕9号"},
    {"due": date(2014, 7, 1)},
    {"state": "closed"},
    {"ended_at": p.MONDAY},
    {"state": "rejected"},
    {"level": "leader"},
    {"task": None},
    {"matter": "late_milestone:1"},
    {"origin": "rule"},
    {"days": 0},
    {"round": 0},
]


@pytest.mark.parametrize("values", BROKEN, ids=str)
def test_the_database_refuses_fields_that_do_not_fit_the_state(world: SimpleNamespace, values: dict[str, Any]) -> None:
    notice = p.notice(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        SupervisionNotice.objects.filter(pk=notice.pk).update(**values)


def test_the_database_refuses_an_answer_by_nobody_and_the_same_number_twice(world: SimpleNamespace) -> None:
    first, second = p.notice(world, SupervisionState.ISSUED), p.notice(world, SupervisionState.ISSUED)
    for pk, values in ((first.pk, {"state": "answered"}), (second.pk, {"serial": 1})):
        with pytest.raises(IntegrityError), transaction.atomic():
            SupervisionNotice.objects.filter(pk=pk).update(**values)


def test_a_step_is_never_changed_or_deleted(world: SimpleNamespace) -> None:
    step = p.notice(world, SupervisionState.ISSUED).steps.last()
    assert step is not None
    for act in (step.save, step.delete, SupervisionStep.objects.all().delete):
        with pytest.raises(TypeError):
            act()
    with pytest.raises(TypeError):
        SupervisionStep.objects.update(text="改")


@pytest.mark.parametrize(
    "values",
    [{"verb": "return", "text": ""}, {"verb": "issue", "by": None}, {"verb": "issue", "level": "leader"}],
    ids=str,
)
def test_the_database_refuses_a_step_without_what_it_needs(world: SimpleNamespace, values: dict[str, Any]) -> None:
    notice = p.notice(world)
    fields = {"to_state": "issued", "round": 1, "by": world.coordinator, "at": p.MONDAY, "text": "理由", **values}
    with pytest.raises(IntegrityError), transaction.atomic():
        SupervisionStep.objects.create(notice=notice, **fields)


# --- Who sees it ------------------------------------------------------------------------------------------------------


def test_each_sees_what_concerns_them(world: SimpleNamespace) -> None:
    draft, issued = p.notice(world), p.notice(world, SupervisionState.ISSUED)
    seen = {
        name: set(SupervisionNotice.objects.visible_to(getattr(world, name)))
        for name in ("coordinator", "leader", "reporter", "helper", "stranger")
    }
    assert seen["coordinator"] == {draft, issued}
    assert seen["leader"] == seen["reporter"] == seen["helper"] == {issued}
    assert seen["stranger"] == set()


def test_a_county_sees_its_own_notices_and_not_the_bureaus(world: SimpleNamespace) -> None:
    place = Region.objects.create(code="100101", name="某县", kind="county", parent=f.region())
    county = f.department(place, kind=Department.Kind.COUNTY_GOVERNMENT)
    p.notice(world, SupervisionState.ISSUED)
    own = p.notice(world, SupervisionState.ISSUED, lead=county)
    assert list(SupervisionNotice.objects.visible_to(f.person(Role.COUNTY, county))) == [own]
