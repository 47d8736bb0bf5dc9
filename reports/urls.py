"""Addresses of the pages that read everything."""

from django.urls import path

from reports.views import board, screens, units
from reports.views import target as target_views

urlpatterns = [
    path("", board.overview, name="overview"),
    path("plan/", board.plan, name="plan"),
    path("plans/<slug:plan_code>/text/", board.plan, name="plan_text"),
    path("comparison/", board.comparison, name="comparison"),
    path("comparison/export/", board.comparison_export, name="comparison_export"),
    path("plans/<slug:plan_code>/targets/<slug:code>/", target_views.target, name="target"),
    path("departments/", units.departments, name="departments"),
    path("departments/<slug:code>/", units.department, name="department"),
    path("counties/", units.counties, name="counties"),
    path("counties/<slug:code>/", units.county, name="county"),
    path("screen/", screens.screen, name="screen"),
    path("screen/<str:key>/", screens.screen_of_key, name="screen_of_key"),
    path("screens/", screens.screens, name="screens"),
    path("screens/<int:pk>/close/", screens.screen_close, name="screen_close"),
]
