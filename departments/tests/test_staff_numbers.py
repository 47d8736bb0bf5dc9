"""The number by which the city's log-in knows a person: whose it is, and who enters it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from departments.models import AuditEvent, User
from departments.permissions import Role
from departments.services.accounts import add_person, set_staff_number
from departments.tests.accounts import inside
from departments.tests.test_people import cast
from departments.tests.test_people_pages import as_

pytestmark = pytest.mark.django_db

__all__ = ["cast"]


def enter_number(by: User, person: User, number: str) -> Any:
    return as_(by).post(f"/people/{person.pk}/staff-number/", {"staff_number": number})


def number_of(person: User) -> str:
    return str(User.objects.values_list("staff_number", flat=True).get(pk=person.pk))


def test_who_manages_a_person_enters_the_number_and_it_is_shown_and_recorded(cast: SimpleNamespace) -> None:
    answer = enter_number(cast.bureau_chief, cast.reporter, " 10023 ")
    assert answer.status_code == 302
    assert number_of(cast.reporter) == "10023"
    assert "10023" in as_(cast.bureau_chief).get(f"/people/{cast.reporter.pk}/").content.decode()
    event = AuditEvent.objects.get(action="people.changed")
    assert (event.detail["before"], event.detail["after"]) == ({"staff_number": ""}, {"staff_number": "10023"})


def test_a_number_is_entered_with_a_new_person_and_found_by_the_search(cast: SimpleNamespace) -> None:
    form = {"username": "new", "display_name": "新人", "department": cast.bureau.pk, "roles": ["reporter"]}
    as_(cast.bureau_chief).post("/people/add/", form | {"staff_number": "A-7"})
    rows = as_(cast.office_chief).get("/people/", {"q": "a-7"}).context["rows"]
    assert [row.person.username for row in rows] == ["new"]


def test_nobody_enters_a_number_of_whom_one_does_not_manage(cast: SimpleNamespace) -> None:
    assert enter_number(cast.other_chief, cast.reporter, "10023").status_code == 404
    assert enter_number(cast.bureau_chief, cast.bureau_chief, "10023").status_code == 403
    assert enter_number(cast.reporter, cast.bureau_chief, "10023").status_code == 403
    assert not User.objects.exclude(staff_number="").exists()


def test_a_number_is_one_persons_however_it_is_written(cast: SimpleNamespace) -> None:
    set_staff_number(cast.other_chief, "Z-9", by=None)
    answer = enter_number(cast.office_chief, cast.reporter, "z-9")
    assert answer.status_code == 422
    assert "工号已属于其他人员" in answer.content.decode()
    assert number_of(cast.reporter) == ""
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=cast.reporter.pk).update(staff_number="z-9")


def test_a_number_that_somebody_else_got_meanwhile_is_refused(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both forms were right when they were looked at."""
    set_staff_number(cast.other_chief, "Z-9", by=None)
    monkeypatch.setattr("departments.views.people.StaffNumberForm._post_clean", lambda _form: None)
    answer = enter_number(cast.office_chief, cast.reporter, "Z-9")
    assert answer.status_code == 422
    assert "工号已属于其他人员" in answer.content.decode()
    assert number_of(cast.reporter) == ""


def test_an_account_without_a_password_gets_a_number(cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.reporter.pk).update(password="")
    assert enter_number(cast.bureau_chief, cast.reporter, "10023").status_code == 302
    assert number_of(cast.reporter) == "10023"


def test_many_people_have_no_number(cast: SimpleNamespace) -> None:
    set_staff_number(cast.reporter, "10023", by=None)
    set_staff_number(cast.reporter, "", by=None)
    assert not User.objects.exclude(staff_number="").exists()


def test_a_number_is_nobody_elses_log_in_name_and_the_other_way_round(cast: SimpleNamespace) -> None:
    answer = enter_number(cast.office_chief, cast.reporter, cast.other_chief.username.upper())
    assert "其他人员的用户名" in answer.content.decode()
    set_staff_number(cast.reporter, "10023", by=None)
    with pytest.raises(ValidationError, match="工号"):
        add_person(
            username="10023", name="新人", email="", department=cast.bureau, roles=[Role.REPORTER], by=cast.office_chief
        )


def test_another_number_ends_what_the_former_one_opened(cast: SimpleNamespace) -> None:
    set_staff_number(cast.reporter, "10023", by=None)
    client = Client()
    client.force_login(User.objects.get(pk=cast.reporter.pk))
    set_staff_number(cast.reporter, "10023", by=None)
    assert inside(client)
    set_staff_number(cast.reporter, "10024", by=None)
    assert not inside(client)


def test_whose_number_it_is(cast: SimpleNamespace) -> None:
    set_staff_number(cast.reporter, "Adm-1", by=None)
    User.objects.filter(pk=cast.other_chief.pk).update(username="admin")
    assert User.objects.numbered(" adm-1 ") == cast.reporter
    assert User.objects.numbered("Admin") == cast.other_chief
    # A log-in name counts only where there is no staff number.
    assert User.objects.numbered(cast.reporter.username) is None
    # What a database finds alike, and is not.
    assert User.objects.numbered("admın") is None
    assert User.objects.numbered(" ") is None
