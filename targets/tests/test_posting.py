"""Figures of other systems: by the rules of the worksheet, all or nothing, every problem told at once."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from departments.models import AuditEvent, Department, User
from departments.permissions import Role
from departments.tests.callers import posting
from plans.periods import Month
from targets.models import DirtyKey, Draft, Observation, Revision, Source
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)
STORED = (Draft, Revision, Observation, Source, AuditEvent, DirtyKey)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with a count, a rate and a quarterly figure; a county that enters what is summed up; their people."""
    city = f.region()
    county = Department.objects.create(
        code="gov-1", name="某县政府", short_name="某县", kind="county_government", region=f.region("100101", city)
    )
    office = f.department()
    made = SimpleNamespace(
        city=city,
        county=county.region,
        plan=f.plan(),
        houses=f.indicator("count", department=office, usual_high=500),
        rate=f.indicator(department=office, maximum=100),
        quarterly=f.indicator("count", department=office, frequency="quarterly"),
        event=f.indicator("event", department=office),
        summed=f.indicator("count", department=office, region_rule="sum"),
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        officer=f.person(Role.COUNTY, county),
        coordinator=f.person(Role.COORDINATOR),
        leader=f.person(Role.LEADER),
        stranger=f.person(Role.REPORTER),
    )
    made.key = (made.houses.pk, city.pk, JUNE)
    return made


def row(indicator: Any, month: str = "2014-06", place: str = "100100", **fields: object) -> dict[str, object]:
    return {"indicator": getattr(indicator, "code", indicator), "region": place, "month": month, **fields}


def send(user: User, *rows: object, mode: str = "submit", **headers: str) -> Any:
    return posting(user)("/observations", {"observations": rows, "mode": mode}, **headers)


def told(answer: Any) -> list[tuple[int | None, str | None, str]]:
    return [(one["row"], one["column"], one["code"]) for one in answer.json()["errors"]]


def stored() -> list[int]:
    return [model.objects.count() for model in STORED]


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_figures_are_handed_in_for_review_and_say_where_they_come_from(cast: SimpleNamespace) -> None:
    answer = send(
        cast.reporter,
        row(cast.houses, value="300"),
        row(cast.rate, numerator=1160, denominator="1 243", note="抽检"),
        row(cast.event, value=1, occurred_on="2014-06-27"),
    )
    assert answer.status_code == 201
    kept = answer.json()["observations"]
    revisions = list(Revision.objects.order_by("id"))
    assert kept[0] == {
        "indicator": cast.houses.code,
        "region": "100100",
        "month": "2014-06",
        "state": "submitted",
        "revision": revisions[0].pk,
        "version": 0,
        "oddities": [],
    }
    assert [one["revision"] for one in kept] == [one.pk for one in revisions]
    assert {one.state for one in revisions} == {"submitted"}
    assert (revisions[1].numerator, revisions[1].denominator, revisions[1].note) == (1160, 1243, "抽检")
    assert str(revisions[2].occurred_on) == "2014-06-27"
    source = Source.objects.get()
    assert (source.kind, source.label, source.by) == ("api", "其他系统", cast.reporter)
    told = {"count": 3, "authors": str(cast.reporter)}
    assert [(one.action, one.detail) for one in AuditEvent.objects.all()] == [("observations.submitted", told)]
    assert not Draft.objects.exists()
    assert not Observation.objects.filter(official__isnull=False).exists()


def test_drafts_are_kept_with_their_version_and_wait_on_the_worksheet(cast: SimpleNamespace) -> None:
    first = send(cast.reporter, row(cast.houses, value=300.5, note="初步"), mode="draft")
    assert (first.status_code, first.json()["observations"][0]["state"]) == (201, "draft")
    assert [(one["version"], one["revision"]) for one in first.json()["observations"]] == [(1, None)]
    assert (Draft.objects.get().value, Draft.objects.get().note) == ("300.5", "初步")
    again = send(cast.reporter, row(cast.houses, value=301), mode="draft")
    assert again.json()["observations"][0]["version"] == 2
    assert not Revision.objects.exists()
    assert AuditEvent.objects.earliest("pk").detail == {"count": 1, "name": "其他系统"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"0.1", "0.1"),
        (b"123456789.123456", "123456789.123456"),
        (b'"123456789.123456"', "123456789.123456"),
        (b"1e5", "100000"),
        (b"-0.0", "0"),
        (b'"1.5\xe4\xb8\x87"', "15000"),
    ],
)
def test_a_number_never_passes_through_a_binary_float(written: bytes, value: str, cast: SimpleNamespace) -> None:
    body = b'{"observations": [{"indicator": "%s", "region": "100100", "month": "2014-06", "note": "x", "value": %s}], '
    answer = posting(cast.reporter)("/observations", body % (cast.houses.code.encode(), written) + b'"mode": "submit"}')
    assert answer.status_code == 201, answer.content
    assert Revision.objects.get().value == Decimal(value)


def test_what_looks_odd_is_named_in_a_draft_and_wants_a_note_when_handed_in(cast: SimpleNamespace) -> None:
    draft = send(cast.reporter, row(cast.houses, value=501), mode="draft").json()["observations"][0]
    assert draft["oddities"] == ["unusually_high"]
    refused = send(cast.reporter, row(cast.houses, value=501))
    assert (refused.status_code, told(refused)) == (422, [(1, "value", "unusually_high")])
    assert send(cast.reporter, row(cast.houses, value=501, note="集中验收")).status_code == 201
    assert Revision.objects.get().oddities == ["unusually_high"]


def test_the_same_figures_sent_again_are_handed_in_once(cast: SimpleNamespace) -> None:
    first, second = (send(cast.reporter, row(cast.houses, value="300")).json() for _time in range(2))
    assert first == second
    assert Revision.objects.count() == 1
    assert not Draft.objects.exists()


def test_a_returned_figure_is_not_handed_in_again_unchanged(cast: SimpleNamespace) -> None:
    send(cast.reporter, row(cast.houses, value="300"))
    return_revision(Revision.objects.get(), by=cast.reviewer, reason="请核对")
    assert send(cast.reporter, row(cast.houses, value="300")).json()["observations"][0]["state"] == "returned"
    assert send(cast.reporter, row(cast.houses, value="310")).json()["observations"][0]["state"] == "submitted"


def test_a_withdrawn_figure_may_be_handed_in_again(cast: SimpleNamespace) -> None:
    send(cast.reporter, row(cast.houses, value="300"))
    withdraw_revision(approve_revision(Revision.objects.get(), by=cast.reviewer), by=cast.reviewer, reason="重复")
    assert send(cast.reporter, row(cast.houses, value="300")).json()["observations"][0]["state"] == "submitted"


def test_a_change_of_an_approved_figure_needs_a_reason(cast: SimpleNamespace) -> None:
    send(cast.reporter, row(cast.houses, value="300"))
    approve_revision(Revision.objects.get(), by=cast.reviewer)
    refused = send(cast.reporter, row(cast.houses, value="310"))
    assert (refused.status_code, told(refused)) == (422, [(1, "reason", "reason_missing")])
    assert send(cast.reporter, row(cast.houses, value="310", reason="漏计十户")).status_code == 201
    assert Revision.objects.latest("id").reason == "漏计十户"
    assert Observation.objects.get().value == 300


@pytest.mark.parametrize("mode", ["draft", "submit"])
@pytest.mark.parametrize("who", ["reporter", "officer", "coordinator"])
def test_nothing_that_is_sent_becomes_official_without_a_colleague(who: str, mode: str, cast: SimpleNamespace) -> None:
    sent = row(cast.summed, place="100101", value=5) if who == "officer" else row(cast.houses, value=5)
    assert send(getattr(cast, who), sent, mode=mode).status_code == 201
    assert not Revision.objects.filter(state="approved").exists()
    assert not Observation.objects.filter(official__isnull=False).exists()


# --- Whose figures they are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["draft", "submit"])
@pytest.mark.parametrize("who", ["stranger", "officer", "leader", "reviewer"])
def test_the_figures_of_others_are_refused(who: str, mode: str, cast: SimpleNamespace) -> None:
    before = stored()
    answer = send(getattr(cast, who), row(cast.houses, value=300), mode=mode)
    assert answer.status_code == 403
    assert {code for _row, _column, code in told(answer)} <= {"forbidden", "not_yours"}
    assert stored() == before


def test_one_foreign_row_keeps_all_out_and_says_whose_it_is(cast: SimpleNamespace) -> None:
    before = stored()
    answer = send(cast.reporter, row(cast.houses, value=300), row(cast.summed, place="100101", value=5))
    assert (answer.status_code, told(answer)) == (403, [(2, "indicator", "not_yours")])
    assert "某县" in answer.json()["errors"][0]["message"]
    assert stored() == before


def test_a_county_enters_for_itself_and_no_neighbour(cast: SimpleNamespace) -> None:
    neighbour = f.region("100102", cast.city)
    Department.objects.create(
        code="gov-2", name="邻县政府", short_name="邻县", kind="county_government", region=neighbour
    )
    assert send(cast.officer, row(cast.summed, place="100101", value=5)).status_code == 201
    assert send(cast.officer, row(cast.summed, place="100102", value=5)).status_code == 403


def test_a_coordinator_enters_for_anyone(cast: SimpleNamespace) -> None:
    answer = send(cast.coordinator, row(cast.houses, value=300), row(cast.summed, place="100101", value=5))
    assert answer.status_code == 201


def test_what_no_worksheet_asks_for_is_refused_and_says_why(cast: SimpleNamespace) -> None:
    f.region("100102", cast.city)
    answer = send(
        cast.coordinator,
        row(cast.summed, value=5),
        row(cast.quarterly, month="2014-05", value=5),
        row(cast.summed, place="100102", value=5),
        row(cast.houses, place="100101", value=5),
        row(cast.houses, month="2013-06", value=5),
    )
    assert answer.status_code == 422
    assert told(answer) == [
        (1, "region", "made_from_parts"),
        (2, "month", "not_due"),
        (3, "region", "not_asked"),
        (4, "region", "not_asked"),
        (5, "month", "no_plan"),
    ]
    assert "3, 6, 9, 12" in answer.json()["errors"][1]["message"]


# --- What is refused --------------------------------------------------------------------------------------------------


def test_every_bad_row_is_told_at_once_and_nothing_is_kept(cast: SimpleNamespace) -> None:
    before = stored()
    code = cast.houses.code
    answer = send(
        cast.reporter,
        row(cast.houses, month="2014-01", value="300"),
        row(cast.houses, month="2014-02", value="约300"),
        row(cast.rate, month="2014-02", numerator="101", denominator="100"),
        row(code + "-x", value=1),
        row("全不相同", place="999999", month="六月", value=1),
        row(cast.houses, month="2014-01", value="301"),
        row(cast.houses, month="2014-03", value=True),
        row(cast.houses, month="2014-04", valeu=1),
        row(cast.rate, month="2014-04", numerator="92%", denominator="#DIV/0!"),
        row(cast.houses, month="2014-05", value="501"),
        row(cast.houses, month="2014-07", value="1e5"),
        "no object",
    )
    assert answer.status_code == 422
    assert told(answer) == [
        (2, "value", "not_a_number"),
        (3, "numerator", "above_maximum"),
        (4, "indicator", "indicator_similar"),
        (5, "indicator", "indicator_unknown"),
        (5, "region", "region_unknown"),
        (5, "month", "not_a_month"),
        (6, "indicator", "given_twice_here"),
        (7, "value", "not_a_number"),
        (8, "valeu", "extra_forbidden"),
        (9, "numerator", "percentage_as_part"),
        (9, "denominator", "error_cell"),
        (10, "value", "unusually_high"),
        (11, "value", "not_a_number"),
        (12, None, "model_type"),
    ]
    assert all(one["message"] and "%(" not in one["message"] for one in answer.json()["errors"])
    assert code in answer.json()["errors"][2]["message"]
    assert stored() == before


def test_a_refusal_speaks_the_readers_language(cast: SimpleNamespace) -> None:
    usual = send(cast.reporter, row(cast.houses, value="约300"))
    english = send(cast.reporter, row(cast.houses, value="约300"), **{"Accept-Language": "en"})
    assert "不是数字" in usual.json()["errors"][0]["message"]
    assert "is not a number" in english.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"value": ""}, "value_missing"),
        ({"value": None}, "value_missing"),
        ({}, "value_missing"),
        ({"value": [1]}, "string_type"),
        ({"value": "9" * 61}, "string_too_long"),
        ({"value": 10**70}, "too_many_digits"),
        ({"value": "0.1234567"}, "too_many_digits"),
        ({"value": 1, "note": "长" * 401}, "note_too_long"),
        ({"value": 1, "note": "\ud800"}, "string_unicode"),
        ({"value": 1, "version": "1"}, "int_type"),
        ({"value": 1, "version": -1}, "greater_than_equal"),
        ({"value": 1, "occurred_on": "2014-06-27"}, "day_without_event"),
        ({"value": 1, "occurred_on": "六月"}, "not_a_day"),
        ({"value": 1, "reason": "长" * 401}, "string_too_long"),
    ],
)
@pytest.mark.parametrize("mode", ["draft", "submit"])
def test_a_bad_field_is_refused_with_a_sentence(
    fields: dict[str, object], code: str, mode: str, cast: SimpleNamespace
) -> None:
    body = {"observations": [row(cast.houses) | fields], "mode": mode}
    client = posting(cast.reporter)
    answer = client("/observations", in_ascii(body))
    assert (answer.status_code, [one[2] for one in told(answer)]) == (422, [code])
    assert answer.json()["errors"][0]["message"]
    assert not Draft.objects.exists()


def in_ascii(body: object) -> bytes:
    """JSON in ASCII, so that a half of a pair of surrogates can be sent."""
    return json.dumps(body).encode()


def test_signs_that_no_database_keeps_are_left_out_of_words(cast: SimpleNamespace) -> None:
    assert send(cast.reporter, row(cast.houses, value="300", note="核\x00过")).status_code == 201
    assert (Revision.objects.get().value, Revision.objects.get().note) == (300, "核过")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"mode": NaN}', "not_json"),
        (b'{"mode": "draft", "mode": "submit", "observations": []}', "not_json"),
        (b"[]", "model_type"),
        (b'{"observations": [], "mode": "submit"}', "too_short"),
        (b'{"observations": {}, "mode": "submit"}', "list_type"),
        (b'{"observations": [{}], "mode": "approve"}', "literal_error"),
        (b'{"observations": [{}]}', "missing"),
        (b'{"mode": "submit"}', "missing"),
        (b'{"observations": [{}], "mode": "submit", "state": "approved"}', "extra_forbidden"),
        (b'{"observations": [' + b",".join([b"{}"] * 1001) + b'], "mode": "submit"}', "too_long"),
    ],
)
def test_a_body_that_is_none_is_refused_with_a_sentence(body: bytes, code: str, cast: SimpleNamespace) -> None:
    answer = posting(cast.reporter)("/observations", body)
    assert answer.status_code == 422
    assert code in {one[2] for one in told(answer)}
    assert all(one["message"] for one in answer.json()["errors"])


def test_a_body_that_is_too_large_is_refused(cast: SimpleNamespace, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = send(cast.reporter, row(cast.houses, value=1, note="长" * 100))
    assert (answer.status_code, told(answer)) == (413, [(None, None, "too_large")])


def test_a_reason_is_no_part_of_a_draft(cast: SimpleNamespace) -> None:
    answer = send(cast.reporter, row(cast.houses, value=1, reason="更正"), mode="draft")
    assert (answer.status_code, told(answer)) == (422, [(1, "reason", "reason_of_draft")])


# --- Conflicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["draft", "submit"])
def test_a_closed_month_is_a_conflict(mode: str, cast: SimpleNamespace) -> None:
    close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    before = stored()
    answer = send(cast.reporter, row(cast.houses, month="2014-07", value=300), row(cast.houses, value=300), mode=mode)
    assert (answer.status_code, told(answer)) == (409, [(2, "month", "month_locked")])
    assert "封账" in answer.json()["errors"][0]["message"]
    assert stored() == before


@pytest.mark.parametrize("mode", ["draft", "submit"])
def test_a_colleagues_draft_is_a_conflict_unless_its_version_is_named(mode: str, cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="310"), version=0, by=cast.colleague)
    answer = send(cast.reporter, row(cast.houses, value=300), mode=mode)
    assert (answer.status_code, told(answer)) == (409, [(1, "version", "colleagues_draft")])
    assert str(cast.colleague) in answer.json()["errors"][0]["message"]
    assert Draft.objects.get().value == "310"
    assert send(cast.reporter, row(cast.houses, value=300, version=1), mode=mode).status_code == 201


def test_a_colleagues_draft_that_says_the_same_is_none(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.colleague)
    assert send(cast.reporter, row(cast.houses, value=300)).status_code == 201


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_stale_version_is_a_conflict(version: int, cast: SimpleNamespace) -> None:
    for seen in (0, 1):
        save_draft(cast.key, Typed(value=str(seen)), version=seen, by=cast.reporter)
    answer = send(cast.reporter, row(cast.houses, value=300, version=version), mode="draft")
    assert (answer.status_code, told(answer)) == (409, [(1, "version", "stale_version")])
    assert Draft.objects.get().value == "1"


def test_a_version_of_a_draft_that_was_handed_in_is_a_conflict(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    hand_in([cast.key], by=cast.colleague)
    answer = send(cast.reporter, row(cast.houses, value=310, version=1), mode="draft")
    assert (answer.status_code, told(answer)) == (409, [(1, "version", "draft_gone")])


def test_bad_values_and_conflicts_are_told_together(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="310"), version=0, by=cast.colleague)
    close_plan_month(f.plan(), Month(2014, 5), by=cast.coordinator)
    answer = send(
        cast.reporter,
        row(cast.houses, value=300),
        row(cast.rate, numerator=1),
        row(cast.houses, month="2014-05", value=1),
    )
    assert answer.status_code == 422
    assert told(answer) == [
        (1, "version", "colleagues_draft"),
        (2, "denominator", "part_missing"),
        (3, "month", "month_locked"),
    ]
    assert Draft.objects.get().value == "310"


# --- The way in -------------------------------------------------------------------------------------------------------


def test_a_session_needs_its_csrf_token(cast: SimpleNamespace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.reporter)
    body = {"observations": [row(cast.houses, value=300)], "mode": "submit"}
    refused = client.post("/api/v1/observations", body, content_type="application/json")
    assert (refused.status_code, told(refused)) == (403, [(None, None, "csrf")])
    assert not Revision.objects.exists()
    client.get("/desk/")
    token = client.get(f"/worksheet/{cast.houses.department.code}/2014-06/").cookies["csrftoken"].value
    sent = client.post("/api/v1/observations", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert sent.status_code == 201
    assert Source.objects.get().label == ""


@pytest.mark.postgres_only
@pytest.mark.parametrize("mode", ["draft", "submit"])
def test_the_number_of_queries_does_not_grow_with_the_rows(mode: str, cast: SimpleNamespace) -> None:
    def queries(number: int) -> int:
        measured = [f.indicator("count", department=cast.houses.department) for _one in range(number)]
        rows = [row(one, month=f"2014-{month:02}", value=month) for one in measured for month in range(1, 13)]
        with CaptureQueriesContext(connection) as captured:
            answer = send(cast.reporter, *rows, mode=mode)
        assert answer.status_code == 201, answer.content
        return len(captured)

    assert queries(1) == queries(20)
