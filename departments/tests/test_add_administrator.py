"""How the first administrator of a new service comes in."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from departments.models import AuditEvent, User
from departments.permissions import Role
from departments.tests.accounts import enter, inside, unit
from departments.tests.cities import city

pytestmark = pytest.mark.django_db


def test_the_first_administrator_is_added_and_comes_in(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    unit("office", "government_office")
    call_command("add_administrator", "root", name="系统管理员")
    password = capsys.readouterr().out.strip()
    enter(client, "root", password)
    assert inside(client)
    person = User.objects.get()
    assert (person.roles, person.must_change_password) == ({Role.ADMINISTRATOR}, True)
    assert AuditEvent.objects.get(action="people.added").actor is None


def test_without_an_office_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="基础数据"):
        call_command("add_administrator", "root")


@pytest.mark.parametrize("chosen", ["", "elsewhere"])
def test_among_several_offices_one_must_be_named(chosen: str) -> None:
    unit("first", "government_office")
    unit("second", "government_office")
    with pytest.raises(CommandError, match="first, second"):
        call_command("add_administrator", "root", department=chosen)
    call_command("add_administrator", "root", department="second")
    assert User.objects.get().held[0].department.code == "second"


def test_of_a_city_and_its_counties_the_city_s_office_is_meant() -> None:
    here = city()
    assert here.office != here.county_office
    call_command("add_administrator", "root", name="")
    assert User.objects.get().held[0].department == here.office
    assert AuditEvent.objects.get(action="people.added").region == here.region
    assert AuditEvent.objects.get(action="people.role_granted").region == here.region


@pytest.mark.parametrize("name", ["ROOT", "with space", ""])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    unit("office", "government_office")
    User.objects.create_user("root")
    with pytest.raises(CommandError):
        call_command("add_administrator", name)
    assert User.objects.count() == 1
