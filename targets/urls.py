"""Addresses of measured promises."""

from django.urls import path

from targets.views import target as target_views

urlpatterns = [path("targets/<int:year>/<slug:code>/", target_views.target, name="target")]
