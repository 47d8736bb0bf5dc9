"""A progress report on its way: kept, handed in, returned, approved, corrected; what it says of milestones counts."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from departments.models import AuditEvent, Notice
from departments.permissions import Role
from plans.periods import Month
from reviews.documents import RefusedFileError
from reviews.workflow import ReviewState
from targets.bulk.event_times import NEXT
from targets.judging.audit import differences
from targets.services.locking import close_plan_month
from targets.tests import factories as f
from tasks.models import Milestone, ProgressReport, ReportAttachment, ReportDraft
from tasks.reading.standing import read_known_milestones
from tasks.reporting.writing import sheet_of_report
from tasks.services.attachments import attach_to_report, detach_from_report
from tasks.services.deciding import approve_report, return_report
from tasks.services.places import ReportPlace, milestones_reported_at
from tasks.services.reporting import ReportConflictError, ReportRefusedError, hand_in_report, save_report
from tasks.tests.cast import JUNE, MAY, approved, cast, handed_in, milestone, paper, said

pytestmark = pytest.mark.django_db


@pytest.fixture(name="city")
def _city() -> SimpleNamespace:
    return cast()


def codes(error: pytest.ExceptionInfo[ReportRefusedError]) -> list[str]:
    return [one.code for one in error.value.problems]


def test_what_is_typed_is_kept_whatever_it_is(city: SimpleNamespace) -> None:
    wrong = said("", **{f"m{city.open.pk}": "viel"})
    draft = save_report(city.place, wrong, version=0, by=city.reporter)
    assert draft.steps[str(city.open.pk)]["percentage"] == "viel"
    assert sheet_of_report(city.place).said == wrong
    assert save_report(city.place, wrong, version=0, by=city.reporter).version == 1


def test_nobody_overwrites_a_colleague_unawares(city: SimpleNamespace) -> None:
    save_report(city.place, said("一"), version=0, by=city.reporter)
    with pytest.raises(ReportConflictError) as conflict:
        save_report(city.place, said("二"), version=0, by=f.person(Role.REPORTER, city.lead))
    assert conflict.value.current is not None
    assert conflict.value.current.done == "一"
    assert save_report(city.place, said("二"), version=1, by=city.reporter).version == 2


def test_a_report_that_is_handed_in_waits_and_its_draft_is_gone(city: SimpleNamespace) -> None:
    report = handed_in(city.place, city.reporter)
    assert (report.state, ReportDraft.objects.count()) == (ReviewState.SUBMITTED, 0)
    assert hand_in_report(city.place, by=city.reporter) is None
    assert ProgressReport.objects.count() == 1


def test_a_newer_report_replaces_one_that_waits(city: SimpleNamespace) -> None:
    first = handed_in(city.place, city.reporter)
    handed_in(city.place, city.reporter, said("更正"))
    first.refresh_from_db()
    assert first.was_replaced
    assert ProgressReport.objects.waiting().get().done == "更正"


def test_everything_that_is_wrong_is_told_at_once(city: SimpleNamespace) -> None:
    second = milestone(city.task, "more")
    wrong = said(" ", **{f"m{city.open.pk}": "101", f"m{second.pk}": "100"})
    save_report(city.place, wrong, version=0, by=city.reporter)
    with pytest.raises(ReportRefusedError) as refused:
        hand_in_report(city.place, by=city.reporter)
    assert codes(refused) == ["done_missing", "not_a_percentage", "day_missing"]
    assert ReportDraft.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("100 2014-07-01", "day_too_late"),
        ("40 2014-06-01", "day_before_done"),
        ("100 Juni", "not_a_day"),
        ("-1", "not_a_percentage"),
        ("12.5", "not_a_percentage"),
        ("１００ 2014-06-01", "not_a_percentage"),
    ],
)
def test_what_may_not_be_said_of_a_milestone(city: SimpleNamespace, typed: str, code: str) -> None:
    save_report(city.place, said(**{f"m{city.open.pk}": typed}), version=0, by=city.reporter)
    with pytest.raises(ReportRefusedError) as refused:
        hand_in_report(city.place, by=city.reporter)
    assert codes(refused) == [code]


def test_less_than_before_is_explained(city: SimpleNamespace) -> None:
    may = ReportPlace(city.task, city.lead, MAY)
    approved(may, city.reporter, city.reviewer, said(**{f"m{city.open.pk}": "60"}))
    save_report(city.place, said(**{f"m{city.open.pk}": "40"}), version=0, by=city.reporter)
    with pytest.raises(ReportRefusedError) as refused:
        hand_in_report(city.place, by=city.reporter)
    assert codes(refused) == ["progress_falls"]


def test_what_names_its_evidence_is_done_with_a_file_alone(city: SimpleNamespace) -> None:
    Milestone.objects.filter(pk=city.open.pk).update(evidence="验收意见")
    save_report(city.place, said(**{f"m{city.open.pk}": "100 2014-06-20"}), version=0, by=city.reporter)
    with pytest.raises(ReportRefusedError) as refused:
        hand_in_report(city.place, by=city.reporter)
    assert codes(refused) == ["evidence_missing"]
    attach_to_report(city.place, paper(), by=city.reporter)
    assert hand_in_report(city.place, by=city.reporter) is not None


def test_a_unit_reports_on_its_own_milestones_and_the_lead_on_those_of_nobody(city: SimpleNamespace) -> None:
    milestone(city.task, "done", done_on=date(2014, 3, 1))
    assert [one.milestone for one in milestones_reported_at(city.place)] == [city.open]
    assert [one.milestone for one in milestones_reported_at(city.theirs)] == [city.step]


def test_an_approved_report_makes_a_milestone_done_and_its_target_green(city: SimpleNamespace) -> None:
    finished = f.indicator("event")
    promise = f.target(finished, "done_by")
    f.official(f.entry(finished, "2014-06", 0))
    Milestone.objects.filter(pk=city.open.pk).update(target=promise, due=date(2014, 6, 30))
    f.recompute()
    report = handed_in(city.place, city.reporter, said(**{f"m{city.open.pk}": "100 2014-06-20"}))
    assert Milestone.objects.get(pk=city.open.pk).done_on is None
    approve_report(report, by=city.reviewer)
    f.recompute()
    assert Milestone.objects.get(pk=city.open.pk).done_on == date(2014, 6, 20)
    assert f.attainment(promise, "2014-06").signal == "green"
    assert list(differences()) == []


def test_a_correction_needs_a_reason_and_supersedes(city: SimpleNamespace) -> None:
    first = approved(city.place, city.reporter, city.reviewer, said(**{f"m{city.open.pk}": "100 2014-06-20"}))
    again = said(**{f"m{city.open.pk}": "80"})
    save_report(city.place, again, version=0, by=city.reporter)
    with pytest.raises(ReportRefusedError) as refused:
        hand_in_report(city.place, by=city.reporter)
    assert codes(refused) == ["reason_missing"]
    corrected = hand_in_report(city.place, by=city.reporter, reason="误报完成")
    assert corrected is not None
    approve_report(corrected, by=city.reviewer)
    first.refresh_from_db()
    assert (first.state, first.ended_at is not None) == (ReviewState.SUPERSEDED, True)
    assert Milestone.objects.get(pk=city.open.pk).done_on is None


def test_an_older_report_never_takes_back_a_newer_one(city: SimpleNamespace) -> None:
    older = handed_in(city.place, city.reporter)
    ProgressReport.objects.filter(pk=older.pk).update(state=ReviewState.RETURNED)
    approved(city.place, city.reporter, city.reviewer, said("新"))
    ProgressReport.objects.filter(pk=older.pk).update(state=ReviewState.SUBMITTED)
    with pytest.raises(ValidationError) as refused:
        approve_report(older, by=city.reviewer)
    assert refused.value.code == "outdated"


def test_nobody_approves_an_own_report(city: SimpleNamespace) -> None:
    both = f.person(Role.REPORTER, city.lead)
    both.memberships.create(department=city.lead, role=Role.REVIEWER)
    report = handed_in(city.place, both)
    with pytest.raises(PermissionDenied):
        approve_report(report, by=both)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressReport.objects.filter(pk=report.pk).update(approved_by=both)


@pytest.mark.parametrize("who", ["checker", "reporter", "coordinator", "leader"])
def test_only_the_units_own_reviewer_decides(city: SimpleNamespace, who: str) -> None:
    report = handed_in(city.place, city.reporter)
    with pytest.raises(PermissionDenied):
        approve_report(report, by=getattr(city, who))
    with pytest.raises(PermissionDenied):
        return_report(report, by=getattr(city, who), reason="理由")


@pytest.mark.parametrize("who", ["reviewer", "sharer", "coordinator", "stranger"])
def test_only_the_units_own_reporter_writes(city: SimpleNamespace, who: str) -> None:
    with pytest.raises(PermissionDenied):
        save_report(city.place, said(), version=0, by=getattr(city, who))


def test_a_unit_that_does_not_answer_for_the_task_reports_nothing(city: SimpleNamespace) -> None:
    unit = city.stranger.held[0].department
    with pytest.raises(PermissionDenied):
        save_report(ReportPlace(city.task, unit, JUNE), said(), version=0, by=city.stranger)


def test_a_returned_report_comes_back_with_its_reason_its_words_and_its_files(city: SimpleNamespace) -> None:
    save_report(city.place, said("初稿"), version=0, by=city.reporter)
    attach_to_report(city.place, paper(), by=city.reporter)
    report = hand_in_report(city.place, by=city.reporter)
    assert report is not None
    with pytest.raises(ValidationError, match="原因"):
        return_report(report, by=city.reviewer, reason=" ")
    return_report(report, by=city.reviewer, reason="请补充数字")
    shown = sheet_of_report(city.place)
    assert (shown.said.done, [one.name for one in shown.files]) == ("初稿", ["证明.pdf"])
    assert shown.latest is not None
    assert shown.latest.return_reason == "请补充数字"
    notice = Notice.objects.get(user=city.reporter)
    assert (notice.kind, notice.parts[0]["details"]["reason"]) == ("report_returned", "请补充数字")


def test_what_was_decided_is_not_decided_again(city: SimpleNamespace) -> None:
    report = approved(city.place, city.reporter, city.reviewer)
    with pytest.raises(ValidationError, match="刷新"):
        approve_report(report, by=city.reviewer)
    with pytest.raises(ValidationError, match="刷新"):
        return_report(report, by=city.reviewer, reason="再看")


def test_the_last_report_prefills_the_next(city: SimpleNamespace) -> None:
    approved(ReportPlace(city.task, city.lead, MAY), city.reporter, city.reviewer)
    shown = sheet_of_report(city.place)
    assert (shown.said.done, shown.taken_over is not None) == ("下月继续", True)


def test_a_correction_while_the_clock_is_set_back_comes_after_what_it_corrects(
    city: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(2014, 7, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    first = approved(city.place, city.reporter, city.reviewer)
    monkeypatch.setattr(timezone, "now", lambda: noon - timedelta(hours=1))
    second = approve_report(handed_in(city.place, city.reporter, reason="更正"), by=city.reviewer)
    first.refresh_from_db()
    assert first.official_at is not None
    assert first.ended_at is not None
    assert second.official_at == first.ended_at > first.official_at
    assert [one.at for one in second.decisions.order_by("pk")] == [first.ended_at - NEXT, first.ended_at]


def test_a_closed_month_takes_nothing(city: SimpleNamespace) -> None:
    report = handed_in(city.place, city.reporter)
    close_plan_month(f.plan(), JUNE, by=city.coordinator)
    for act in (
        lambda: save_report(city.place, said("改"), version=0, by=city.reporter),
        lambda: hand_in_report(city.place, by=city.reporter),
        lambda: approve_report(report, by=city.reviewer),
        lambda: attach_to_report(city.place, paper(), by=city.reporter),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert refused.value.code == "month_locked"
    return_report(report, by=city.reviewer, reason="可以退回")


def test_a_month_that_has_not_come_is_not_reported_on(city: SimpleNamespace) -> None:
    with pytest.raises(ValidationError) as refused:
        save_report(ReportPlace(city.task, city.lead, Month(2999, 1)), said(), version=0, by=city.reporter)
    assert refused.value.code == "month_to_come"


def test_words_that_are_too_long_are_refused(city: SimpleNamespace) -> None:
    with pytest.raises(ValidationError) as refused:
        save_report(city.place, said("长" * 2001), version=0, by=city.reporter)
    assert refused.value.code == "too_long"


def test_a_file_is_taken_once_removed_before_and_kept_after_handing_in(city: SimpleNamespace) -> None:
    one = attach_to_report(city.place, paper(), by=city.reporter)
    assert attach_to_report(city.place, paper(), by=city.reporter) == one
    detach_from_report(one, by=city.reporter)
    assert not ReportAttachment.objects.exists()
    with pytest.raises(RefusedFileError):
        attach_to_report(city.place, SimpleNamespace(name="x.pdf", read=lambda _size: b""), by=city.reporter)
    kept = attach_to_report(city.place, paper(), by=city.reporter)
    handed_in(city.place, city.reporter)
    with pytest.raises(ValidationError):
        detach_from_report(kept, by=city.reporter)


def test_reports_are_seen_by_the_unit_the_lead_and_those_who_see_all(city: SimpleNamespace) -> None:
    theirs, own = handed_in(city.theirs, city.sharer), handed_in(city.place, city.reporter)

    def seen(who: str) -> set[ProgressReport]:
        return set(ProgressReport.objects.visible_to(getattr(city, who)))

    assert seen("reporter") == seen("reviewer") == seen("coordinator") == seen("leader") == {theirs, own}
    assert seen("sharer") == seen("checker") == {theirs}
    assert seen("stranger") == set()


def test_percentages_are_those_of_the_month_that_is_asked_for(city: SimpleNamespace) -> None:
    approved(ReportPlace(city.task, city.lead, MAY), city.reporter, city.reviewer, said(**{f"m{city.open.pk}": "30"}))
    approved(city.place, city.reporter, city.reviewer, said(**{f"m{city.open.pk}": "70"}))
    rows = Milestone.objects.filter(pk=city.open.pk)
    found = [
        read_known_milestones(rows, city.task.plan, month.last_day)[0].percentage
        for month in (Month(2014, 4), MAY, JUNE)
    ]
    assert found == [0, 30, 70]


def test_every_step_is_recorded(city: SimpleNamespace) -> None:
    report = approved(city.place, city.reporter, city.reviewer)
    assert [one.verb for one in report.decisions.all()] == ["submit", "approve"]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "report.submitted",
        "report.approved",
    ]
