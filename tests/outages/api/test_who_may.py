"""Every address of the operators' API, for everybody: a key does what its person may and its scopes name, never more."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from slaservice.history.models import Entry
from slaservice.history.person_keys import revoke_person_key
from slaservice.outages.models import Maintenance, OutageWindow, RequestCount
from slaservice.rules.workflow import KEY_SCOPES, OPERATOR, ROLES
from tests.factories.accounts import a_key
from tests.factories.outages import a_component, a_person, a_planned_maintenance, a_proposal, a_tier
from tests.factories.programs import ROOT, Program, a_maintenance_entry, a_person_key, an_outage_entry

pytestmark = pytest.mark.django_db

ADDRESSES: dict[tuple[str, str], str] = {
    # method, address: the action that it takes
    ("GET", "components"): "outages.view",
    ("GET", "components/<str:code>"): "outages.view",
    ("GET", "tiers"): "outages.view",
    ("GET", "tiers/<str:code>"): "outages.view",
    ("GET", "outages"): "outages.view",
    ("POST", "outages"): "outages.propose",
    ("GET", "outages/<int:pk>"): "outages.view",
    ("POST", "outages/<int:pk>/confirm"): "outages.confirm",
    ("POST", "outages/<int:pk>/correct"): "outages.correct",
    ("POST", "outages/<int:pk>/withdraw"): "outages.withdraw",
    ("GET", "maintenance"): "outages.view",
    ("POST", "maintenance"): "maintenance.record",
    ("GET", "maintenance/<int:pk>"): "outages.view",
    ("POST", "maintenance/<int:pk>/confirm"): "maintenance.record",
    ("POST", "maintenance/<int:pk>/correct"): "maintenance.record",
    ("POST", "maintenance/<int:pk>/withdraw"): "maintenance.record",
    ("POST", "request-counts"): "measurement.record",
}


def routes() -> Iterator[str]:
    """Every address under /api/v1/recording/ of the running site, as the resolver has it."""

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            elif f"/{here}".startswith(ROOT):
                yield f"/{here}".removeprefix(ROOT)

    return walk(get_resolver().url_patterns, "")


def body_of(address: str) -> Any:
    if address == "outages":
        return an_outage_entry()
    if address == "maintenance":
        return a_maintenance_entry()
    if address == "request-counts":
        row = {"component": "api", "tier": "enterprise", "start": "2026-04-10T12:00:00Z"}
        return {"source": "gateway", "rows": [{**row, "seconds": 60, "total": 5, "failed": 1}]}
    if address.endswith("/correct") and address.startswith("outages"):
        return {"severity": "partial_outage", "reason": "Log"}
    if address.endswith("/correct"):
        return {"title": "Old disks", "reason": "Log"}
    return {"reason": "Log"} if "/" in address else {}


def call(program: Program, method: str, address: str) -> Any:
    """The address with ids of rows that are there."""
    row = a_planned_maintenance() if address.startswith("maintenance") else a_proposal()
    code = "enterprise" if address.startswith("tiers") else "api"
    there = address.replace("<int:pk>", str(row.pk)).replace("<str:code>", code)
    return program.get(there) if method == "GET" else program.post(there, body_of(address))


def changed() -> list[int]:
    """How much there is of everything that a request could have changed."""
    return [
        Entry.objects.count(),
        OutageWindow.objects.exclude(state="proposed").count(),
        Maintenance.objects.exclude(state="proposed").count(),
        RequestCount.objects.count(),
    ]


@pytest.fixture(autouse=True)
def codes() -> None:
    a_component()
    a_tier()


def test_the_table_of_addresses_is_whole() -> None:
    assert {address for _, address in ADDRESSES} == set(routes())


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_an_operator_s_program_may_do_everything_here(method: str, address: str) -> None:
    assert call(Program(), method, address).status_code in (200, 201)


@pytest.mark.parametrize("role", [role for role in ROLES if role != OPERATOR])
@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_everybody_else_reads_and_records_nothing(role: str, method: str, address: str) -> None:
    program = Program(a_person(role))
    a_proposal(), a_planned_maintenance()
    before = changed()
    response = call(program, method, address)
    if method == "GET":
        assert response.status_code == 200
    else:
        assert (response.status_code, response.json()["code"]) == (403, "not_permitted")
        assert OPERATOR in response.json()["detail"]
        assert changed() == [before[0] + 1, *before[1:]]  # the one that `call` proposed


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_a_key_without_the_scope_does_not_do_it_whoever_its_person_is(method: str, address: str) -> None:
    scopes = [scope for scope in KEY_SCOPES if scope != ADDRESSES[method, address]]
    response = call(Program(scopes=scopes), method, address)
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_the_one_scope_that_it_takes_is_enough(method: str, address: str) -> None:
    assert call(Program(scopes=[ADDRESSES[method, address]]), method, address).status_code in (200, 201)


def nobodies() -> Iterator[Client]:
    """Whoever has no good key of a person: a customer's key, an expired one, a revoked one, somebody who left."""
    now = timezone.now()
    yield Client()
    yield Client(headers={"authorization": "Bearer slp_AAAAAAAA_" + "x" * 43})
    yield Client(headers={"authorization": f"Bearer {a_key(now=now)[1]}"})
    yield Client(headers={"authorization": f"Bearer {a_person_key(now=now - timedelta(days=1))[1]}"})
    key, text = a_person_key()
    revoke_person_key(key=key, by=None, now=now)
    yield Client(headers={"authorization": f"Bearer {text}"})
    key, text = a_person_key()
    key.person.is_active = False
    key.person.save()
    yield Client(headers={"authorization": f"Bearer {text}"})
    logged_in = Client()
    logged_in.force_login(a_person(OPERATOR))
    yield logged_in


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_nobody_gets_in_without_a_good_key_of_a_person(method: str, address: str) -> None:
    there = ROOT + address.replace("<int:pk>", str(a_proposal().pk)).replace("<str:code>", "api")
    for client in nobodies():
        response = client.generic(method, there, b"{}", content_type="application/json")
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
        assert response["Content-Type"] == "application/problem+json"


def test_a_person_s_key_opens_nothing_of_a_customer_s() -> None:
    text = a_person_key()[1]
    assert Client(headers={"authorization": f"Bearer {text}"}).get("/api/v1/statements").status_code == 401


@pytest.mark.parametrize("address", sorted({address for _, address in ADDRESSES}))
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_method_that_is_not_offered_is_405_and_names_those_that_are(address: str, method: str) -> None:
    offered = {known for known, there in ADDRESSES if there == address}
    if method in offered or (method == "HEAD" and "GET" in offered):
        return
    there = ROOT + address.replace("<int:pk>", str(a_proposal().pk)).replace("<str:code>", "api")
    response = Program().client.generic(method, there, b"{}", content_type="application/json")
    assert response.status_code == 405
    assert method == "HEAD" or response.json()["code"] == "method_not_allowed"
    assert offered <= set(response["Allow"].split(", "))


def test_a_role_that_is_taken_away_counts_at_the_next_request() -> None:
    operator = a_person(OPERATOR)
    program = Program(operator)
    assert program.post("outages", an_outage_entry()).status_code == 201
    operator.groups.clear()
    assert program.post("outages", an_outage_entry()).status_code == 403
    assert program.get("outages").status_code == 403


@pytest.mark.parametrize("name", ["api_key", "key", "token", "state"])
def test_a_key_in_the_address_is_refused(name: str) -> None:
    text = a_person_key()[1]
    response = Program().get("outages", **{name: text})
    assert (response.status_code, response.json()["code"]) == (400, "key_in_address")
    assert text not in response.content.decode()
