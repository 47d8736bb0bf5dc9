"""Who is expected to report what and when: one rule, dated, for worksheet and matrix alike."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from departments.models import Department, Region
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month, months_of
from targets.entering.worksheet import worksheet_of
from targets.expected.duties import expected_of
from targets.expected.month_standings import standings_of_months
from targets.expected.timeliness import timeliness_matrix_of
from targets.models import Draft, Indicator, ReportingDuty
from targets.services.locking import close_plan_month
from targets.services.reporting import reporters_changed
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE, DECEMBER = Month(2014, 6), Month(2014, 12)


def county(code: str = "100101") -> Department:
    place = f.region(code, f.region())
    return Department.objects.create(
        code=f"gov-{code}", name=f"{code}政府", short_name=f"{code}县", kind="county_government", region=place
    )


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau that reports one indicator, another bureau, and two counties that report what is summed up."""
    plan, old, new = f.plan(), f.department(), f.department()
    counties = [county("100101"), county("100102")]
    own, summed = f.indicator("count", department=old), f.indicator("count", region_rule="sum", department=old)
    f.target(own, threshold=10)
    f.target(summed, threshold=10)
    return SimpleNamespace(plan=plan, old=old, new=new, counties=counties, own=own, summed=summed)


def months_asked(plan: Plan, unit: Department | None, indicator: Indicator) -> list[int]:
    expected = expected_of(plan)
    pk = None if unit is None else unit.pk
    return [
        month.number
        for month in months_of(plan.year)
        for key in expected.of(pk, month)
        if key.indicator_id == indicator.pk
    ]


def duty(**values: object) -> ReportingDuty:
    made = ReportingDuty(**values)
    made.full_clean()
    made.save()
    return made


ALL = list(range(1, 13))

# --- One rule ---------------------------------------------------------------------------------------------------------


def test_every_worksheet_lists_exactly_what_the_matrix_expects(plan_2014: Plan) -> None:
    """Every unit and month; and no figure is on two worksheets or on none."""
    user, expected = f.coordinator(), expected_of(plan_2014)
    listed = []
    for unit in Department.objects.select_related("region"):
        for month in months_of(plan_2014.year):
            rows = [row.key for row in worksheet_of(unit, [plan_2014], month, user).rows]
            assert rows == list(expected.of(unit.pk, month)), (unit, month)
            assert all(region_id == unit.region_id for _indicator, region_id, _month in rows)
            listed += rows
    assert len(listed) == len(set(listed)) == len(expected.figures)
    assert set(listed) == set(expected.figures)


def test_months_and_matrix_count_the_same_figures(plan_2014: Plan) -> None:
    matrix = timeliness_matrix_of(plan_2014, f.coordinator(), DECEMBER, timezone.now())
    assert [one.missing for one in standings_of_months(plan_2014)] == [cell.tally.due for cell in matrix.columns]


def test_an_indicator_that_only_another_years_plan_promises_is_not_expected(cast: SimpleNamespace) -> None:
    f.target(only := f.indicator("count", department=cast.old), threshold=1, plan=f.plan(2015))
    assert months_asked(cast.plan, cast.old, only) == []
    assert months_asked(f.plan(2015), cast.old, only) == ALL


def test_what_nobody_promises_and_what_is_compared_with_are_expected(cast: SimpleNamespace) -> None:
    watched = f.indicator("level", department=cast.new)
    compared = f.indicator("level", department=cast.new, frequency="quarterly")
    f.target(
        f.indicator("level", department=cast.old),
        threshold_kind="indicator",
        operand=compared,
    )
    assert months_asked(cast.plan, cast.new, watched) == ALL
    assert months_asked(cast.plan, cast.new, compared) == [3, 6, 9, 12]


def test_a_figure_without_a_department_is_expected_of_nobody(cast: SimpleNamespace) -> None:
    f.target(lonely := f.indicator("count"), threshold=1)
    f.target(countys := f.indicator("count", department=cast.counties[0]), threshold=1)
    assert months_asked(cast.plan, None, lonely) == ALL
    assert months_asked(cast.plan, None, countys) == ALL


def test_a_county_without_a_government_is_expected_of_nobody(cast: SimpleNamespace) -> None:
    f.region("100103", f.region())
    assert months_asked(cast.plan, None, cast.summed) == ALL


def test_a_whole_that_has_no_parts_is_reported_by_the_department() -> None:
    office = f.department()
    f.target(alone := f.indicator("count", region_rule="sum", department=office), threshold=1)
    assert months_asked(f.plan(), office, alone) == ALL


# --- Dated ------------------------------------------------------------------------------------------------------------


def test_a_duty_begins_and_ends_with_its_months(cast: SimpleNamespace) -> None:
    duty(indicator=cast.own, department=cast.old, since=Month(2014, 3), until=Month(2014, 6))
    duty(indicator=cast.own, department=cast.new, since=Month(2014, 8))
    assert months_asked(cast.plan, cast.old, cast.own) == [3, 4, 5, 6]
    assert months_asked(cast.plan, cast.new, cast.own) == [8, 9, 10, 11, 12]
    assert len([key for key in expected_of(cast.plan).figures if key.indicator_id == cast.own.pk]) == 9


def test_a_closed_county_leaves_numerator_and_denominator_together(cast: SimpleNamespace) -> None:
    closed, other = cast.counties
    january = [f.entry(cast.summed, "2014-01", 1, place=one.region) for one in cast.counties]
    f.official(*january, f.entry(cast.summed, "2014-07", 1, place=closed.region))
    duty(department=closed, until=JUNE)
    assert months_asked(cast.plan, closed, cast.summed) == [1, 2, 3, 4, 5, 6]
    assert months_asked(cast.plan, other, cast.summed) == ALL
    columns = timeliness_matrix_of(cast.plan, f.coordinator(), DECEMBER, timezone.now()).columns
    assert [(one.tally.provided, one.tally.due) for one in columns][:7] == [(2, 3), *[(0, 3)] * 5, (0, 2)]
    assert all(0 <= one.tally.completeness <= 1 for one in columns if one.tally.completeness is not None)
    july = standings_of_months(cast.plan)[6]
    assert (july.approved, july.missing) == (0, 2)


def test_a_county_may_be_let_off_a_single_indicator(cast: SimpleNamespace) -> None:
    duty(department=cast.counties[0], indicator=cast.summed, since=Month(2014, 11))
    assert months_asked(cast.plan, cast.counties[0], cast.summed) == [11, 12]


def test_of_two_governments_of_a_county_one_reports_after_the_other(cast: SimpleNamespace) -> None:
    old = cast.counties[0]
    new = Department.objects.create(
        code="gov-new", name="新区政府", short_name="新区", kind="county_government", region=old.region
    )
    duty(department=old, until=JUNE)
    duty(department=new, since=Month(2014, 7))
    assert months_asked(cast.plan, old, cast.summed) == [1, 2, 3, 4, 5, 6]
    assert months_asked(cast.plan, new, cast.summed) == [7, 8, 9, 10, 11, 12]


def test_a_duty_of_nobody_keeps_the_figure_expected(cast: SimpleNamespace) -> None:
    duty(indicator=cast.own, department=None)
    assert months_asked(cast.plan, None, cast.own) == ALL


@pytest.mark.parametrize(
    ("since", "until", "fits"),
    [(None, None, False), ("2014-07", None, True), ("2014-06", "2014-08", False), ("2014-01", "2014-02", True)],
)
def test_duties_for_the_same_figures_never_overlap(
    since: str | None, until: str | None, fits: bool, cast: SimpleNamespace
) -> None:
    duty(indicator=cast.own, department=cast.old, since=Month(2014, 3), until=JUNE)
    one = ReportingDuty(
        indicator=cast.own,
        department=cast.new,
        since=Month.parse(since) if since else None,
        until=Month.parse(until) if until else None,
    )
    if fits:
        one.full_clean()
    else:
        with pytest.raises(ValidationError, match="填报任务"):
            one.full_clean()


def test_a_countys_duty_does_not_bar_a_bureaus(cast: SimpleNamespace) -> None:
    duty(indicator=cast.summed, department=cast.counties[0])
    duty(indicator=cast.summed, department=cast.counties[1])
    duty(indicator=cast.summed, department=cast.old)


def test_of_an_indicator_that_two_cities_share_each_names_its_own_reporter(cast: SimpleNamespace) -> None:
    there = f.region("200100")
    theirs, plan = f.department(there), f.another_plan("there", place=there)
    f.target(cast.own, threshold=10, plan=plan)
    assert months_asked(plan, theirs, cast.own) == []
    close_plan_month(cast.plan, Month(2014, 1), by=f.coordinator())
    duty(indicator=cast.own, department=theirs)
    assert months_asked(plan, theirs, cast.own) == months_asked(cast.plan, cast.old, cast.own) == ALL
    duty(indicator=cast.own, department=cast.old, until=JUNE)
    duty(indicator=cast.own, department=cast.new, since=Month(2014, 7))
    assert months_asked(cast.plan, cast.old, cast.own) == [1, 2, 3, 4, 5, 6]
    assert months_asked(cast.plan, cast.new, cast.own) == [7, 8, 9, 10, 11, 12]
    assert months_asked(plan, theirs, cast.own) == ALL


def test_another_city_s_duty_stays_when_the_department_here_changes(cast: SimpleNamespace) -> None:
    theirs = f.department(f.region("200100"))
    kept = duty(indicator=cast.own, department=theirs, since=Month(2014, 3))
    before = Indicator.objects.get(pk=cast.own.pk)
    cast.own.department = cast.new
    cast.own.save()
    reporters_changed([before, cast.own])
    kept.refresh_from_db()
    assert (kept.department, kept.until) == (theirs, None)


def test_a_duty_for_everything_is_a_countys_alone(cast: SimpleNamespace) -> None:
    for department in (cast.old, None):
        with pytest.raises(ValidationError):
            ReportingDuty(department=department).full_clean()


def test_a_duty_does_not_end_before_it_starts(cast: SimpleNamespace) -> None:
    wrong = ReportingDuty(indicator=cast.own, department=cast.old, since=JUNE, until=Month(2014, 5))
    with pytest.raises(ValidationError, match="早于"):
        wrong.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.save()


def test_the_rule_takes_as_many_queries_for_many_figures_as_for_few(cast: SimpleNamespace) -> None:
    with CaptureQueriesContext(connection) as few:
        expected_of(cast.plan)
    for number in range(6):
        f.target(f.indicator("count", department=f.department()), threshold=1)
        county(f"1002{number:02}")
        duty(indicator=f.indicator("count"), department=cast.old)
    with CaptureQueriesContext(connection) as many:
        expected_of(cast.plan)
    assert len(few) == len(many) == 6


# --- A new reporting department ---------------------------------------------------------------------------------------


def hand_over(indicator: Indicator, department: Department | None) -> None:
    before = Indicator.objects.get(pk=indicator.pk)
    indicator.department = department
    indicator.save()
    reporters_changed([before, indicator])


def spans(indicator: Indicator) -> list[tuple[int | None, str, str]]:
    rows = ReportingDuty.objects.filter(indicator=indicator).order_by("pk")
    return [(one.department_id, str(one.since or ""), str(one.until or "")) for one in rows]


@pytest.fixture
def june_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("targets.services.reporting.month_being_reported", lambda today: JUNE)


@pytest.mark.usefixtures("june_is_reported")
def test_the_months_before_the_one_being_reported_stay_with_the_old_department(cast: SimpleNamespace) -> None:
    hand_over(cast.own, cast.new)
    assert months_asked(cast.plan, cast.old, cast.own) == [1, 2, 3, 4, 5]
    assert months_asked(cast.plan, cast.new, cast.own) == [6, 7, 8, 9, 10, 11, 12]
    assert ReportingDuty.history.count() == 2


@pytest.mark.usefixtures("june_is_reported")
def test_a_second_change_in_the_same_month_replaces_the_first(cast: SimpleNamespace) -> None:
    third = f.department()
    hand_over(cast.own, cast.new)
    hand_over(cast.own, third)
    assert spans(cast.own) == [(cast.old.pk, "", "2014-05"), (third.pk, "2014-06", "")]


@pytest.mark.usefixtures("june_is_reported")
def test_a_duty_that_has_an_end_keeps_it_when_handed_over(cast: SimpleNamespace) -> None:
    duty(indicator=cast.own, department=cast.old, until=DECEMBER)
    hand_over(cast.own, cast.new)
    assert spans(cast.own) == [(cast.old.pk, "", "2014-05"), (cast.new.pk, "2014-06", "2014-12")]


@pytest.mark.usefixtures("june_is_reported")
def test_a_duty_that_has_ended_is_taken_up_from_the_month_being_reported(cast: SimpleNamespace) -> None:
    duty(indicator=cast.own, department=cast.old, until=Month(2014, 2))
    hand_over(cast.own, cast.new)
    assert spans(cast.own) == [(cast.old.pk, "", "2014-02"), (cast.new.pk, "2014-06", "")]


@pytest.mark.usefixtures("june_is_reported")
def test_without_a_successor_the_figure_is_expected_of_nobody(cast: SimpleNamespace) -> None:
    hand_over(cast.own, None)
    assert months_asked(cast.plan, None, cast.own) == [6, 7, 8, 9, 10, 11, 12]


@pytest.mark.usefixtures("june_is_reported")
def test_the_first_department_that_is_named_has_the_whole_year(cast: SimpleNamespace) -> None:
    lonely = f.indicator("count")
    hand_over(lonely, cast.new)
    assert not ReportingDuty.objects.exists()
    assert months_asked(cast.plan, cast.new, lonely) == ALL


def test_without_a_plan_there_is_no_month_to_divide() -> None:
    hand_over(one := f.indicator("count", department=f.department()), f.department())
    assert spans(one) == []


@pytest.mark.usefixtures("june_is_reported")
def test_the_old_department_sees_what_it_left_open_and_is_told_who_enters_it_now(
    cast: SimpleNamespace, client: Client
) -> None:
    reporter = f.person(Role.REPORTER, cast.old)
    hand_over(cast.own, cast.new)
    client.force_login(reporter)
    address = f"/worksheet/{cast.old.code}/2014-05/"
    page = client.get(address).content.decode()
    assert f"现由{cast.new}填报" in page
    assert f'name="{cast.own.pk}-value"' not in page
    assert f'name="{cast.own.pk}-files"' not in page
    fields = {"do": "hand_in", f"{cast.own.pk}-value": "3", f"{cast.own.pk}-note": "", f"{cast.own.pk}-version": "0"}
    assert client.post(address, fields).status_code == 403
    assert not Draft.objects.exists()
    client.force_login(f.coordinator())
    assert client.post(address, fields).status_code == 302
    assert timeliness_matrix_of(cast.plan, f.coordinator(), JUNE, timezone.now()).total.late == 1


def test_the_administration_dates_a_change_of_the_department(cast: SimpleNamespace, client: Client) -> None:
    client.force_login(f.person(Role.ADMINISTRATOR))
    page = client.get(f"/admin/targets/indicator/{cast.own.pk}/change/")
    values = {name: "" if value is None else value for name, value in page.context["adminform"].form.initial.items()}
    answer = client.post(
        f"/admin/targets/indicator/{cast.own.pk}/change/", values | {"department": cast.new.pk, "id": cast.own.pk}
    )
    assert answer.status_code == 302
    f.official(f.entry(cast.own, "2014-03", 1))
    assert [row[0] for row in spans(cast.own)] == [cast.old.pk, cast.new.pk]


def test_a_duty_is_imported_with_months_as_text_and_a_wrong_month_is_told(
    cast: SimpleNamespace, client: Client
) -> None:
    client.force_login(f.person(Role.ADMINISTRATOR))
    good = f"{cast.own.code},{cast.old.code},2014-03,\n"
    checked = upload(client, f"{good}{cast.own.code},{cast.old.code},June,\n")
    assert "2014-06" in checked.content.decode()
    assert not ReportingDuty.objects.exists()
    confirm = upload(client, good).context["confirm_form"].initial
    client.post("/admin/targets/reportingduty/process_import/", confirm)
    assert spans(cast.own) == [(cast.old.pk, "2014-03", "")]


def upload(client: Client, rows: str) -> Any:
    file = SimpleUploadedFile("duties.csv", f"indicator,department,since,until\n{rows}".encode())
    return client.post("/admin/targets/reportingduty/import/", {"import_file": file, "format": "0", "resource": ""})


def test_a_duty_is_typed_with_months_as_text(cast: SimpleNamespace, client: Client) -> None:
    client.force_login(f.person(Role.ADMINISTRATOR))
    data = {"indicator": cast.own.pk, "department": cast.old.pk, "since": "2014-03", "until": ""}
    assert client.post("/admin/targets/reportingduty/add/", data).status_code == 302
    made = ReportingDuty.objects.get()
    assert (str(made.since), made.until) == ("2014-03", None)
    page = client.get(f"/admin/targets/reportingduty/{made.pk}/change/").content.decode()
    assert 'value="2014-03"' in page
    wrong = client.post("/admin/targets/reportingduty/add/", data | {"since": "June"}).content.decode()
    assert "2014-06" in wrong
    assert ReportingDuty.objects.count() == 1


# --- As data ----------------------------------------------------------------------------------------------------------

months = st.none() | st.integers(0, 30).map(lambda number: Month(2013, 1).shifted(number))


def between(since: Month | None, until: Month | None) -> ReportingDuty:
    """A duty, the two months put into their order."""
    if since is not None and until is not None:
        since, until = sorted((since, until))
    return ReportingDuty(since=since, until=until)


duties = st.builds(between, months, months)


@given(duties, duties)
def test_two_duties_overlap_exactly_if_a_month_is_both_of_theirs(one: ReportingDuty, two: ReportingDuty) -> None:
    shared = [
        month for number in range(-1, 32) if one.covers(month := Month(2013, 1).shifted(number)) and two.covers(month)
    ]
    assert one.overlaps(two) == two.overlaps(one) == bool(shared)


def test_districts_that_belong_to_the_citys_stations_are_not_asked_for_the_air(plan_2014: Plan) -> None:
    """The fixture's definition of the indicator: 330300 is the urban area, each other county measures itself."""
    air = Indicator.objects.get(code="air-quality")
    regions = {key.region_id for key in expected_of(plan_2014).figures if key.indicator_id == air.pk}
    codes = set(Region.objects.filter(pk__in=regions).values_list("code", flat=True))
    assert len(codes) == 9
    assert not codes & {"330302", "330303", "330304"}


def test_loading_the_fixture_again_changes_no_duty(plan_2014: Plan) -> None:
    before = list(ReportingDuty.objects.order_by("pk").values())
    assert len(before) == 3
    call_command("load_fixtures", "30_targets_2014", verbosity=0)
    assert list(ReportingDuty.objects.order_by("pk").values()) == before


def test_a_department_that_a_fixture_changes_is_dated_too(plan_2014: Plan, tmp_path: Path) -> None:
    fields = {"code": "bus-share", "department": ["quality"]}
    file = tmp_path / "changed.json"
    file.write_text(json.dumps([{"model": "targets.indicator", "fields": fields}]))
    call_command("load_fixtures", str(file), verbosity=0)
    found = ReportingDuty.objects.filter(indicator__code="bus-share").values_list("department__code", flat=True)
    assert sorted(found) == ["quality", "transport"]
