"""Pages of the admin as tests ask for them: logged in as somebody, and what a page shows."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from tests.factories.accounts import a_person


def logged_in(*roles: str, user: User | None = None) -> tuple[Client, User]:
    """The client of a person with these roles, or of this one, and the person."""
    person, client = user or a_person(*roles), Client()
    client.force_login(person)
    return client, person


def as_a(*roles: str, user: User | None = None) -> Client:
    """The client alone."""
    return logged_in(*roles, user=user)[0]


def shown(response: Any) -> str:
    """The page, which must have come."""
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())
