"""What other systems read of departments and regions, how they come in, and how numbers and times travel."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from departments.http_api.contract import read_moment, write_decimal, write_moment
from departments.models import ApiToken, AuditEvent, Department, Membership, User
from departments.permissions import Role
from departments.tests.callers import asking, cost, faults, member, region

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/departments"


def key_of(user: User, **options: object) -> str:
    out = StringIO()
    call_command("create_api_token", user.username, stdout=out, stderr=StringIO(), **options)
    return out.getvalue().strip()


def status(key: str) -> int:
    return Client(headers={"Authorization": f"Bearer {key}"}).get(ADDRESS).status_code


def test_departments_have_the_fields_of_the_contract() -> None:
    user = member(Role.LEADER)
    unit = Department.objects.create(
        code="transport",
        name="某市交通运输局",
        short_name="市交通运输局",
        kind="bureau",
        region=region(),
        aliases=[{"name": "市交通运输厅", "note": "slip"}],
    )
    answer = asking(user)("/departments").json()
    assert answer["count"] == Department.objects.count()
    assert answer["items"][-1] == {
        "code": unit.code,
        "name": unit.name,
        "short_name": unit.short_name,
        "aliases": ["市交通运输厅"],
        "kind": "bureau",
    }


def test_regions_name_the_whole_they_are_part_of() -> None:
    region("100101", parent=region())
    answer = asking(member(Role.LEADER))("/regions").json()
    assert answer["items"] == [
        {"code": "100100", "name": "100100", "parent": None},
        {"code": "100101", "name": "100101", "parent": "100100"},
    ]


@pytest.mark.parametrize("address", ["/departments", "/regions"])
def test_the_number_of_queries_does_not_grow(address: str) -> None:
    ask = asking(member(Role.LEADER))
    few = cost(ask, address)
    for number in range(10):
        member(Role.LEADER, region(f"2001{number:02d}", parent=region()))
    many = cost(ask, address)
    assert few[0] + 10 == many[0]
    assert few[1] == many[1]


def test_a_list_is_read_in_parts() -> None:
    for number in range(5):
        region(f"20010{number}", parent=region())
    ask = asking(member(Role.LEADER))
    whole = ask("/regions").json()
    part = ask("/regions", limit=2, offset=3).json()
    assert part == {"items": whole["items"][3:5], "count": 6}
    assert ask("/regions", offset=6).json() == {"items": [], "count": 6}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": "0"}, [("limit", "greater_than_equal")]),
        ({"limit": "1001"}, [("limit", "less_than_equal")]),
        ({"limit": "many", "offset": "-1"}, [("limit", "int_parsing"), ("offset", "greater_than_equal")]),
        ({"offset": "9" * 30}, [("offset", "less_than_equal")]),
    ],
)
def test_a_part_that_cannot_be_is_refused(query: dict[str, str], expected: list[tuple[str, str]]) -> None:
    answer = asking(member(Role.LEADER))("/regions", **query)
    assert answer.status_code == 422
    assert faults(answer) == expected
    assert set(answer.json()["errors"][0]) == {"row", "column", "code", "message"}


def test_the_command_prints_a_token_that_opens_the_api() -> None:
    key = key_of(member(Role.LEADER), days=7, name="data platform")
    assert status(key) == 200
    token = ApiToken.objects.get()
    assert token.name == "data platform"
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)
    assert key not in (token.key_hash, token.name)
    assert AuditEvent.objects.get().detail["name"] == "data platform"
    assert key not in str(AuditEvent.objects.get().detail)


@pytest.mark.parametrize(
    ("username", "options"),
    [("nobody", {}), ("closed", {}), ("open", {"days": 0}), ("open", {"days": 99999}), ("open", {"name": "x" * 61})],
)
def test_the_command_says_why_it_makes_no_token(username: str, options: dict[str, object]) -> None:
    User.objects.create_user("closed", is_active=False)
    User.objects.create_user("open")
    with pytest.raises(CommandError) as refusal:
        call_command("create_api_token", username, stdout=StringIO(), stderr=StringIO(), **options)
    assert "\n" not in str(refusal.value)
    assert refusal.value.returncode == 1
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_refused() -> None:
    key = key_of(member(Role.LEADER))
    ApiToken.objects.update(revoked_at=timezone.now())
    assert status(key) == 401


def test_an_expired_token_is_refused() -> None:
    key = key_of(member(Role.LEADER))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(key) == 401


def test_the_token_of_a_closed_account_is_refused() -> None:
    key = key_of(member(Role.LEADER))
    User.objects.update(is_active=False)
    assert status(key) == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic eDp5", "Bearer \x00"])
def test_what_is_no_token_is_refused(header: str) -> None:
    member(Role.LEADER)
    answer = Client(headers={"Authorization": header}).get(ADDRESS)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert faults(answer) == [(None, "not_authenticated")]


def test_the_hash_of_a_token_is_no_token() -> None:
    key_of(member(Role.LEADER))
    assert status(ApiToken.objects.get().key_hash) == 401


def test_whoever_holds_no_role_is_refused_whatever_marks_the_account_has() -> None:
    user = User.objects.create_user("root", is_staff=True, is_superuser=True)
    answer = asking(user)("/departments")
    assert answer.status_code == 403
    assert faults(answer) == [(None, "forbidden")]


def test_a_lost_role_closes_the_api_at_once() -> None:
    user = member(Role.LEADER)
    ask = asking(user)
    assert ask("/departments").status_code == 200
    Membership.objects.filter(user=user).delete()
    assert ask("/departments").status_code == 403


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("92.000000", "92"),
        ("0.420000", "0.42"),
        ("0E-6", "0"),
        ("-0.0", "0"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("-3.50", "-3.5"),
        ("100", "100"),
        ("93.3253588516746", "93.3253588516746"),
    ],
)
def test_a_decimal_travels_in_full(number: str, text: str) -> None:
    assert write_decimal(Decimal(number)) == text


def test_a_time_travels_with_its_offset_to_the_microsecond() -> None:
    moment = datetime(2014, 7, 5, 4, 0, 0, 123456, tzinfo=UTC)
    assert write_moment(moment) == "2014-07-05T12:00:00.123456+08:00"
    assert read_moment(write_moment(moment)) == moment


def test_a_time_without_offset_is_the_services_own() -> None:
    assert read_moment("2014-07-05T12:00:00") == datetime(2014, 7, 5, 4, tzinfo=UTC)
    assert read_moment("2014-07-05") == datetime(2014, 7, 4, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2014-07", "1404532800", "2014-13-05T12:00", "0001-01-01T00:00:00+08:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2014-07-05T12:00:00"):
        read_moment(text)
