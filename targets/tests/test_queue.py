"""The reviewer's queue: what it shows, and each decision and refusal through the page."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.database.append_only import rewriting
from departments.models import AuditEvent
from departments.permissions import Role
from plans.periods import Month
from targets.entering import review_queue
from targets.models import DirtyKey, Indicator, Observation, Revision
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, approve_revisions
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with its people, a rate with a target, and strangers."""
    office = f.department()
    rate = f.indicator(
        department=office,
        numerator_name="合格",
        denominator_name="抽检",
        numerator_unit="批次",
        denominator_unit="批次",
    )
    return SimpleNamespace(
        office=office,
        rate=rate,
        promise=f.target(rate, threshold=92),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        stranger=f.person(Role.REVIEWER),
    )


def handed_in(
    cast: SimpleNamespace, measured: Indicator, month: str, *figures: object, by: Any = None, **values: Any
) -> Revision:
    person = by or cast.reporter
    return f.handed_in(f.entry(measured, month, *figures, **values), by=person)


def houses(cast: SimpleNamespace) -> Indicator:
    return f.indicator("count", department=cast.office)


def seen(client: Client, user: Any) -> str:
    client.force_login(user)
    answer = client.get("/reviews/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def said(client: Client, address: str, **data: Any) -> str:
    """What the page says after a decision."""
    answer = client.post(address, data, follow=True)
    assert answer.status_code == 200
    return " ".join(re.findall(r'role="status">(.*?)</div>', answer.content.decode(), re.S))


def own_entry(cast: SimpleNamespace) -> tuple[Any, Revision]:
    both = f.person(Role.REPORTER, cast.office)
    both.memberships.create(department=cast.office, role=Role.REVIEWER.value)
    return both, handed_in(cast, houses(cast), "2014-01", 7, by=both)


def test_a_rate_stands_beside_the_official_one_with_its_change_in_percentage_points(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.rate, "2014-01", 180, 200))
    handed_in(cast, cast.rate, "2014-01", 95, 100)
    found = review_queue.review_queue_for(cast.reviewer).groups[0].items[0].change
    assert (found.old.figure, found.new.figure) == ("90.00\u00a0%", "95.00\u00a0%")
    assert found.new.parts == "95\u00a0批次 / 100\u00a0批次"
    assert found.difference.startswith("+5.00")
    assert "百分点" in found.difference


def test_a_tiny_change_never_looks_like_none(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.rate, "2014-01", 91999, 100000))
    handed_in(cast, cast.rate, "2014-01", 92000, 100000)
    found = review_queue.review_queue_for(cast.reviewer).groups[0].items[0].change
    assert found.old.figure != found.new.figure
    assert found.difference.startswith("+0.001")


def test_the_light_is_shown_as_it_is_and_as_it_would_become(cast: SimpleNamespace) -> None:
    f.official(f.entry(cast.rate, "2014-01", 180, 200))
    handed_in(cast, cast.rate, "2014-01", 95, 100)
    effect = review_queue.review_queue_for(cast.reviewer).groups[0].items[0].effects[0]
    assert effect.now is not None
    assert (effect.target, effect.now.colour, effect.then.colour) == (cast.promise, "red", "green")
    assert Observation.objects.get().value is None  # nothing was saved


def test_zero_is_a_figure_and_no_figure_is_none(cast: SimpleNamespace) -> None:
    handed_in(cast, houses(cast), "2014-01", 0)
    found = review_queue.review_queue_for(cast.reviewer).groups[0].items[0].change
    assert (found.old.figure, found.new.figure) == ("", "0\u00a0户")


def test_entries_are_grouped_by_month_and_what_looks_odd_is_said(client: Client, cast: SimpleNamespace) -> None:
    first = handed_in(cast, houses(cast), "2014-02", 7, note="年初集中排查")
    handed_in(cast, houses(cast), "2014-01", 7)
    with rewriting():
        Revision.objects.filter(pk=first.pk).update(oddities=["jump"])
    assert [str(group.month) for group in review_queue.review_queue_for(cast.reviewer).groups] == ["2014-01", "2014-02"]
    page = seen(client, cast.reviewer)
    assert "年初集中排查" in page
    assert "与前几个月相比，变动超出偶然波动的幅度。" in page
    assert "请在说明中写明" not in page  # what is asked of whoever types is not asked of the reviewer


def test_a_stranger_sees_nothing_and_may_decide_nothing(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    assert cast.reporter.username not in seen(client, cast.stranger)
    assert client.post(f"/revisions/{revision.pk}/approve/").status_code == 404
    assert client.post(f"/revisions/{revision.pk}/return/", {"reason": "x"}).status_code == 404
    assert client.post("/reviews/approve/", {"revision": revision.pk}).status_code == 302
    revision.refresh_from_db()
    assert revision.state == "submitted"


@pytest.mark.parametrize("role", [Role.REPORTER, Role.COORDINATOR, Role.LEADER, Role.COUNTY, Role.ADMINISTRATOR])
def test_only_reviewers_open_the_queue(role: Role, client: Client, cast: SimpleNamespace) -> None:
    client.force_login(f.person(role, cast.office))
    assert client.get("/reviews/").status_code == 403
    assert client.post("/reviews/approve/").status_code == 403


def test_nobody_who_is_not_logged_in_opens_the_queue(client: Client) -> None:
    assert client.get("/reviews/")["Location"] == "/accounts/login/?next=/reviews/"


def test_an_approval_makes_official_and_says_so(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    client.force_login(cast.reviewer)
    assert revision.observation.indicator.name in said(client, f"/revisions/{revision.pk}/approve/")
    assert Observation.objects.get().value == 7


def test_a_second_click_says_that_it_is_decided_and_doubles_nothing(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    client.force_login(cast.reviewer)
    client.post(f"/revisions/{revision.pk}/approve/")
    assert str(cast.reviewer) in said(client, f"/revisions/{revision.pk}/approve/")
    assert AuditEvent.objects.filter(action="observation.approve").count() == 1
    assert DirtyKey.objects.count() == 1


def test_a_colleague_who_was_quicker_is_named(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    approve_revision(revision, by=cast.reviewer)
    client.force_login(other := f.person(Role.REVIEWER, cast.office))
    text = said(client, f"/revisions/{revision.pk}/return/", reason="口径不符")
    assert str(cast.reviewer) in text
    assert str(other) not in text


def test_an_own_entry_is_shown_without_buttons_and_refused(client: Client, cast: SimpleNamespace) -> None:
    both, revision = own_entry(cast)
    page = seen(client, both)
    assert f"entry-{revision.pk}" in page
    assert f"/revisions/{revision.pk}/" not in page
    assert client.post(f"/revisions/{revision.pk}/approve/").status_code == 403
    revision.refresh_from_db()
    assert revision.state == "submitted"


def test_own_entries_are_left_out_of_all_and_the_page_says_so(client: Client, cast: SimpleNamespace) -> None:
    both, own = own_entry(cast)
    other = handed_in(cast, houses(cast), "2014-01", 8)
    client.force_login(both)
    text = said(client, "/reviews/approve/", revision=[own.pk, other.pk])
    assert "本人" in text
    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.state, other.state, other.approved_by) == ("submitted", "approved", both)


def test_a_return_needs_a_reason_and_keeps_it(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    client.force_login(cast.reviewer)
    assert "原因" in said(client, f"/revisions/{revision.pk}/return/", reason="  ")
    revision.refresh_from_db()
    assert revision.state == "submitted"
    said(client, f"/revisions/{revision.pk}/return/", reason="口径不符")
    revision.refresh_from_db()
    assert (revision.state, revision.reason, revision.return_reason) == ("returned", "", "口径不符")


def test_a_reason_that_cannot_be_stored_is_refused_with_a_sentence(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    client.force_login(cast.reviewer)
    assert said(client, f"/revisions/{revision.pk}/return/", reason="长" * 401)
    assert client.post(f"/revisions/{revision.pk}/return/", {"reason": "x\x00y"}).status_code == 400
    revision.refresh_from_db()
    assert revision.state == "submitted"


def test_a_closed_month_refuses_approvals_with_a_sentence_and_allows_returns(
    client: Client, cast: SimpleNamespace
) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    close_plan_month(f.plan(), Month(2014, 1), by=f.coordinator())
    assert f"/revisions/{revision.pk}/approve/" not in seen(client, cast.reviewer)
    assert "封账" in said(client, f"/revisions/{revision.pk}/approve/")
    assert "封账" in said(client, "/reviews/approve/", revision=revision.pk)
    revision.refresh_from_db()
    assert revision.state == "submitted"
    said(client, f"/revisions/{revision.pk}/return/", reason="口径不符")
    revision.refresh_from_db()
    assert revision.state == "returned"


@pytest.mark.parametrize("sent", [["x"], ["99999999999999999999999"], ["-1"], []])
def test_numbers_that_are_none_approve_nothing(sent: list[str], client: Client, cast: SimpleNamespace) -> None:
    client.force_login(cast.reviewer)
    assert said(client, "/reviews/approve/", revision=sent)


def test_a_decision_is_never_taken_by_a_link(client: Client, cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    client.force_login(cast.reviewer)
    for address in (f"/revisions/{revision.pk}/approve/", f"/revisions/{revision.pk}/return/", "/reviews/approve/"):
        assert client.get(address).status_code == 405


def test_a_forged_form_is_refused(cast: SimpleNamespace) -> None:
    revision = handed_in(cast, houses(cast), "2014-01", 7)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.reviewer)
    assert strict.post(f"/revisions/{revision.pk}/approve/").status_code == 403


# --- approve_all -----------------------------------------------------------------------------------------------------


def test_all_are_approved_with_approver_time_event_and_key(cast: SimpleNamespace) -> None:
    count = houses(cast)
    f.official(f.entry(count, "2014-01", 1))
    old = Revision.objects.get()
    lot = [handed_in(cast, count, f"2014-{month:02d}", month * 10) for month in (1, 2, 3)]
    approved, left_out = approve_revisions(lot, by=cast.reviewer)
    assert (len(approved), left_out) == (3, [])
    old.refresh_from_db()
    first = Revision.objects.get(pk=lot[0].pk)
    assert (old.state, old.ended_at) == ("superseded", first.official_at)
    assert [row.value for row in Observation.objects.order_by("month")] == [10, 20, 30]
    assert {one.approved_by for one in Revision.objects.filter(pk__in=[one.pk for one in lot])} == {cast.reviewer}
    events = AuditEvent.objects.filter(action="observation.approve")
    assert {one.subject for one in events} == {f"targets.revision:{one.pk}" for one in lot}
    assert DirtyKey.objects.count() == 3


def test_approving_all_twice_approves_once(cast: SimpleNamespace) -> None:
    lot = [handed_in(cast, houses(cast), "2014-01", 7)]
    approve_revisions(lot, by=cast.reviewer)
    approved, left_out = approve_revisions(lot, by=cast.reviewer)
    assert (approved, [one.pk for one in left_out]) == ([], [lot[0].pk])
    assert AuditEvent.objects.filter(action="observation.approve").count() == 1


def test_of_two_entries_of_one_figure_the_newer_is_approved(cast: SimpleNamespace) -> None:
    count = houses(cast)
    older, newer = handed_in(cast, count, "2014-01", 7), handed_in(cast, count, "2014-01", 8)
    approved, left_out = approve_revisions([newer, older], by=cast.reviewer)
    assert ([one.pk for one in approved], [one.pk for one in left_out]) == ([newer.pk], [older.pk])
    assert Observation.objects.get().value == 8


def test_an_entry_older_than_the_official_one_takes_nothing_back(cast: SimpleNamespace) -> None:
    count = houses(cast)
    older = handed_in(cast, count, "2014-01", 7)
    f.official(f.entry(count, "2014-01", 8))
    assert approve_revisions([older], by=cast.reviewer)[0] == []
    item = review_queue.review_queue_for(cast.reviewer).groups[0].items[0]
    assert (item.revision.pk, item.overtaken, item.effects) == (older.pk, True, [])
    assert review_queue.review_queue_for(cast.reviewer).groups[0].approvable == []


def test_one_foreign_entry_among_them_approves_nothing(cast: SimpleNamespace) -> None:
    foreign = f.department()
    theirs = handed_in(
        cast, f.indicator("count", department=foreign), "2014-01", 7, by=f.person(Role.REPORTER, foreign)
    )
    ours = handed_in(cast, houses(cast), "2014-01", 7)
    with pytest.raises(PermissionDenied):
        approve_revisions([ours, theirs], by=cast.reviewer)
    assert not Observation.objects.official().exists()


def test_one_closed_month_among_them_approves_nothing(cast: SimpleNamespace) -> None:
    count = houses(cast)
    lot = [handed_in(cast, count, "2014-01", 7), handed_in(cast, count, "2014-02", 7)]
    close_plan_month(f.plan(), Month(2014, 2), by=f.coordinator())
    with pytest.raises(ValidationError, match="封账"):
        approve_revisions(lot, by=cast.reviewer)
    assert not Observation.objects.official().exists()


def test_the_lights_follow_the_approval_of_all(cast: SimpleNamespace) -> None:
    lot = [handed_in(cast, cast.rate, f"2014-{month:02d}", 95, 100) for month in (1, 2)]
    foreseen = review_queue.review_queue_for(cast.reviewer).groups[1].items[0].effects
    approve_revisions(lot, by=cast.reviewer)
    f.recompute()
    assert f.attainment(cast.promise, "2014-02").signal == foreseen[0].then.colour == "green"


# --- Size ------------------------------------------------------------------------------------------------------------


def queries(work: Any) -> int:
    with CaptureQueriesContext(connection) as caught:
        work()
    return len(caught)


def test_the_queue_and_approving_all_take_as_many_queries_for_many_as_for_few(
    client: Client, cast: SimpleNamespace
) -> None:
    def lot(number: int) -> list[Revision]:
        made = [handed_in(cast, houses(cast), "2014-01", 7) for _each in range(number)]
        for one in made:
            f.target(one.observation.indicator, threshold=10)
        return made

    client.force_login(cast.reviewer)
    few = lot(2)
    client.get("/reviews/")
    shown_few = queries(lambda: client.get("/reviews/"))
    assert cast.reviewer.held  # read once a request
    approved_few = queries(lambda: approve_revisions(few, by=cast.reviewer))
    many = lot(25)
    client.get("/reviews/")  # what follows from the plan's promises is read anew once
    assert queries(lambda: client.get("/reviews/")) == shown_few
    assert queries(lambda: approve_revisions(many, by=cast.reviewer)) == approved_few
