"""Two customers who know nothing of each other, each with something of every kind, and the keys of everybody who might ask."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import SCOPES, Contract, Customer
from accounts.operations import revoke_api_key
from reports.models import ServiceCredit, Statement
from slaservice.outages.operations import correct, open_incident
from slaservice.rules.workflow import KEY_SCOPES, OPERATOR
from tests.api.outside.calling import Outsider
from tests.api.outside.schema import Known, operations
from tests.factories.accounts import (
    TERMS,
    a_component,
    a_contract,
    a_customer,
    a_key,
    a_person,
    a_promise,
    a_tier,
    an_agreement,
)
from tests.factories.money import a_claim, a_claimable, a_dispute, a_seen
from tests.factories.outages import a_maintenance, a_planned_maintenance
from tests.factories.programs import a_person_key
from tests.factories.reports import CLOSED, MONTH, a_draft, a_proposal, an_issued, an_outage, april
from tests.factories.restatements import issue_month
from tests.factories.webhooks import a_delivery, an_endpoint

CANARY = "CANARY"
"""In every text of the other customer's."""

Json = Any

CLAIMED = {"by": "customer", "deadline": {"n": 36_500, "unit": "days", "anchor": "period_end"}}
"""Whenever the tests run."""

_NAMES = ("id", "code", "prefix", "key", "digest", "number")
"""The fields by which lists show what stands in addresses, the likeliest first."""

_TELLING = re.compile(rf"^[a-z]+_[0-9a-f]{{32}}$|^[0-9a-f]{{64}}$|^SLA-\d|(?i:{CANARY})")

SHARED = ("ow_", "in_", "mt_")
"""Ids of facts, which touch whom they touch."""


@dataclass
class World:
    """`own` asks with every scope; `other` is the customer whom it must learn nothing of; `operator` records. `values` are what
    fields of bodies may well say, by their names; `theirs` the same with what is the other's.
    """

    customer: Customer
    own: Outsider
    victim: Customer
    other: Outsider
    operator: Outsider
    strangers: Mapping[str, Outsider] = field(default_factory=dict)
    values: Mapping[str, Json] = field(default_factory=dict)
    theirs: Mapping[str, Json] = field(default_factory=dict)

    def whose(self, known: Known) -> Outsider:
        """Who may call this."""
        return self.operator if known.key == "personKey" else self.own


def a_world() -> World:
    """Everything made through the operations, and by requests where the API makes it."""
    a_component("api"), a_tier("enterprise")
    victim = a_customer(f"{CANARY} Ltd")
    customer = a_customer("Own Company")
    other, own = (Outsider(a_key(one, scopes=tuple(SCOPES))[1]) for one in (victim, customer))
    _facts()
    _furnish(victim, CANARY, component="canary-db", tier="canary-tier")
    _furnish(customer, "OWN", component="own-db", tier="own-tier")
    operator = Outsider(a_person_key(scopes=KEY_SCOPES)[1])
    strangers = {**_strangers(), "the neighbour's key": own}
    return World(customer, own, victim, other, operator, strangers, _values(customer), _values(victim))


def _values(customer: Customer) -> dict[str, Json]:
    issued = Statement.objects.filter(contract__customer=customer, state=Statement.ISSUED).latest("pk")
    claimable = ServiceCredit.objects.filter(
        state="claimable", claims=None, statement__contract__customer=customer
    ).get()
    return {
        "component": "api",
        "tier": "enterprise",
        "tiers": ["enterprise"],
        "start": "2026-04-10T12:00:00Z",
        "end": "2026-04-10T14:00:00Z",
        "incident": None,
        "affected_of": 10,
        "evidence_url": "https://status.example/1",
        "digest": issued.digest,
        "statement": claimable.statement.public_id,
        "credit": getattr(claimable, "public_id", claimable.statement.public_id),
        "expires_at": (timezone.now() + timedelta(days=30)).isoformat(),
        "received_at": None,
        "url": "https://receiver.example/hook",
    }


def filled(body: Json, values: Mapping[str, Json]) -> Json:
    """The body with what its fields may well say."""
    if isinstance(body, Mapping):
        return {name: values.get(name, filled(inner, values)) for name, inner in body.items()}
    return [filled(inner, values) for inner in body] if isinstance(body, list) else body


def _facts() -> None:
    """What touched both, each in a tier of its own: an outage, maintenance, and what is still to be decided."""
    an_outage(april(9), april(9, 1), tiers=[a_tier("own-tier"), a_tier("canary-tier")])
    an_outage(april(11), april(11, 1))
    a_proposal(april(12), april(12, 1))
    a_maintenance()
    a_planned_maintenance(april(21), april(22))


def _furnish(customer: Customer, text: str, *, component: str, tier: str) -> None:
    """Four contracts: one restated, one with a claim, one to be claimed, one whose month is a draft."""
    incident = open_incident(
        title=f"{text} incident",
        body=f"{text} update",
        started_at=april(10, 12),
        by=None,
        now=CLOSED,
    )
    window = an_outage(
        april(10, 12),
        april(10, 14),
        component=a_component(component, name=f"{text} database"),
        tiers=[a_tier(tier)],
        incident=incident,
        note=f"{text} note",
        cause=f"{text} cause",
    )
    a_maintenance(april(24), april(24, 2), tiers=[a_tier(tier)], title=f"{text} disks")
    restated = _contract(customer, f"{text}-1", component, tier)
    an_issued(restated)
    correct(window=window, by=None, now=CLOSED, reason=f"{text} reason", end=april(10, 23))
    latest = issue_month(restated, MONTH, now=CLOSED + timedelta(minutes=1))
    a_dispute(
        latest,
        text=f"{text} dispute",
        windows=[a_seen(component=component)],
        now=CLOSED + timedelta(minutes=2),
    )
    a_delivery(an_endpoint(customer, f"https://receiver.example/{text}", description=f"{text} receiver"))
    a_claim(a_claimable(contract=_contract(customer, f"{text}-2", component, tier, claim=CLAIMED)), text=text)
    a_claimable(contract=_contract(customer, f"{text}-3", component, tier, claim=CLAIMED))
    a_draft(_contract(customer, f"{text}-4", component, tier))


def _contract(customer: Customer, number: str, component: str, tier: str, **terms: Any) -> Contract:
    promises = [
        a_promise(name=f"{number} {code}", components=[code], terms={**TERMS, **terms})
        for code in (component, "api")
    ]
    agreement = an_agreement(promises=promises, tier=tier)
    return a_contract(customer, agreement=agreement, number=number, title=f"{number} title")


def _strangers() -> dict[str, Outsider]:
    """Five keys that open nothing of anybody's, and none at all."""
    now, customer = timezone.now(), a_customer("Stranger")
    revoked, revoked_text = a_key(customer, scopes=tuple(SCOPES))
    revoke_api_key(key=revoked, by=None, now=now)
    week = timedelta(days=7)
    return {
        "no key": Outsider(),
        "an unknown key": Outsider("sla_AAAAAAAA_" + "x" * 43),
        "a revoked key": Outsider(revoked_text),
        "an expired key": Outsider(
            a_key(customer, scopes=tuple(SCOPES), now=now - 2 * week, expires_at=now - week)[1]
        ),
        "a person's key": Outsider(a_person_key(a_person(OPERATOR), scopes=KEY_SCOPES)[1]),
        "another customer's key": Outsider(a_key(customer, scopes=tuple(SCOPES))[1]),
        "a key without scopes": Outsider(_without_scopes(customer)),
    }


def _without_scopes(customer: Customer) -> str:
    key, text = a_key(customer)
    key.scopes = []
    key.save()
    return text


def ids(outsider: Outsider, known: Known) -> list[list[str]]:
    """What the caller's own lists show for an address: every combination of names for its path."""
    found: list[list[str]] = [[]]
    for name in known.names:
        listed = known.path.split("{" + name + "}")[0].rstrip("/")
        found = [[*before, one] for before in found for one in _shown(outsider, listed, before, name)]
    return found


def _shown(outsider: Outsider, path: str, before: list[str], name: str) -> list[str]:
    lists = {one.path: one for one in operations() if one.method == "GET" and one.is_list}
    known = lists.get(path) or lists["/api/v1/statements"]
    rows = outsider.call(known, before[: len(known.names)]).json()["results"]
    return [str(next(row[field] for field in (name, *_NAMES) if field in row)) for row in rows]


def answers(outsider: Outsider, key: str) -> Iterator[Any]:
    """The answers to every GET that this kind of key may send, with every id that the caller's own lists show."""
    for known in operations():
        if known.method == "GET" and known.key == key:
            for values in ids(outsider, known):
                yield outsider.call(known, values)


def texts(value: Json) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from (name, *texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def telling(outsider: Outsider) -> set[str]:
    """The ids, numbers, digests and marked texts in what a customer sees: what would tell of it anywhere else."""
    found = set()
    for answer in answers(outsider, "customerKey"):
        if answer.status_code == 200 and answer["Content-Type"] == "application/json":
            found |= {text for text in texts(answer.json()) if _TELLING.search(text)}
    return found


def canaries(world: World) -> list[str]:
    """What tells of the other customer, and is not in anything that anybody else may see."""
    drafts = Statement.objects.filter(contract__customer=world.victim, state=Statement.DRAFT)
    hidden = {str(one) for pair in drafts.values_list("public_id", "digest") for one in pair if one}
    shared = {one for one in telling(world.own) if one.startswith(SHARED)}
    return sorted({world.victim.name, world.victim.public_id} | hidden | (telling(world.other) - shared))
