"""Addresses of the pages that read everything."""

from django.urls import path

from reports import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("departments/", views.departments, name="departments"),
    path("departments/<slug:code>/", views.department, name="department"),
]
