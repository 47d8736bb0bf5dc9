"""A target's page as of an earlier day, and the history of its light."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from departments.database.append_only import rewriting
from departments.permissions import Role
from plans.periods import Month
from reports.board.standing import end_of_local_day
from reports.tests.target_pages import counties, page
from targets.models import Revision, Target, TargetAssignment
from targets.reading.selectors import attainments_official_then
from targets.tests.factories import department, entry, indicator, official, person, target
from targets.wording.explanation import explain_attainment

pytestmark = pytest.mark.django_db


def corrected() -> Target:
    """90 of 100 in January, official on 5 March 2014; corrected to 99 of 100 on 20 March."""
    promise = target(indicator(), threshold=92)
    official(entry(promise.indicator, "2014-01", 90, 100))
    official(entry(promise.indicator, "2014-01", 99, 100))
    first, second = Revision.objects.order_by("pk")
    early, late = (datetime(2014, 3, day, 4, tzinfo=UTC) for day in (5, 20))
    with rewriting():
        Revision.objects.filter(pk=first.pk).update(official_at=early, ended_at=late)
        Revision.objects.filter(pk=second.pk).update(official_at=late)
    return promise


def test_an_earlier_day_is_shown_and_said_and_gives_what_a_fresh_computation_gives(leader: Client) -> None:
    promise = corrected()
    now, then = page(leader, promise), page(leader, promise, as_of="2014-03-10", month="2014-01")
    assert "99.00\u00a0%" in now
    assert "as-of-band" not in now
    assert "99.00\u00a0%" not in then
    assert "2014年3月10日" in then.split("as-of-band")[1].split("</aside>")[0]
    fresh = attainments_official_then(
        Target.objects.filter(pk=promise.pk), promise.plan.region, end_of_local_day(date(2014, 3, 10))
    )
    (january,) = [one for one in fresh if one.month == Month(2014, 1)]
    assert january.inputs_hash in then
    assert explain_attainment(january) in then
    assert "verify/" not in then, "what is not stored cannot be compared with what is stored"


def test_the_day_stays_in_every_link_that_leads_on(leader: Client) -> None:
    promise = corrected()
    TargetAssignment.objects.create(target=promise, department=department(), role="lead")
    text = page(leader, promise, as_of="2014-03-10", month="2014-01").partition("<main")[2].partition("</main>")[0]
    leading = re.findall(r'href="(/(?:targets|departments|plan|comparison|counties)?[^"#]*)"', text)
    kept = [one for one in leading if "/figures/" not in one and "/plans/plan-2014/tasks/" not in one]
    assert kept
    assert all("as_of=2014-03-10" in one and "month=2014-01" in one for one in kept), kept


def test_a_county_sees_its_own_part_only_on_an_earlier_day_too(client: Client) -> None:
    promise, (own, other) = counties()
    client.force_login(person(Role.COUNTY, department(own)))
    text = page(client, promise, as_of=(timezone.localdate() - timedelta(days=1)).isoformat())
    assert own.name in text
    assert other.name not in text


@pytest.mark.parametrize("day", ["soon", "2014-02-30", "9999-12-31"])
def test_a_day_that_is_none_shows_what_is_official_now_and_says_so(leader: Client, day: str) -> None:
    text = page(leader, corrected(), as_of=day)
    assert "99.00\u00a0%" in text
    assert "alert-warning" in text


def test_the_light_is_followed_back_to_what_changed_it(leader: Client) -> None:
    text = page(leader, corrected()).partition('id="history"')[2].partition("</section>")[0]
    assert re.findall(r'href="\?as_of=([\d-]+)&amp;month=2014-01"', text) == ["2014-03-20", "2014-03-05"]
    assert text.count("/figures/") == 2
