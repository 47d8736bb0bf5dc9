"""A return tells the reporter at once, and so does a withdrawal; nobody is told of an own deed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation

from departments import jobs
from departments.models import LastReminder, Notice, User
from departments.notices import digest, matters
from departments.permissions import Role
from plans.periods import Month
from targets.models import Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.notices import RETURNED, tell_authors
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db

JUNE = Month(2014, 6)


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    made = SimpleNamespace(
        plan=f.plan(),
        office=office,
        measured=f.indicator("count", department=office),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
    )
    User.objects.filter(pk=made.reporter.pk).update(email="reporter@example.org")
    return made


def handed_in(cast: SimpleNamespace) -> Revision:
    key = (cast.measured.pk, f.region().pk, JUNE)
    save_draft(key, Typed(value="3"), version=0, by=cast.reporter)
    return hand_in([key], by=cast.reporter)[0]


def words(notice: Notice) -> list[str]:
    with translation.override("en"):
        return [matters.heading_of_notice(notice), *(line.text for line in matters.lines_of_notice(notice))]


def test_the_author_reads_what_was_returned_by_whom_and_why(cast: SimpleNamespace) -> None:
    return_revision(handed_in(cast), by=cast.reviewer, reason=" 漏报三月 ")
    notice = Notice.objects.get()
    name = f"{cast.measured.name} · 地区100100 · June 2014"
    assert notice.user == cast.reporter
    assert words(notice) == ["A figure was returned", f"{name} was returned by {cast.reviewer}. Reason: 漏报三月"]
    assert notice.parts[0]["link"] == f"/worksheet/{cast.office.code}/2014-06/#row-{cast.measured.pk}"


def test_the_mail_leaves_after_the_commit_and_once(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    monkeypatch.setattr(jobs, "wake_mail_worker", jobs.mail)
    with django_capture_on_commit_callbacks(execute=True):
        return_revision(handed_in(cast), by=cast.reviewer, reason="漏报")
        assert mail.outbox == []
    jobs.mail()
    assert [one.to for one in mail.outbox] == [["reporter@example.org"]]
    assert "漏报" in str(mail.outbox[0].body)


def test_a_return_that_is_refused_tells_nobody(cast: SimpleNamespace) -> None:
    revision = handed_in(cast)
    with pytest.raises(ValidationError), transaction.atomic():
        return_revision(revision, by=cast.reviewer, reason="")
    return_revision(revision, by=cast.reviewer, reason="漏报")
    with pytest.raises(ValidationError), transaction.atomic():
        return_revision(revision, by=cast.reviewer, reason="再退")
    assert Notice.objects.count() == 1


def test_the_author_reads_that_an_approved_figure_was_withdrawn(cast: SimpleNamespace) -> None:
    withdraw_revision(approve_revision(handed_in(cast), by=cast.reviewer), by=cast.reviewer, reason="口径错误")
    assert words(Notice.objects.get())[0] == "A figure was withdrawn"
    assert "口径错误" in words(Notice.objects.get())[1]


def test_nobody_is_told_of_an_own_deed(cast: SimpleNamespace) -> None:
    cast.reporter.memberships.create(department=cast.office, role=Role.REVIEWER.value)
    both = User.objects.get(pk=cast.reporter.pk)
    return_revision(handed_in(cast), by=both, reason="写错了")
    assert not Notice.objects.exists()


def test_who_has_left_is_told_nothing(cast: SimpleNamespace) -> None:
    revision = handed_in(cast)
    User.objects.filter(pk=cast.reporter.pk).update(is_active=False)
    return_revision(revision, by=cast.reviewer, reason="漏报")
    assert not Notice.objects.exists()


def test_a_figure_without_a_unit_leads_to_its_history(cast: SimpleNamespace) -> None:
    revision = handed_in(cast)
    cast.measured.department = None
    cast.measured.save()
    tell_authors(Revision.objects.get(pk=revision.pk), RETURNED, by=cast.reviewer, reason="漏报")
    assert Notice.objects.get().parts[0]["link"] == f"/figures/{cast.measured.code}/100100/2014-06/"


def test_the_digest_of_the_next_day_does_not_repeat_what_was_told_at_once(cast: SimpleNamespace) -> None:
    """The return counts as a reminder of that thing, not as the digest of the day."""
    now = datetime(2014, 7, 8, 15, tzinfo=ZoneInfo("Asia/Shanghai"))
    return_revision(handed_in(cast), by=cast.reviewer, reason="漏报")
    Notice.objects.update(day=now.date(), created_at=now)
    LastReminder.objects.update(day=now.date())
    said = {}
    for number in range(1, 20):
        today = now.date() + timedelta(days=number)
        digest.compose_digests(today, now + timedelta(days=number))
        parts = [one.parts for one in Notice.objects.filter(user=cast.reporter, kind="digest", day=today)]
        said[today] = [part["kind"] for one in parts for part in one if part["details"].get("month") == "2014-06"]
    assert next(day for day, found in said.items() if "figures_returned" in found) > date(2014, 7, 9)
