"""What the tests of a target's page have in common."""

from typing import Any

from django.test import Client

from departments.tests.markup import markup_of
from targets.models import Target
from targets.tests.factories import entry, indicator, official, region, target


def address(promise: Target) -> str:
    """Of its page."""
    return f"/plans/{promise.plan.code}/targets/{promise.code}/"


def page(client: Client, promise: Target, **query: str) -> str:
    """Its page, as this browser is shown it."""
    answer = client.get(address(promise), query)
    assert answer.status_code == 200
    return markup_of(answer)


def rate_of_93() -> Target:
    """A rate that is 93 % by March; at least 92 % are promised."""
    rate = indicator(numerator_name="合格", denominator_name="抽检", numerator_unit="批次", denominator_unit="批次")
    promise = target(rate, threshold=92)
    official(entry(rate, "2014-01", 180, 200), entry(rate, "2014-02", 190, 200), entry(rate, "2014-03", 95, 100))
    return promise


def counties() -> tuple[Target, list[Any]]:
    """A rate that is judged for two counties too, 90 % and 100 %; at least 92 % are promised."""
    places = [region(f"10010{number}", parent=region()) for number in (1, 2)]
    rate = indicator(region_rule="pooled")
    promise = target(rate, threshold=92, coverage="parts")
    shares = ((90, 100), (1, 1))
    official(*(entry(rate, "2014-01", *share, place=place) for share, place in zip(shares, places, strict=True)))
    return promise, places
