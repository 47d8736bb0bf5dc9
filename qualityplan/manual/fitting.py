"""Which chapter of the manual fits a page: the sign ? in the header of each page leads there."""

from django.urls import reverse

CHAPTERS: dict[str, tuple[str, ...]] = {
    "lights": ("target", "target_verify"),
    "leadership": (
        "home",
        "overview",
        "plan_text",
        "comparison",
        "departments",
        "department",
        "screen",
        "portfolio_screen",
    ),
    "reporting": ("desk", "worksheet", "figure", "data_question", "notices"),
    "importing": ("imports_upload", "imports_batch", "imports_mapping"),
    "reviewing": ("reviews", "task_reviews"),
    "tasks": (
        "tasks",
        "task",
        "my_tasks",
        "tasks_board",
        "tasks_timeline",
        "tasks_calendar",
        "task_report",
        "task_split",
    ),
    "coordinating": (
        "months",
        "data_quality",
        "timeliness",
        "timeliness_cell",
        "quotas",
        "target_quotas",
        "quota_sheet",
        "screens",
    ),
    "supervision": (
        "supervision",
        "supervision_notice",
        "supervision_write",
        "supervision_edit",
        "comments",
        "silence",
    ),
    "counties": ("counties", "county"),
    "account": (
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "account_change_password",
        "account_reauthenticate",
    ),
    "administration": (
        "people",
        "person",
        "person_add",
        "audit",
        "years",
        "years_propose",
        "draft_edit",
        "draft_add",
        "draft_row",
        "draft_remove",
    ),
    "operations": ("system_status",),
}
"""A chapter → the names of the pages of which it tells. A page that is not named leads to all chapters."""

FITTING = {page: chapter for chapter, pages in CHAPTERS.items() for page in pages}


def address_of_help(page: str | None) -> str:
    """Where whoever reads the page of this address finds what the manual says about it."""
    chapter = FITTING.get(page or "")
    return reverse("help_chapter", args=[chapter]) if chapter else reverse("help")
