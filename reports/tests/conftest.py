"""Who looks at the pages of leadership."""

import pytest
from django.test import Client

from departments.permissions import Role
from plans.models import Plan
from reports.tests.portfolios import document
from targets.tests.factories import person


@pytest.fixture
def leader(client: Client, request: pytest.FixtureRequest) -> Client:
    """A browser in which a leader is logged in."""
    if "plan_2014" in request.fixturenames:  # who governs its region must come after it
        request.getfixturevalue("plan_2014")
    client.force_login(person(Role.LEADER))
    return client


@pytest.fixture
def quality() -> Plan:
    """A plan of 2014."""
    return document("quality-2014", "质量计划")


@pytest.fixture
def air() -> Plan:
    """Another plan of the same year and city."""
    return document("air-2014", "空气计划")
