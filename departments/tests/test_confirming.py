"""A role that approves, given to somebody new: one administrator alone makes nobody who makes a figure official."""

import re
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from departments import access
from departments.models import AuditEvent, Membership, Notice, ProposedRole, User
from departments.notices import matters
from departments.permissions import Action, Role
from departments.services import accounts as services
from departments.services import confirming
from departments.tests.accounts import told
from departments.tests.callers import member
from departments.tests.test_people import add, again, cast, roles

pytestmark = pytest.mark.django_db

__all__ = ["cast"]


@pytest.fixture
def waiting(cast: SimpleNamespace) -> ProposedRole:
    """The bureau's administrator has added a reviewer."""
    add(cast, cast.bureau_chief, roles=[Role.REVIEWER])
    return ProposedRole.objects.get()


def reviews(user: User) -> bool:
    return bool(access.reach(again(user), Action.REVIEW_OBSERVATIONS))


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_opens_nothing_until_a_second_administrator_confirms_it_and_all_are_told(
    waiting: ProposedRole, cast: SimpleNamespace
) -> None:
    assert not reviews(waiting.user)
    assert not access.reaches_by_action(again(waiting.user))[Action.VIEW_PLAN]
    asked = Notice.objects.get(user=cast.office_chief)
    assert "另一名管理员确认" in matters.lines_of_notice(asked)[0].text
    confirming.confirm_role(waiting, by=cast.office_chief)
    assert reviews(waiting.user)
    assert told() == ["people.added", "people.role_proposed", "people.role_granted"]
    assert AuditEvent.objects.latest("pk").detail["proposed_by"] == cast.bureau_chief.username
    assert set(Notice.objects.values_list("user", flat=True)) >= {waiting.user.pk, cast.bureau_chief.pk}


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMINISTRATOR])
def test_nobody_gets_to_approve_alone_by_the_own_account_or_by_a_new_administrator(
    role: Role, cast: SimpleNamespace
) -> None:
    person = cast.bureau_chief if role is Role.REVIEWER else cast.reporter
    kept = [Role.ADMINISTRATOR] if role is Role.REVIEWER else [Role.REPORTER]
    services.set_roles(person, department=cast.bureau, roles=[*kept, role], by=cast.bureau_chief)
    assert roles(person) == {("bureau", one.value) for one in kept}
    assert ProposedRole.objects.get().role == role.value


def test_who_gave_it_who_gets_it_and_who_could_not_have_given_it_do_not_confirm_it(
    waiting: ProposedRole, cast: SimpleNamespace
) -> None:
    Membership.objects.create(user=waiting.user, department=cast.bureau, role="administrator")
    for one in (cast.bureau_chief, waiting.user, cast.other_chief, cast.county_chief, cast.reporter):
        with pytest.raises(PermissionDenied):
            confirming.confirm_role(waiting, by=again(one))
    for one in (cast.bureau_chief, waiting.user):
        decided = {"decided_by": one, "decided_at": waiting.proposed_at, "confirmed": True}
        with pytest.raises(IntegrityError), transaction.atomic():
            ProposedRole.objects.update(**decided)
    assert not reviews(waiting.user)


def test_where_there_is_one_administrator_it_takes_effect_and_the_log_says_so(cast: SimpleNamespace) -> None:
    services.deactivate(cast.office_chief, by=None)
    person, _password = add(cast, cast.bureau_chief, roles=[Role.REPORTER, Role.REVIEWER])
    assert reviews(person)
    granted = AuditEvent.objects.filter(action="people.role_granted").order_by("pk")
    assert [one.detail.get("alone") for one in granted] == [None, True]


def test_a_role_that_is_held_elsewhere_or_does_not_approve_waits_for_nobody(cast: SimpleNamespace) -> None:
    Membership.objects.create(user=cast.reporter, department=cast.other, role="reviewer")
    services.set_roles(cast.reporter, department=cast.bureau, roles=[Role.REVIEWER, Role.LEADER], by=cast.office_chief)
    assert {("bureau", "reviewer"), ("bureau", "leader")} <= roles(cast.reporter)
    assert "alone" not in AuditEvent.objects.latest("pk").detail


def test_it_is_refused_with_a_reason_and_decided_once(waiting: ProposedRole, cast: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="理由"):
        confirming.refuse_role(waiting, by=cast.office_chief, reason=" ")
    confirming.refuse_role(waiting, by=cast.office_chief, reason="未报备")
    with pytest.raises(ValidationError, match="已有人"):
        confirming.confirm_role(waiting, by=cast.office_chief)
    assert roles(waiting.user) == set()
    assert "未报备" in matters.lines_of_notice(Notice.objects.filter(user=cast.bureau_chief).latest("pk"))[0].text


def test_it_is_decided_on_the_page_of_the_person(waiting: ProposedRole, cast: SimpleNamespace) -> None:
    page, address = f"/people/{waiting.user_id}/", f"/people/{waiting.user_id}/roles/{waiting.pk}/"
    own, office = as_(cast.bureau_chief), as_(cast.office_chief)
    again_given = own.post(f"{page}roles/", {"department": "bureau", "roles": ["reviewer"]}, follow=True)
    assert "须待另一名管理员确认" in again_given.content.decode()
    shown = own.get(page).content.decode()
    assert "确认</button>" not in shown
    assert "撤回</summary>" in shown
    assert re.search(f"可由以下管理员确认：\\s+{cast.office_chief}", shown)
    assert "有角色待确认" in own.get("/people/").content.decode()
    assert own.post(address, {"do": "confirm"}).status_code == 403
    assert as_(cast.other_chief).post(address, {"do": "confirm"}).status_code == 404
    offered = office.get(page).content.decode()
    confirming_form, refusing_form = re.findall(rf'<form method="post" action="{address}">.*?</form>', offered, re.S)
    assert ("确认</button>" in confirming_form, 'name="reason"' in confirming_form) == (True, False), "Enter refuses"
    assert ("确定不同意</button>" in refusing_form, 'name="reason"' in refusing_form) == (True, True)
    assert office.post(address, {"do": "refuse"}).status_code == 422
    assert office.post(address, {"do": "confirm"}).status_code == 302
    assert roles(waiting.user) == {("bureau", "reviewer")}


def test_giving_it_again_changes_nothing_until_the_other_administrators_have_left(
    waiting: ProposedRole, cast: SimpleNamespace
) -> None:
    given = {"department": cast.bureau, "roles": [Role.REVIEWER], "by": cast.bureau_chief}
    services.set_roles(waiting.user, **given)
    assert (ProposedRole.objects.count(), roles(waiting.user)) == (1, set())
    services.deactivate(cast.office_chief, by=None)
    services.set_roles(waiting.user, **given)
    assert (ProposedRole.objects.count(), roles(waiting.user)) == (0, {("bureau", "reviewer")})


def test_nobody_gets_at_an_account_by_the_role_that_it_is_to_have(cast: SimpleNamespace) -> None:
    member(Role.ADMINISTRATOR, unit=cast.office)
    person, _password = add(cast, cast.office_chief, roles=[Role.COORDINATOR])
    assert services.may_see_person(person, cast.bureau_chief)
    with pytest.raises(PermissionDenied):
        services.reset_password(person, by=cast.bureau_chief)


def test_through_the_administration_it_waits_as_well(cast: SimpleNamespace) -> None:
    form = {"username": cast.reporter.username, "is_active": "on", "memberships-TOTAL_FORMS": 2}
    held = cast.reporter.memberships.get()
    rows = {"memberships-INITIAL_FORMS": 1, "memberships-0-id": held.pk, "memberships-1-role": "reviewer"}
    for number, role in enumerate(("reporter", "reviewer")):
        row = {"user": cast.reporter.pk, "department": cast.bureau.pk, "role": role}
        rows |= {f"memberships-{number}-{name}": value for name, value in row.items()}
    answer = as_(cast.office_chief).post(f"/admin/departments/user/{cast.reporter.pk}/change/", form | rows)
    assert answer.status_code == 302
    assert roles(cast.reporter) == {("bureau", "reporter")}
    confirming.confirm_role(ProposedRole.objects.get(), by=cast.bureau_chief)
    assert roles(cast.reporter) == {("bureau", "reporter"), ("bureau", "reviewer")}
