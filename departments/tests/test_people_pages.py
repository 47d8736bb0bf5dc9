"""The pages of people: who is shown to whom, and what a forged form achieves."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Membership, User
from departments.permissions import Role
from departments.tests.accounts import enter, inside, told, unit, with_second_factor
from departments.tests.callers import member
from departments.tests.test_people import cast, roles

pytestmark = pytest.mark.django_db

__all__ = ["cast"]


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, address: str = "/people/", **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def names(client: Client, **query: Any) -> set[str]:
    return {row.person.username for row in client.get("/people/", query).context["rows"]}


# --- The list --------------------------------------------------------------------------------------------------------


def test_a_department_sees_its_own_people_and_the_office_everybody(cast: SimpleNamespace) -> None:
    nobody = User.objects.create_user("nobody")
    assert names(as_(cast.bureau_chief)) == {cast.bureau_chief.username, cast.reporter.username}
    assert names(as_(cast.office_chief)) == set(User.objects.values_list("username", flat=True))
    assert nobody.username in names(as_(cast.office_chief))


def test_it_is_searched_by_name_and_department(cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.reporter.pk).update(display_name="王五")
    office = as_(cast.office_chief)
    assert names(office, q="王") == {cast.reporter.username}
    assert names(office, department=cast.other.pk) == {cast.other_chief.username}
    assert names(office, q="王", department=cast.other.pk) == set()


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "999"}, {"department": "999999"}, {"q": "x" * 99}])
def test_what_cannot_be_understood_breaks_nothing(query: dict[str, str], cast: SimpleNamespace) -> None:
    shown(as_(cast.office_chief), **query)


def test_a_department_cannot_look_into_another_by_the_search(cast: SimpleNamespace) -> None:
    assert cast.other_chief.username not in names(as_(cast.bureau_chief), department=cast.other.pk)


def test_the_state_of_an_account_is_told(cast: SimpleNamespace) -> None:
    with_second_factor(cast.reporter)
    for _number in range(5):
        enter(Client(), cast.reporter.username, "wrong")
    page = shown(as_(cast.bureau_chief), q=cast.reporter.username)
    assert "已锁定" in page
    assert "已启用双重验证" in page


def test_many_people_take_as_many_queries_as_few(cast: SimpleNamespace) -> None:
    client = as_(cast.office_chief)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            shown(client)
        return len(caught)

    few = queries()
    for number in range(30):
        with_second_factor(member(Role.REPORTER, unit=unit(f"unit-{number}")))
    assert queries() == few


# --- One person ------------------------------------------------------------------------------------------------------


def test_a_person_is_added_and_the_password_shown_once(cast: SimpleNamespace, client: Client) -> None:
    chief = as_(cast.bureau_chief)
    form = {"username": "new", "display_name": "新人", "department": cast.bureau.pk, "roles": ["reporter"]}
    answer = chief.post("/people/add/", form)
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    person = User.objects.get(username="new")
    assert password not in shown(chief, f"/people/{person.pk}/")
    enter(client, "new", password)
    assert inside(client)


@pytest.mark.parametrize("change", [{"username": ""}, {"display_name": ""}, {"email": "x"}, {"roles": []}])
def test_a_form_that_is_not_right_is_shown_again_with_all_that_was_typed(
    change: dict[str, Any], cast: SimpleNamespace
) -> None:
    form = {"username": "new", "display_name": "新人", "department": cast.bureau.pk, "roles": ["reporter"]}
    answer = as_(cast.bureau_chief).post("/people/add/", form | change)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert ("新人" in answer.content.decode()) == ("display_name" not in change)
    assert not User.objects.filter(username="new").exists()


def test_a_forged_form_adds_nobody(cast: SimpleNamespace) -> None:
    form = {"username": "new", "display_name": "新人", "department": cast.bureau.pk, "roles": ["reporter"]}
    chief = as_(cast.bureau_chief)
    for forged in ({"department": cast.office.pk}, {"department": cast.other.pk}, {"roles": ["coordinator"]}):
        assert chief.post("/people/add/", form | forged).context["form"].errors
    assert not User.objects.filter(username="new").exists()


def test_roles_are_changed_on_the_page(cast: SimpleNamespace) -> None:
    form = {"department": "bureau", "roles": ["leader"]}
    assert as_(cast.office_chief).post(f"/people/{cast.reporter.pk}/roles/", form).status_code == 302
    assert roles(cast.reporter) == {("bureau", "leader")}


def test_the_office_gives_a_role_in_a_further_department(cast: SimpleNamespace) -> None:
    office = as_(cast.office_chief)
    assert 'id="elsewhere"' in shown(office, f"/people/{cast.reporter.pk}/")
    office.post(f"/people/{cast.reporter.pk}/roles/", {"department": "other", "roles": ["leader"]})
    assert roles(cast.reporter) == {("bureau", "reporter"), ("other", "leader")}
    assert 'id="elsewhere"' not in shown(as_(cast.bureau_chief), f"/people/{cast.reporter.pk}/")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"department": "bureau", "roles": ["coordinator"]}, 403),
        ({"department": "bureau", "roles": ["reporter", "nonsense"]}, 403),
        ({"department": "office", "roles": ["administrator"]}, 404),
        ({"department": "other", "roles": ["reporter"]}, 404),
        ({"department": "", "roles": ["reporter"]}, 404),
        ({}, 404),
        ({"department": "bureau"}, 422),
    ],
)
def test_a_forged_form_changes_no_role(form: dict[str, Any], status: int, cast: SimpleNamespace) -> None:
    answer = as_(cast.bureau_chief).post(f"/people/{cast.reporter.pk}/roles/", form)
    assert answer.status_code == status
    assert roles(cast.reporter) == {("bureau", "reporter")}


def test_a_person_of_others_is_as_if_not_there(cast: SimpleNamespace) -> None:
    chief = as_(cast.bureau_chief)
    for pk in (cast.other_chief.pk, cast.office_chief.pk, 10**9):
        assert chief.get(f"/people/{pk}/").status_code == 404
        assert chief.post(f"/people/{pk}/roles/", {"department": "bureau", "roles": ["reporter"]}).status_code == 404
        assert chief.post(f"/people/{pk}/deactivate/").status_code == 404


def test_what_can_be_done_is_done_and_told(cast: SimpleNamespace) -> None:
    chief, address = as_(cast.bureau_chief), f"/people/{cast.reporter.pk}/"
    password = chief.post(f"{address}reset-password/").context["password"]
    assert password
    for deed, word in (("deactivate", "账号已停用"), ("reactivate", "账号已恢复"), ("unlock", "账号已解锁")):
        assert word in chief.post(f"{address}{deed}/", follow=True).content.decode()
    with_second_factor(cast.reporter)
    chief.post(f"{address}reset-second-factor/")
    assert told()[1:] == [
        "people.password_reset",
        "people.deactivated",
        "people.reactivated",
        "people.unlocked",
        "people.second_factor_reset",
    ]


def test_nothing_is_done_by_a_link_and_nothing_that_is_unknown(cast: SimpleNamespace) -> None:
    chief, address = as_(cast.bureau_chief), f"/people/{cast.reporter.pk}/"
    assert chief.get(f"{address}deactivate/").status_code == 405
    assert chief.get(f"{address}roles/").status_code == 405
    assert chief.post(f"{address}make-leader/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.bureau_chief)
    assert strict.post(f"{address}deactivate/").status_code == 403
    assert User.objects.get(pk=cast.reporter.pk).is_active


def test_for_a_superior_nothing_is_offered_and_said_whom_to_ask(cast: SimpleNamespace) -> None:
    Membership.objects.create(user=cast.reporter, department=cast.bureau, role="coordinator")
    chief, address = as_(cast.bureau_chief), f"/people/{cast.reporter.pk}/"
    page = shown(chief, address)
    assert "重置密码" not in page
    assert "政府办公室的管理员" in page
    assert chief.post(f"{address}reset-password/").status_code == 403


def test_for_oneself_it_leads_to_the_own_account(cast: SimpleNamespace) -> None:
    page = shown(as_(cast.bureau_chief), f"/people/{cast.bureau_chief.pk}/")
    assert "这是您本人的账号" in page
    assert "停用账号" not in page


@pytest.mark.parametrize("role", list(Role))
def test_the_header_leads_there_whoever_may(role: Role) -> None:
    page = shown(as_(member(role)), "/accounts/security/")
    assert ('href="/people/"' in page) == (role is Role.ADMINISTRATOR)
    assert 'href="/accounts/security/"' in page


def test_a_local_administrator_does_not_enter_the_administration(cast: SimpleNamespace) -> None:
    chief = as_(cast.bureau_chief)
    assert chief.get("/admin/login/").status_code == 403
    assert chief.get("/audit/").status_code == 403
    assert "/admin/" not in shown(chief)
