"""What stands on other pages of supervision: of a department, about a target or a task, on the desk."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from departments.models import Department
from targets.models import Target
from tasks import clock
from tasks.models import Task
from tasks.supervision_pages import open_of, waiting_for

register = template.Library()


@register.inclusion_tag("tasks/_supervision_of.html", takes_context=True)
def supervision_of(
    context: Context, *, department: Department | None = None, target: Target | None = None, task: Task | None = None
) -> dict[str, Any]:
    """What is open of a department's, or about a promise, as far as the reader sees it."""
    about = {name: one for name, one in (("target", target), ("task", task)) if one is not None}
    rows = open_of(context["request"].user, _today(), department=department, **about)
    return {"rows": rows, "of_department": department is not None}


@register.inclusion_tag("tasks/_supervision_waiting.html", takes_context=True)
def supervision_waiting(context: Context) -> dict[str, Any]:
    """What the reader has to receive or answer."""
    return {"rows": waiting_for(context["request"].user, _today())}


def _today() -> Any:
    return timezone.localdate(clock.now())
