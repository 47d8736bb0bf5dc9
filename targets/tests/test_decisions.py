"""The steps of an entry's way: each kept with who, when and why; nothing of it written over."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from departments.models import User
from departments.permissions import Role
from plans.periods import Month
from targets.entering import review_queue
from targets.models import Decision, Observation, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.official import make_official
from targets.services.reviewing import approve_revision, approve_revisions, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with its people, a count of each month and a count since January."""
    office = f.department()
    houses = f.indicator("count", department=office)
    total = f.indicator("count", department=office, entry_basis="to_date", time_rule="last")
    return SimpleNamespace(
        houses=houses,
        total=total,
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        key=(houses.pk, f.region().pk, JUNE),
        address=f"/figures/{houses.code}/{f.region().code}/2014-06/",
    )


def typed(cast: SimpleNamespace, value: str, *, by: User | None = None, reason: str = "") -> Revision:
    """Typed on the worksheet and handed in."""
    person = by or cast.reporter
    save_draft(cast.key, Typed(value=value), version=0, by=person)
    return hand_in([cast.key], by=person, reason=reason)[0]


def entered(cast: SimpleNamespace, month: str, value: int, note: str = "") -> Revision:
    return f.handed_in(f.entry(cast.total, month, value, note=note), by=cast.reporter)


def steps(revision: Revision) -> list[tuple[str, object, str]]:
    return [(one.verb, one.by, one.reason) for one in revision.decisions.all()]


def test_every_step_is_kept_and_the_authors_reason_stays_the_authors(cast: SimpleNamespace) -> None:
    first = typed(cast, "300", reason="漏计十户")
    return_revision(first, by=cast.reviewer, reason=" 请附清单 ")
    second = approve_revision(typed(cast, "310", reason="已附清单"), by=cast.reviewer)
    withdraw_revision(second, by=cast.reviewer, reason="重复统计")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.reason, second.reason) == ("漏计十户", "已附清单")
    assert steps(first) == [("submit", cast.reporter, ""), ("return", cast.reviewer, "请附清单")]
    assert steps(second) == [
        ("submit", cast.reporter, ""),
        ("approve", cast.reviewer, ""),
        ("withdraw", cast.reviewer, "重复统计"),
    ]


def test_a_correction_and_an_import_say_who_ended_the_figure_before(cast: SimpleNamespace) -> None:
    first = approve_revision(typed(cast, "300"), by=cast.reviewer)
    second = approve_revision(typed(cast, "310", reason="漏计"), by=cast.reviewer)
    office = f.coordinator()
    make_official([f.entry(cast.houses, "2014-06", 320)], source=f.source(office), by=office)
    assert steps(first)[-1] == ("supersede", cast.reviewer, "")
    assert steps(second)[-1] == ("supersede", office, "")


@pytest.mark.parametrize("verb", ["return", "withdraw"])
def test_the_database_keeps_no_return_and_no_withdrawal_without_a_reason(verb: str, cast: SimpleNamespace) -> None:
    revision = typed(cast, "300")
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(revision=revision, verb=verb, by=cast.reviewer, at=timezone.now())


def test_a_refused_step_leaves_no_trace(cast: SimpleNamespace) -> None:
    revision = typed(cast, "300")
    with pytest.raises(ValidationError):
        return_revision(revision, by=cast.reviewer, reason=" ")
    assert [one.verb for one in revision.decisions.all()] == ["submit"]


def test_the_history_tells_the_whole_way(client: Client, cast: SimpleNamespace) -> None:
    return_revision(typed(cast, "300"), by=cast.reviewer, reason="请附清单")
    corrected = approve_revision(typed(cast, "310", reason="已附清单"), by=cast.reviewer)
    withdraw_revision(corrected, by=cast.reviewer, reason="重复统计")
    client.force_login(cast.reporter)
    page = client.get(cast.address).content.decode()
    assert page.index("重复统计") < page.index("请附清单")  # newest entry first
    for text in ("已附清单", "已提交", "已退回", "已审核", "已撤回", str(cast.reporter), str(cast.reviewer)):
        assert text in page, text


# --- A newer entry beside one that waits ------------------------------------------------------------------------------


def test_handing_in_again_replaces_what_waits_and_says_so(client: Client, cast: SimpleNamespace) -> None:
    older = typed(cast, "300")
    newer = typed(cast, "310", by=cast.colleague)
    older.refresh_from_db()
    assert (older.state, older.official_at, older.ended_at, older.was_replaced) == ("superseded", None, None, True)
    assert steps(older)[-1] == ("supersede", cast.colleague, "")
    items = review_queue.review_queue_for(cast.reviewer).groups[0].items
    assert [(item.revision, item.overtaken) for item in items] == [(newer, False)]
    client.force_login(cast.reporter)
    assert "已被新数据替换" in client.get(cast.address).content.decode()
    client.force_login(cast.reviewer)
    answer = client.post(f"/revisions/{older.pk}/approve/", follow=True)
    assert "已被新数据替换" in answer.content.decode()


def test_a_replaced_entry_is_neither_approved_nor_returned(cast: SimpleNamespace) -> None:
    older, newer = typed(cast, "300"), typed(cast, "310")
    with pytest.raises(ValidationError, match="状态"):
        approve_revision(older, by=cast.reviewer)
    with pytest.raises(ValidationError, match="状态"):
        return_revision(older, by=cast.reviewer, reason="口径不符")
    approved, left_out = approve_revisions([older, newer], by=cast.reviewer)
    assert ([one.pk for one in approved], [one.pk for one in left_out]) == ([newer.pk], [older.pk])


def test_replacing_leaves_the_official_figure_standing(cast: SimpleNamespace) -> None:
    approve_revision(typed(cast, "300"), by=cast.reviewer)
    typed(cast, "310", reason="漏计")
    typed(cast, "320", reason="再核")
    assert Observation.objects.get().value == 300
    assert sorted(Revision.objects.values_list("value", "state")) == [
        (300, "approved"),
        (310, "superseded"),
        (320, "submitted"),
    ]


def test_the_database_keeps_one_waiting_entry_a_figure(cast: SimpleNamespace) -> None:
    older = typed(cast, "300")
    typed(cast, "310")
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(pk=older.pk).update(state="submitted")


# --- Totals since January ---------------------------------------------------------------------------------------------


def test_a_fall_that_came_about_while_it_waited_is_found_at_the_approval(cast: SimpleNamespace) -> None:
    january, february = entered(cast, "2014-01", 700), entered(cast, "2014-02", 650)
    approve_revision(january, by=cast.reviewer)
    with pytest.raises(ValidationError, match="650"):
        approve_revision(february, by=cast.reviewer)
    february.refresh_from_db()
    assert february.state == "submitted"


def test_a_fall_that_is_explained_is_approved(cast: SimpleNamespace) -> None:
    january, february = entered(cast, "2014-01", 700), entered(cast, "2014-02", 650, note="核减重复50户")
    approve_revision(january, by=cast.reviewer)
    assert approve_revision(february, by=cast.reviewer).state == "approved"


def test_months_that_belong_together_are_approved_together(cast: SimpleNamespace) -> None:
    office = f.coordinator()
    first = [f.entry(cast.total, "2014-01", 300), f.entry(cast.total, "2014-02", 650)]
    make_official(first, source=f.source(office), by=office)
    keys = [(cast.total.pk, f.region().pk, Month(2014, month)) for month in (1, 2)]
    for key, value in zip(keys, ("700", "750"), strict=True):
        save_draft(key, Typed(value=value), version=0, by=cast.reporter)
    raised = hand_in(keys, by=cast.reporter, reason="漏计")
    with pytest.raises(ValidationError, match="一并"):
        approve_revision(raised[0], by=cast.reviewer)
    assert len(approve_revisions(raised, by=cast.reviewer)[0]) == 2
