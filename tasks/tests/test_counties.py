"""各县（市、区）: every county has the task, reports on it for itself, and the task tells how many have."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Region, User
from departments.people.groups import members_of
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from targets.expected.plan_situation import Situation
from targets.tests import factories as f
from targets.tests.factories import person
from tasks.models import Assignment, Milestone, Task
from tasks.reading.findings import findings
from tasks.reading.selectors import Wanted, find_wanted_tasks, row_of_task
from tasks.reporting.desk import TaskDesk, task_desks_of
from tasks.reporting.reminders import due_milestone_lots_on, report_gaps_on
from tasks.services.places import ReportPlace, milestones_reported_at
from tasks.services.reporting import save_report
from tasks.services.signing import missing_units
from tasks.tests.cast import JUNE, a_task, approved, milestone, said

pytestmark = pytest.mark.django_db
TODAY, LATE = date(2014, 7, 3), date(2014, 7, 8)


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A city with three counties, each of which shares a task that a bureau leads."""
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_at: TODAY)
    whole = f.region()
    places = [f.region(f"10010{number}", parent=whole) for number in (1, 2, 3)]
    counties = [f.department(place, "county_government") for place in places]
    each = f.department(whole, "each_county")
    lead = f.department()
    task = a_task(lead=lead, shared=each)
    return SimpleNamespace(
        whole=whole,
        places=places,
        counties=counties,
        each=each,
        lead=lead,
        task=task,
        officers=[person(Role.COUNTY, one) for one in counties],
        reviewer=person(Role.REVIEWER, counties[0]),
        leader=person(Role.LEADER),
        clerk=person(Role.REPORTER, lead),
    )


def told_of(user: User, plan: Plan) -> TaskDesk:
    (found,) = task_desks_of(user, [plan], Situation.of([plan], TODAY))
    return found


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def place(city: SimpleNamespace, number: int = 0, month: Month = JUNE) -> ReportPlace:
    return ReportPlace(city.task, city.counties[number], month)


def test_each_county_stands_for_the_governments_of_the_regions_parts(city: SimpleNamespace) -> None:
    elsewhere = f.region("200100")
    f.department(f.region("200101", parent=elsewhere), "county_government")
    f.department(city.places[0])
    assert members_of([city.each, city.lead]) == {city.each.pk: city.counties}


def test_the_task_is_shown_with_each_county_as_one_unit(city: SimpleNamespace) -> None:
    text = page(city.leader, f"/plans/plan-2014/tasks/{city.task.code}/")
    units = text.split('class="units"')[1].split("</ul>")[0]
    assert city.each.short_name in units
    assert city.counties[0].short_name not in units


def test_every_county_has_the_task_on_its_pages_and_finds_it_by_its_name(city: SimpleNamespace) -> None:
    other = a_task("other", lead=city.lead)
    for number, county in enumerate(city.counties):
        for address in (
            f"/plans/plan-2014/departments/{county.code}/",
            "/tasks/mine/",
            f"/plans/plan-2014/tasks/?department={county.code}",
        ):
            text = page(city.officers[number], address)
            assert f"/tasks/{city.task.code}/" in text, address
            assert f"/tasks/{other.code}/" not in text, address


def test_the_page_of_a_county_lists_its_tasks(city: SimpleNamespace) -> None:
    measured = f.indicator(region_rule="pooled")
    f.target(measured, threshold=92, coverage="parts")
    f.official(f.entry(measured, "2014-06", 95, 100, place=city.places[0]))
    text = page(city.leader, f"/plans/plan-2014/counties/{city.places[0].code}/")
    assert f"/tasks/{city.task.code}/" in text


def test_each_county_owes_a_report_of_its_own(city: SimpleNamespace) -> None:
    owed = {gap.unit for gap in report_gaps_on(LATE)}
    assert owed == {city.lead, *city.counties}
    approved(place(city), city.officers[0], city.reviewer)
    assert {gap.unit for gap in report_gaps_on(LATE)} == {city.lead, *city.counties[1:]}
    (duty,) = told_of(city.officers[1], city.task.plan).units[0].duties
    assert (duty.row.task, duty.standing) == (city.task, "open")


def test_a_countys_officer_writes_its_report_on_pages_and_a_colleague_decides(city: SimpleNamespace) -> None:
    client = Client()
    client.force_login(city.officers[0])
    address = f"/plans/plan-2014/tasks/{city.task.code}/report/{city.counties[0].code}/{JUNE}/"
    assert address in page(city.officers[0], f"/plans/plan-2014/tasks/{city.task.code}/")
    assert client.get(address).status_code == 200
    assert client.post(address, {"done": "已排查", "version": "0", "deed": "hand_in"}).status_code == 302
    (report,) = city.task.reports.all()
    assert (report.department, report.state) == (city.counties[0], "submitted")
    client.force_login(city.reviewer)
    client.post(f"/tasks/reports/{report.pk}/approve/")
    report.refresh_from_db()
    assert report.state == "approved"


def test_nobody_writes_for_another_county_or_for_all_of_them(city: SimpleNamespace) -> None:
    client = Client()
    client.force_login(city.officers[0])
    task = f"/plans/plan-2014/tasks/{city.task.code}/report"
    assert client.get(f"{task}/{city.counties[1].code}/{JUNE}/").status_code == 403
    assert client.get(f"{task}/{city.each.code}/{JUNE}/").status_code == 404
    everyone = person(Role.REPORTER, city.each)
    for unit, by in ((city.counties[1], city.officers[0]), (city.each, everyone)):
        with pytest.raises(PermissionDenied):
            save_report(ReportPlace(city.task, unit, JUNE), said(), version=0, by=by)
    elsewhere = f.department(f.region("200101", parent=f.region("200100")), "county_government")
    with pytest.raises(PermissionDenied):
        save_report(ReportPlace(city.task, elsewhere, JUNE), said(), version=0, by=person(Role.COUNTY, elsewhere))


def test_the_task_tells_how_many_counties_have_reported_and_who_has_not(city: SimpleNamespace) -> None:
    approved(place(city), city.officers[0], city.reviewer)
    approved(place(city, month=Month(2014, 5)), city.officers[0], city.reviewer)
    counties = row_of_task(city.task, city.task.plan, TODAY).counties
    assert counties is not None
    assert (counties.month, counties.reported, counties.missing) == (JUNE, city.counties[:1], city.counties[1:])
    text = page(city.leader, f"/plans/plan-2014/tasks/{city.task.code}/")
    assert "已报告 1 / 3" in text
    assert city.counties[1].short_name in text
    assert "已报告 1 / 3" in page(city.leader, "/plans/plan-2014/tasks/")


def test_a_task_without_each_county_counts_none(city: SimpleNamespace) -> None:
    other = a_task("other", lead=city.lead, shared=city.counties[0])
    assert row_of_task(other, other.plan, TODAY).counties is None
    assert "已报告" not in page(city.leader, "/plans/plan-2014/tasks/other/")


def test_the_number_of_queries_does_not_depend_on_tasks_or_counties(city: SimpleNamespace) -> None:
    with CaptureQueriesContext(connection) as few:
        find_wanted_tasks(city.task.plan, TODAY, Wanted(), None)
    for number in range(4):
        a_task(f"further-{number}", lead=city.lead, shared=city.each)
        f.department(f.region(f"10011{number}", parent=city.whole), "county_government")
    with CaptureQueriesContext(connection) as many:
        assert len(find_wanted_tasks(city.task.plan, TODAY, Wanted(), None).rows) == 5
    assert len(few) == len(many)


def test_a_county_tells_of_itself_and_not_of_the_tasks_milestones(city: SimpleNamespace) -> None:
    step = milestone(city.task, "step", due=TODAY)
    own = milestone(city.task, "own", due=TODAY, department=city.counties[0])
    assert [one.milestone for one in milestones_reported_at(place(city))] == [own]
    assert [one.milestone for one in milestones_reported_at(ReportPlace(city.task, city.lead, JUNE))] == [step]
    asked = {lot.department_id for lot in due_milestone_lots_on(TODAY)}
    assert asked == {city.counties[0].pk, city.lead.pk}
    alone = a_task("alone", lead=city.each)
    milestone(alone, "nobodys", due=TODAY)
    assert milestones_reported_at(ReportPlace(alone, city.counties[0], JUNE)) == []


def test_a_milestone_has_one_unit_and_a_county_may_be_it(city: SimpleNamespace) -> None:
    step = Milestone(task=city.task, code="s", title="一步", due=TODAY, quote="目标", department=city.each)
    with pytest.raises(ValidationError) as refused:
        step.full_clean()
    assert list(refused.value.message_dict) == ["department"]
    step.department = city.counties[0]
    step.full_clean()
    client = Client()
    client.force_login(city.clerk)
    form = client.get(f"/plans/plan-2014/tasks/{city.task.code}/milestones/").context["lines"].forms[-1]
    assert set(form.fields["department"].queryset) == {city.lead, *city.counties}


def test_counties_without_a_report_are_named_when_the_lead_signs(city: SimpleNamespace) -> None:
    approved(place(city), city.officers[0], city.reviewer)
    assert missing_units(city.task, JUNE) == [unit.short_name for unit in (city.lead, *city.counties[1:])]


def test_a_county_named_itself_has_the_role_it_is_given(city: SimpleNamespace) -> None:
    Assignment.objects.create(task=city.task, department=city.counties[0], role="support")
    units = told_of(city.officers[0], city.task.plan).units
    assert [duty.assignment.role for duty in units[0].duties] == ["support"]
    assert city.counties[0] not in {gap.unit for gap in report_gaps_on(LATE)}


def test_counties_that_never_report_are_proposed_for_supervision_one_by_one(city: SimpleNamespace) -> None:
    found = {one.units[0] for one in findings(city.task.plan, date(2014, 12, 1)) if one.kind == "no_report"}
    assert found >= set(city.counties)
    assert city.each not in found


def test_each_county_of_another_region_is_refused(city: SimpleNamespace) -> None:
    elsewhere = f.department(f.region("200100"), "each_county")
    with pytest.raises(ValidationError) as refused:
        Assignment(task=city.task, department=elsewhere, role="shared").full_clean()
    assert list(refused.value.message_dict) == ["department"]


def test_a_notice_is_not_sent_to_each_county_at_once(city: SimpleNamespace) -> None:
    client = Client()
    client.force_login(person(Role.COORDINATOR))
    form = client.get("/plans/plan-2014/supervision/new/").context["form"]
    offered = set(form.fields["lead"].queryset)
    assert city.each not in offered
    assert set(city.counties) <= offered


def test_the_region_of_a_task_decides_which_counties(city: SimpleNamespace) -> None:
    assert set(Region.objects.filter(parent=city.whole)) == set(city.places)
    assert Task.objects.get().assignments.held_by([city.counties[0].pk]).count() == 1
    assert not Task.objects.get().assignments.held_by([f.department(city.places[0]).pk]).exists()
    assert Department.objects.filter(kind="each_county").count() == 1
