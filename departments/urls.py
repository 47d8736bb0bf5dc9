"""Addresses of what administrators read, of those who look after people, and of what each person is told."""

from django.urls import path

from departments.views import audit, notices, people

urlpatterns = [
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<int:pk>/read/", notices.read_one, name="notice_read"),
    path("people/", people.people_page, name="people"),
    path("people/add/", people.add_person_page, name="person_add"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/roles/", people.change_person_roles, name="person_roles"),
    path("people/<int:pk>/staff-number/", people.change_staff_number, name="person_staff_number"),
    path("people/<int:pk>/roles/<int:proposed>/", people.decide_proposed_role, name="person_role_decided"),
    path("people/<int:pk>/<slug:deed>/", people.do_account_deed, name="person_deed"),
]
