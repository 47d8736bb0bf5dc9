"""Addresses of what administrators read, and of what each person is told."""

from django.urls import path

from departments import notice_views, views

urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/export/", views.audit_export, name="audit_export"),
    path("notices/", notice_views.notices, name="notices"),
    path("notices/read/", notice_views.read_all, name="notices_read"),
    path("notices/<int:pk>/read/", notice_views.read_one, name="notice_read"),
]
