"""The one table of permissions, and how far each role reaches by it."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from departments import access
from departments.models import AuditEvent, Department, Membership, Region, User
from departments.permissions import PERMISSIONS, Action, Role, Scope, grantable, scope_of
from departments.services.accounts import record

pytestmark = pytest.mark.django_db

EXPECTED = {
    Action.VIEW_PLAN: "reporter reviewer coordinator leader county administrator",
    Action.VIEW_OBSERVATIONS: "reporter reviewer coordinator leader county administrator",
    Action.ENTER_OBSERVATIONS: "reporter county coordinator",
    Action.REVIEW_OBSERVATIONS: "reviewer",
    Action.WITHDRAW_OBSERVATIONS: "reviewer coordinator",
    Action.IMPORT_OBSERVATIONS: "reporter county coordinator",
    Action.IMPORT_OFFICIAL: "coordinator",
    Action.LOCK_MONTHS: "coordinator",
    Action.SET_QUOTAS: "coordinator",
    Action.ADMINISTER: "administrator",
    Action.MANAGE_PEOPLE: "administrator",
    Action.SHOW_SCREENS: "coordinator administrator",
    Action.VIEW_DATA_QUALITY: "coordinator administrator",
    Action.ASK_ABOUT_DATA: "coordinator",
    Action.ANSWER_DATA_QUESTIONS: "reporter reviewer county",
    Action.VIEW_SUPERVISION: "reporter reviewer county coordinator leader",
    Action.ISSUE_SUPERVISION: "coordinator",
    Action.RECEIVE_SUPERVISION: "reporter reviewer county",
    Action.ANSWER_SUPERVISION: "reporter reviewer county",
    Action.VERIFY_SUPERVISION: "coordinator",
    Action.CLOSE_SUPERVISION: "coordinator",
    Action.VIEW_COMMENTS: "reporter reviewer county coordinator leader",
    Action.COMMENT: "leader",
    Action.ANSWER_COMMENTS: "reporter reviewer county",
    Action.VIEW_SILENCE: "reviewer coordinator leader",
    Action.VIEW_TASK_REPORTS: "reporter reviewer county coordinator leader administrator",
    Action.REPORT_TASKS: "reporter county",
    Action.REVIEW_TASK_REPORTS: "reviewer",
    Action.SPLIT_TASKS: "reporter reviewer coordinator",
    Action.SIGN_OFF_TASKS: "reviewer coordinator",
    Action.CLOSE_TASKS: "coordinator leader",
    Action.VIEW_SYSTEM: "administrator",
}


def unit(code: str, kind: str = "bureau") -> Department:
    place = Region.objects.get_or_create(code=code, defaults={"name": code, "kind": "county"})[0]
    return Department.objects.create(code=f"unit-{code}", name=code, short_name=code, kind=kind, region=place)


def person(*roles: tuple[Role, Department], **fields: Any) -> User:
    user = User.objects.create_user(f"person{User.objects.count()}", **fields)
    for role, department in roles:
        Membership.objects.create(user=user, department=department, role=role.value)
    return user


def test_every_action_stands_in_the_table_with_these_roles() -> None:
    assert {action: set(roles.split()) for action, roles in EXPECTED.items()} == {
        action: {role.value for role in table} for action, table in PERMISSIONS.items()
    }


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_a_role_reaches_as_far_as_the_table_says(role: Role, action: Action) -> None:
    department = unit("100101")
    reached = access.reach(person((role, department)), action)
    scope = scope_of(action, role)
    scope = scope.held_in(office=False) if scope else None
    assert bool(reached) == (scope is not None)
    assert reached.seats == ({department.region_id} if scope in (Scope.SEAT, Scope.REALM) else set())
    assert reached.realm == reached.seats
    assert reached.departments == ({department.pk} if scope is Scope.DEPARTMENT else set())
    assert reached.regions == ({department.region_id} if scope is Scope.REGION else set())


def test_an_administrator_of_the_government_office_reaches_the_region_and_any_other_the_own_department() -> None:
    office, bureau = person((Role.ADMINISTRATOR, unit("100101", "government_office"))), unit("100102")
    local = person((Role.ADMINISTRATOR, bureau))
    for action in (Action.ADMINISTER, Action.MANAGE_PEOPLE, Action.VIEW_OBSERVATIONS):
        assert access.reach(office, action).realm == {office.held[0].department.region_id}
    assert not access.reach(local, Action.ADMINISTER)
    for action in (Action.MANAGE_PEOPLE, Action.VIEW_OBSERVATIONS):
        reached = access.reach(local, action)
        assert (reached.departments, reached.regions, reached.realm) == ({bureau.pk}, set(), set())


@pytest.mark.parametrize("office", [True, False])
@pytest.mark.parametrize("scope", list(Scope))
def test_only_two_scopes_depend_on_where_the_role_is_held(scope: Scope, office: bool) -> None:
    expected = {(Scope.OFFICE, True): Scope.REALM, (Scope.OFFICE, False): None}
    expected |= {(Scope.OWN, True): Scope.REALM, (Scope.OWN, False): Scope.DEPARTMENT}
    assert scope.held_in(office=office) == expected.get((scope, office), scope)


def test_from_a_department_only_the_roles_of_its_daily_work_are_given() -> None:
    assert grantable(everywhere=True, county=False) == set(Role) - {Role.COUNTY}
    assert grantable(everywhere=True, county=True) == set(Role)
    own = {Role.REPORTER, Role.REVIEWER, Role.ADMINISTRATOR}
    assert grantable(everywhere=False, county=False) == own
    assert grantable(everywhere=False, county=True) == own | {Role.COUNTY}


def test_a_reporter_covers_the_own_department_and_no_other() -> None:
    own, other = unit("100101"), unit("100102")
    reached = access.reach(person((Role.REPORTER, own)), Action.ENTER_OBSERVATIONS)
    assert reached.covers(department_id=own.pk, region_id=other.region_id)
    assert not reached.covers(department_id=other.pk, region_id=own.region_id)
    assert not reached.covers(department_id=None, region_id=own.region_id)


def test_a_county_covers_its_own_region_and_no_other() -> None:
    own, other = unit("100101"), unit("100102")
    reached = access.reach(person((Role.COUNTY, own)), Action.ENTER_OBSERVATIONS)
    assert reached.covers(department_id=other.pk, region_id=own.region_id)
    assert not reached.covers(department_id=own.pk, region_id=other.region_id)


def test_several_roles_add_up() -> None:
    first, second = unit("100101"), unit("100102")
    reached = access.reach(person((Role.REPORTER, first), (Role.REPORTER, second)), Action.ENTER_OBSERVATIONS)
    assert reached.departments == {first.pk, second.pk}


def test_a_person_without_a_role_may_nothing_whatever_flags_are_set() -> None:
    user = person(is_staff=True, is_superuser=True)
    assert not any(access.reach(user, action) for action in Action)


def test_a_person_who_has_left_may_nothing() -> None:
    user = person((Role.ADMINISTRATOR, unit("100101")), is_active=False)
    assert not any(access.reach(user, action) for action in Action)


def test_demanding_what_is_not_allowed_says_whom_to_ask() -> None:
    with pytest.raises(PermissionDenied, match="管理员"):
        access.demand(person((Role.REPORTER, unit("100101"))), Action.IMPORT_OFFICIAL)


def test_a_guarded_view_sends_strangers_to_log_in_refuses_some_and_serves_others() -> None:
    @access.requires(Action.IMPORT_OFFICIAL)
    def view(request: object) -> HttpResponse:
        return HttpResponse("done")

    request = RequestFactory().get("/guarded/")
    request.user = AnonymousUser()
    assert view(request).status_code == 302
    request.user = person((Role.COORDINATOR, unit("100101")))
    assert view(request).status_code == 200
    request.user = person((Role.LEADER, unit("100102")))
    with pytest.raises(PermissionDenied):
        view(request)


def test_an_audit_event_is_added_and_never_changed_or_deleted() -> None:
    department = unit("100101")
    event = record("department.made", by=None, subject=department, reason="机构改革")
    assert AuditEvent.objects.get().subject == f"departments.department:{department.pk}"
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
