"""`manage.py send_reminders`: the same service by hand."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from departments.models import Notice
from departments.tests.reminded import TODAY, everybody_has, matter, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def to_do() -> Iterator[None]:
    with everybody_has(matter()):
        yield


def said(*arguments: str) -> str:
    output = StringIO()
    with translation.override("en"):
        call_command("send_reminders", *arguments, stdout=output)
    return output.getvalue().strip()


def test_it_prints_how_many_were_composed_and_sent_and_the_second_time_none() -> None:
    person("a")
    person("b", email="")
    assert said("--day", "2014-07-02") == "2 reminders composed, 1 mails sent, 0 failed and will be tried again."
    assert said("--day", "2014-07-02") == "0 reminders composed, 0 mails sent, 0 failed and will be tried again."
    assert (len(mail.outbox), Notice.objects.filter(day=TODAY).count()) == (1, 2)


def test_without_a_day_it_is_today() -> None:
    person("a")
    with everybody_has(matter(deadline=timezone.localdate())):
        said()
    assert Notice.objects.get().day == timezone.localdate()


@pytest.mark.parametrize(
    ("day", "why"), [("2014-02-30", "is not a day"), ("3 July", "is not a day"), ("2999-01-01", "has not come yet")]
)
def test_a_day_that_is_none_or_is_to_come_is_refused(day: str, why: str) -> None:
    person("a")
    with pytest.raises(CommandError, match=why):
        said("--day", day)
    assert not Notice.objects.exists()
