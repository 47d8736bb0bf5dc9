"""Every address of the service, with something that fits in each of its parts, or with what an attacker would send."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

PART = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>[^)]*\)|\(\[\^/\]\+\)")
FITTING = {
    "plan_code": "plan-2014",
    "plan": "plan-2014",
    "month": "2014-06",
    "kind": "task",
    "deed": "unlock",
    "app_label": "targets",
    "url": "nothing",
    "content_type_id": "1",
    "year": "2014",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern of the whole service: `/plans/<slug:plan_code>/`."""

    pattern: str

    @property
    def parts(self) -> list[str]:
        """The names of what stands in it."""
        return [one[2] or one[3] or "" for one in PART.finditer(self.pattern)]

    def filled(self, **given: str) -> str:
        """With these values; what is not given fits."""

        def value(found: re.Match[str]) -> str:
            name = found[2] or found[3] or ""
            return given.get(name, FITTING.get(name, "1"))

        return re.sub(r"[\^$]|\\(?=[./])|\\Z", "", PART.sub(value, self.pattern))


def every_address() -> list[Address]:
    """All of them, those of the administration and the API among them."""
    return sorted(set(_within(get_resolver().url_patterns, "/")), key=lambda one: one.pattern)


def _within(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Address]:
    for one in patterns:
        place = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _within(one.url_patterns, place)
        else:
            yield Address(place)
