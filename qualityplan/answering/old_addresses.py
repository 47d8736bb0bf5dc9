"""Addresses from when an installation held one plan: they stand in mails, notices and browsers' bookmarks."""

from django.urls import URLPattern, path

from reports.views.home import redirect_old_address

ADDRESSES = {
    "plan/": "plan_text",
    "comparison/": "comparison",
    "departments/": "departments",
    "departments/<slug:code>/": "department",
    "counties/": "counties",
    "counties/<slug:code>/": "county",
    "tasks/": "tasks",
    "tasks/board/": "tasks_board",
    "tasks/timeline/": "tasks_timeline",
    "tasks/calendar/": "tasks_calendar",
    "silence/": "silence",
    "months/": "months",
    "timeliness/": "timeliness",
    "timeliness/<slug:code>/<str:month>/": "timeliness_cell",
    "plan/<int:year>/": "plan_text",
    "targets/<int:year>/<slug:code>/": "target",
    "tasks/<int:year>/<slug:code>/": "task",
    "tasks/<int:year>/<slug:code>/milestones/": "task_split",
    "tasks/<int:year>/<slug:code>/report/<slug:unit>/<str:month>/": "task_report",
    "years/<int:year>/": "years",
}
"""Address → the name of the page that it led to."""

urlpatterns: list[URLPattern] = [
    path(address, redirect_old_address, {"name": name}) for address, name in ADDRESSES.items()
]
