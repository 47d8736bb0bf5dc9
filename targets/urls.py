"""Addresses of measured promises."""

from django.urls import path

from targets.views import attachments as attachment_views
from targets.views import data_quality as data_quality_views
from targets.views import desk as desk_views
from targets.views import history as history_views
from targets.views import months as months_views
from targets.views import quotas as quota_views
from targets.views import review as review_views
from targets.views import target as target_views
from targets.views import timeliness as timeliness_views
from targets.views import worksheet as worksheet_views

urlpatterns = [
    path("plans/<slug:plan_code>/targets/<slug:code>/verify/", target_views.verify_target, name="target_verify"),
    path("plans/<slug:plan_code>/quotas/", quota_views.quotas, name="quotas"),
    path("plans/<slug:plan_code>/quotas/<slug:code>/", quota_views.target_quotas, name="target_quotas"),
    path("desk/", desk_views.desk, name="desk"),
    path("worksheet/<slug:code>/<str:month>/", worksheet_views.worksheet, name="worksheet"),
    path("worksheet/<slug:code>/<str:month>/cell/", worksheet_views.save_worksheet_row, name="worksheet_cell"),
    path(
        "worksheet/<slug:code>/<str:month>/preview/", worksheet_views.preview_worksheet_lights, name="worksheet_preview"
    ),
    path("worksheet/<slug:code>/<str:month>/attach/", worksheet_views.attach_to, name="worksheet_attach"),
    path("attachments/<int:pk>/", attachment_views.figure_attachment_page, name="attachment"),
    path("attachments/<int:pk>/remove/", attachment_views.remove_figure_attachment, name="attachment_remove"),
    path("reviews/", review_views.reviews_page, name="reviews"),
    path("reviews/approve/", review_views.approve_figures, name="review_approve_group"),
    path("revisions/<int:pk>/approve/", review_views.approve_figure, name="revision_approve"),
    path("revisions/<int:pk>/return/", review_views.return_figure, name="revision_return"),
    path("revisions/<int:pk>/withdraw/", history_views.withdraw_official_figure, name="revision_withdraw"),
    path("figures/<slug:indicator>/<slug:region>/<str:month>/", history_views.figure_history_page, name="figure"),
    path("plans/<slug:plan_code>/months/", months_views.months_page, name="months"),
    path("plans/<slug:plan_code>/months/<str:month>/lock/", months_views.lock_month, name="month_lock"),
    path("plans/<slug:plan_code>/months/<str:month>/reopen/", months_views.reopen_month, name="month_reopen"),
    path("plans/<slug:plan_code>/data-quality/", data_quality_views.data_quality, name="data_quality"),
    path("plans/<slug:plan_code>/data-quality/<str:month>/ask/", data_quality_views.ask_unit, name="data_quality_ask"),
    path("data-questions/<int:pk>/", data_quality_views.data_question_page, name="data_question"),
    path("data-questions/<int:pk>/answer/", data_quality_views.answer_question, name="data_question_answer"),
    path("plans/<slug:plan_code>/timeliness/", timeliness_views.timeliness_page, name="timeliness"),
    path("plans/<slug:plan_code>/timeliness/export/", timeliness_views.timeliness_export, name="timeliness_export"),
    path(
        "plans/<slug:plan_code>/timeliness/<slug:code>/<str:month>/",
        timeliness_views.timeliness_cell,
        name="timeliness_cell",
    ),
]
