"""What the demonstration shows, how it is marked, and with which accounts."""

import io
import stat
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import models, transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from departments.models import AuditEvent, Department, Membership, User
from departments.permissions import Role
from imports.models import ImportBatch
from plans.models import Plan
from plans.periods import Month, months_of
from qualityplan.demonstration.accounts import demo_password
from targets.arithmetic.formulas import Signal, Verdict
from targets.data_quality.signals import SignalKind
from targets.expected.punctuality import Status
from targets.expected.timeliness import timeliness_matrix_of
from targets.judging.recompute import recompute_all
from targets.models import Attainment, DirtyKey, Observation, Revision, Source
from targets.questioning.page import DataQuality
from targets.wording.explanation import attainment_texts_of
from tasks.models import Milestone

pytestmark = pytest.mark.django_db
SEPTEMBER = Month(2014, 9)
PLAN_2014 = ("10_departments", "15_calendar", "20_plan_2014", "30_targets_2014", "40_tasks_2014")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("var")
    with override_settings(VAR_DIR=path, DEMO_PASSWORD="example-password"):
        yield path


@pytest.fixture(scope="module")
def demonstrated(folder: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Plan]:
    """Made once for all tests of this file, in a transaction around theirs: it takes some seconds."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_fixtures", *PLAN_2014, verbosity=0)
        run()
        recompute_all()
        yield Plan.objects.get(code="wenzhou-2014-quality")
        transaction.set_rollback(True)


def run() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def overview(month: Month = SEPTEMBER) -> list[Attainment]:
    return list(
        Attainment.objects.filter(month=month, region=models.F("target__plan__region"))
        .select_related("target__indicator", "target__operand", "target__plan")
        .order_by("target__order")
    )


def by_code(month: Month = SEPTEMBER) -> dict[str, Attainment]:
    return {attainment.target.code: attainment for attainment in overview(month)}


# --- What it shows ----------------------------------------------------------------------------------------------------


def test_every_light_and_every_verdict_is_shown(demonstrated: Plan) -> None:
    rows = overview()
    assert {row.signal for row in rows} == {signal.value for signal in Signal}
    assert {row.verdict for row in rows} == {verdict.value for verdict in Verdict}
    assert min(Counter(row.signal for row in rows).values()) >= 3


def test_the_stories_are_told(demonstrated: Plan) -> None:
    now, before = by_code(), by_code(Month(2014, 6))
    slipping = [before["manufacturing-quality"].signal, now["manufacturing-quality"].signal]
    assert slipping == ["green", "yellow"]
    assert (now["completed-works-quality"].signal, now["completed-works-quality"].needed_reachable) == ("red", False)
    assert [month.number for month in now["water-works-supervision"].missing_months] == [8, 9]
    assert (before["outdated-capacity"].verdict, now["outdated-capacity"].verdict) == ("not_met", "met")
    assert (now["equipment-accidents"].verdict, str(attainment_texts_of(now["equipment-accidents"]).actual)[:6]) == (
        "met",
        "0.4167",
    )
    assert (now["bus-share"].verdict, now["bus-share"].reason) == ("not_assessable", "baseline_missing")
    assert str(now["national-iv-petrol"].done_on) == "2014-06-20"
    assert (now["demonstration-city"].verdict, now["international-standards"].verdict) == ("not_met", "no_data")


def test_one_county_lags_behind(demonstrated: Plan) -> None:
    lagging = Attainment.objects.filter(month=SEPTEMBER, target__code="drinking-water", signal="red")
    assert [row.region.code for row in lagging] == ["330324"]


def test_at_least_and_more_than_differ_when_both_grow_alike(demonstrated: Plan) -> None:
    june = by_code(Month(2014, 6))
    assert (june["quality-investment-growth"].verdict, june["quality-investment-above-gdp"].verdict) == (
        "met",
        "not_met",
    )


def test_made_up_figures_are_too_even_somewhere_and_the_county_can_be_asked(demonstrated: Plan) -> None:
    found = DataQuality(demonstrated, SEPTEMBER).found
    assert {one.result.kind for one in found} == {SignalKind.TOO_EVEN}
    assert {one.unit.code for one in found if one.unit is not None} == {"gov-330326", "gov-330327"}


def test_nothing_is_reported_for_the_time_after(demonstrated: Plan) -> None:
    assert not Observation.objects.filter(month__gt=SEPTEMBER.key).exists()


def test_some_report_on_time_some_late_some_not_at_all_and_some_came_back(demonstrated: Plan) -> None:
    leader = User.objects.get(username="leader")
    matrix = timeliness_matrix_of(demonstrated, leader, SEPTEMBER, timezone.now())
    total, shown_statuses = matrix.total, {cell.tally.status for line in matrix.lines for cell in line.cells}
    assert shown_statuses == set(Status) - {Status.NOT_DUE}
    assert total.punctuality is not None
    assert total.punctuality > Fraction(3, 4)
    assert min(total.late, total.missing, total.returned) >= 2
    assert len({line.passed.punctuality for line in matrix.lines}) >= 5


# --- How it comes in --------------------------------------------------------------------------------------------------


def test_every_figure_is_marked_as_made_up(demonstrated: Plan) -> None:
    assert Source.objects.exists()
    assert not Source.objects.filter(demonstration=False).exists()
    assert not Source.objects.exclude(label__startswith="演示数据").exists()
    others = Revision.objects.exclude(official_by="import", author__username="coordinator")
    assert {one.state for one in others} == {"returned"}


def test_the_files_lie_there_and_can_be_imported_again(demonstrated: Plan, folder: Path) -> None:
    files = sorted((folder / "demonstration" / demonstrated.code).iterdir())
    assert [file.name for file in files] == ["2013.csv", *(f"{month}.csv" for month in months_of(2014)[:9])]
    out = io.StringIO()
    call_command("import_observations", files[-1], by="coordinator", stdout=out)
    batch = ImportBatch.objects.latest("id")
    assert (batch.applied, batch.unchanged) == (True, batch.read)


def everything() -> list[int]:
    kept = (User, Membership, Source, ImportBatch, Observation, Revision, DirtyKey, AuditEvent, Milestone.history.model)
    return [model._default_manager.count() for model in kept]


def test_a_second_run_changes_nothing(demonstrated: Plan) -> None:
    before, figures = everything(), list(Observation.objects.order_by("id").values())
    assert "example-password" in run()
    assert everything() == before
    assert list(Observation.objects.order_by("id").values()) == figures


def test_a_second_run_leaves_what_people_have_changed(demonstrated: Plan) -> None:
    step = Milestone.objects.filter(done_on__isnull=False).first()
    assert step is not None
    step.done_on = None
    step.save()
    User.objects.filter(username="leader").update(password="their own", display_name="张三")
    run()
    step.refresh_from_db()
    leader = User.objects.get(username="leader")
    assert (step.done_on, leader.password, leader.display_name) == (None, "their own", "张三")


# --- Accounts ---------------------------------------------------------------------------------------------------------


def test_every_unit_and_county_has_its_accounts(demonstrated: Plan) -> None:
    units = Department.objects.exclude(kind__in=("government_office", "county_government"))
    counties = Department.objects.filter(kind="county_government")
    assert (units.count(), counties.count()) == (24, 11)
    expected = {"admin", "leader", "coordinator"}
    expected |= {f"{unit.code}-{role}" for unit in units for role in ("reporter", "reviewer")}
    expected |= {f"{unit.region.code}-county" for unit in counties.select_related("region")}
    assert set(User.objects.values_list("username", flat=True)) == expected


@pytest.mark.parametrize(
    ("username", "role", "department"),
    [
        ("admin", Role.ADMINISTRATOR, "government-office"),
        ("leader", Role.LEADER, "government-office"),
        ("coordinator", Role.COORDINATOR, "quality"),
        ("health-reporter", Role.REPORTER, "health"),
        ("health-reviewer", Role.REVIEWER, "health"),
        ("330329-county", Role.COUNTY, "gov-330329"),
    ],
)
def test_an_account_holds_its_role(username: str, role: Role, department: str, demonstrated: Plan) -> None:
    membership = Membership.objects.select_related("department", "user").get(user__username=username)
    assert (membership.role, membership.department.code) == (role.value, department)
    assert membership.user.is_superuser is membership.user.is_staff is (username == "admin")
    assert check_password("example-password", membership.user.password)


def test_another_password_reaches_the_accounts_that_had_the_last_one(demonstrated: Plan) -> None:
    with override_settings(DEMO_PASSWORD="another-example"):
        run()
    assert check_password("another-example", User.objects.get(username="health-reporter").password)


def test_a_random_password_is_kept_for_the_next_start_and_for_its_owner_alone(folder: Path) -> None:
    with override_settings(DEMO_PASSWORD=""):
        first = demo_password()
        assert first == demo_password()
    assert len(first) >= 12
    assert stat.S_IMODE((folder / "env").stat().st_mode) == 0o600
