"""Programs that call the operators' API: with a key that acts as a person."""

import json
from collections.abc import Collection
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from slaservice.history.models import PersonKey
from slaservice.history.person_keys import issue_person_key
from slaservice.rules.workflow import KEY_SCOPES, OPERATOR
from tests.factories.outages import a_person

ROOT = "/api/v1/recording/"

_serial = count(1)


def a_person_key(
    person: User | None = None, scopes: Collection[str] = KEY_SCOPES, **values: Any
) -> tuple[PersonKey, str]:
    """A key of an operator, good for a day, with every scope."""
    person = person or a_person(OPERATOR)
    now = values.pop("now", timezone.now())
    chosen = {"label": "Monitor", "expires_at": now + timedelta(days=1), "by": None, **values}
    return issue_person_key(person=person, scopes=scopes, now=now, **chosen)


class Program:
    """Calls addresses under /api/v1/recording/ with a key; every POST has an Idempotency-Key of its own unless given one."""

    def __init__(self, person: User | None = None, *, text: str = "", **values: Any) -> None:
        text = text or a_person_key(person, **values)[1]
        self.client = Client(headers={"authorization": f"Bearer {text}"}, raise_request_exception=False)

    def get(self, address: str, **parameters: str) -> Any:
        return self.client.get(ROOT + address, parameters or None)

    def post(self, address: str, body: Any = None, *, key: str = "") -> Any:
        raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        return self.client.post(
            ROOT + address,
            raw,
            content_type="application/json",
            headers={"Idempotency-Key": key or f"request-{next(_serial)}"},
        )


def an_outage_entry(**values: Any) -> dict[str, Any]:
    """What a program proposes: a major outage of the API for the enterprise tier, noon to two on 10 April 2026."""
    return {
        "component": "api",
        "tiers": ["enterprise"],
        "start": "2026-04-10T12:00:00Z",
        "end": "2026-04-10T14:00:00Z",
        "severity": "major_outage",
        **values,
    }


def a_maintenance_entry(**values: Any) -> dict[str, Any]:
    """Scheduled maintenance of every component, two to four on 20 April 2026, announced a week ahead."""
    return {
        "component": "*",
        "tiers": ["enterprise"],
        "category": "scheduled_maintenance",
        "start": "2026-04-20T02:00:00Z",
        "end": "2026-04-20T04:00:00Z",
        "title": "New disks",
        "announced_at": "2026-04-13T09:00:00Z",
        **values,
    }


def told(response: Any, status: int, code: str) -> Any:
    """The problem that a refused request is answered with."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    return response.json()


def paths(response: Any) -> list[str]:
    """The fields that a problem names."""
    return sorted(error["path"] for error in response.json()["errors"])
