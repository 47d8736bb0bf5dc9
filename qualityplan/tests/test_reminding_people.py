"""What is told at once and what the sweep sends: real workers, beat and Redis, real SMTP to a server of the test."""

import email
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from departments import jobs
from departments.models import Notice, User
from departments.permissions import Role
from departments.tests.mailserver import MailServer
from plans.periods import Month
from qualityplan.tests.servers import MOST_WORKERS, REDIS
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import return_revision
from targets.tests import factories as f

QUEUE = "reminding"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def send_one_back() -> None:
    """A reviewer returns a reporter's figure."""
    office = f.department()
    f.plan()
    measured = f.indicator("count", department=office)
    reporter, reviewer = f.person(Role.REPORTER, office), f.person(Role.REVIEWER, office)
    User.objects.filter(pk=reporter.pk).update(email="reporter@example.org")
    key = (measured.pk, f.region().pk, Month(2014, 6))
    save_draft(key, Typed(value="3"), version=0, by=reporter)
    return_revision(hand_in([key], by=reporter)[0], by=reviewer, reason="漏报三月")


def mailed() -> bool:
    return Notice.objects.filter(mailed_at__isnull=False).exists()


def test_a_return_reaches_the_reporters_mailbox_by_a_real_worker(
    server: MailServer,
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "wake_mail_worker", lambda: jobs.mail.apply_async(queue=QUEUE))
    spawn_worker("--queues", QUEUE, EMAIL_URL=f"smtp://127.0.0.1:{server.port}", SITE_URL="https://plan.example")
    send_one_back()
    eventually(mailed, timeout=30)
    [(recipients, data)] = server.taken
    assert recipients == ["reporter@example.org"]
    text = email.message_from_bytes(data, policy=policy.default).get_body(("plain",))
    assert text is not None
    assert "漏报三月" in text.get_content()
    assert "https://plan.example/worksheet/" in text.get_content()


def test_what_a_lost_message_left_is_sent_by_the_sweep(
    server: MailServer,
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(jobs, "wake_mail_worker", lambda: None)
    send_one_back()
    assert not mailed()
    address = f"{os.environ[REDIS]}/{2 * MOST_WORKERS - 1}"  # nobody else's: the suite's worker sends no mail
    spawn_worker(
        "--beat",
        "--schedule",
        str(tmp_path / "schedule"),
        CELERY_BROKER_URL=address,
        SWEEP_SECONDS="0.2",
        EMAIL_URL=f"smtp://127.0.0.1:{server.port}",
    )
    eventually(mailed, timeout=30)
    assert len(server.taken) == 1


def test_a_repeated_message_sends_nothing_twice(
    server: MailServer,
    spawn_worker: Callable[..., Any],
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "wake_mail_worker", lambda: [jobs.mail.apply_async(queue=QUEUE) for _again in range(5)])
    for _worker in range(2):
        spawn_worker("--queues", QUEUE, EMAIL_URL=f"smtp://127.0.0.1:{server.port}")
    send_one_back()
    eventually(mailed, timeout=30)
    Notice.objects.update(created_at=timezone.now() - timedelta(hours=1))
    jobs.mail()
    assert len(server.taken) == 1
