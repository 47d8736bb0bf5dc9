"""A figure that several plans ask for: typed once, told once, judged in all, and closed by any of them."""

import re
from collections.abc import Callable
from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from departments.database.append_only import rewriting
from departments.models import Department, Notice, User
from departments.notices import digest, matters
from departments.permissions import Role
from departments.tests.callers import posting
from plans.models import Plan
from plans.periods import Month
from targets.entering.desk import desk_of
from targets.models import Draft, Indicator, MonthLock, Observation, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.official import make_official
from targets.services.reviewing import approve_revision, withdraw_revision
from targets.services.undoing import retract_source
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE, DECEMBER, JANUARY = Month(2014, 6), Month(2013, 12), Month(2014, 1)
QUALITY, AIR = "2014年地区100100质量提升行动计划", "2014年地区100100大气污染防治计划"


@pytest.fixture
def cast() -> SimpleNamespace:
    """Two plans of a city: both ask a bureau for one count, each for another one of its own."""
    city, office = f.region(), f.department()
    quality, air = (
        f.another_plan("quality", place=city, title=QUALITY),
        f.another_plan("air", place=city, title=AIR, deadline_day=3),
    )
    shared, own, others = (f.indicator("count", department=office) for _number in range(3))
    promises = [f.target(shared, threshold=number, plan=plan) for plan, number in ((quality, 1200), (air, 600))]
    f.target(own, threshold=10, plan=quality)
    f.target(others, threshold=10, plan=air)
    return SimpleNamespace(
        city=city,
        office=office,
        quality=quality,
        air=air,
        shared=shared,
        own=own,
        others=others,
        promises=promises,
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        coordinator=f.coordinator(),
        key=(shared.pk, city.pk, JUNE),
        address=f"/worksheet/{office.code}/2014-06/",
    )


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def row_of(page: str, indicator: Indicator) -> str:
    """The row of an indicator, as it stands in the page."""
    found = re.search(rf'id="row-{indicator.pk}">.*?</tbody>', page, re.S)
    assert found is not None
    return found[0]


def form(**rows: tuple[Indicator, str]) -> dict[str, str]:
    data = {"do": "hand_in"}
    for measured, value in rows.values():
        data |= {f"{measured.pk}-value": value, f"{measured.pk}-note": "核过", f"{measured.pk}-version": "0"}
    return data


def handed_in(cast: SimpleNamespace, measured: Indicator, month: Month = JUNE, value: str = "300") -> Revision:
    key = (measured.pk, cast.city.pk, month)
    save_draft(key, Typed(value=value, note="核过"), version=0, by=cast.reporter)
    return hand_in([key], by=cast.reporter)[0]


# --- The worksheet ----------------------------------------------------------------------------------------------------


def test_a_figure_of_two_plans_stands_on_the_worksheet_once_and_says_for_which(cast: SimpleNamespace) -> None:
    page = by(cast.reporter).get(cast.address).content.decode()
    assert page.count(f'id="row-{cast.shared.pk}"') == 1
    assert "计入： 大气污染防治计划、质量提升行动计划<" in row_of(page, cast.shared)
    assert "计入： 质量提升行动计划<" in row_of(page, cast.own)
    assert [threshold in row_of(page, cast.shared) for threshold in ("1\u202f200", "600")] == [True, True]


def test_where_one_plan_alone_asks_nothing_is_said_of_plans(cast: SimpleNamespace) -> None:
    Plan.objects.filter(pk=cast.air.pk).update(state="draft")
    assert "计入" not in by(cast.reporter).get(cast.address).content.decode()


def test_a_plan_that_is_published_asks_at_once(cast: SimpleNamespace) -> None:
    asked = f.target(f.indicator(department=cast.office), threshold=1, plan=cast.air, coverage="parts").indicator
    county = f.region("100101", cast.city)
    government = f.department(county, Department.Kind.COUNTY_GOVERNMENT)
    client, address = by(f.person(Role.COUNTY, government)), f"/worksheet/{government.code}/2014-06/"
    for state, there in (("draft", False), ("published", True)):
        cast.air.state = state
        cast.air.save()
        assert (f'id="row-{asked.pk}"' in client.get(address).content.decode()) is there


def test_what_another_plan_begins_to_promise_is_watched_no_more_at_once(cast: SimpleNamespace) -> None:
    watched, client = f.indicator("count", department=cast.office), by(cast.reporter)
    assert f'id="row-{watched.pk}"' in client.get(cast.address).content.decode()
    f.target(watched, threshold=1, plan=f.another_plan("later", 2017, place=cast.city))
    assert f'id="row-{watched.pk}"' not in client.get(cast.address).content.decode()


def test_a_county_s_coordinator_enters_what_the_city_s_plan_asks_and_is_told_nothing_of_that_plan(
    cast: SimpleNamespace,
) -> None:
    """Who looks after a county's own plan sees that plan alone, and may enter for every unit of the county."""
    county = f.region("100101", cast.city)
    rate = f.target(f.indicator(), threshold="91.5", plan=cast.quality, coverage="parts").indicator
    f.target(rate, threshold="87.5", plan=f.another_plan("own", place=county, title="地区100101自己的计划"))
    government = f.department(county, Department.Kind.COUNTY_GOVERNMENT)
    told = {}
    for user in (f.person(Role.COUNTY, government), f.person(Role.COORDINATOR, f.department(county))):
        page = by(user).get(f"/worksheet/{government.code}/2014-06/").content.decode()
        told[user.roles] = [number in row_of(page, rate) for number in ("91.5", "87.5")]
    assert told == {frozenset({Role.COUNTY}): [True, True], frozenset({Role.COORDINATOR}): [False, True]}


def test_a_figure_typed_once_is_judged_in_both_plans(cast: SimpleNamespace) -> None:
    answer = by(cast.reporter).post(cast.address, form(shared=(cast.shared, "700")))
    assert answer.status_code == 302
    approve_revision(Revision.objects.get(), by=cast.reviewer)
    f.recompute()
    verdicts = [f.attainment(promise, "2014-06").verdict for promise in cast.promises]
    assert verdicts == ["not_met", "met"]
    page = by(cast.reporter).get(cast.address).content.decode()
    assert row_of(page, cast.shared).count("700") >= 2


def test_the_preview_names_the_plans_where_there_are_several(cast: SimpleNamespace) -> None:
    fields = form(shared=(cast.shared, "700")) | {"do": "preview"}
    page = by(cast.reporter).post(f"{cast.address}preview/", fields).content.decode()
    assert QUALITY in page
    assert AIR in page


def test_a_worksheet_of_twelve_plans_takes_as_many_queries_as_of_two(cast: SimpleNamespace) -> None:
    def queries() -> int:
        client = by(cast.reporter)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(cast.address).status_code == 200
        return len(captured)

    few = queries()
    for number in range(10):
        plan = f.another_plan(f"plan-{number}", place=cast.city)
        f.target(f.indicator("count", department=cast.office), threshold=1, plan=plan)
        f.target(cast.shared, threshold=1, plan=plan)
    assert queries() == few <= 24


def test_a_county_sees_on_its_own_worksheet_what_its_own_plan_and_the_citys_ask_for(cast: SimpleNamespace) -> None:
    county = f.region("100101", cast.city)
    government = f.department(county, Department.Kind.COUNTY_GOVERNMENT)
    own = f.another_plan("county", place=county)
    f.target(only := f.indicator("count", department=government), threshold=1, plan=own)
    f.target(parts := f.indicator(department=cast.office), threshold=1, plan=cast.quality, coverage="parts")
    page = by(f.person(Role.COUNTY, government)).get(f"/worksheet/{government.code}/2014-06/").content.decode()
    assert [f'id="row-{measured.pk}"' in page for measured in (only, parts, cast.shared)] == [True, True, False]


# --- Closed by one of them --------------------------------------------------------------------------------------------


def locked(cast: SimpleNamespace) -> None:
    close_plan_month(cast.air, JUNE, by=cast.coordinator)


def doors(cast: SimpleNamespace) -> list[Callable[[], object]]:
    """Everything that would change June's figure; the entries were made before."""
    entry, origin = f.entry(cast.shared, "2014-06", 5), f.source(cast.coordinator)
    waiting = handed_in(cast, cast.shared)
    save_draft(cast.key, Typed(value="301", note="核过"), version=0, by=cast.reporter)
    return [
        lambda: save_draft(cast.key, Typed(value="302"), version=1, by=cast.reporter),
        lambda: f.handed_in(entry, by=cast.reporter),
        lambda: approve_revision(waiting, by=cast.reviewer),
        lambda: make_official([entry], source=origin, by=cast.coordinator),
    ]


def test_while_one_of_its_plans_has_closed_the_month_a_figure_changes_through_no_door(cast: SimpleNamespace) -> None:
    closed = doors(cast)
    locked(cast)
    for door in closed:
        with pytest.raises(ValidationError, match=AIR), transaction.atomic():
            door()
    answer = by(cast.reporter).post(cast.address, form(shared=(cast.shared, "5")))
    assert answer.status_code == 422
    assert AIR in answer.content.decode()
    assert Revision.objects.exclude(state="submitted").count() == 0


def test_what_is_official_of_it_is_neither_withdrawn_nor_undone(cast: SimpleNamespace) -> None:
    origin = f.source(cast.coordinator)
    make_official([f.entry(cast.shared, "2014-06", 5)], source=origin, by=cast.coordinator)
    locked(cast)
    for door in (
        lambda: withdraw_revision(Revision.objects.get(), by=cast.reviewer, reason="重复"),
        lambda: retract_source(origin, by=cast.coordinator, reason="误报"),
    ):
        with pytest.raises(ValidationError, match=AIR), transaction.atomic():
            door()
    assert Observation.objects.get().value == 5


def test_the_other_figures_of_the_plan_that_is_open_are_entered(cast: SimpleNamespace) -> None:
    locked(cast)
    page = by(cast.reporter).get(cast.address).content.decode()
    disabled = [" disabled>" in row_of(page, measured) for measured in (cast.shared, cast.own, cast.others)]
    assert disabled == [True, False, True]
    assert f"计划“{AIR}”的" in row_of(page, cast.shared)
    answer = by(cast.reporter).post(cast.address, form(own=(cast.own, "5")))
    assert (answer.status_code, Revision.objects.get().observation.indicator) == (302, cast.own)


def test_a_lock_of_a_plan_that_does_not_ask_for_a_figure_leaves_it_alone(cast: SimpleNamespace) -> None:
    locked(cast)
    assert approve_revision(handed_in(cast, cast.own), by=cast.reviewer).state == "approved"
    assert approve_revision(handed_in(cast, cast.shared, Month(2014, 7)), by=cast.reviewer).state == "approved"


def test_a_countys_lock_leaves_the_citys_figure_alone_and_the_citys_the_countys(cast: SimpleNamespace) -> None:
    county = f.region("100101", cast.city)
    government = f.department(county, Department.Kind.COUNTY_GOVERNMENT)
    own = f.another_plan("county", place=county)
    f.target(cast.shared, threshold=1, plan=own)
    close_plan_month(own, JUNE, by=f.person(Role.COORDINATOR, f.department(county)))
    assert approve_revision(handed_in(cast, cast.shared), by=cast.reviewer).state == "approved"
    with rewriting():
        MonthLock.objects.all().delete()
    locked(cast)
    officer = f.person(Role.COUNTY, government)
    save_draft((cast.shared.pk, county.pk, JUNE), Typed(value="5"), version=0, by=officer)
    assert Draft.objects.get(region=county).value == "5"


def test_a_quality_office_closes_the_months_of_its_own_regions_plans_alone(cast: SimpleNamespace) -> None:
    own = f.another_plan("county", place=f.region("100101", cast.city))
    with pytest.raises(PermissionDenied):
        close_plan_month(own, JUNE, by=cast.coordinator)
    assert not MonthLock.objects.exists()


def test_each_plan_is_closed_and_reopened_by_itself(cast: SimpleNamespace) -> None:
    locked(cast)
    close_plan_month(cast.quality, JUNE, by=cast.coordinator)
    reopen_plan_month(cast.air, JUNE, by=cast.coordinator, reason="更正")
    open_ones = MonthLock.objects.closed({JUNE}).values_list("plan__code", flat=True)
    assert list(open_ones) == ["quality"]
    pages = [by(cast.coordinator).get(f"/plans/{code}/months/").content.decode() for code in ("air", "quality")]
    assert ["更正" in page for page in pages] == [True, False]


def test_a_month_that_is_not_the_plans_is_not_closed(cast: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="期限"):
        close_plan_month(cast.air, DECEMBER, by=cast.coordinator)


def test_the_question_takes_one_query_while_nothing_is_closed_and_five_however_much_is(cast: SimpleNamespace) -> None:
    from targets.services.locking import demand_open

    def queries() -> int:
        keys = [(measured.pk, cast.city.pk, JUNE) for measured in Indicator.objects.exclude(pk=cast.shared.pk)]
        with CaptureQueriesContext(connection) as captured:
            demand_open([key for key in keys if key[0] != cast.others.pk])
        return len(captured)

    holding = int(connection.vendor == "postgresql")
    assert queries() == 1 + holding
    locked(cast)
    few = queries()
    for number in range(8):
        plan = f.another_plan(f"plan-{number}", place=cast.city)
        f.target(f.indicator("level"), threshold=1, plan=plan)
        close_plan_month(plan, Month(2014, 5), by=cast.coordinator)
    assert queries() == few == 5 + holding


def test_a_reviewer_approves_what_is_open_of_a_lot_of_which_some_is_closed(cast: SimpleNamespace) -> None:
    for measured in (cast.shared, cast.own):
        handed_in(cast, measured)
    locked(cast)
    answer = by(cast.reviewer).get("/reviews/")
    (group,) = answer.context["queue"].groups
    assert [item.revision.observation.indicator for item in group.approvable] == [cast.own]
    assert not group.locked
    assert "已封账，可以退回" in answer.content.decode()
    by(cast.reviewer).post("/reviews/approve/", {"revision": [item.revision.pk for item in group.approvable]})
    assert Revision.objects.get(observation__indicator=cast.own).state == "approved"


# --- The desk ---------------------------------------------------------------------------------------------------------


def test_the_desk_counts_a_figure_of_two_plans_once(cast: SimpleNamespace) -> None:
    (month,) = desk_of(cast.reporter, date(2014, 7, 2)).months
    assert [(duty.due, duty.open) for duty in month.duties] == [(3, 3)]
    assert month.plans == ["大气污染防治计划", "质量提升行动计划"]
    assert [(limit.deadline.day.day, limit.plans) for limit in month.limits] == [
        (3, ["大气污染防治计划"]),
        (5, ["质量提升行动计划"]),
    ]


def test_the_desk_of_one_plan_alone_counts_what_it_asks_for(cast: SimpleNamespace) -> None:
    answer = by(cast.reporter).get("/desk/?month=2014-06&plan=air")
    assert [duty.due for duty in answer.context["desk"].months[0].duties] == [2]
    assert 'href="?month=2014-06&amp;plan=quality"' in answer.content.decode()
    for unknown in ("/desk/?plan=nothing", "/desk/?month=1999-01", "/desk/?month=x"):
        assert by(cast.reporter).get(unknown).context["desk"].plan == ""


def test_what_one_plan_has_closed_is_counted_as_closed_on_the_desk(cast: SimpleNamespace) -> None:
    locked(cast)
    (month,) = desk_of(cast.reporter, date(2014, 7, 2)).months
    assert [(duty.due, duty.open, duty.closed) for duty in month.duties] == [(3, 1, 2)]
    assert [limit.plans for limit in month.limits] == [[]]
    assert not month.locked
    close_plan_month(cast.quality, JUNE, by=cast.coordinator)
    assert desk_of(cast.reporter, date(2014, 7, 2)).months[0].locked


@pytest.fixture
def turn(cast: SimpleNamespace) -> SimpleNamespace:
    """Last year's plan beside this year's, with one figure in both."""
    cast.last = f.another_plan("last", 2013, place=cast.city)
    f.target(cast.shared, threshold=1, plan=cast.last)
    return cast


def test_in_january_december_of_last_years_plan_lies_beside_january_of_this_years(turn: SimpleNamespace) -> None:
    found = desk_of(turn.reporter, date(2014, 1, 4))
    assert [month.month for month in found.months] == [DECEMBER, JANUARY]
    assert [month.plans for month in found.months] == [["last计划"], ["大气污染防治计划", "质量提升行动计划"]]
    assert desk_of(turn.reporter, date(2014, 4, 10), plan_code="last").months[0].plans == ["last计划"]
    assert Month(2013, 11) in found.all
    assert [(left.month, left.missing) for left in found.left] == [
        (Month(2013, number), 1) for number in range(11, 0, -1)
    ]


def test_december_is_handed_in_and_reviewed_in_january(turn: SimpleNamespace) -> None:
    client = by(turn.reporter)
    assert client.get(f"/worksheet/{turn.office.code}/2013-12/").status_code == 200
    made = handed_in(turn, turn.shared, DECEMBER)
    assert approve_revision(made, by=turn.reviewer).state == "approved"
    assert client.get(f"/worksheet/{turn.office.code}/2014-01/").context["months"].before == DECEMBER


def test_last_years_months_are_reached_until_they_are_closed(turn: SimpleNamespace) -> None:
    today = date(2014, 4, 10)
    assert Month(2013, 5) in desk_of(turn.reporter, today).all
    close_plan_month(turn.last, Month(2013, 5), by=turn.coordinator)
    found = desk_of(turn.reporter, today)
    assert Month(2013, 5) not in found.all
    assert desk_of(turn.reporter, today, Month(2013, 5)).months[0].locked
    assert by(turn.coordinator).get("/plans/last/months/").status_code == 200
    assert [left.month for left in found.left] == [Month(2014, 2), Month(2014, 1)]


def test_a_plan_of_five_years_puts_on_the_desk_what_is_due_by_now(cast: SimpleNamespace) -> None:
    five = f.another_plan("five-years", 2013, place=cast.city, last_month=Month(2017, 12))
    f.target(f.indicator("level", department=cast.office), threshold=1, plan=five)
    found = desk_of(cast.reporter, date(2014, 7, 2))
    assert [month.month for month in found.months] == [JUNE]
    assert (found.all[0], found.all[-1], len(found.all)) == (Month(2013, 1), JUNE, 18)


def test_a_desk_of_twelve_plans_takes_as_many_queries_as_of_two(cast: SimpleNamespace) -> None:
    handed_in(cast, cast.own)

    def queries(user: User) -> int:
        client = by(user)
        with CaptureQueriesContext(connection) as captured, translation.override("en"):
            assert client.get("/desk/?month=2014-06").status_code == 200
        return len(captured)

    few = [queries(user) for user in (cast.reporter, cast.coordinator)]
    for number in range(10):
        plan = f.another_plan(f"plan-{number}", place=cast.city)
        for measured in (cast.shared, f.indicator("count", department=cast.office)):
            f.target(measured, threshold=1, plan=plan)
    assert [queries(user) for user in (cast.reporter, cast.coordinator)] == few


# --- Reminders --------------------------------------------------------------------------------------------------------

NOW = datetime(2014, 7, 2, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def told(today: date, user: User) -> list[str]:
    """What the person's digest of the day says of figures, in English."""
    digest.compose_digests(today, NOW)
    with translation.override("en"):
        lines = [
            line.text
            for notice in Notice.objects.filter(user=user, day=today)
            for line in matters.lines_of_notice(notice)
        ]
    assert Notice.objects.filter(user=user, kind=Notice.DIGEST, day=today).count() <= 1
    return [line for line in lines if "logged in" not in line and "earlier" not in line]


def everything_before_june(cast: SimpleNamespace) -> None:
    months = [f"2014-{number:02d}" for number in range(1, 6)]
    f.official(*(f.entry(one, month, 1) for one in (cast.shared, cast.own, cast.others) for month in months))


def test_a_figure_of_two_plans_is_one_line_of_one_digest(cast: SimpleNamespace) -> None:
    everything_before_june(cast)
    Plan.objects.update(deadline_day=5)
    assert told(date(2014, 7, 2), cast.reporter) == [
        f"{cast.office.short_name}, June 2014: 3 figures are still to be handed in. Deadline July 5, 2014, 3 days left."
    ]


def test_a_figure_is_due_by_the_earliest_day_of_its_plans(cast: SimpleNamespace) -> None:
    everything_before_june(cast)
    assert told(date(2014, 7, 2), cast.reporter) == [
        f"{cast.office.short_name}, June 2014: 2 figures are still to be handed in. Deadline July 3, 2014, 1 day left.",
        f"{cast.office.short_name}, June 2014: 1 figure is still to be handed in. Deadline July 5, 2014, 3 days left.",
    ]


def test_what_one_plan_has_closed_is_not_asked_for(cast: SimpleNamespace) -> None:
    everything_before_june(cast)
    handed_in(cast, cast.others)
    locked(cast)
    said = told(date(2014, 7, 4), cast.reviewer)
    assert not [line for line in said if "review" in line]
    (line,) = told(date(2014, 7, 4), cast.reporter)
    assert "1 figure is still to be handed in" in line


def test_reminders_over_twelve_plans_take_as_many_queries_as_over_two(cast: SimpleNamespace) -> None:
    from targets.reminding.reminders import figure_gaps_on

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert figure_gaps_on(date(2014, 7, 4))
        return len(captured)

    few = queries()
    for number in range(10):
        f.target(f.indicator("count"), threshold=1, plan=f.another_plan(f"plan-{number}", place=cast.city))
    assert queries() == few


def test_the_api_refuses_what_a_plan_has_closed_and_names_it(cast: SimpleNamespace) -> None:
    locked(cast)
    row = {"indicator": cast.shared.code, "region": cast.city.code, "month": "2014-06", "value": "5", "note": "核过"}
    for mode in ("draft", "submit"):
        answer = posting(cast.reporter)("/observations", {"observations": [row], "mode": mode})
        assert (answer.status_code, AIR in str(answer.json())) == (409, True)
    assert not Revision.objects.exists()
    own = row | {"indicator": cast.own.code}
    assert posting(cast.reporter)("/observations", {"observations": [own], "mode": "submit"}).status_code == 201
