"""Addresses of measured promises."""

from django.urls import path

from targets import views

urlpatterns = [path("targets/<int:year>/<slug:code>/", views.target, name="target")]
