"""Addresses of the imports."""

from django.urls import path

from imports.views import batches as views
from imports.views import quotas as quota_views

urlpatterns = [
    path("", views.upload, name="imports_upload"),
    path("template/", views.download_entry_workbook, name="imports_template"),
    path("plans/<slug:plan_code>/quotas/", quota_views.quota_sheet, name="quota_sheet"),
    path("plans/<slug:plan_code>/quotas/template/", quota_views.quota_template, name="quota_sheet_template"),
    path("<int:pk>/", views.batch, name="imports_batch"),
    path("<int:pk>/mapping/", views.mapping, name="imports_mapping"),
    path("<int:pk>/forget/", views.forget_one, name="imports_forget"),
    path("<int:pk>/confirm/", views.post_import_confirmation, name="imports_confirm"),
    path("<int:pk>/cancel/", views.post_import_cancellation, name="imports_cancel"),
    path("<int:pk>/undo/", views.post_import_undoing, name="imports_undo"),
    path("<int:pk>/marked/", views.download_marked_workbook, name="imports_marked"),
]
