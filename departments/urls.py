"""Addresses of what administrators read."""

from django.urls import path

from departments import views

urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/export/", views.audit_export, name="audit_export"),
]
