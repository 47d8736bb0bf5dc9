"""The matrix of reporting: each status from real entries, who sees which rows, its cells, its files."""

import csv
import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from departments.database.append_only import rewriting
from departments.models import AuditEvent, Department, User
from departments.permissions import Role
from plans.models import CalendarDay, Plan
from plans.periods import Month
from targets.expected.punctuality import PunctualityTally, Status
from targets.expected.timeliness import TimelinessLine, timeliness_matrix_of, timeliness_share_text
from targets.models import Indicator, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)
IN_TIME, TOO_LATE = datetime(2014, 7, 7, 15, 59, 59, tzinfo=UTC), datetime(2014, 7, 7, 16, tzinfo=UTC)
LATER = datetime(2014, 8, 1, tzinfo=UTC)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with an indicator, another bureau with one, and a county."""
    city = f.region()
    county = Department.objects.create(
        code="gov-1", name="某县政府", short_name="某县", kind="county_government", region=f.region("100101", city)
    )
    office, other = f.department(), f.department()
    made = SimpleNamespace(
        plan=f.plan(),
        office=office,
        other=other,
        county=county,
        houses=f.indicator("count", department=office),
        beds=f.indicator("count", department=other),
        summed=f.indicator("count", department=office, region_rule="sum"),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        officer=f.person(Role.COUNTY, county),
        leader=f.person(Role.LEADER),
    )
    for one in (made.houses, made.beds, made.summed):
        f.target(one, threshold=10)
    return made


def handed_in(cast: SimpleNamespace, at: datetime, indicator: Indicator | None = None) -> Revision:
    key = ((indicator or cast.houses).pk, cast.plan.region_id, JUNE)
    save_draft(key, Typed(value="3", note="核对无误"), version=0, by=cast.reporter)
    made = hand_in([key], by=cast.reporter, reason="更正")[0]
    with rewriting():
        Revision.objects.filter(pk=made.pk).update(created_at=at)
    made.refresh_from_db()
    return made


def line_of(cast: SimpleNamespace, unit: Department, user: User | None = None, now: datetime = LATER) -> TimelinessLine:
    return next(
        one for one in timeliness_matrix_of(cast.plan, user or cast.leader, JUNE, now).lines if one.unit == unit
    )


def june(cast: SimpleNamespace, now: datetime = LATER) -> Status:
    return line_of(cast, cast.office, now=now).cells[5].tally.status


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- Statuses ---------------------------------------------------------------------------------------------------------


def test_the_last_second_of_the_deadline_is_on_time_and_the_next_is_late(cast: SimpleNamespace) -> None:
    one = handed_in(cast, IN_TIME)
    assert june(cast) is Status.ON_TIME
    with rewriting():
        Revision.objects.filter(pk=one.pk).update(created_at=TOO_LATE)
    assert june(cast) is Status.LATE


def test_a_figure_is_not_due_until_the_deadline_has_passed_and_missing_then(cast: SimpleNamespace) -> None:
    assert june(cast, now=IN_TIME) is Status.NOT_DUE
    assert june(cast, now=TOO_LATE) is Status.MISSING


def test_a_figure_comes_back_is_handed_in_again_and_withdrawn(cast: SimpleNamespace) -> None:
    return_revision(handed_in(cast, IN_TIME), by=cast.reviewer, reason="漏报")
    assert june(cast) is Status.RETURNED
    again = handed_in(cast, LATER)
    assert june(cast) is Status.ON_TIME
    withdraw_revision(approve_revision(again, by=cast.reviewer), by=cast.reviewer, reason="口径错误")
    assert june(cast) is Status.MISSING
    handed_in(cast, LATER)
    assert june(cast) is Status.LATE


def test_an_import_counts_at_its_own_time(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.houses, "2014-06", 3))
    assert june(cast, now=timezone.now()) is Status.LATE
    with rewriting():
        Revision.objects.update(created_at=IN_TIME)
    assert june(cast) is Status.ON_TIME


def test_a_holiday_in_the_calendar_makes_what_was_late_on_time(cast: SimpleNamespace) -> None:
    handed_in(cast, TOO_LATE)
    CalendarDay.objects.create(day=IN_TIME.date(), kind="holiday", name="节日")
    assert june(cast) is Status.ON_TIME


def test_a_month_in_which_nothing_is_due_is_empty_and_not_missing(cast: SimpleNamespace) -> None:
    f.target(f.indicator("count", department=(unit := f.department()), frequency="quarterly"), threshold=1)
    cells = line_of(cast, unit).cells
    expected = [Status.NOTHING_EXPECTED, Status.NOTHING_EXPECTED, Status.MISSING] * 2
    assert [cell.tally.status for cell in cells] == expected


def test_rates_are_of_months_whose_deadline_has_passed(cast: SimpleNamespace) -> None:
    handed_in(cast, IN_TIME)
    assert line_of(cast, cast.office, now=IN_TIME).passed == PunctualityTally(missing=5)
    assert line_of(cast, cast.office).passed == PunctualityTally(on_time=1, missing=5)


# --- Who sees what ----------------------------------------------------------------------------------------------------


def units(cast: SimpleNamespace, user: User) -> set[Department | None]:
    return {line.unit for line in timeliness_matrix_of(cast.plan, user, JUNE, LATER).lines}


def test_leadership_sees_every_unit_and_others_their_own(cast: SimpleNamespace) -> None:
    everybody = {cast.office, cast.other, cast.county}
    for user in (cast.leader, f.coordinator(), f.person(Role.ADMINISTRATOR)):
        assert units(cast, user) == everybody
    assert units(cast, cast.reporter) == units(cast, cast.reviewer) == {cast.office}
    assert units(cast, cast.officer) == {cast.county}
    assert units(cast, f.person(Role.REPORTER)) == set()


def test_what_nobody_reports_is_a_row_of_its_own_for_those_who_see_everything(cast: SimpleNamespace) -> None:
    f.target(lonely := f.indicator("count"), threshold=1)
    assert None in units(cast, cast.leader)
    assert None not in units(cast, cast.reporter)
    assert lonely.name in by(cast.leader).get("/plans/plan-2014/timeliness/-/2014-06/").content.decode()
    assert by(cast.reporter).get("/plans/plan-2014/timeliness/-/2014-06/").status_code == 403


def test_a_cell_of_another_unit_is_refused(cast: SimpleNamespace) -> None:
    for user, unit, status in (
        (cast.reporter, cast.office, 200),
        (cast.reporter, cast.other, 403),
        (cast.reporter, cast.county, 403),
        (cast.officer, cast.county, 200),
        (cast.officer, cast.office, 403),
        (cast.leader, cast.county, 200),
    ):
        assert by(user).get(f"/plans/plan-2014/timeliness/{unit.code}/2014-06/").status_code == status, (user, unit)


@pytest.mark.parametrize("address", ["nobody/2014-06", "{code}/2014-13", "{code}/2013-06", "{code}/june"])
def test_what_does_not_exist_is_not_found(address: str, cast: SimpleNamespace) -> None:
    assert (
        by(cast.leader).get(f"/plans/plan-2014/timeliness/{address.format(code=cast.office.code)}/").status_code == 404
    )


def test_only_those_who_see_every_unit_have_it_in_the_header(cast: SimpleNamespace) -> None:
    link = 'href="/plans/plan-2014/timeliness/">'
    assert link in by(cast.leader).get("/").content.decode()
    assert link not in by(cast.reporter).get("/").content.decode()
    assert (
        'href="/plans/plan-2014/timeliness/?month=2014-06"'
        in by(cast.reporter).get("/desk/?month=2014-06").content.decode()
    )
    assert (
        'href="/plans/plan-2014/timeliness/?month=2014-06"'
        in by(f.coordinator()).get("/plans/plan-2014/months/").content.decode()
    )


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_each_status_in_words_and_leads_to_the_cell(cast: SimpleNamespace) -> None:
    handed_in(cast, TOO_LATE)
    text = by(cast.leader).get("/plans/plan-2014/timeliness/?month=2014-06").content.decode()
    assert "迟报 · 应报1 · 迟报 1" in text
    assert "缺报 · 应报1 · 缺报 1" in text
    assert f'href="/plans/plan-2014/timeliness/{cast.office.code}/2014-06/"' in text
    assert "07-07*" in text
    assert '/2014-07/"' not in text


def test_the_worst_stand_first_unless_the_plans_order_is_asked_for(cast: SimpleNamespace) -> None:
    handed_in(cast, IN_TIME)
    client = by(cast.leader)

    def order(address: str) -> list[Any]:
        return [line.unit for line in client.get(address).context["matrix"].lines]

    assert order("/plans/plan-2014/timeliness/?month=2014-06")[-1] == cast.office
    assert order("/plans/plan-2014/timeliness/?month=2014-06&order=plan") == [cast.office, cast.other, cast.county]


def test_a_cell_shows_who_handed_in_what_and_when(cast: SimpleNamespace) -> None:
    handed_in(cast, TOO_LATE)
    text = by(cast.leader).get(f"/plans/plan-2014/timeliness/{cast.office.code}/2014-06/").content.decode()
    assert cast.houses.name in text
    assert "2014-07-08 00:00" in text
    assert str(cast.reporter) in text
    assert "因周末顺延至7月7日" in text
    assert f"/figures/{cast.houses.code}/{cast.plan.region.code}/2014-06/" in text


def test_a_figure_of_which_nothing_was_entered_has_no_history_to_lead_to(cast: SimpleNamespace) -> None:
    text = by(cast.leader).get(f"/plans/plan-2014/timeliness/{cast.office.code}/2014-06/").content.decode()
    assert "/figures/" not in text
    assert "缺报" in text


def test_whoever_enters_is_led_to_the_worksheet_and_a_leader_is_not(cast: SimpleNamespace) -> None:
    address = f"/plans/plan-2014/timeliness/{cast.office.code}/2014-06/"
    link = f'href="/worksheet/{cast.office.code}/2014-06/"'
    assert link in by(cast.reporter).get(address).content.decode()
    assert link not in by(cast.leader).get(address).content.decode()


def test_a_unit_that_reports_nothing_is_told_so(cast: SimpleNamespace) -> None:
    assert "没有填报任务" in by(f.person(Role.REPORTER)).get("/plans/plan-2014/timeliness/").content.decode()


def test_a_year_without_holidays_is_told(cast: SimpleNamespace) -> None:
    assert "2014年的放假安排" in by(cast.leader).get("/plans/plan-2014/timeliness/").content.decode()


@pytest.mark.parametrize("month", ["2014-13", "x", "2013-06", ""])
def test_a_month_that_cannot_be_understood_shows_the_one_being_reported(month: str, cast: SimpleNamespace) -> None:
    answer = by(cast.leader).get("/plans/plan-2014/timeliness/", {"month": month})
    assert answer.context["months"].shown == Month(2014, 1)


def test_the_matrix_takes_as_many_queries_for_many_units_as_for_few(cast: SimpleNamespace) -> None:
    def queries() -> int:
        client = by(cast.leader)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/plans/plan-2014/timeliness/?month=2014-12").status_code == 200
        return len(captured)

    handed_in(cast, IN_TIME)
    few = queries()
    for number in range(24):
        unit = f.department()
        for _each in range(2):
            f.target(one := f.indicator("count", department=unit), threshold=1)
            f.official(f.entry(one, f"2014-{number % 12 + 1:02}", 1))
    assert queries() == few


def test_a_cell_takes_as_many_queries_for_many_figures_as_for_few(cast: SimpleNamespace) -> None:
    def queries() -> int:
        client = by(cast.leader)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/plans/plan-2014/timeliness/{cast.office.code}/2014-06/")
        return len(captured)

    handed_in(cast, IN_TIME)
    few = queries()
    for _each in range(8):
        f.target(one := f.indicator("count", department=cast.office), threshold=1)
        handed_in(cast, IN_TIME, one)
    assert queries() == few


def test_a_share_never_looks_like_all_of_it() -> None:
    assert timeliness_share_text(PunctualityTally(on_time=9_999, missing=1).punctuality) == "99.99\u00a0%"
    assert timeliness_share_text(PunctualityTally(on_time=3).punctuality) == "100.0\u00a0%"
    assert timeliness_share_text(PunctualityTally(on_time=1, late=2).punctuality) == "33.3\u00a0%"
    assert timeliness_share_text(PunctualityTally().punctuality) == "—"


# --- The files --------------------------------------------------------------------------------------------------------


def exported(user: User, ending: str, **data: str) -> Any:
    return by(user).post("/plans/plan-2014/timeliness/export/", {"format": ending, "month": "2014-06"} | data)


def as_rows(answer: Any, ending: str) -> list[list[Any]]:
    if ending == "csv":
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.rows]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_file_says_what_the_page_says_and_taking_it_is_an_event(ending: str, cast: SimpleNamespace) -> None:
    handed_in(cast, IN_TIME)
    rows = as_rows(exported(cast.leader, ending, order="plan"), ending)
    assert rows[0][6] == "2014-06 (截止日期 2014-07-07)"
    assert rows[1][0] == cast.office.short_name
    assert rows[1][6] == "按时 1/1"
    assert rows[1][-7:] == ["6", "1", "0", "0", "5", "16.7\u00a0%", "16.7\u00a0%"]
    assert rows[-1][0] == "全部单位"
    event = AuditEvent.objects.get(action="timeliness.exported")
    assert (event.actor, event.detail) == (cast.leader, {"month": "2014-06", "rows": 3})


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_holds_the_own_rows_alone(ending: str, cast: SimpleNamespace) -> None:
    names = [row[0] for row in as_rows(exported(cast.officer, ending), ending)]
    assert names == ["单位", "某县", "全部单位"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_exported_cell_runs_as_a_formula(start: str, ending: str, cast: SimpleNamespace) -> None:
    Department.objects.filter(pk=cast.office.pk).update(short_name=f"{start}HYPERLINK(1)")
    names = [row[0] for row in as_rows(exported(cast.leader, ending), ending)]
    assert f"'{start}HYPERLINK(1)" in names


def test_made_up_figures_say_so_in_the_file(cast: SimpleNamespace) -> None:
    one = handed_in(cast, IN_TIME)
    assert "演示数据" not in exported(cast.leader, "csv").content.decode()
    one.source.demonstration = True
    one.source.save()
    assert "演示数据" in exported(cast.leader, "csv").content.decode()


def test_a_file_is_never_taken_by_a_link_nor_in_a_format_that_is_not_there(cast: SimpleNamespace) -> None:
    assert by(cast.leader).get("/plans/plan-2014/timeliness/export/").status_code == 405
    assert exported(cast.leader, "pdf").status_code == 404
    assert by(User.objects.create_user("nobody")).post("/plans/plan-2014/timeliness/export/").status_code == 403
    assert not AuditEvent.objects.filter(action="timeliness.exported").exists()


def test_the_desk_says_the_weekday_and_why_the_deadline_moved(plan_2014: Plan) -> None:
    reporter = f.person(Role.REPORTER, Department.objects.get(code="quality"))
    text = by(reporter).get("/desk/?month=2014-09").content.decode()
    assert "2014年10月8日（星期三）" in text
    assert "因国庆节放假顺延至10月8日" in text
    assert "顺延" not in by(reporter).get("/desk/?month=2014-10").content.decode()


def test_a_time_zone_east_of_the_server_changes_nothing(cast: SimpleNamespace) -> None:
    handed_in(cast, IN_TIME)
    with timezone.override("Pacific/Auckland"):
        assert june(cast, now=LATER + timedelta(days=1)) is Status.ON_TIME
