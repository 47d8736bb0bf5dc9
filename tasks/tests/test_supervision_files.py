"""Files beside the steps of a notice: sent with a step, read by whoever sees the notice, all kept or none."""

import html
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.models import AuditEvent, User
from departments.permissions import Role
from reviews import files
from reviews.attaching import MOST
from reviews.tests import papers
from targets.tests import factories as f
from tasks import clock
from tasks.models import StepAttachment, SupervisionNotice
from tasks.rules.supervising import SupervisionState, SupervisionVerb
from tasks.services import supervision as services
from tasks.tests import pressed as p
from tasks.tests.pressed import inside, page
from tasks.views.supervision import DONE

pytestmark = pytest.mark.django_db

PAPER = "整改台账.xlsx"
TAKEN_FROM = {
    SupervisionVerb.REJECT: SupervisionState.PROPOSED,
    SupervisionVerb.ISSUE: SupervisionState.PROPOSED,
    SupervisionVerb.ANSWER: SupervisionState.RECEIVED,
    SupervisionVerb.RETURN: SupervisionState.ANSWERED,
    SupervisionVerb.VERIFY: SupervisionState.ANSWERED,
    SupervisionVerb.CLOSE: SupervisionState.VERIFIED,
    SupervisionVerb.URGE: SupervisionState.ISSUED,
    SupervisionVerb.WITHDRAW: SupervisionState.ISSUED,
}
"""A state in which the step is taken; every step that people take but receiving."""


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY)
    return p.cast()


def sent(name: str = PAPER, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.xlsx() if data is None else data)


def post(user: User, notice: SupervisionNotice, verb: str, *given: SimpleUploadedFile, **typed: Any) -> Any:
    return inside(user).post(f"/supervision/{notice.pk}/{verb}/", {"text": "已办理", "file": list(given), **typed})


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def answered(world: SimpleNamespace, *given: SimpleUploadedFile) -> SupervisionNotice:
    notice = p.notice(world, SupervisionState.RECEIVED)
    return services.answer_notice(notice, by=world.reporter, text="已办理", now=p.MONDAY, files=given or [sent()])


# --- Sending ----------------------------------------------------------------------------------------------------------


def test_an_answer_carries_its_proofs_and_the_way_shows_them(world: SimpleNamespace, media: Path) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    assert post(world.reporter, notice, "answer", sent(), sent("现场.png", papers.PNG)).status_code == 302
    step = notice.steps.get(verb="answer")
    assert [(one.name, one.kind, one.by, one.at) for one in step.attachments.all()] == [
        (PAPER, "xlsx", world.reporter, p.MONDAY),
        ("现场.png", "png", world.reporter, p.MONDAY),
    ]
    assert len(stored(media)) == 2
    text = page(world.leader, f"/supervision/{notice.pk}/")
    table, picture = step.attachments.all()
    assert f'<a href="/supervision/attachments/{table.pk}/">{PAPER}</a>' in text
    assert f'<a href="/supervision/attachments/{picture.pk}/?show" target="_blank" rel="noopener">现场.png</a>' in text
    events = AuditEvent.objects.filter(action="attachment.added").order_by("pk")
    assert [one.detail["name"] for one in events] == [PAPER, "现场.png"]
    assert {one.actor for one in events} == {world.reporter}


def test_every_step_with_words_carries_files_and_so_does_the_notice(world: SimpleNamespace) -> None:
    assert set(TAKEN_FROM) == set(DONE) - {SupervisionVerb.RECEIVE}
    for verb, state in TAKEN_FROM.items():
        notice = p.notice(world, state)
        user = p.actor(verb, world)
        assert f'id="file-{verb}"' in page(user, f"/supervision/{notice.pk}/")
        assert post(user, notice, verb, sent()).status_code == 302
        step = notice.steps.get(verb=verb)
        assert [one.name for one in step.attachments.all()] == [PAPER], verb


def test_receiving_carries_nothing(world: SimpleNamespace, media: Path) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    assert 'type="file"' not in page(world.reporter, f"/supervision/{notice.pk}/")
    assert post(world.reporter, notice, "receive", sent()).status_code == 302
    assert (StepAttachment.objects.exists(), stored(media)) == (False, [])


def test_the_same_file_twice_is_kept_once(world: SimpleNamespace, media: Path) -> None:
    notice = answered(world, sent(), sent("台账副本.xlsx"))
    assert [one.name for one in StepAttachment.objects.filter(step__notice=notice)] == [PAPER]
    assert len(stored(media)) == 1


def test_each_round_has_its_own_files(world: SimpleNamespace) -> None:
    notice = services.return_notice_for_rework(answered(world), by=world.coordinator, reason="不清晰", now=p.MONDAY)
    services.answer_notice(notice, by=world.reporter, text="已补正", now=p.MONDAY, files=[sent()])
    rounds = StepAttachment.objects.values_list("step__round", flat=True)
    assert list(rounds) == [1, 2]


def test_the_database_keeps_one_file_once_a_step(world: SimpleNamespace) -> None:
    one = StepAttachment.objects.get(step__notice=answered(world))
    with pytest.raises(IntegrityError), transaction.atomic():
        StepAttachment.objects.create(step=one.step, **one.content)


def test_the_sweep_leaves_what_belongs_to_a_step(world: SimpleNamespace, media: Path) -> None:
    answered(world)
    assert files.sweep_unattached_files(timezone.now() + timedelta(days=2)) == 0
    assert len(stored(media)) == 1


# --- Refused ----------------------------------------------------------------------------------------------------------

WRONG: list[tuple[str, Callable[[], bytes], str]] = [
    ("空.pdf", lambda: b"", "文件是空的"),
    ("程序.pdf", lambda: b"MZ\x00\x01", "不接受这种类型"),
    ("页面.txt", lambda: b"<html><script>alert(1)</script>", "不接受网页"),
    ("图.svg", lambda: b"<svg onload='x'/>", "不接受网页"),
    ("压缩.zip", lambda: papers.archive({"a.txt": "a"}), "不接受压缩包"),
    ("宏.xlsx", papers.macro_workbook, "含有宏"),
    ("损坏.xlsx", lambda: papers.xlsx()[:40], "文件已损坏"),
    ("加密.doc", lambda: papers.compound("EncryptedPackage"), "设有密码"),
]


@pytest.mark.parametrize(("name", "data", "why"), WRONG, ids=[name for name, _data, _why in WRONG])
def test_one_refused_file_stops_the_step_and_what_was_typed_stays(
    world: SimpleNamespace, media: Path, name: str, data: Callable[[], bytes], why: str
) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    events = AuditEvent.objects.exclude(action__startswith="account").count()
    answer = post(world.reporter, notice, "answer", sent(), sent(name, data()), text="已完成八成")
    text = text_of(answer)
    assert answer.status_code == 422
    for words in (f"{name}：", why, "已完成八成</textarea>", "请重新选择附件"):
        assert words in text
    notice.refresh_from_db()
    assert (notice.state, notice.answered_by, notice.steps.filter(verb="answer").exists()) == ("received", None, False)
    assert AuditEvent.objects.exclude(action__startswith="account").count() == events
    assert (StepAttachment.objects.exists(), stored(media)) == (False, [])


def test_every_refused_file_is_named(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    text = text_of(post(world.reporter, notice, "answer", sent("甲.pdf", b"MZ\0"), sent("乙.pdf", b"MZ\0")))
    assert "甲.pdf" in text
    assert "乙.pdf" in text


def test_a_file_that_is_too_large_is_told_with_the_limit(world: SimpleNamespace, settings: Any, media: Path) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1024 * 1024
    notice = p.notice(world, SupervisionState.RECEIVED)
    answer = post(world.reporter, notice, "answer", sent("大.pdf", papers.PDF + bytes(1024 * 1024)))
    assert (answer.status_code, "1 MB" in text_of(answer), stored(media)) == (422, True, [])


def test_more_files_than_a_step_may_have_are_refused(world: SimpleNamespace, media: Path) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)

    def papers_of(number: int) -> list[SimpleUploadedFile]:
        return [sent(f"{one}.txt", f"第{one}份".encode()) for one in range(number)]

    answer = post(world.reporter, notice, "answer", *papers_of(MOST + 1))
    assert (answer.status_code, f"最多可附 {MOST} 个" in text_of(answer), stored(media)) == (422, True, [])
    assert post(world.reporter, notice, "answer", *papers_of(MOST)).status_code == 302
    assert StepAttachment.objects.count() == MOST


def test_a_new_limit_stays_in_the_form_as_the_words_do(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ANSWERED)
    answer = post(world.coordinator, notice, "return", sent("空.pdf", b""), text="不清晰", days="2")
    assert 'name="days" type="number" min="1" max="365" value="2"' in text_of(answer)


def test_a_step_that_is_refused_keeps_no_file(world: SimpleNamespace, media: Path) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    assert "请重新选择附件" in text_of(post(world.reporter, notice, "answer", sent(), text=" "))
    assert "请重新选择附件" in text_of(post(world.reporter, notice, "answer", sent(), text="长" * 2001))
    with pytest.raises(ValidationError), transaction.atomic():
        services.verify_notice(notice, by=world.coordinator, text="属实", now=p.MONDAY, files=[sent()])
    assert (StepAttachment.objects.exists(), stored(media)) == (False, [])


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_exactly_those_who_see_the_notice_read_its_files(world: SimpleNamespace) -> None:
    one = StepAttachment.objects.get(step__notice=answered(world))
    county = f.person(Role.COUNTY)
    people = {name: getattr(world, name) for name in ("coordinator", "reporter", "reviewer", "helper", "leader")}
    for name, user in {**people, "stranger": world.stranger, "county": county}.items():
        seen = SupervisionNotice.objects.visible_to(user).filter(pk=one.step.notice_id).exists()
        assert seen is (name in people)
        status = inside(user).get(f"/supervision/attachments/{one.pk}/").status_code
        assert status == (200 if seen else 404), name


def test_what_belongs_to_a_proposal_that_was_rejected_is_the_offices_own(world: SimpleNamespace) -> None:
    notice = p.notice(world)
    services.reject_notice(notice, by=world.coordinator, reason="已完成", now=p.MONDAY, files=[sent()])
    one = StepAttachment.objects.get()
    answers = {user: inside(user).get(f"/supervision/attachments/{one.pk}/") for user in (world.leader, world.reporter)}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert inside(world.coordinator).get(f"/supervision/attachments/{one.pk}/").status_code == 200


def test_a_file_leaves_as_it_came_and_cannot_act(world: SimpleNamespace) -> None:
    answered(world, sent(), sent("现场.png", papers.PNG))
    table, picture = StepAttachment.objects.all()
    answer = inside(world.leader).get(f"/supervision/attachments/{table.pk}/?show")
    assert b"".join(answer) == papers.xlsx()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = inside(world.leader).get(f"/supervision/attachments/{picture.pk}/?show")
    assert shown.headers["Content-Disposition"].startswith("inline")


def test_a_file_that_is_gone_is_not_found(world: SimpleNamespace, media: Path) -> None:
    one = StepAttachment.objects.get(step__notice=answered(world))
    stored(media)[0].unlink()
    assert inside(world.leader).get(f"/supervision/attachments/{one.pk}/").status_code == 404
    assert inside(world.leader).post(f"/supervision/attachments/{one.pk}/").status_code == 405


def test_more_steps_with_files_take_no_further_query(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    services.urge_notice(notice, by=world.coordinator, now=p.MONDAY, files=[sent()])
    few = queries(world.leader, notice)
    for number in range(4):
        paper = sent(f"{number}.txt", f"第{number}份".encode())
        services.urge_notice(notice, by=world.coordinator, now=p.MONDAY, files=[sent(), paper])
    assert queries(world.leader, notice) == few


def queries(user: User, notice: SupervisionNotice) -> int:
    client = inside(user)
    client.get(f"/supervision/{notice.pk}/")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/supervision/{notice.pk}/").status_code == 200
    return len(captured)
