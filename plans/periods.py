"""Months and plan years, as values (pure, imports no Django and reads no clock)."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month; `number` runs from 1 to 12. Stored as the integer YYYYMM, written "2014-06" (ISO 8601)."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= 12 and 1900 <= self.year <= 2999):
            raise ValueError(f"no such month: {self.year}-{self.number}")

    def __hash__(self) -> int:
        return self.year * 12 + self.number  # months are looked up by the hundred thousand

    @classmethod
    def parse(cls, text: str) -> "Month":
        """The month written as "2014-06"; ValueError for anything else."""
        match = _MONTH.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"a month is written like 2014-06, not {text!r}")
        return cls(int(match[1]), int(match[2]))

    @staticmethod
    @lru_cache(maxsize=4096)
    def from_key(key: int) -> "Month":
        """The month of an integer YYYYMM."""
        return Month(*divmod(key, 100))

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which a day lies."""
        return cls(day.year, day.month)

    @property
    def key(self) -> int:
        """The integer YYYYMM."""
        return self.year * 100 + self.number

    @property
    def index(self) -> int:
        """The months since the year 0, so that months can be counted."""
        return self.year * 12 + self.number - 1

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    def shifted(self, months: int) -> "Month":
        """The month so many months later (earlier if negative)."""
        year, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, index + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


def months_of(year: int) -> list[Month]:
    """The twelve months of a plan year."""
    return [Month(year, number) for number in range(1, 13)]


def months_between(first: Month, last: Month) -> list[Month]:
    """Every month from the first to the last, both included; none if the last lies before the first."""
    return list(_between(first, last))


@lru_cache(maxsize=256)
def _between(first: Month, last: Month) -> tuple[Month, ...]:
    """A page asks for the months of its plan dozens of times."""
    length = (last.year - first.year) * 12 + last.number - first.number + 1
    return tuple(first.shifted(index) for index in range(length))


EXPECTED = {"monthly": tuple(range(1, 13)), "quarterly": (3, 6, 9, 12), "half_yearly": (6, 12), "annual": (12,)}


def expected_months(frequency: str) -> tuple[int, ...]:
    """Numbers of the months in which an indicator of this frequency is due: monthly, quarterly, half-yearly, annual."""
    return EXPECTED[frequency]
