"""Addresses of promised work."""

from django.urls import path

from tasks.views import (
    comments,
    decisions,
    drafting,
    looking,
    next_year,
    reports,
    silence,
    splitting,
    supervision,
    tasks,
)

urlpatterns = [
    path("plans/<slug:plan_code>/tasks/", tasks.plan_tasks_page, name="tasks"),
    path("tasks/mine/", looking.my_tasks, name="my_tasks"),
    path("plans/<slug:plan_code>/board/", looking.task_board_page, name="tasks_board"),
    path("plans/<slug:plan_code>/timeline/", looking.task_timeline_page, name="tasks_timeline"),
    path("plans/<slug:plan_code>/calendar/", looking.task_calendar_page, name="tasks_calendar"),
    path("plans/<slug:plan_code>/calendar/address/", looking.post_calendar_address, name="calendar_issue"),
    path("plans/<slug:plan_code>/calendar/address/end/", looking.post_calendar_address_end, name="calendar_revoke"),
    path("calendar/<str:key>.ics", looking.calendar_feed_file, name="calendar_feed"),
    path("tasks/reviews/", decisions.report_reviews_page, name="task_reviews"),
    path("tasks/reports/<int:pk>/approve/", decisions.post_report_approval, name="task_report_approve"),
    path("tasks/reports/<int:pk>/return/", decisions.post_report_return, name="task_report_return"),
    path("tasks/attachments/<int:pk>/", reports.download_report_attachment, name="task_attachment"),
    path("plans/<slug:plan_code>/tasks/<slug:code>/", tasks.task, name="task"),
    path("plans/<slug:plan_code>/next/", next_year.plan_comparison_page, name="years"),
    path("plans/<slug:plan_code>/next/propose/", next_year.next_plan_page, name="years_propose"),
    path("plans/<slug:plan_code>/next/publish/", drafting.publish_draft, name="years_publish"),
    path("plans/<slug:plan_code>/next/discard/", drafting.discard, name="years_discard"),
    path("plans/<slug:plan_code>/next/edit/", drafting.draft_edit, name="draft_edit"),
    path("plans/<slug:plan_code>/next/<slug:kind>/add/", drafting.draft_add, name="draft_add"),
    path("plans/<slug:plan_code>/next/<slug:kind>/<int:pk>/", drafting.draft_row, name="draft_row"),
    path("plans/<slug:plan_code>/next/<slug:kind>/<int:pk>/remove/", drafting.draft_remove, name="draft_remove"),
    path("plans/<slug:plan_code>/tasks/<slug:code>/milestones/", splitting.split_task, name="task_split"),
    path(
        "plans/<slug:plan_code>/tasks/<slug:code>/report/<slug:unit>/<str:month>/", reports.report, name="task_report"
    ),
    path("plans/<slug:plan_code>/tasks/<slug:code>/sign/<str:month>/", decisions.post_sign_off, name="task_sign"),
    path("plans/<slug:plan_code>/tasks/<slug:code>/close/", decisions.post_task_closing, name="task_close"),
    path("plans/<slug:plan_code>/tasks/<slug:code>/reopen/", decisions.post_task_reopening, name="task_reopen"),
    path("plans/<slug:plan_code>/silence/", silence.silence, name="silence"),
    path("comments/", comments.comments, name="comments"),
    path("plans/<slug:plan_code>/comments/<str:kind>/<slug:code>/", comments.post_comment, name="comment_add"),
    path("comments/<int:pk>/answer/", comments.post_comment_answer, name="comment_answer"),
    path("comments/<int:pk>/press/", comments.post_comment_pressing, name="comment_press"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("supervision/attachments/<int:pk>/", supervision.download_step_attachment, name="supervision_attachment"),
    path("plans/<slug:plan_code>/supervision/new/", supervision.notice_writing_page, name="supervision_write"),
    path("supervision/<int:pk>/", supervision.notice, name="supervision_notice"),
    path("supervision/<int:pk>/edit/", supervision.notice_editing_page, name="supervision_edit"),
    path(
        "supervision/<int:pk>/document/<str:kind>/", supervision.download_notice_document, name="supervision_document"
    ),
    *(
        path(
            f"supervision/<int:pk>/{verb}/",
            supervision.post_supervision_step,
            {"verb": verb},
            name=f"supervision_{verb}",
        )
        for verb in supervision.DONE
    ),
]
