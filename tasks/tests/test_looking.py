"""Lists, board, timeline, calendar and feed: what they show, to whom, and in how many queries."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from departments.models import Department, User
from departments.permissions import Role
from departments.services.accounts import deactivate, reactivate, reset_password
from targets.tests import factories as f
from tasks.models import Assignment, CalendarFeed, Milestone, Task
from tasks.reading.selectors import PAGE
from tasks.rules.calendars import LONGEST_LINE, Event, write_calendar_file
from tasks.tests.cast import a_task, approved, cast, milestone

pytestmark = pytest.mark.django_db

LISTS = [
    "/plans/plan-2014/tasks/",
    "/plans/plan-2014/board/",
    "/plans/plan-2014/timeline/",
    "/plans/plan-2014/calendar/?all=1&month=2014-12",
    "/tasks/mine/",
]


@pytest.fixture(name="city")
def _city() -> SimpleNamespace:
    return cast()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def many(number: int, departments: list[Department]) -> None:
    """Tasks with two milestones and two units each, written at once."""
    plan = f.plan()
    clause = plan.clauses.get(path="一")
    start = Task.objects.count()
    tasks = Task.objects.bulk_create(
        Task(
            plan=plan, code=f"many-{start + one}", order=one % 30000, title=f"任务{one}", clause=clause,
            quote=clause.text, due=date(2014, 12, 31),
        )
        for one in range(number)
    )  # fmt: skip
    Milestone.objects.bulk_create(
        Milestone(task=task, code=code, title=f"节点{code}", quote="目标", due=date(2014, 12, 1 + task.pk % 28))
        for task in tasks
        for code in "ab"
    )
    Assignment.objects.bulk_create(
        Assignment(task=task, department=departments[(task.pk + role) % len(departments)], role=kind)
        for task in tasks
        for role, kind in enumerate(("lead", "shared"))
    )


def cost(client: Client, address: str) -> int:
    page(client, address)
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    return sum(one["sql"].startswith("SELECT") for one in captured)  # a session may be touched in between


def test_ten_times_the_tasks_of_24_units_take_no_further_query() -> None:
    units = [f.department() for _one in range(24)]
    many(60, units)
    client = client_of(f.person(Role.REPORTER, units[0]))
    few = {address: cost(client, address) for address in LISTS}
    many(600 - 60, units)
    assert {address: cost(client, address) for address in LISTS} == few
    assert max(few.values()) <= 20


def test_a_list_has_pages_and_keeps_what_was_asked_for(city: SimpleNamespace) -> None:
    many(PAGE + 20, [city.lead, city.shared])
    client = client_of(city.leader)
    first, second = (
        page(client, f"/plans/plan-2014/tasks/?department={city.lead.code}&page={number}") for number in (1, 2)
    )
    assert (first.count('class="task-title"'), second.count('class="task-title"')) == (PAGE, 21)
    assert f"department={city.lead.code}&page=2" in first
    assert page(client, "/plans/plan-2014/tasks/?page=99").count('class="task-title"') == 21
    assert 'class="task-title"' in page(client, "/plans/plan-2014/tasks/?page=x")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {"lead", "other"}),
        ("department={lead}", {"lead"}),
        ("department={lead}&role=lead", {"lead"}),
        ("department={lead}&role=support", set()),
        ("role=shared", {"lead"}),
        ("state=done", {"other"}),
        ("state=not_started", {"lead"}),
        ("due=2014-03", {"other"}),
        ("chapter=一", {"lead", "other"}),
        ("chapter=nowhere&state=nothing&due=x", {"lead", "other"}),
    ],
)
def test_tasks_are_found_by_chapter_unit_role_state_and_day(city: SimpleNamespace, asked: str, found: set[str]) -> None:
    other = a_task("other", lead=f.department())
    milestone(other, "m", due=date(2014, 3, 1), done_on=date(2014, 1, 20))
    text = page(client_of(city.leader), "/plans/plan-2014/tasks/?" + asked.format(lead=city.lead.code))
    codes = {"t": "lead", "other": "other"}
    assert {
        codes[code] for code in re.findall(r'class="task-title">.*?/plans/plan-2014/tasks/([\w-]+)/', text, re.S)
    } == found


def test_the_board_shows_columns_and_how_many_there_are(city: SimpleNamespace) -> None:
    many(30, [city.lead, city.shared])
    text = page(client_of(city.leader), "/plans/plan-2014/board/")
    assert text.count("task-card") == 20
    assert "还有 11 项" in text


def test_the_timeline_names_the_next_milestone_and_draws_the_year(city: SimpleNamespace) -> None:
    text = page(client_of(city.leader), "/plans/plan-2014/timeline/")
    assert "节点own" in text
    assert '<circle class="mark-grey" cx="100.00%"' in text


def test_the_calendar_shows_own_milestones_unless_all_are_asked_for(city: SimpleNamespace) -> None:
    other = a_task("other", lead=f.department())
    milestone(other, "m", title="别人的节点")
    client = client_of(city.reporter)
    assert "别人的节点" not in page(client, "/plans/plan-2014/calendar/?month=2014-12")
    assert "节点own" in page(client, "/plans/plan-2014/calendar/?month=2014-12")
    assert "别人的节点" in page(client, "/plans/plan-2014/calendar/?month=2014-12&all=1")


def test_my_tasks_say_what_is_to_be_written_and_where_it_stands(city: SimpleNamespace) -> None:
    client = client_of(city.reporter)
    assert f"/plans/plan-2014/tasks/t/report/{city.lead.code}/2014-01/" in page(client, "/tasks/mine/")
    approved(city.place, city.reporter, city.reviewer)
    assert "/plans/plan-2014/tasks/t/" in page(client_of(city.reviewer), "/tasks/mine/")
    assert "没有需要您填报的任务" in page(client_of(city.stranger), "/tasks/mine/") or "本单位没有在办任务" in page(
        client_of(city.stranger), "/tasks/mine/"
    )


def test_the_desk_says_how_many_reports_are_open(city: SimpleNamespace) -> None:
    assert "还有 1 份报告待提交" in page(client_of(city.reporter), "/desk/")


# --- The feed ---------------------------------------------------------------------------------------------------------


def issued(client: Client) -> str:
    text = html.unescape(client.post("/plans/plan-2014/calendar/address/").content.decode())
    found = re.search(r"<code>http[^<]*(/calendar/[\w-]+\.ics)</code>", text)
    assert found is not None
    return found[1]


def unfolded(text: str) -> list[str]:
    """The lines as a calendar program reads them."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= LONGEST_LINE for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_the_feed_is_read_by_its_address_alone(city: SimpleNamespace) -> None:
    address = issued(client_of(city.reporter))
    answer = Client().get(address)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = unfolded(answer.content.decode())
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "DTSTART;VALUE=DATE:20141231" in lines
    assert any(line == "SUMMARY:节点own" for line in lines)
    assert any(line.startswith("URL:http") and line.endswith("/plans/plan-2014/tasks/t/") for line in lines)


def test_the_key_is_kept_as_a_hash_shown_once_and_can_be_ended(city: SimpleNamespace) -> None:
    client = client_of(city.reporter)
    address = issued(client)
    key = address.removeprefix("/calendar/").removesuffix(".ics")
    assert key not in str(CalendarFeed.objects.values_list())
    assert key not in page(client, "/plans/plan-2014/calendar/")
    newer = issued(client)
    assert (Client().get(address).status_code, Client().get(newer).status_code) == (404, 200)
    client.post("/plans/plan-2014/calendar/address/end/")
    assert Client().get(newer).status_code == 404


def test_nobody_writes_through_it_and_guesses_find_nothing(city: SimpleNamespace) -> None:
    address = issued(client_of(city.reporter))
    assert Client().post(address).status_code == 405
    assert Client().get("/calendar/guess.ics").status_code == 404


def test_the_feed_of_a_closed_account_ends(city: SimpleNamespace) -> None:
    address = issued(client_of(city.reporter))
    city.reporter.is_active = False
    city.reporter.save()
    assert Client().get(address).status_code == 404


def test_the_feed_ends_with_a_reset_and_does_not_come_back_with_the_account(city: SimpleNamespace) -> None:
    address = issued(client_of(city.reporter))
    reset_password(city.reporter, by=None)
    assert Client().get(address).status_code == 404
    User.objects.update(must_change_password=False)
    city.reporter.refresh_from_db()
    address = issued(client_of(city.reporter))
    deactivate(city.reporter, by=None)
    reactivate(city.reporter, by=None)
    assert Client().get(address).status_code == 404


def test_the_feed_ends_with_the_last_role(city: SimpleNamespace) -> None:
    address = issued(client_of(city.reporter))
    city.reporter.memberships.all().delete()
    assert Client().get(address).status_code == 404


def test_the_feed_holds_what_the_person_answers_for(city: SimpleNamespace) -> None:
    assert "节点own" not in Client().get(issued(client_of(city.stranger))).content.decode()
    assert "SUMMARY" in Client().get(issued(client_of(city.leader))).content.decode()


texts = some.text(max_size=200)


@given(some.lists(some.tuples(texts, texts, some.dates(date(1999, 1, 1), date(2100, 1, 1))), max_size=4))
def test_any_words_make_a_valid_file(rows: list[tuple[str, str, date]]) -> None:
    events = [Event(f"e{number}@x", day, title, text, "https://x/") for number, (title, text, day) in enumerate(rows)]
    lines = unfolded(write_calendar_file("日历", events, datetime(2014, 1, 1, tzinfo=UTC)))
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(rows)
    for line in lines:
        assert re.match(r"[A-Z-]+[:;]", line)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)
        if line.startswith(("SUMMARY:", "DESCRIPTION:")):
            assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", line.split(":", 1)[1])


def test_the_fixtures_still_load_and_a_second_time_change_nothing(plan_2014: object) -> None:
    before = Milestone.history.count()
    call_command("load_fixtures", "40_tasks_2014", verbosity=0)
    assert Milestone.history.count() == before


def test_a_day_takes_the_day_after_as_its_end() -> None:
    event = Event("e@x", date(2014, 12, 31), "一", "二", "https://x/")
    lines = unfolded(write_calendar_file("日历", [event], datetime(2014, 1, 1, tzinfo=UTC)))
    assert f"DTEND;VALUE=DATE:{date(2014, 12, 31) + timedelta(days=1):%Y%m%d}" in lines
