"""Who looks at the pages of leadership."""

import pytest
from django.test import Client

from departments.permissions import Role
from targets.tests.factories import person


@pytest.fixture
def leader(client: Client, request: pytest.FixtureRequest) -> Client:
    """A browser in which a leader is logged in."""
    if "plan_2014" in request.fixturenames:  # who governs its region must come after it
        request.getfixturevalue("plan_2014")
    client.force_login(person(Role.LEADER))
    return client
