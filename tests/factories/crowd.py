"""A crowd: as many contracts as a large vendor has, with five commitments each, over twenty components, and a month of facts.

The facts come through the operations; customers, contracts, versions and commitments by COPY, because there are a million rows of
them. Their constraints and triggers are on. PostgreSQL only.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model

from accounts.models import Commitment, Contract, ContractVersion, Customer
from accounts.models.contracts import CommitmentComponent
from accounts.models.identifiers import contract_id, customer_id
from slaservice.outages.models import Component, CustomerTier, Incident
from slaservice.outages.operations import add_update, create_component, create_tier, open_incident
from slaservice.rules.documents import parse_terms, terms_json
from tests.factories.accounts import TERMS, a_person, an_exclusion
from tests.factories.outages import a_maintenance
from tests.factories.reports import CLOSED, MONTH, an_outage, april

__all__ = ["CLOSED", "COMMITMENTS", "MONTH", "a_crowd", "some_facts"]

COMMITMENTS = 5
COMPONENTS = 20
TIERS = ("enterprise", "business", "team", "free")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
WINDOWS = 60
SIGNED = datetime(2025, 1, 1, tzinfo=UTC) - timedelta(hours=12)


def variants() -> list[dict[str, Any]]:
    """A handful of distinct terms, as they are stored."""
    bracket = TERMS["credit"]["rules"][0]
    metered = {
        "type": "metered", "quantity": "lost_seconds_beyond_allowance", "step": "3600", "rate": "5", "round": "ceil",
    }  # fmt: skip
    chosen: list[dict[str, Any]] = [
        {},
        {"commitment_percent": "99.5", "exclude": {"effect": "remove"}},
        {"commitment_percent": "99.95", "uptime_rounding": {"decimals": 2, "mode": "half_up"}},
        {"shape": {"min_run": {"seconds": 300, "op": ">=", "test_on": "merged"}}, "exclude": {"notice_seconds": 86400}},
        {"credit": {"rules": [metered]}, "cap": {"kind": "percent_of_base", "value": "50", "per": "contract_year"}},
        {"credit": {"rules": [bracket, metered], "combine": "sum"}, "minimum_issue": {"op": ">=", "amount": "5"},
         "claim": {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}}},
    ]  # fmt: skip
    return [_stored({**TERMS, **one}) for one in chosen]


def _stored(terms: dict[str, Any]) -> dict[str, Any]:
    """In canonical values and without the names, which are those of the components."""
    whole = {**terms, "components": {"names": ["x"]}, "money": {"currency": "EUR"}}
    canonical = terms_json(parse_terms(whole))
    del canonical["components"]["names"]
    return canonical


def some_facts() -> None:
    """A month of sixty windows, half of them of incidents with updates, a maintenance a week and an exclusion for everybody."""
    random = Random(1)
    operator = a_person("operator")
    components = [_component(number) for number in range(COMPONENTS)]
    tiers = [_tier(code) for code in TIERS]
    for number in range(WINDOWS):
        start = april(1) + timedelta(minutes=random.randrange(30 * 24 * 60))
        minutes = random.randrange(90, 900) if number % 12 == 0 else random.randrange(2, 25)
        an_outage(
            start,
            start + timedelta(minutes=minutes, seconds=random.randrange(60)),
            component=components[number % COMPONENTS],
            tiers=random.sample(tiers, random.randrange(2, len(tiers) + 1)),
            severity=random.choice(("major_outage", "major_outage", "partial_outage")),
            reference=f"OUT-{number:04}",
            incident=_incident(number, start, operator) if number % 2 else None,
        )
    for week in range(4):
        start = april(5 + 7 * week, 2)
        a_maintenance(
            start,
            start + timedelta(hours=2),
            component=None if week == 0 else components[week],
            tiers=tiers,
            announced_at=start - timedelta(days=3),
            reference=f"MNT-{week:04}",
        )
    an_exclusion(tiers=tiers, component=components[0])


def _component(number: int) -> Component:
    return create_component(code=f"component-{number:02}", name=f"Component {number:02}", by=None, now=CLOSED)


def _tier(code: str) -> CustomerTier:
    return create_tier(code=code, name=code.title(), by=None, now=CLOSED)


def _incident(number: int, start: datetime, operator: User) -> Incident:
    incident = open_incident(
        title=f"Elevated errors {number}",
        started_at=start,
        body="We are looking into it.",
        impact="major",
        external_id=f"incident-{number:04}",
        by=operator,
        now=CLOSED,
    )
    for minutes, status in ((5, "identified"), (15, "resolved")):
        at = start + timedelta(minutes=minutes)
        add_update(incident=incident, status=status, body="We know more.", at=at, by=operator, now=CLOSED)
    return incident


def a_crowd(contracts: int) -> None:
    """So many contracts of one customer each, and the month's facts."""
    some_facts()
    tiers = list(CustomerTier.objects.order_by("code").values_list("pk", flat=True))
    components = list(Component.objects.order_by("code").values_list("pk", flat=True))
    texts = [json.dumps(terms) for terms in variants()]
    numbers = range(1, contracts + 1)
    with transaction.atomic():
        _copy(Customer, ("id", "public_id", "name", "legal_name", "address", "language"), (
            (n, customer_id(), f"Customer {n}", f"Customer {n} Ltd.", f"{n} Long Road", "en") for n in numbers
        ))  # fmt: skip
        _copy(
            Contract,
            (
                "id",
                "customer_id",
                "public_id",
                "number",
                "title",
                "starts_at",
                "settling_days",
                "issues_by_itself",
            ),
            ((n, n, contract_id(), f"C-{n:06}", "Master agreement", SIGNED, 5, True) for n in numbers),
        )
        _copy(
            ContractVersion,
            ("id", "contract_id", "number", "starts_at", "tier_id", "currency", "timezone", "period_months",
             "first_month", "overlap", "clawback"),
            ((n, n, 1, SIGNED, tiers[n % len(tiers)], "EUR", ZONES[n // 4 % len(ZONES)], 1, 1, "stack", "never")
             for n in numbers),
        )  # fmt: skip
        promises = [(n, position) for n in numbers for position in range(COMMITMENTS)]
        _copy(Commitment, ("id", "version_id", "name", "terms", "fee_minor", "position"), (
            (index, n, f"Service {position}", texts[(n + position) % len(texts)], 10_000 + 7 * index, position)
            for index, (n, position) in enumerate(promises, start=1)
        ))  # fmt: skip
        _copy(CommitmentComponent, ("id", "commitment_id", "component_id"), (
            (index, index, components[(3 * n + 4 * position) % len(components)])
            for index, (n, position) in enumerate(promises, start=1)
        ))  # fmt: skip
    for contract in Contract.objects.filter(pk__in=[7, contracts // 2]):
        an_exclusion(contract)


def _copy(model: type[Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows by COPY; other columns are empty text or null. The sequence of ids follows."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )
