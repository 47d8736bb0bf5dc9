"""Addresses of what administrators read, and of those who look after people."""

from django.urls import path

from departments.views import audit, people

urlpatterns = [
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("people/", people.listed, name="people"),
    path("people/add/", people.added, name="person_add"),
    path("people/<int:pk>/", people.shown, name="person"),
    path("people/<int:pk>/roles/", people.roles, name="person_roles"),
    path("people/<int:pk>/<slug:deed>/", people.done, name="person_deed"),
]
