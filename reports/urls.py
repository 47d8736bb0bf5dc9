"""Addresses of the pages that read everything."""

from django.urls import path

from reports import screens, views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("plan/", views.plan, name="plan"),
    path("plan/<int:year>/", views.plan, name="plan_of_year"),
    path("comparison/", views.comparison, name="comparison"),
    path("comparison/export/", views.comparison_export, name="comparison_export"),
    path("screen/", screens.screen, name="screen"),
    path("screen/<str:key>/", screens.screen_of_key, name="screen_of_key"),
    path("screens/", screens.screens, name="screens"),
    path("screens/<int:pk>/close/", screens.screen_close, name="screen_close"),
    path("departments/", views.departments, name="departments"),
    path("departments/<slug:code>/", views.department, name="department"),
]
