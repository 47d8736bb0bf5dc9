"""Plans for tests, with only what a test is about spelled out."""

from datetime import date
from typing import Any

from plans.models import Plan
from plans.periods import Month


def plan_of_year(year: int, **fields: Any) -> Plan:
    """A plan in force for the twelve months of a year; the rest as in `fields`."""
    usual = {"code": f"plan-{year}", "number": "1", "title": "Plan", "issuer": "City", "issued_on": date(year, 1, 2)}
    months = {"first_month": Month(year, 1), "last_month": Month(year, 12)}
    return Plan.objects.create(**usual | months | {"state": Plan.State.PUBLISHED} | fields)
