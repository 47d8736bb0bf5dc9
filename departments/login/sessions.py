"""Sessions in the database, read by a question that the connection has planned: every request asks for its own."""

from functools import cache

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from departments.database.prepared import prepare_query


class SessionStore(db.SessionStore):
    """Django's, which would put the question together anew for each request."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        """The session that is stored under the key, unless it has ended; then the cookie is worth nothing."""
        found = self.model.objects.raw(prepare_query("session", _query()), [self.session_key])
        for session in found:
            if session.expire_date > timezone.now():
                return session
        self._session_key = None
        return None


@cache
def _query() -> str:
    """By key; the names are our own."""
    table = SessionStore.get_model_class()._meta.db_table
    return f"SELECT session_key, session_data, expire_date FROM {table} WHERE session_key = %s"  # noqa: S608
