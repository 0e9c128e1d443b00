"""People, customers, contracts and keys, made through the operations, so that a test starts from what can happen."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from accounts.models import ApiKey, Commitment, Contract, Customer, Exclusion
from accounts.operations import (
    Agreement,
    Promise,
    approve_exclusion,
    create_customer,
    issue_api_key,
    propose_exclusion,
    sign_contract,
)
from slaservice.outages.models import Component, CustomerTier

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)

TERMS: dict[str, Any] = {
    "commitment_percent": "99.9",
    "signal": {
        "severity_weight": {"major_outage": "1", "partial_outage": "0.3", "degraded_performance": "0"}
    },
    "credit": {
        "rules": [
            {
                "type": "brackets",
                "quantity": "uptime_percent",
                "ranges": [
                    {"from": "99", "from_closed": True, "to": "99.9", "to_closed": False, "credit": "10"},
                    {"from": "95", "from_closed": True, "to": "99", "to_closed": False, "credit": "25"},
                    {"from": None, "from_closed": True, "to": "95", "to_closed": False, "credit": "100"},
                ],
            }
        ]
    },
    "cap": {"kind": "percent_of_base", "value": "100"},
}
"""10/25/100 at 99.9/99/95, as most contracts have it."""

_serial = count(1)


def a_person(*roles: str, **values: Any) -> User:
    """A user of the site with these roles."""
    user = User.objects.create_user(username=f"person{next(_serial)}", is_staff=bool(roles), **values)
    for role in roles:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def a_component(code: str = "api", **values: Any) -> Component:
    return Component.objects.get_or_create(code=code, defaults={"name": code.upper(), **values})[0]


def a_tier(code: str = "enterprise") -> CustomerTier:
    return CustomerTier.objects.get_or_create(code=code, defaults={"name": code.title()})[0]


def a_customer(name: str = "", **values: Any) -> Customer:
    return create_customer(**{"name": name or f"Customer {next(_serial)}", "by": None, "now": NOW, **values})


def a_promise(**values: Any) -> Promise:
    """One commitment over the API, 1,250.00 a period."""
    chosen = {"name": "Platform", "components": ["api"], "terms": TERMS, "fee": "1250.00", **values}
    for code in chosen["components"]:
        a_component(code)
    return Promise(**chosen)


def an_agreement(**values: Any) -> Agreement:
    """Months in Berlin, in euros, for the enterprise tier."""
    chosen: dict[str, Any] = {
        "tier": "enterprise",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "promises": [],
        **values,
    }
    chosen["promises"] = chosen["promises"] or [a_promise()]
    a_tier(chosen["tier"])
    return Agreement(**chosen)


def a_contract(
    customer: Customer | None = None,
    *,
    agreement: Agreement | None = None,
    starts_on: date = date(2026, 4, 1),
    ends_before: date | None = None,
    **values: Any,
) -> Contract:
    """A contract from 1 April 2026 without an end, whose drafts are due as soon as they are there."""
    return sign_contract(
        customer=customer or a_customer(),
        starts_on=starts_on,
        ends_before=ends_before,
        agreement=agreement or an_agreement(),
        **{
            "number": f"C-{next(_serial):04}",
            "title": "Master agreement",
            "settling_days": 0,
            "by": None,
            "now": NOW,
            **values,
        },
    )


def a_commitment(contract: Contract | None = None) -> Commitment:
    """The first commitment of a contract's first version."""
    version = (contract or a_contract()).versions.earliest("number")
    return version.commitments.earliest("position")


def a_key(customer: Customer | None = None, **values: Any) -> tuple[ApiKey, str]:
    """A key and its text."""
    chosen = {"label": "Reporting", "by": None, "now": NOW, **values}
    return issue_api_key(customer=customer or a_customer(), **chosen)


def a_proposed_exclusion(contract: Contract | None = None, **values: Any) -> Exclusion:
    """The customer's own doing, from noon to one on 10 April: for a contract, else for the enterprise tier."""
    chosen: dict[str, Any] = {
        "category": "customer_caused",
        "starts_at": datetime(2026, 4, 10, 12, tzinfo=UTC),
        "ends_at": datetime(2026, 4, 10, 13, tzinfo=UTC),
        "clause": "7.2(b)",
        "justification": "The customer revoked the key that the service signs with.",
        "tiers": [] if contract else [a_tier()],
        "now": NOW,
        **values,
    }
    chosen["by"] = values.get("by") or a_person("operator")
    return propose_exclusion(contract=contract, **chosen)


def an_exclusion(contract: Contract | None = None, **values: Any) -> Exclusion:
    """The same, approved by another person."""
    proposed = a_proposed_exclusion(contract, **values)
    return approve_exclusion(exclusion=proposed, by=a_person("finance approver"), now=proposed.proposed_at)


def history_of(obj: Any) -> list[Mapping[str, Any]]:
    """What history says of an object, oldest first: action, reason, data, actor's id."""
    from slaservice.history.models import Entry

    return list(
        Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
        .order_by("pk")
        .values("action", "reason", "data", "actor_id", "at")
    )
