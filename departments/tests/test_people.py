"""Who looks after whose account, and that nobody gets at more than the own roles open."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from departments.credentials import endings
from departments.models import AuditEvent, Membership, Notice, User
from departments.notices import matters
from departments.permissions import Role
from departments.services import accounts as services
from departments.tests.accounts import code, enter, inside, told, unit, with_second_factor
from departments.tests.callers import asking, member

pytestmark = pytest.mark.django_db

OWN_ROLES = [Role.REPORTER, Role.REVIEWER, Role.ADMINISTRATOR]


@pytest.fixture
def cast() -> SimpleNamespace:
    """The government office, two bureaus and a county, each with an administrator."""
    places = {
        "office": unit("office", "government_office"),
        "bureau": unit("bureau"),
        "other": unit("other"),
        "county": unit("county", "county_government"),
    }
    chiefs = {f"{name}_chief": member(Role.ADMINISTRATOR, unit=place) for name, place in places.items()}
    return SimpleNamespace(**places, **chiefs, reporter=member(Role.REPORTER, unit=places["bureau"]))


def again(user: User) -> User:
    """As the next request sees the person."""
    return User.objects.get(pk=user.pk)


def roles(user: User) -> set[tuple[str, str]]:
    return set(user.memberships.values_list("department__code", "role"))


def add(cast: SimpleNamespace, by: User | None, **values: object) -> tuple[User, str]:
    given = {"username": "new", "name": "新人", "email": "", "department": cast.bureau, "roles": [Role.REPORTER]}
    return services.add_person(**(given | values), by=by)


# --- Adding ----------------------------------------------------------------------------------------------------------


def test_a_person_is_added_and_chooses_a_password_at_the_first_log_in(cast: SimpleNamespace, client: Client) -> None:
    person, password = add(cast, cast.office_chief, email="new@example.cn", roles=[Role.REPORTER, Role.LEADER])
    assert roles(person) == {("bureau", "reporter"), ("bureau", "leader")}
    assert (person.display_name, person.email, person.must_change_password) == ("新人", "new@example.cn", True)
    enter(client, "new", password)
    assert client.get("/plans/plan-2014/tasks/").headers["Location"] == "/accounts/password/"
    assert told()[:3] == ["people.added", "people.role_granted", "people.role_granted"]
    assert password not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"username": "NEW"}, "已被使用"),
        ({"username": ""}, ""),
        ({"username": "with space"}, "用户名"),
        ({"username": "x" * 151}, "150"),
        ({"email": "no address"}, "Email"),
        ({"roles": []}, "至少选择一个角色"),
    ],
)
def test_what_does_not_fit_adds_nobody(values: dict[str, object], sentence: str, cast: SimpleNamespace) -> None:
    User.objects.create_user("new")
    before = User.objects.count()
    with pytest.raises(ValidationError) as refused:
        add(cast, cast.office_chief, **({"username": "another"} | values))
    assert sentence in " ".join(refused.value.messages)
    assert User.objects.count() == before
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.LEADER, Role.COUNTY])
def test_a_bureau_gives_no_role_that_reaches_beyond_it(role: Role, cast: SimpleNamespace) -> None:
    with pytest.raises(PermissionDenied):
        add(cast, cast.bureau_chief, roles=[Role.REPORTER, role])
    assert not User.objects.filter(username="new").exists()


@pytest.mark.parametrize("place", ["office", "other", "county"])
def test_nobody_is_added_elsewhere(place: str, cast: SimpleNamespace) -> None:
    with pytest.raises(PermissionDenied):
        add(cast, cast.bureau_chief, department=getattr(cast, place))


def test_a_county_gives_the_role_of_its_officer(cast: SimpleNamespace) -> None:
    assert add(cast, cast.county_chief, department=cast.county, roles=[Role.COUNTY])[0].roles == {Role.COUNTY}


def test_the_government_office_gives_every_role_but_that_of_a_county_outside_counties(cast: SimpleNamespace) -> None:
    add(cast, cast.office_chief, roles=[role for role in Role if role is not Role.COUNTY])
    with pytest.raises(PermissionDenied):
        add(cast, cast.office_chief, username="second", roles=[Role.COUNTY])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_whoever_is_no_administrator_adds_nobody(role: Role, cast: SimpleNamespace) -> None:
    with pytest.raises(PermissionDenied):
        add(cast, member(role, unit=cast.bureau))


# --- Roles -----------------------------------------------------------------------------------------------------------


def test_roles_become_exactly_those_that_are_given_and_each_change_is_recorded(cast: SimpleNamespace) -> None:
    services.set_roles(cast.reporter, department=cast.bureau, roles=[Role.LEADER], by=cast.office_chief)
    assert roles(cast.reporter) == {("bureau", "leader")}
    assert told() == ["people.role_revoked", "people.role_granted"]
    event = AuditEvent.objects.latest("pk")
    assert (event.actor, event.subject) == (cast.office_chief, f"departments.user:{cast.reporter.pk}")
    assert event.detail == {"username": cast.reporter.username, "department": "bureau", "role": "leader"}


def test_what_is_the_same_already_is_no_event(cast: SimpleNamespace) -> None:
    services.set_roles(cast.reporter, department=cast.bureau, roles=[Role.REPORTER], by=cast.bureau_chief)
    assert told() == []


def test_roles_that_a_bureau_may_not_give_are_not_taken_either(cast: SimpleNamespace) -> None:
    Membership.objects.create(user=cast.reporter, department=cast.bureau, role="coordinator")
    services.set_roles(cast.reporter, department=cast.bureau, roles=[], by=cast.bureau_chief)
    assert roles(cast.reporter) == {("bureau", "coordinator")}


def test_roles_in_other_departments_are_never_touched(cast: SimpleNamespace) -> None:
    Membership.objects.create(user=cast.reporter, department=cast.other, role="reviewer")
    services.set_roles(cast.reporter, department=cast.bureau, roles=[Role.REVIEWER], by=cast.bureau_chief)
    assert roles(cast.reporter) == {("bureau", "reviewer"), ("other", "reviewer")}
    with pytest.raises(PermissionDenied):
        services.set_roles(cast.reporter, department=cast.other, roles=[], by=cast.bureau_chief)


def test_nobody_draws_a_stranger_into_the_own_department(cast: SimpleNamespace) -> None:
    stranger = member(Role.COORDINATOR, unit=cast.other)
    with pytest.raises(PermissionDenied):
        services.set_roles(stranger, department=cast.bureau, roles=[Role.REPORTER], by=cast.bureau_chief)
    assert roles(stranger) == {("other", "coordinator")}


def test_nobody_makes_oneself_more(cast: SimpleNamespace) -> None:
    for place, role in ((cast.office, Role.ADMINISTRATOR), (cast.bureau, Role.COORDINATOR)):
        with pytest.raises(PermissionDenied):
            services.set_roles(cast.bureau_chief, department=place, roles=[role], by=cast.bureau_chief)
    assert roles(cast.bureau_chief) == {("bureau", "administrator")}


def test_the_own_last_role_of_administrator_cannot_be_taken(cast: SimpleNamespace) -> None:
    for chief, place in ((cast.bureau_chief, cast.bureau), (cast.office_chief, cast.office)):
        with pytest.raises(ValidationError, match="最后一个管理员"):
            services.set_roles(chief, department=place, roles=[Role.REPORTER], by=chief)
    Membership.objects.create(user=cast.bureau_chief, department=cast.other, role="administrator")
    services.set_roles(cast.bureau_chief, department=cast.bureau, roles=[], by=again(cast.bureau_chief))
    assert roles(cast.bureau_chief) == {("other", "administrator")}


def test_a_person_keeps_at_least_one_role(cast: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="停用账号"):
        services.set_roles(cast.reporter, department=cast.bureau, roles=[], by=cast.bureau_chief)


# --- Accounts --------------------------------------------------------------------------------------------------------


def test_a_closed_account_opens_nothing_until_it_is_opened_again(cast: SimpleNamespace, client: Client) -> None:
    client.force_login(cast.reporter)
    ask = asking(cast.reporter)
    services.deactivate(cast.reporter, by=cast.bureau_chief)
    assert not inside(client)
    assert ask("/plans").status_code == 401
    assert told()[1:] == ["api_token.revoked", "people.deactivated"]


def test_what_was_open_before_an_account_was_closed_stays_closed_when_it_is_opened_again(
    cast: SimpleNamespace, client: Client
) -> None:
    client.force_login(cast.reporter)
    ask = asking(cast.reporter)
    services.deactivate(cast.reporter, by=cast.bureau_chief)
    services.reactivate(cast.reporter, by=cast.bureau_chief)
    assert not inside(client)
    assert ask("/plans").status_code == 401
    enter(client, cast.reporter.username, "pass")
    assert inside(client)


def test_a_reset_password_ends_every_session_and_token_and_opens_the_account(
    cast: SimpleNamespace, client: Client
) -> None:
    client.force_login(cast.reporter)
    ask = asking(cast.reporter)
    password = services.reset_password(cast.reporter, by=cast.bureau_chief)
    assert not inside(client)
    assert ask("/plans").status_code == 401
    enter(client, cast.reporter.username, password)
    assert inside(client)
    assert again(cast.reporter).must_change_password


@pytest.mark.parametrize("deed", ["reset-password", "deactivate"])
def test_what_upper_apps_have_opened_ends_as_well(
    deed: str, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[User] = []
    monkeypatch.setattr(endings, "_ends", [ended.append])
    services.DEEDS[deed](cast.reporter, by=cast.bureau_chief)
    assert ended == [cast.reporter]


def test_a_reset_ends_a_log_in_that_waits_for_its_code(cast: SimpleNamespace, client: Client) -> None:
    with_second_factor(cast.reporter)
    enter(client, cast.reporter.username, "pass")
    services.reset_password(cast.reporter, by=cast.bureau_chief)
    client.post("/accounts/login/code/", {"code": code()})
    assert not inside(client)


@pytest.mark.parametrize("deed", ["reset-password", "reset-second-factor", "deactivate"])
def test_the_person_the_other_administrators_and_the_office_are_told_of_a_deed(
    deed: str, cast: SimpleNamespace
) -> None:
    second, office = member(Role.ADMINISTRATOR, unit=cast.bureau), member(Role.COORDINATOR, unit=cast.office)
    services.DEEDS[deed](cast.reporter, by=cast.bureau_chief)
    notices = list(Notice.objects.order_by("user"))
    person = [] if deed == "deactivate" else [cast.reporter]
    assert {one.user for one in notices} == {second, office, *person}
    for one in notices:
        text = matters.lines_of_notice(one)[0].text
        assert str(cast.reporter) in text
        assert str(cast.bureau_chief) in text


def test_all_are_told_of_a_role_by_mail_and_a_second_reset_on_the_same_day_too(cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.reporter.pk).update(email="one@example.cn")
    services.set_roles(again(cast.reporter), department=cast.bureau, roles=[Role.LEADER], by=cast.office_chief)
    for _number in range(2):
        services.reset_password(again(cast.reporter), by=cast.office_chief)
    notices = Notice.objects.filter(user=cast.reporter, mail_at__isnull=False).order_by("pk")
    assert [one.parts[0]["kind"] for one in notices] == ["people.role_granted", *["people.password_reset"] * 2]
    assert "领导" in matters.lines_of_notice(notices[0])[0].text


def test_a_lost_second_factor_is_removed(cast: SimpleNamespace) -> None:
    with_second_factor(cast.reporter)
    services.reset_second_factor(cast.reporter, by=cast.bureau_chief)
    assert not cast.reporter.authenticator_set.exists()
    assert told() == ["people.second_factor_reset"]


@pytest.mark.parametrize("deed", list(services.DEEDS))
def test_nobody_gets_at_the_account_of_a_superior_or_a_stranger(deed: str, cast: SimpleNamespace) -> None:
    superiors = [member(role, unit=cast.bureau) for role in (Role.COORDINATOR, Role.LEADER)]
    both = member(Role.REPORTER, unit=cast.bureau)
    Membership.objects.create(user=both, department=cast.other, role="reporter")
    promoted = member(Role.REPORTER, unit=cast.bureau)
    Membership.objects.create(user=promoted, department=cast.office, role="administrator")
    strangers = [cast.office_chief, cast.other_chief, User.objects.create_user("nobody")]
    for person in (*superiors, both, promoted, *strangers):
        before = again(person)
        with pytest.raises(PermissionDenied):
            services.DEEDS[deed](person, by=cast.bureau_chief)
        assert (again(person).password, again(person).is_active) == (before.password, before.is_active)
    assert told() == []


@pytest.mark.parametrize("deed", list(services.DEEDS))
def test_the_government_office_gets_at_every_account_but_the_own(deed: str, cast: SimpleNamespace) -> None:
    for person in (cast.bureau_chief, cast.reporter, User.objects.create_user("nobody")):
        services.DEEDS[deed](person, by=cast.office_chief)
    with pytest.raises(PermissionDenied, match="本人"):
        services.DEEDS[deed](cast.office_chief, by=cast.office_chief)


@pytest.mark.parametrize("deed", list(services.DEEDS))
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_whoever_is_no_administrator_gets_at_no_account(role: Role, deed: str, cast: SimpleNamespace) -> None:
    with pytest.raises(PermissionDenied):
        services.DEEDS[deed](cast.reporter, by=member(role, unit=cast.bureau))


def test_a_closed_administrator_manages_nobody(cast: SimpleNamespace) -> None:
    services.deactivate(cast.bureau_chief, by=cast.office_chief)
    with pytest.raises(PermissionDenied):
        services.deactivate(cast.reporter, by=again(cast.bureau_chief))
