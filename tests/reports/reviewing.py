"""The review of a statement and its page, as tests read them, and what such a statement rests on."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from accounts.models import Contract
from reports.models import Statement
from reports.review.page import Review, review_of
from slaservice.outages.operations import confirm_maintenance, record_maintenance
from tests.factories.accounts import (
    TERMS,
    a_component,
    a_contract,
    a_person,
    a_promise,
    a_tier,
    an_agreement,
)
from tests.factories.reports import CLOSED, april

LATER = CLOSED + timedelta(hours=1)


def under(**terms: Any) -> Contract:
    return a_contract(agreement=an_agreement(promises=[a_promise(terms={**TERMS, **terms})]))


def review(statement: Statement) -> Review:
    found = Statement.objects.select_related("contract__customer", "superseded_by", "issued_by")
    return review_of(found.get(pk=statement.pk), now=LATER)


def page(statement: Statement, *roles: str, user: User | None = None) -> str:
    client = Client()
    client.force_login(user or a_person(*roles))
    answer = client.get(f"/admin/reports/statement/{statement.pk}/change/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def maintenance(**values: Any) -> None:
    chosen: dict[str, Any] = {
        "component": a_component("api"),
        "tiers": [a_tier()],
        "category": "scheduled_maintenance",
        "title": "New disks",
        "start": april(18),
        "end": april(18, 2),
        "announced_at": april(2),
        "by": None,
        "now": CLOSED,
        **values,
    }
    confirm_maintenance(maintenance=record_maintenance(**chosen), by=None, now=CLOSED)
