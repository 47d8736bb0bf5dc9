"""Addresses of promised work."""

from django.urls import path

from tasks.views import tasks

urlpatterns = [
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:year>/<slug:code>/", tasks.task, name="task"),
]
