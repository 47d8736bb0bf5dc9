"""Addresses of the pages that read everything."""

from django.urls import path

from reports.views import board, home, screens, units
from reports.views import target as target_views

urlpatterns = [
    path("", home.home, name="home"),
    path("portfolio/export/", home.all_plans_export, name="portfolio_export"),
    path("plans/<slug:plan_code>/", board.overview_page, name="overview"),
    path("plans/<slug:plan_code>/text/", board.plan_text_page, name="plan_text"),
    path("plans/<slug:plan_code>/comparison/", board.comparison_page, name="comparison"),
    path("plans/<slug:plan_code>/comparison/export/", board.comparison_export, name="comparison_export"),
    path("plans/<slug:plan_code>/targets/<slug:code>/", target_views.target, name="target"),
    path("plans/<slug:plan_code>/departments/", units.departments_page, name="departments"),
    path("plans/<slug:plan_code>/departments/<slug:code>/", units.department_page, name="department"),
    path("plans/<slug:plan_code>/counties/", units.counties_page, name="counties"),
    path("plans/<slug:plan_code>/counties/<slug:code>/", units.county_page, name="county"),
    path("plans/<slug:plan_code>/screen/", screens.screen, name="screen"),
    path("screen/", screens.portfolio_screen, name="portfolio_screen"),
    path("screen/<str:key>/", screens.screen_of_key, name="screen_of_key"),
    path("screens/", screens.screens, name="screens"),
    path("screens/<int:pk>/close/", screens.screen_close, name="screen_close"),
]
