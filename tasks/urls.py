"""Addresses of promised work."""

from django.urls import path

from tasks import views

urlpatterns = [
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/<int:year>/<slug:code>/", views.task, name="task"),
]
