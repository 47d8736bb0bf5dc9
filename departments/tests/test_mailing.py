"""Every notice is mailed once: claimed before it is sent, tried again when it fails, and never in anybody's way."""

import email
import logging
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import override_settings

from departments import jobs
from departments.models import Notice, User
from departments.notices import mailing
from departments.notices.mailing import AGAIN, QUIET, TOO_LATE, MailingOutcome, deliver_mails
from departments.tests.mailserver import MailServer
from departments.tests.reminded import NOW, everybody_has, notice, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def words() -> Iterator[None]:
    with everybody_has():
        yield


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A real mail server to talk to, by real SMTP."""
    with MailServer() as running:
        where = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": running.port, "EMAIL_TIMEOUT": 5}
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", **where):
            yield running


def text_of(message: Message, kind: str = "text/plain") -> str:
    part = next(one for one in message.walk() if one.get_content_type() == kind)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_the_mail_says_what_the_notice_says_and_where_to_go(server: MailServer) -> None:
    notice(person("a"))
    with override_settings(SITE_URL="https://plan.example"):
        assert deliver_mails(NOW) == MailingOutcome(sent=1)
    recipients, data = server.taken[0]
    message = email.message_from_bytes(data)
    assert recipients == ["a@example.org"]
    for kind in ("text/plain", "text/html"):
        assert "请办理1" in text_of(message, kind)
        assert "https://plan.example/desk/1/" in text_of(message, kind)
        assert "https://plan.example/notices/" in text_of(message, kind)
    assert message["Message-ID"] == f"<notice-{Notice.objects.get().pk}@plan.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    subject = email.header.make_header(email.header.decode_header(message["Subject"]))
    assert str(subject) == "计划监测 · 试验通知"


def test_a_mail_is_sent_once(server: MailServer) -> None:
    notice(person("a"))
    assert [deliver_mails(NOW + timedelta(hours=number)).sent for number in range(3)] == [1, 0, 0]
    sent = Notice.objects.get()
    assert (sent.mail_at, sent.mailed_at, sent.mail_attempts) == (None, NOW, 1)


def test_one_person_gets_one_mail_for_all_that_waits(server: MailServer) -> None:
    """Whoever has twenty figures returned does not get twenty mails: the first at once, the rest together."""
    user = person("a")
    notice(user, "1")
    assert deliver_mails(NOW).sent == 1
    for number in range(2, 21):
        notice(user, str(number))
    assert deliver_mails(NOW + timedelta(minutes=1)).sent == 0
    assert deliver_mails(NOW + QUIET).sent == 1
    assert all(f"/desk/{number}/" in text_of(email.message_from_bytes(server.taken[1][1])) for number in range(2, 21))


def test_a_person_whose_mail_fails_does_not_block_the_others_and_is_tried_again(server: MailServer) -> None:
    users = [person(name) for name in ("a", "b", "c")]
    for user in users:
        notice(user)
    server.refused.add("b@example.org")
    assert deliver_mails(NOW) == MailingOutcome(sent=2, failed=1)
    assert deliver_mails(NOW + timedelta(minutes=1)) == MailingOutcome()
    server.refused.clear()
    assert deliver_mails(NOW + AGAIN) == MailingOutcome(sent=1)
    assert [to for to, _data in server.taken] == [["a@example.org"], ["c@example.org"], ["b@example.org"]]


def test_a_further_address_is_told_once_whatever_becomes_of_the_persons_own(server: MailServer) -> None:
    notice(person("a"), mail_also="former@example.org")
    server.refused.add("a@example.org")
    assert deliver_mails(NOW) == MailingOutcome(failed=1)
    server.refused.clear()
    assert deliver_mails(NOW + AGAIN) == MailingOutcome(sent=1)
    assert [to for to, _data in server.taken] == [["former@example.org"], ["a@example.org"]]
    assert "请办理1" in text_of(email.message_from_bytes(server.taken[0][1]))


def test_a_further_address_that_takes_nothing_is_tried_again(server: MailServer) -> None:
    notice(person("a", email=""), mail_also="former@example.org", read_at=NOW)
    server.refused.add("former@example.org")
    assert deliver_mails(NOW) == MailingOutcome(failed=1)
    server.refused.clear()
    assert deliver_mails(NOW + AGAIN) == MailingOutcome(sent=1)
    assert [to for to, _data in server.taken] == [["former@example.org"]]


def test_attempts_are_bounded(server: MailServer) -> None:
    server.refused.add("a@example.org")
    notice(person("a"))
    minutes = [deliver_mails(NOW + timedelta(minutes=number)).failed for number in range(0, 26 * 60, 5)]
    assert sum(minutes) == Notice.objects.get().mail_attempts == 7
    assert Notice.objects.get().mail_at is None
    assert Notice.objects.get().read_at is None


def test_a_server_that_is_down_costs_no_attempt(server: MailServer) -> None:
    notice(person("a"))
    notice(person("b"))
    with override_settings(EMAIL_PORT=server.closed_port):
        assert deliver_mails(NOW) == MailingOutcome()
    assert set(Notice.objects.values_list("mail_attempts", "mail_at")) == {(0, NOW)}
    assert deliver_mails(NOW + timedelta(minutes=1)) == MailingOutcome(sent=2)


def test_a_server_that_dies_in_the_middle_loses_nothing(server: MailServer) -> None:
    for name in ("a", "b"):
        notice(person(name))
    server.hangs_up_after = 1
    assert deliver_mails(NOW).sent == 1
    server.hangs_up_after = None
    assert deliver_mails(NOW + AGAIN).sent == 1
    assert sorted(to for recipients, _data in server.taken for to in recipients) == ["a@example.org", "b@example.org"]


def test_a_process_that_dies_between_claim_and_sending_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    notice(person("a"))

    def die(*_arguments: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mailing, "_sent", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_mails(NOW)
    assert deliver_mails(NOW + AGAIN / 2).sent == 0
    assert deliver_mails(NOW + AGAIN).sent == 1
    assert len(mail.outbox) == 1


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(server: MailServer) -> None:
    for number in range(12):
        notice(person(f"person-{number}"))
    start, sent = Barrier(2), []

    def run() -> None:
        start.wait(timeout=20)
        sent.append(deliver_mails(NOW).sent)
        connection.close()

    threads = [Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(sent) == 12
    assert len({to for recipients, _data in server.taken for to in recipients}) == len(server.taken) == 12


@pytest.mark.parametrize(
    "change",
    [
        {"email": ""},
        {"is_active": False},
    ],
)
def test_who_cannot_be_reached_any_more_gets_no_mail(change: dict[str, Any]) -> None:
    notice(person("a"))
    User.objects.update(**change)
    assert deliver_mails(NOW) == MailingOutcome()
    assert mail.outbox == []


def test_what_was_read_meanwhile_is_not_mailed() -> None:
    notice(person("a"), read_at=NOW)
    assert deliver_mails(NOW) == MailingOutcome()


def test_what_is_a_day_old_is_not_mailed_any_more() -> None:
    notice(person("a"))
    assert deliver_mails(NOW + TOO_LATE + timedelta(minutes=1)) == MailingOutcome()
    assert Notice.objects.get().mail_at is None


@pytest.mark.parametrize("address", ["a\nBcc: b@example.org", "没有邮箱", "@"])
def test_an_address_that_is_none_fails_alone(address: str, server: MailServer) -> None:
    notice(person("a", email=address))
    notice(person("b"))
    assert deliver_mails(NOW) == MailingOutcome(sent=1, failed=1)
    assert [to for to, _data in server.taken] == [["b@example.org"]]


def test_more_than_a_lot_is_sent_by_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "LOT", 2)
    monkeypatch.setattr("departments.jobs.timezone.now", lambda: NOW)
    for number in range(5):
        notice(person(f"person-{number}"))
    jobs.mail()
    assert len(mail.outbox) == 5


class Refusing(EmailBackend):
    """Takes no mail."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({"secret@example.org": (550, b"secret@example.org unknown")})


def test_the_log_names_neither_people_nor_addresses(caplog: pytest.LogCaptureFixture) -> None:
    made = notice(person("secret"))
    with override_settings(EMAIL_BACKEND=f"{__name__}.Refusing"), caplog.at_level(logging.INFO):
        deliver_mails(NOW)
    said = [str(vars(record)) for record in caplog.records if record.name.startswith("departments")]
    assert any(f"[{made.pk}]" in line and "SMTPRecipientsRefused" in line for line in said)
    assert not any("secret" in line for line in said)


def test_a_text_that_looks_like_html_stays_text() -> None:
    notice(person("a"), "<b>&amp;")
    deliver_mails(NOW)
    message = mail.outbox[0]
    assert isinstance(message, mail.EmailMultiAlternatives)
    assert "请办理<b>&amp;" in str(message.body)
    assert "请办理&lt;b&gt;&amp;amp;" in str(message.alternatives[0][0])
