"""Addresses of the imports."""

from django.urls import path

from imports import views

urlpatterns = [
    path("", views.upload, name="imports_upload"),
    path("<int:pk>/", views.batch, name="imports_batch"),
]
