"""Who looks at the pages of leadership."""

import pytest
from django.test import Client

from departments.permissions import Role
from targets.tests.factories import person


@pytest.fixture
def leader(client: Client) -> Client:
    """A browser in which a leader is logged in."""
    client.force_login(person(Role.LEADER))
    return client
