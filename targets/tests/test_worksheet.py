"""The worksheet: who sees which rows, what each door refuses, and that nothing typed is lost or doubled."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department, User
from departments.permissions import Role
from plans.periods import Month
from reviews.tests import papers
from targets.entering.worksheet import worksheet_of
from targets.models import Draft, Observation, Revision
from targets.services.attachments import attach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db

JUNE = Month(2014, 6)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with a count, a rate, a quarterly and an annual indicator; a county that enters what is summed up."""
    city = f.region()
    county = Department.objects.create(
        code="gov-1", name="某县政府", short_name="某县", kind="county_government", region=f.region("100101", city)
    )
    office = f.department()
    made = SimpleNamespace(
        city=city,
        office=office,
        county=county,
        houses=f.indicator("count", department=office, usual_high=500),
        rate=f.indicator(department=office, maximum=100),
        summed=f.indicator("count", department=office, region_rule="sum"),
        quarterly=f.indicator("count", department=office, frequency="quarterly"),
        annual=f.indicator("level", department=office, frequency="annual"),
        air=f.indicator(department=office),
        event=f.indicator("event", department=office),
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        officer=f.person(Role.COUNTY, county),
        stranger=f.person(Role.REPORTER),
        leader=f.person(Role.LEADER),
    )
    f.target(made.houses, "at_least", 1000)
    f.target(made.rate, "at_least", 92)
    f.target(made.air, "at_least", 60, coverage="parts")
    made.plan = f.plan()
    made.key = (made.houses.pk, city.pk, JUNE)
    made.address = f"/worksheet/{office.code}/2014-06/"
    return made


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def names(cast: SimpleNamespace, unit: Department, month: str, user: User) -> set[str]:
    rows = worksheet_of(unit, [cast.plan], Month.parse(month), user).rows
    known = {one.pk: name for name, one in vars(cast).items() if hasattr(one, "entry_basis")}
    return {known[row.indicator.pk] for row in rows}


def save(cast: SimpleNamespace, user: User, indicator: Any = None, **data: object) -> Any:
    fields = {"indicator": (indicator or cast.houses).pk, "region": cast.city.pk, "version": 0} | data
    return by(user).post(f"{cast.address}cell/", fields)


def form(cast: SimpleNamespace, **rows: dict[str, object]) -> dict[str, object]:
    """What the page's form sends: `form(cast, houses={"value": 300})`."""
    data: dict[str, object] = {"do": "hand_in"}
    for name, fields in rows.items():
        pk = getattr(cast, name).pk
        data |= {f"{pk}-note": "", f"{pk}-version": 0} | {f"{pk}-{key}": value for key, value in fields.items()}
    return data


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_a_bureau_is_asked_for_what_it_reports_itself_and_what_is_due(cast: SimpleNamespace) -> None:
    own = {"houses", "rate", "air", "event"}
    assert names(cast, cast.office, "2014-05", cast.reporter) == own
    assert names(cast, cast.office, "2014-06", cast.reporter) == own | {"quarterly"}
    assert names(cast, cast.office, "2014-12", cast.reporter) == own | {"quarterly", "annual"}


def test_a_county_is_asked_for_what_is_made_from_counties_and_what_is_promised_for_each(cast: SimpleNamespace) -> None:
    assert names(cast, cast.county, "2014-06", cast.officer) == {"summed", "air"}
    page = by(cast.officer).get(f"/worksheet/{cast.county.code}/2014-06/")
    assert page.status_code == 200
    assert page.context["sheet"].region == cast.county.region


@pytest.mark.parametrize("who", ["stranger", "officer", "leader", "reviewer"])
def test_whoever_does_not_enter_for_the_unit_is_refused_at_each_door(who: str, cast: SimpleNamespace) -> None:
    user = getattr(cast, who)
    assert by(user).get(cast.address).status_code == 403
    assert by(user).post(cast.address, form(cast, houses={"value": 300})).status_code == 403
    assert by(user).post(f"{cast.address}preview/").status_code == 403
    assert save(cast, user, value="300").status_code == 403
    assert not Draft.objects.exists()


def test_a_reporter_does_not_enter_for_a_county(cast: SimpleNamespace) -> None:
    assert by(cast.reporter).get(f"/worksheet/{cast.county.code}/2014-06/").status_code == 403


def test_a_coordinator_may_enter_for_anyone(cast: SimpleNamespace) -> None:
    assert by(f.coordinator()).get(cast.address).status_code == 200


@pytest.mark.parametrize("address", ["nobody/2014-06", "{office}/2014-13", "{office}/2013-06", "{office}/june"])
def test_what_does_not_exist_is_not_found(address: str, cast: SimpleNamespace) -> None:
    path = f"/worksheet/{address.format(office=cast.office.code)}/"
    assert by(cast.reporter).get(path).status_code == 404


def test_somebody_who_is_not_logged_in_is_sent_to_log_in(cast: SimpleNamespace) -> None:
    assert Client().get(cast.address)["Location"] == f"/accounts/login/?next={cast.address}"
    assert Client().post(f"{cast.address}cell/").status_code == 302


def test_a_row_that_is_not_on_the_sheet_is_not_saved(cast: SimpleNamespace) -> None:
    assert save(cast, cast.reporter, cast.annual, value="3").status_code == 404
    assert save(cast, cast.reporter, cast.summed, value="3").status_code == 404
    assert save(cast, cast.reporter, region=cast.county.region_id, value="3").status_code == 404


def test_a_row_knows_the_months_before_the_target_and_its_light(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.rate, "2013-06", 90, 100), f.entry(cast.rate, "2014-05", 95, 100))
    text = by(cast.reporter).get(cast.address).content.decode()
    assert "90" in text
    assert "95" in text
    row = next(
        one for one in worksheet_of(cast.office, [cast.plan], JUNE, cast.reporter).rows if one.indicator == cast.rate
    )
    assert row.before is not None
    assert row.last_year is not None
    assert (row.before.numerator, row.last_year.numerator) == (95, 90)
    assert row.promises[0].light is not None
    assert row.promises[0].light.colour == "green"


def test_a_quarterly_row_is_held_against_the_last_quarter(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.quarterly, "2014-03", 7), f.entry(cast.quarterly, "2014-05", 9))
    rows = worksheet_of(cast.office, [cast.plan], JUNE, cast.reporter).rows
    row = next(one for one in rows if one.indicator == cast.quarterly)
    assert row.before is not None
    assert row.before.value == 7


def test_a_half_yearly_row_is_held_against_the_last_half_year(cast: SimpleNamespace) -> None:
    half_yearly = f.indicator("count", department=cast.office, frequency="half_yearly")
    f.official(f.entry(half_yearly, "2013-12", 7), f.entry(half_yearly, "2014-03", 9))
    rows = worksheet_of(cast.office, [cast.plan], JUNE, cast.reporter).rows
    (row,) = (row for row in rows if row.indicator == half_yearly)
    assert row.before is not None
    assert row.before.value == 7


def test_the_worksheet_takes_as_many_queries_for_sixty_rows_as_for_seven(cast: SimpleNamespace) -> None:
    def queries() -> int:
        client = by(cast.reporter)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(cast.address).status_code == 200
        return len(captured)

    def fill(number: int) -> None:
        for _one in range(number):
            measured = f.indicator("count", department=cast.office)
            f.target(measured, "at_least", 100)
            f.official(f.entry(measured, "2014-05", 5))
            key = (measured.pk, cast.city.pk, JUNE)
            save_draft(key, Typed(value="6"), version=0, by=cast.reporter)
            attach(key, SimpleUploadedFile("证明.pdf", papers.PDF), by=cast.reporter)
            (revision,) = hand_in([key], by=cast.reporter)
            return_revision(revision, by=cast.reviewer, reason="漏报")
            save_draft(key, Typed(value="7"), version=0, by=cast.colleague)

    fill(2)
    few = queries()
    fill(54)
    assert queries() == few <= 21
    assert len(worksheet_of(cast.office, [cast.plan], JUNE, cast.reporter).rows) >= 60


# --- Saving -----------------------------------------------------------------------------------------------------------


def test_a_cell_is_saved_and_says_how_it_was_understood(cast: SimpleNamespace) -> None:
    answer = save(cast, cast.reporter, value="1.5万", note="集中验收").json()
    assert answer["version"] == 1
    assert answer["understood"]["value"] == "15\u202f000"
    assert (answer["problems"], answer["note_wanted"]) == ([], False)
    assert Draft.objects.get().value == "1.5万"


def test_a_cell_with_a_mistake_is_kept_and_the_mistake_is_told(cast: SimpleNamespace) -> None:
    answer = save(cast, cast.reporter, value="约300").json()
    assert [one["column"] for one in answer["problems"]] == ["value"]
    assert "约300" in answer["problems"][0]["text"]
    assert Draft.objects.get().value == "约300"


def test_a_missing_part_is_told(cast: SimpleNamespace) -> None:
    answer = save(cast, cast.reporter, cast.rate, numerator="90").json()
    assert [one["column"] for one in answer["problems"]] == ["denominator"]


def test_an_odd_figure_asks_for_a_note_until_there_is_one(cast: SimpleNamespace) -> None:
    answer = save(cast, cast.reporter, value="501").json()
    assert len(answer["oddities"]) == 1
    assert answer["note_wanted"]
    assert not save(cast, cast.reporter, value="501", note="集中验收", version=1).json()["note_wanted"]


def test_a_conflict_shows_the_others_text_and_name(cast: SimpleNamespace) -> None:
    save(cast, cast.colleague, value="310", note="已核")
    answer = save(cast, cast.reporter, value="300")
    assert answer.status_code == 409
    told = answer.json()
    assert (told["version"], told["by"]) == (1, str(cast.colleague))
    assert (told["theirs"]["value"], told["theirs"]["note"]) == ("310", "已核")
    assert save(cast, cast.reporter, value="300", version=1).json()["version"] == 2


def test_a_row_handed_in_by_a_colleague_is_a_conflict_without_their_text(cast: SimpleNamespace) -> None:
    save(cast, cast.reporter, value="300")
    hand_in([cast.key], by=cast.colleague)
    answer = save(cast, cast.reporter, value="310", version=1)
    assert (answer.status_code, answer.json()["theirs"]) == (409, None)


def test_an_empty_row_leaves_nothing_behind(cast: SimpleNamespace) -> None:
    assert save(cast, cast.reporter, value="").json()["version"] == 0
    assert not Draft.objects.exists()


@pytest.mark.parametrize("data", [{"version": "x"}, {"indicator": "x"}, {"value": "9" * 61}, {"note": "长" * 401}])
def test_what_cannot_be_kept_is_refused_with_a_sentence(data: dict[str, str], cast: SimpleNamespace) -> None:
    fields = {"indicator": cast.houses.pk, "region": cast.city.pk, "version": 0} | data
    answer = by(cast.reporter).post(f"{cast.address}cell/", fields)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert not Draft.objects.exists()


def test_a_closed_month_is_refused_at_each_door_and_says_whom_to_ask(cast: SimpleNamespace) -> None:
    save(cast, cast.reporter, value="300")
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    answer = save(cast, cast.reporter, value="310", version=1)
    assert answer.status_code == 423
    assert "封账" in answer.json()["message"]
    assert by(cast.reporter).post(cast.address, form(cast, houses={"value": 310})).status_code == 423
    assert by(cast.reporter).post(f"{cast.address}preview/", form(cast, houses={"value": 310})).status_code == 423
    page = by(cast.reporter).get(cast.address).content.decode()
    assert "disabled" in page
    assert 'id="hand-in"' not in page
    assert Draft.objects.get().value == "300"
    assert not Revision.objects.exists()


# --- Handing in, as the form does without a script --------------------------------------------------------------------


def test_one_post_without_a_script_saves_every_row_and_hands_in(cast: SimpleNamespace) -> None:
    data = form(cast, houses={"value": "300"}, rate={"numerator": "93", "denominator": "100"}, event={})
    answer = by(cast.reporter).post(cast.address, data)
    assert (answer.status_code, answer["Location"]) == (302, cast.address)
    assert Revision.objects.filter(state="submitted").count() == 2
    assert not Draft.objects.exists()


def test_the_same_form_sent_twice_hands_in_once(cast: SimpleNamespace) -> None:
    data = form(cast, houses={"value": "３００", "note": "核过"})
    for _click in range(2):
        assert by(cast.reporter).post(cast.address, data).status_code == 302
    assert Revision.objects.count() == 1
    assert not Draft.objects.exists()


def test_a_draft_handed_in_twice_is_handed_in_once(cast: SimpleNamespace) -> None:
    save(cast, cast.reporter, value="300")
    data = form(cast, houses={"value": "300", "version": 1})
    for _click in range(2):
        assert by(cast.reporter).post(cast.address, data).status_code == 302
    assert Revision.objects.count() == 1


def test_saving_without_a_script_hands_nothing_in(cast: SimpleNamespace) -> None:
    by(cast.reporter).post(cast.address, form(cast, houses={"value": "300"}) | {"do": "save"})
    assert Draft.objects.get().value == "300"
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("row", "fields", "code"),
    [
        ("houses", {"value": "约300"}, "not_a_number"),
        ("rate", {"numerator": "90"}, "part_missing"),
        ("rate", {"numerator": "101", "denominator": "100"}, "above_maximum"),
        ("event", {"value": "2"}, "event_is_0_or_1"),
    ],
)
def test_a_bad_row_is_refused_beside_its_row_and_stays(
    row: str, fields: dict[str, object], code: str, cast: SimpleNamespace
) -> None:
    answer = by(cast.reporter).post(cast.address, form(cast, **{row: fields}))
    assert answer.status_code == 422
    found = {one.indicator.pk: [problem.code for problem in one.problems] for one in answer.context["sheet"].rows}
    assert found[getattr(cast, row).pk] == [code]
    assert str(next(iter(fields.values()))) in answer.content.decode()
    assert Draft.objects.count() == 1
    assert not Revision.objects.exists()


def test_every_problem_is_told_at_once_and_nothing_is_handed_in(cast: SimpleNamespace) -> None:
    data = form(cast, houses={"value": "501"}, rate={"numerator": "101", "denominator": "100"}, event={"value": "1"})
    answer = by(cast.reporter).post(cast.address, data)
    told = [one.indicator for one in answer.context["sheet"].rows if one.problems or one.oddities]
    assert set(told) == {cast.houses, cast.rate}
    assert Draft.objects.count() == 3
    assert not Revision.objects.exists()


def test_an_odd_figure_is_handed_in_with_a_note_only(cast: SimpleNamespace) -> None:
    assert by(cast.reporter).post(cast.address, form(cast, houses={"value": "501"})).status_code == 422
    explained = form(cast, houses={"value": "501", "note": "集中验收", "version": 1})
    assert by(cast.reporter).post(cast.address, explained).status_code == 302
    assert Revision.objects.get().oddities == ["unusually_high"]


def test_a_colleagues_text_is_not_overwritten_by_the_form_and_both_are_shown(cast: SimpleNamespace) -> None:
    save(cast, cast.colleague, value="310")
    answer = by(cast.reporter).post(cast.address, form(cast, houses={"value": "300"}))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert str(cast.colleague) in text
    assert 'value="300"' in text
    assert "310" in text
    assert Draft.objects.get().value == "310"
    by(cast.reporter).post(cast.address, form(cast, houses={"value": "300", "version": 1}))
    assert Revision.objects.get().value == 300


def test_a_returned_figure_stands_in_the_inputs_with_the_reason_and_is_not_sent_again_unchanged(
    cast: SimpleNamespace,
) -> None:
    save(cast, cast.reporter, value="300")
    return_revision(hand_in([cast.key], by=cast.reporter)[0], by=cast.reviewer, reason="漏报三月")
    text = by(cast.reporter).get(cast.address).content.decode()
    assert "漏报三月" in text
    assert 'value="300"' in text
    by(cast.reporter).post(cast.address, form(cast, houses={"value": "300"}))
    assert Revision.objects.count() == 1
    by(cast.reporter).post(cast.address, form(cast, houses={"value": "310"}))
    assert sorted(Revision.objects.values_list("state", "value")) == [("returned", 300), ("submitted", 310)]


def test_changing_an_approved_figure_needs_a_reason_and_leaves_it_standing(cast: SimpleNamespace) -> None:
    save(cast, cast.reporter, value="300")
    approve_revision(hand_in([cast.key], by=cast.reporter)[0], by=cast.reviewer)
    data = form(cast, houses={"value": "310"})
    assert by(cast.reporter).post(cast.address, data).status_code == 422
    data[f"{cast.houses.pk}-version"] = 1
    assert by(cast.reporter).post(cast.address, data | {"reason": "漏计十户"}).status_code == 302
    assert Observation.objects.get().value == 300
    assert Revision.objects.get(state="submitted").reason == "漏计十户"


def test_two_people_on_different_rows_do_not_disturb_each_other(cast: SimpleNamespace) -> None:
    """Whoever hands in hands in what the own form holds: a colleague's row is neither a conflict nor sent along."""
    save(cast, cast.colleague, value="310")
    data = form(cast, houses={"value": ""}, rate={"numerator": "93", "denominator": "100"})
    assert by(cast.reporter).post(cast.address, data).status_code == 302
    assert Revision.objects.get().numerator == 93
    assert Draft.objects.get().value == "310"


# --- Preview ----------------------------------------------------------------------------------------------------------


def test_the_preview_keeps_what_was_typed_and_shows_the_light_that_would_be(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.rate, "2014-05", 95, 100))
    data = form(cast, rate={"numerator": "80", "denominator": "100"})
    answer = by(cast.reporter).post(f"{cast.address}preview/", data, headers={"X-Fragment": "1"})
    change = answer.context["changes"][0]
    assert (change.now.colour, change.then.colour) == ("green", "red")
    assert "<html" not in answer.content.decode()
    assert Draft.objects.get().numerator == "80"
    assert not Revision.objects.filter(state="submitted").exists()


def test_the_preview_is_a_whole_page_without_a_script(cast: SimpleNamespace) -> None:
    answer = by(cast.reporter).post(f"{cast.address}preview/", form(cast, houses={"value": "300"}))
    assert "<html" in answer.content.decode()
    assert len(answer.context["changes"]) == 1


def test_the_preview_leaves_a_bad_row_out_and_says_so(cast: SimpleNamespace) -> None:
    data = form(cast, houses={"value": "约300"}, rate={"numerator": "93", "denominator": "100"})
    answer = by(cast.reporter).post(f"{cast.address}preview/", data)
    assert (answer.context["problems"], answer.context["figures"]) == (1, 1)
