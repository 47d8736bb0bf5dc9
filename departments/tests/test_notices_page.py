"""The page with what one is told, and the number of unread notices on every page."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Notice, User
from departments.permissions import Role
from departments.tests.reminded import NOW, everybody_has, notice, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def words() -> Iterator[None]:
    with everybody_has():
        yield


@pytest.fixture
def reader() -> User:
    return person("a")


@pytest.fixture
def client(reader: User) -> Client:
    made = Client()
    made.force_login(reader)
    return made


def page(client: Client, query: str = "", language: str = "zh-hans") -> str:
    client.cookies["django_language"] = language
    answer = client.get(f"/notices/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def bell(client: Client) -> str:
    found = re.search(r'class="bell-number"><span aria-hidden="true">([^<]*)', client.get("/audit/").content.decode())
    return found[1] if found else ""


def test_unread_notices_stand_first_then_the_newest(client: Client, reader: User) -> None:
    for subject in ("old", "read", "new"):
        notice(reader, subject)
    Notice.objects.filter(subject__in=["read", "new"]).update(read_at=NOW)
    assert re.findall(r"请办理(\w+)", page(client)) == ["old", "new", "read"]


def test_a_notice_leads_to_what_it_speaks_of(client: Client, reader: User) -> None:
    notice(reader, "1")
    assert '<a href="/desk/1/">请办理1</a>' in page(client)
    assert "试验通知" in page(client)


def test_the_page_is_there_in_english_too(client: Client, reader: User) -> None:
    assert "There are no notices" in page(client, language="en")
    notice(reader, "1")
    assert "Mark all as read" in page(client, language="en")


def test_who_has_none_reads_what_will_come(client: Client) -> None:
    assert "暂无通知" in page(client)
    assert "全部标为已读" not in page(client)


def test_the_bell_counts_what_is_unread_in_the_header_of_every_page(reader: User) -> None:
    administrator = person("admin", role=Role.ADMINISTRATOR)
    client = Client()
    client.force_login(administrator)
    assert bell(client) == ""
    for number in range(3):
        notice(administrator, str(number))
    notice(reader, "another's")
    assert bell(client) == "3"
    for number in range(3, 120):
        notice(administrator, str(number))
    assert bell(client) == "99+"


def test_a_notice_is_marked_as_read_and_the_page_stays(client: Client, reader: User) -> None:
    one, other = notice(reader, "1"), notice(reader, "2")
    answer = client.post(f"/notices/{one.pk}/read/?page=2")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/notices/?page=2")
    assert list(Notice.objects.unread()) == [other]


def test_a_repeated_click_changes_nothing(client: Client, reader: User) -> None:
    one = notice(reader, "1", read_at=NOW)
    assert client.post(f"/notices/{one.pk}/read/?page=//evil.example").headers["Location"] == "/notices/"
    assert Notice.objects.get().read_at == NOW


def test_all_are_marked_as_read_and_nobody_elses(client: Client, reader: User) -> None:
    other = notice(person("b"), "1")
    notice(reader, "1")
    notice(reader, "2")
    assert client.post("/notices/read/").status_code == 302
    assert list(Notice.objects.unread()) == [other]


def test_what_others_are_told_is_neither_seen_nor_marked(client: Client) -> None:
    other = notice(person("b"), "theirs")
    assert "theirs" not in page(client)
    assert client.post(f"/notices/{other.pk}/read/").status_code == 404
    assert Notice.objects.unread().count() == 1


@pytest.mark.parametrize("address", ["/notices/read/", "/notices/1/read/"])
def test_nothing_is_marked_by_a_link(address: str, client: Client) -> None:
    assert client.get(address).status_code == 405


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=999", "?page=", "?page=1'"])
def test_what_cannot_be_understood_shows_a_page(query: str, client: Client, reader: User) -> None:
    notice(reader, "1")
    assert "请办理1" in page(client, query)


def test_every_notice_is_on_exactly_one_page(client: Client, reader: User) -> None:
    for number in range(45):
        notice(reader, f"n{number}", now=NOW + timedelta(minutes=number))
    found = [
        subject for number in (1, 2, 3) for subject in re.findall(r"请办理(n\d+)", page(client, f"?page={number}"))
    ]
    assert found == [f"n{number}" for number in range(44, -1, -1)]


def test_a_part_that_nobody_can_put_into_words_any_more_breaks_nothing(client: Client, reader: User) -> None:
    notice(reader, "1", kind="forgotten", parts=[{"kind": "forgotten", "details": {}, "link": "/"}])
    assert page(client)


def test_many_notices_take_as_many_queries_as_few(client: Client, reader: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client)
        return len(captured)

    notice(reader, "1")
    page(client)  # the plans that the person sees are read once
    few = queries()
    for number in range(2, 18):
        notice(reader, str(number))
    assert queries() == few
