"""What every page has to know before anything is drawn, in one query: a person opens many pages."""

from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest

from departments.database.prepared import prepare_query
from departments.models import User

_QUERY = """
WITH plan AS (SELECT id, demonstration FROM plans_plan WHERE code = %s),
     change AS (
         SELECT number, about_id, plan_id IS NULL OR plan_id = (SELECT id FROM plan) OR %s = '' AS shown
         FROM plans_change
     )
SELECT (SELECT id FROM plan),
       COALESCE(SUM(number) FILTER (WHERE shown), 0),
       COALESCE(SUM(number) FILTER (WHERE shown AND about_id IS NULL), 0),
       COALESCE(SUM(number) FILTER (WHERE about_id IS NULL), 0),
       (SELECT COUNT(*) FROM departments_notice WHERE user_id = %s AND read_at IS NULL),
       EXISTS (SELECT 1 FROM targets_source WHERE demonstration),
       (SELECT demonstration FROM plan)
FROM change
"""


@dataclass(frozen=True, slots=True)
class PlanContext:
    """The plan that is asked for and the version of what is shown of it (see `plans.models.Change`), how many notices
    the person has not read, and whether any figure is made up, or the plan itself. `outline` is the version of all but
    figures and lights, `outlines` that of all plans together. Where no plan is asked for, `plan_id` is None
    and the versions are those of all plans together.
    """

    plan_id: int | None
    version: int
    outline: int
    outlines: int
    unread: int
    demonstration: bool
    made_up_plan: bool


def read_plan_context(request: HttpRequest, plan_code: str | None = None) -> PlanContext:
    """The context of the person who asks and of a plan. Without a code it is the plan for which the request has asked
    last, else the plan in its address. It is read once for each plan."""
    known: dict[str, PlanContext] = request.__dict__.setdefault("_surroundings", {})
    if plan_code is None and known:
        return next(reversed(known.values()))
    code = _of_address(request) if plan_code is None else plan_code
    if code not in known:
        known[code] = _asked(request.user.pk if isinstance(request.user, User) else None, code)
    return known[code]


def last_plan(request: HttpRequest) -> str:
    """The code of the plan whose pages the person has looked at last in this session; empty before the first."""
    return str(request.session.get(LAST_PLAN, ""))


LAST_PLAN = "plan"
"""Its name in the session."""


def _of_address(request: HttpRequest) -> str:
    """The code of the plan in the address; empty where there is none."""
    match = request.resolver_match
    return str(match.kwargs.get("plan_code", "")) if match else ""


def _asked(user_id: int | None, plan_code: str) -> PlanContext:
    with connection.cursor() as cursor:
        cursor.execute(prepare_query("surroundings", _QUERY), [plan_code, plan_code, user_id])
        plan_id, version, outline, outlines, unread, demonstration, made_up_plan = cursor.fetchone()
    return PlanContext(
        plan_id, int(version), int(outline), int(outlines), unread, bool(demonstration), bool(made_up_plan)
    )
