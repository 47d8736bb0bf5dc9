"""Who a session belongs to: read with every role at once, and for as long as the account is open."""

from typing import TYPE_CHECKING

import pytest

from departments.login.backends import Backend
from departments.models import Department, Membership, Region, User

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang() -> User:
    return User.objects.create_user("wang", email="wang@example.com", display_name="王芳", password="x")


def employ(user: User, code: str, kind: Department.Kind, role: str) -> Membership:
    region, _made = Region.objects.get_or_create(code="330300", name="温州市", kind=Region.Kind.CITY)
    unit = Department.objects.create(code=code, name=f"{code}局", short_name=code, kind=kind, region=region)
    return Membership.objects.create(user=user, department=unit, role=role)


def test_a_person_comes_with_every_role_department_and_region_in_one_query(
    wang: User, django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    office = employ(wang, "office", Department.Kind.GOVERNMENT_OFFICE, "coordinator")
    bureau = employ(wang, "bureau", Department.Kind.BUREAU, "reporter")
    with django_assert_num_queries(1):
        found = Backend().get_user(wang.pk)
        assert found == wang
        assert found.held == [bureau, office]
        assert [(str(one.department), str(one.department.region)) for one in found.held] == [
            ("bureau", "温州市"),
            ("office", "温州市"),
        ]
        assert (str(found), found.email, found.password) == ("王芳", wang.email, wang.password)
    assert found.date_joined == User.objects.get(pk=wang.pk).date_joined


def test_whoever_holds_no_role_comes_with_none(wang: User, django_assert_num_queries: "DjangoAssertNumQueries") -> None:
    with django_assert_num_queries(1):
        found = Backend().get_user(wang.pk)
        assert found is not None
        assert found.held == []


def test_an_account_that_was_closed_is_nobody(wang: User) -> None:
    employ(wang, "bureau", Department.Kind.BUREAU, "reporter")
    User.objects.filter(pk=wang.pk).update(is_active=False)
    assert Backend().get_user(wang.pk) is None


def test_an_account_that_was_deleted_is_nobody(wang: User) -> None:
    gone = wang.pk
    wang.delete()
    assert Backend().get_user(gone) is None
