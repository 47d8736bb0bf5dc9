"""Reforms of departments in the administration: what fits is kept, what does not is said."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from departments.models import Department, Reform, successors_on
from departments.permissions import Role
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
DAY = date(2014, 11, 1)


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client


def sent(client: Client, kind: str, before: list[Department], after: list[Department], day: date = DAY) -> Any:
    data = {"kind": kind, "effective_on": str(day), "document": "温委发〔2014〕9号"}
    return client.post(
        "/admin/departments/reform/add/",
        data | {"before": [one.pk for one in before], "after": [one.pk for one in after]},
    )


def test_a_reform_is_entered_with_the_departments_before_and_after(inside: Client) -> None:
    old, new = f.department(), f.department()
    assert sent(inside, "renamed", [old], [new]).status_code == 302
    assert successors_on(DAY) == {old.pk: [new]}


def test_departments_that_do_not_fit_the_kind_are_refused(inside: Client) -> None:
    one, other = f.department(), f.department()
    for kind, before, after in (("renamed", [one], [one]), ("split", [one], [other]), ("merged", [one], [one])):
        assert "更名" in str(sent(inside, kind, before, after).context["errors"])
    assert not Reform.objects.exists()


def test_who_has_ended_cannot_be_reformed_again(inside: Client) -> None:
    old, new, third = f.department(), f.department(), f.department()
    sent(inside, "renamed", [old], [new])
    assert old.short_name in str(sent(inside, "renamed", [old], [third], date(2015, 1, 1)).context["errors"])
    assert sent(inside, "renamed", [new], [third], date(2015, 1, 1)).status_code == 302
    assert successors_on(date(2015, 1, 1))[old.pk] == [third]


def test_a_reform_that_is_there_can_be_corrected(inside: Client) -> None:
    old, new = f.department(), f.department()
    sent(inside, "renamed", [old], [new])
    made = Reform.objects.get()
    data = {"kind": "renamed", "effective_on": "2014-12-01", "document": "", "before": [old.pk], "after": [new.pk]}
    assert inside.post(f"/admin/departments/reform/{made.pk}/change/", data).status_code == 302
    assert successors_on(DAY) == {}
    assert successors_on(date(2014, 12, 1)) == {old.pk: [new]}
