"""Addresses of promised work."""

from django.urls import path

from tasks.views import comments, silence, supervision, tasks

urlpatterns = [
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:year>/<slug:code>/", tasks.task, name="task"),
    path("silence/", silence.silence, name="silence"),
    path("comments/", comments.comments, name="comments"),
    path("comments/about/<str:kind>/<int:year>/<slug:code>/", comments.add, name="comment_add"),
    path("comments/<int:pk>/answer/", comments.answer, name="comment_answer"),
    path("comments/<int:pk>/press/", comments.press, name="comment_press"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("supervision/new/", supervision.write, name="supervision_write"),
    path("supervision/<int:pk>/", supervision.notice, name="supervision_notice"),
    path("supervision/<int:pk>/edit/", supervision.edit, name="supervision_edit"),
    path("supervision/<int:pk>/document/<str:kind>/", supervision.document, name="supervision_document"),
    *(
        path(f"supervision/<int:pk>/{verb}/", supervision.take, {"verb": verb}, name=f"supervision_{verb}")
        for verb in supervision.DONE
    ),
]
