"""The calendar of working days: what is loaded, and what the administration takes and refuses."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from departments.permissions import Role
from departments.tests.callers import member
from plans.models import CalendarDay, exceptions_of
from plans.workdays import is_working_day

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/plans/calendarday/"


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year, 12, 31) - first).days + 1)]


@pytest.mark.parametrize("year", [2014, 2015, 2026])
def test_the_fixture_is_the_official_arrangement(year: int) -> None:
    call_command("load_fixtures", "15_calendar", verbosity=0)
    calendar = exceptions_of(CalendarDay.objects.of_years(year, year))
    differing = [day for day in days_of(year) if is_working_day(day, calendar) != chinese_calendar.is_workday(day)]
    assert calendar
    assert differing == []


def test_only_exceptions_are_kept() -> None:
    for kind, day in (("holiday", date(2014, 10, 4)), ("workday", date(2014, 10, 8))):
        with pytest.raises(ValidationError) as refused:
            CalendarDay(day=day, kind=kind, name="国庆节").full_clean()
        assert list(refused.value.message_dict) == ["day"]


def test_a_day_stands_in_the_calendar_once() -> None:
    call_command("load_fixtures", "15_calendar", verbosity=0)
    with pytest.raises(ValidationError):
        CalendarDay(day=date(2014, 10, 1), kind="holiday", name="国庆节").full_clean()


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(member(Role.ADMINISTRATOR))
    return client


def test_a_day_is_entered_in_the_administration(admin: Client) -> None:
    assert "周一至周五" in admin.get(ADDRESS).content.decode()
    answer = admin.post(f"{ADDRESS}add/", {"day": "2027-02-08", "kind": "holiday", "name": "春节"})
    assert answer.status_code == 302
    assert CalendarDay.objects.get().history.count() == 1


def test_a_day_off_on_a_weekend_is_refused_with_a_sentence(admin: Client) -> None:
    answer = admin.post(f"{ADDRESS}add/", {"day": "2027-02-07", "kind": "holiday", "name": "春节"})
    assert "不必录入" in answer.content.decode()
    assert not CalendarDay.objects.exists()


def upload(admin: Client, text: str) -> str:
    file = SimpleUploadedFile("days.csv", text.encode())
    return admin.post(f"{ADDRESS}import/", {"import_file": file, "format": "0"}).content.decode()


def test_a_bad_row_of_a_file_is_told_and_nothing_is_stored(admin: Client) -> None:
    assert "不必录入" in upload(admin, "day,kind,name\n2027-02-08,holiday,春节\n2027-02-07,holiday,春节\n")
    assert not CalendarDay.objects.exists()


def test_nobody_but_an_administrator_edits_the_calendar(client: Client) -> None:
    client.force_login(member(Role.COORDINATOR))
    assert client.get(ADDRESS).status_code in (302, 403)
    assert client.post(f"{ADDRESS}add/", {"day": "2027-02-08"}).status_code in (302, 403)
    assert not CalendarDay.objects.exists()
