"""Tasks on the desk (待办): the page belongs to targets, which know nothing of tasks."""

from django import template
from django.template import Context
from django.utils import timezone

from tasks.reporting.desk import summary

register = template.Library()


@register.inclusion_tag("tasks/_desk.html", takes_context=True)
def tasks_on_desk(context: Context) -> dict[str, object]:
    """How many reports the person has to write, and how many to review."""
    return {"mine": summary(context["user"], timezone.localdate())}
