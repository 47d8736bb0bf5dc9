"""Working days (pure, imports no Django and reads no clock).

Monday to Friday are worked, Saturday and Sunday are not, except for what the State Council's yearly arrangement
(国务院办公厅关于节假日安排的通知) says otherwise: days off within the week, and weekends worked in exchange (调休).
"""

from collections.abc import Mapping
from datetime import date, timedelta

Exceptions = Mapping[date, bool]
"""day → whether it is worked; days that are not named go by their weekday"""

FRIDAY = 4
ONE_DAY = timedelta(days=1)


def is_weekday(day: date) -> bool:
    """Whether the day lies from Monday to Friday."""
    return day.weekday() <= FRIDAY


def is_working_day(day: date, exceptions: Exceptions) -> bool:
    """Whether the day is worked."""
    return exceptions.get(day, is_weekday(day))


def next_working_day(day: date, exceptions: Exceptions) -> date:
    """The day itself if it is worked, else the first worked day after it."""
    while not is_working_day(day, exceptions):
        day += ONE_DAY
    return day


def add_working_days(day: date, number: int, exceptions: Exceptions) -> date:
    """The last day of a limit of so many working days; the day on which it starts is not counted (民法典第201条).

    A limit of 0 days ends on the day itself. ValueError for a negative number.
    """
    if number < 0:
        raise ValueError(f"not a number of working days: {number}")
    for _each in range(number):
        day = next_working_day(day + ONE_DAY, exceptions)
    return day


def working_days_between(start: date, end: date, exceptions: Exceptions) -> int:
    """How many working days lie after `start`, up to and with `end`; negative where `end` lies before `start`."""
    if end < start:
        return -working_days_between(end, start, exceptions)
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(is_working_day(day, exceptions) for day in days)
