"""Who a session belongs to."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from departments.models import Membership, User


class Backend(AuthenticationBackend):
    """The log-in of allauth; a person comes with all roles, which every page asks for, in one query.

    Nothing of a person is kept between requests: a role that is taken away, or an account that is closed, is gone with
    the next one.
    """

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session; None for one who may not log in any more."""
        found = list(Membership.objects.filter(user_id=user_id).select_related("user", "department__region").order_by())
        if not found:
            return super().get_user(user_id)
        user = found[0].user
        if not self.user_can_authenticate(user):
            return None
        user.held = sorted(found, key=lambda one: (one.department.kind, one.department.code, one.role))
        return user
