"""Rows of fixtures for tests, and loading them: a small plan in which each row names only what stands before it."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

PLAN = "plan-2030"

Row = dict[str, Any]
Write = Callable[..., str]


def row(model: str, **fields: Any) -> Row:
    return {"model": model, "fields": fields}


def region(code: str = "990000", **fields: Any) -> Row:
    return row("departments.region", **{"code": code, "name": f"Region {code}", "kind": "city"} | fields)


def department(code: str = "works", **fields: Any) -> Row:
    named = {"name": f"Bureau {code}", "short_name": code, "kind": "bureau", "region": ["990000"]}
    return row("departments.department", code=code, **named | fields)


def plan(code: str = PLAN, **fields: Any) -> Row:
    head = {"number": "1", "title": "Plan", "issuer": "City", "issued_on": "2030-01-01", "region": ["990000"]}
    months = {"first_month": "2030-01", "last_month": "2030-12", "state": "published"}
    return row("plans.plan", code=code, **head | months | fields)


def clause(path: str = "1", order: int = 1, **fields: Any) -> Row:
    return row("plans.clause", **{"plan": [PLAN], "path": path, "order": order, "text": f"{path} grow by 3."} | fields)


def indicator(code: str = "growth", **fields: Any) -> Row:
    rules = {"measure": "level", "direction": "higher", "time_rule": "last", "department": ["works"]}
    return row("targets.indicator", code=code, **{"name": f"Indicator {code}"} | rules | fields)


def target(code: str = "grow", **fields: Any) -> Row:
    promise = {"name": code, "clause": [PLAN, "1"], "quote": "grow by 3", "indicator": ["growth"], "due": "2030-12-31"}
    compared = {"comparator": "at_least", "threshold_kind": "constant", "threshold": "3"}
    return row("targets.target", **{"plan": [PLAN], "code": code} | promise | compared | fields)


def task(code: str = "task", **fields: Any) -> Row:
    work = {"title": "Work", "clause": [PLAN, "1"], "quote": "1 grow by 3.", "due": "2030-12-31"}
    return row("tasks.task", plan=[PLAN], code=code, **work | fields)


def milestone(code: str = "step", **fields: Any) -> Row:
    step = {"title": "Step", "quote": "grow", "due": "2030-06-30"}
    return row("tasks.milestone", task=[PLAN, "task"], code=code, **step | fields)


def world() -> list[Row]:
    """A small plan in which each row names only what stands before it."""
    return [
        region(),
        department(),
        plan(),
        clause(),
        indicator(),
        target(),
        task(targets=[[PLAN, "grow"]]),
        milestone(),
    ]


def load(*files: str, **options: Any) -> str:
    """The summary line of a load that is accepted."""
    out = StringIO()
    with override("en"):
        call_command("load_fixtures", *files, stdout=out, **options)
    return out.getvalue().strip()


def refusal(*files: str, language: str = "en") -> list[str]:
    """The lines of a refusal, after the one that says that nothing was stored."""
    with pytest.raises(CommandError) as caught, override(language):
        call_command("load_fixtures", *files, stdout=StringIO())
    return str(caught.value).splitlines()[1:]
