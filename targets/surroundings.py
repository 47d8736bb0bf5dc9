"""What every page has to know before anything is drawn, in one query: a person opens many pages."""

from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest

from departments.models import User
from departments.prepared import prepared

_QUERY = """
WITH plan AS (
    SELECT id FROM plans_plan WHERE code = COALESCE(%s, (
        SELECT code FROM plans_plan WHERE state = 'published' ORDER BY first_month DESC, code LIMIT 1
    ))
)
SELECT (SELECT id FROM plan),
       COALESCE(SUM(number), 0),
       COALESCE(SUM(number) FILTER (WHERE about_id IS NULL), 0),
       (SELECT COUNT(*) FROM departments_notice WHERE user_id = %s AND read_at IS NULL),
       EXISTS (SELECT 1 FROM targets_source WHERE demonstration)
FROM plans_change WHERE plan_id IS NULL OR plan_id = (SELECT id FROM plan)
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The plan that is asked for and the version of what is shown of it (see `plans.models.Change`), how many notices
    the person has not read, and whether any figure is made up. `outline` is the version of all but figures and lights.
    """

    plan_id: int | None
    version: int
    outline: int
    unread: int
    demonstration: bool


def surroundings_of(request: HttpRequest, plan_code: str | None = None) -> Surroundings:
    """Of the person who asks and the plan of a code, else the newest; asked once a request."""
    known: Surroundings | None = getattr(request, "_surroundings", None)
    if known is None:
        known = _asked(request.user.pk if isinstance(request.user, User) else None, plan_code)
        request._surroundings = known  # type: ignore[attr-defined]
    return known


def _asked(user_id: int | None, plan_code: str | None) -> Surroundings:
    with connection.cursor() as cursor:
        cursor.execute(prepared("surroundings", _QUERY), [plan_code, user_id])
        plan_id, version, outline, unread, demonstration = cursor.fetchone()
    return Surroundings(plan_id, int(version), int(outline), unread, bool(demonstration))
