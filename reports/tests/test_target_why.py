"""Why a target's light has its colour, computed anew and told in words."""

from typing import Any

import pytest
from django.test import Client

from plans.periods import Month
from reports.tests.target_pages import address, page, rate_of_93
from targets.judging import audit
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Target
from targets.tests.factories import attainment, entry, indicator, official, target
from targets.wording.rules import rules

pytestmark = pytest.mark.django_db


def verify(client: Client, promise: Target, **data: str) -> str:
    answer = client.post(f"{address(promise)}verify/", data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_anybody_who_reads_the_plan_can_have_a_result_computed_anew(leader: Client) -> None:
    promise = rate_of_93()
    text = verify(leader, promise, month="2014-03")
    assert "alert-success" in text
    assert attainment(promise, "2014-03").inputs_hash[:16] in text.partition("alert-success")[2].partition("</div>")[0]


def test_the_entries_named_by_the_result_decide_and_not_what_is_official_now(leader: Client) -> None:
    promise = rate_of_93()
    before = attainment(promise, "2014-03")
    official(entry(promise.indicator, "2014-01", 100, 200))
    Attainment.objects.filter(pk=before.pk).update(
        revisions=before.revisions, inputs_hash=before.inputs_hash, actual=before.actual, numerator=before.numerator
    )
    stored = Attainment.objects.get(pk=before.pk)
    assert audit.verify_attainment(stored).inputs_hash == before.inputs_hash


@pytest.mark.parametrize("changed", [{"inputs_hash": "0" * 64}, {"signal": "red"}, {"revisions": []}])
def test_a_result_that_was_tampered_with_does_not_agree_and_stays_as_it_is(
    leader: Client, changed: dict[str, Any]
) -> None:
    promise = rate_of_93()
    Attainment.objects.filter(target=promise).update(**changed)
    before = list(Attainment.objects.filter(target=promise).order_by("month").values())
    assert "alert-danger" in verify(leader, promise, month="2014-03")
    assert list(Attainment.objects.filter(target=promise).order_by("month").values()) == before


def test_every_kind_of_target_can_be_verified(plan_2014: Any) -> None:
    recompute_all()
    rows = Attainment.objects.filter(target__plan=plan_2014, region=plan_2014.region, month=Month(2014, 6))
    assert all(audit.verify_attainment(row).agrees for row in rows)


@pytest.mark.parametrize("month", ["", "2013-01", "junk"])
def test_a_month_that_is_none_verifies_january(leader: Client, month: str) -> None:
    assert 'value="2014-01" selected' in verify(leader, rate_of_93(), month=month)


def test_a_result_is_not_computed_anew_by_a_link(leader: Client) -> None:
    assert leader.get(f"{address(rate_of_93())}verify/").status_code == 405


def test_a_target_that_is_not_judged_cannot_be_verified(leader: Client) -> None:
    promise = target(indicator(), threshold=92)
    assert leader.post(f"{address(promise)}verify/", {"month": "2014-01"}).status_code == 404


def test_the_rule_is_told_in_words(leader: Client) -> None:
    text = page(leader, rate_of_93()).partition('class="rules"')[2].partition("</ul>")[0]
    assert "≥\u00a092\u00a0%" in text
    assert text.count("<li>") == 5


@pytest.mark.parametrize(
    ("measure", "comparator", "threshold", "values"),
    [
        ("count", "at_least", 12, {}),
        ("count", "at_most", 3, {}),
        ("ratio", "at_least", 92, {"warning_margin": 2}),
        ("ratio", "at_least", 92, {}),
        ("event", "done_by", None, {}),
    ],
)
def test_each_kind_of_light_has_words_of_its_own(
    measure: str, comparator: str, threshold: int | None, values: dict[str, Any]
) -> None:
    promise = target(indicator(measure), comparator, threshold, **values)
    told = rules(promise)
    assert len(set(told)) == 5
    assert ("{" in "".join(told)) is ("%(" in "".join(told)) is False
