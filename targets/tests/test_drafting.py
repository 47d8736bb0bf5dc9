"""Typing and handing in: nothing lost, nothing overwritten unawares, nothing doubled, nothing stored by halves."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import AuditEvent
from departments.permissions import Role
from plans.periods import Month
from targets.judging.recompute import attainments_if
from targets.models import Attainment, Draft, Observation, Revision
from targets.services.drafting import ConflictError, EntriesRefusedError, Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    houses = f.indicator("count", department=office, usual_high=500)
    rate = f.indicator(department=office, maximum=100)
    return SimpleNamespace(
        office=office,
        houses=houses,
        rate=rate,
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        stranger=f.person(Role.REPORTER),
        key=(houses.pk, f.region().pk, Month(2014, 6)),
        rate_key=(rate.pk, f.region().pk, Month(2014, 6)),
    )


def test_what_is_typed_is_kept_as_it_was_typed_right_or_wrong(cast: SimpleNamespace) -> None:
    draft = save_draft(cast.key, Typed(value="约３００户", note="待核"), version=0, by=cast.reporter)
    assert (draft.value, draft.note, draft.version) == ("约３００户", "待核", 1)
    assert not Revision.objects.exists()


def test_saving_again_counts_the_version_and_saving_the_same_does_not(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    assert save_draft(cast.key, Typed(value="301"), version=1, by=cast.reporter).version == 2
    assert save_draft(cast.key, Typed(value="301"), version=1, by=cast.reporter).version == 2


@pytest.mark.parametrize("seen", [0, 1])
def test_a_colleagues_text_is_not_overwritten_unawares(seen: int, cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    save_draft(cast.key, Typed(value="310"), version=1, by=cast.colleague)
    with pytest.raises(ConflictError) as conflict:
        save_draft(cast.key, Typed(value="320"), version=seen, by=cast.reporter)
    assert conflict.value.current is not None
    assert (conflict.value.current.value, conflict.value.current.by) == ("310", cast.colleague)
    assert Draft.objects.get().value == "310"


def test_a_draft_that_was_handed_in_meanwhile_is_a_conflict(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    hand_in([cast.key], by=cast.colleague)
    with pytest.raises(ConflictError) as conflict:
        save_draft(cast.key, Typed(value="310"), version=1, by=cast.reporter)
    assert conflict.value.current is None


def test_a_stranger_types_nothing_and_hands_in_nothing(cast: SimpleNamespace) -> None:
    with pytest.raises(PermissionDenied):
        save_draft(cast.key, Typed(value="300"), version=0, by=cast.stranger)
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    with pytest.raises(PermissionDenied):
        hand_in([cast.key], by=cast.stranger)
    assert Draft.objects.get().value == "300"


def test_handing_in_makes_submitted_revisions_and_an_audit_event(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="３００"), version=0, by=cast.reporter)
    save_draft(cast.rate_key, Typed(numerator="1 160", denominator="1,243"), version=0, by=cast.reporter)
    revisions = hand_in([cast.key, cast.rate_key], by=cast.reporter)
    assert [(one.state, one.value, one.numerator) for one in revisions] == [
        ("submitted", 300, None),
        ("submitted", None, 1160),
    ]
    assert not Draft.objects.exists()
    assert Observation.objects.filter(official__isnull=False).count() == 0
    assert AuditEvent.objects.get().detail == {"count": 2, "authors": str(cast.reporter)}


def test_a_double_click_hands_in_once(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    assert len(hand_in([cast.key], by=cast.reporter)) == 1
    assert hand_in([cast.key], by=cast.reporter) == []
    assert Revision.objects.count() == 1


def refused(cast: SimpleNamespace, **typed: str) -> list[str]:
    """The codes for a draft that is not handed in."""
    key = cast.rate_key if "numerator" in typed or "denominator" in typed else cast.key
    save_draft(key, Typed(**typed), version=0, by=cast.reporter)
    with pytest.raises(EntriesRefusedError) as error:
        hand_in([key], by=cast.reporter)
    assert not Revision.objects.exclude(state="approved").exists()
    assert Draft.objects.count() == 1
    return [problem.code for problem in error.value.problems[key]]


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ({"value": "约300"}, ["not_a_number"]),
        ({"value": "300", "occurred_on": "六月"}, ["not_a_day"]),
        ({"value": "0.1234567"}, ["too_many_digits"]),
        ({"numerator": "90"}, ["part_missing"]),
        ({"numerator": "101", "denominator": "100"}, ["above_maximum"]),
        ({"value": "501"}, ["unusually_high"]),
    ],
)
def test_a_draft_with_a_problem_stays_a_draft(typed: dict[str, str], codes: list[str], cast: SimpleNamespace) -> None:
    assert refused(cast, **typed) == codes


def test_one_bad_draft_keeps_all_back_and_every_problem_is_told(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="501"), version=0, by=cast.reporter)
    save_draft(cast.rate_key, Typed(numerator="101", denominator="100"), version=0, by=cast.reporter)
    with pytest.raises(EntriesRefusedError) as error:
        hand_in([cast.key, cast.rate_key], by=cast.reporter)
    assert set(error.value.problems) == {cast.key, cast.rate_key}
    assert Draft.objects.count() == 2


def test_a_text_that_is_no_number_hides_no_other_problem(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="约300"), version=0, by=cast.reporter)
    save_draft(cast.rate_key, Typed(numerator="101", denominator="100"), version=0, by=cast.reporter)
    with pytest.raises(EntriesRefusedError) as error:
        hand_in([cast.key, cast.rate_key], by=cast.reporter)
    told = {key: [one.code for one in found] for key, found in error.value.problems.items()}
    assert told == {cast.key: ["not_a_number"], cast.rate_key: ["above_maximum"]}


def test_an_oddity_that_is_explained_is_handed_in_and_shown_to_the_reviewer(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="501", note="集中验收"), version=0, by=cast.reporter)
    assert hand_in([cast.key], by=cast.reporter)[0].oddities == ["unusually_high"]


def test_a_count_that_is_last_months_again_needs_no_word(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.houses, "2014-05", 300))
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    assert hand_in([cast.key], by=cast.reporter)[0].oddities == []


def test_a_count_whose_decimal_point_slipped_has_to_be_explained(cast: SimpleNamespace) -> None:
    f.official(*(f.entry(cast.houses, f"2014-{month:02}", 30 + month) for month in (3, 4, 5)))
    assert refused(cast, value="340") == ["jump"]


def test_work_done_in_bursts_is_held_against_a_year_of_its_own(cast: SimpleNamespace) -> None:
    bursts = dict(zip((Month(2014, 5).shifted(-back) for back in range(12)), (3, 60, 5, 44) * 3, strict=True))
    f.official(*(f.entry(cast.houses, str(month), number) for month, number in bursts.items()))
    save_draft(cast.key, Typed(value="90"), version=0, by=cast.reporter)
    assert hand_in([cast.key], by=cast.reporter)[0].oddities == []


def test_a_blank_draft_is_not_handed_in(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(note="数据未到"), version=0, by=cast.reporter)
    assert hand_in([cast.key], by=cast.reporter) == []
    assert Draft.objects.count() == 1


def test_a_closed_month_takes_no_text_and_no_figures(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    close_plan_month(f.plan(), Month(2014, 6), by=f.coordinator())
    with pytest.raises(ValidationError, match="封账"):
        save_draft(cast.key, Typed(value="310"), version=1, by=cast.reporter)
    with pytest.raises(EntriesRefusedError) as error:
        hand_in([cast.key], by=cast.reporter)
    assert error.value.problems[cast.key][0].code == "month_locked"
    assert Draft.objects.get().value == "300"


def test_a_correction_waits_while_the_official_value_stands(cast: SimpleNamespace) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    approve_revision(hand_in([cast.key], by=cast.reporter)[0], by=cast.reviewer)
    save_draft(cast.key, Typed(value="310"), version=0, by=cast.reporter)
    second = hand_in([cast.key], by=cast.reporter, reason="漏计十户")[0]
    assert Observation.objects.get().value == 300
    approve_revision(second, by=cast.reviewer)
    assert Observation.objects.get().value == 310


def test_handing_in_costs_as_many_queries_whatever_the_number(cast: SimpleNamespace) -> None:
    def queries(months: list[int]) -> int:
        keys = [(cast.houses.pk, f.region().pk, Month(2014, month)) for month in months]
        for number, key in enumerate(keys):
            save_draft(key, Typed(value=str(10 + number)), version=0, by=cast.reporter)
        with CaptureQueriesContext(connection) as captured:
            hand_in(keys, by=cast.reporter)
        return len(captured)

    assert queries([2, 3, 4, 5, 6]) == queries([1])


def test_the_light_that_would_be_is_told_without_storing_anything(cast: SimpleNamespace) -> None:
    promise = f.target(cast.rate, "at_least", 92)
    f.official(f.entry(cast.rate, "2014-05", 95, 100))
    before = list(Attainment.objects.values_list("inputs_hash", flat=True))
    would = attainments_if([f.entry(cast.rate, "2014-06", 80, 100)])
    assert [(one.target_id, str(one.month), one.actual, one.signal) for one in would] == [
        (promise.pk, "2014-06", Decimal("87.5"), "red")
    ]
    assert f.attainment(promise, "2014-06").signal == "green"
    assert list(Attainment.objects.values_list("inputs_hash", flat=True)) == before


def test_the_light_that_would_be_replaces_the_official_figure_of_the_month(cast: SimpleNamespace) -> None:
    f.target(cast.rate, "at_least", 92)
    f.official(f.entry(cast.rate, "2014-06", 95, 100))
    would = attainments_if([f.entry(cast.rate, "2014-06", 80, 100)])
    assert would[0].actual == 80


def test_the_light_of_the_city_that_would_be_holds_all_counties(cast: SimpleNamespace) -> None:
    city = f.region()
    east, west = f.region("100101", city), f.region("100102", city)
    pooled = f.indicator(region_rule="pooled", department=cast.office)
    f.target(pooled, "at_least", 92, coverage="parts")
    f.official(f.entry(pooled, "2014-06", 90, 100, place=east))
    would: dict[Any, Any] = {
        one.region_id: one.actual for one in attainments_if([f.entry(pooled, "2014-06", 1, 1, place=west)])
    }
    assert would[west.pk] == 100
    assert str(would[city.pk]).startswith("90.0990099")
