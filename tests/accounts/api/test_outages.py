"""A customer reads the confirmed outages of what it was promised, with every revision, and of no others."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.test import Client

from accounts.operations import amend_contract
from slaservice.outages import operations
from slaservice.outages.models import OutageWindow
from tests.accounts.api.happened import INTERNAL, a_promised_customer, a_reader, ids, not_found, read
from tests.factories.accounts import a_contract, a_key, a_promise, an_agreement
from tests.factories.outages import (
    NOON,
    NOW,
    TWO,
    a_component,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
    april,
)

pytestmark = pytest.mark.django_db

OUTAGES = "/api/v1/outages"
LATER = NOW + timedelta(hours=1)
MAY = datetime(2026, 5, 2, tzinfo=UTC)


def corrected(window: OutageWindow, at: datetime = LATER, **changes: Any) -> OutageWindow:
    return operations.correct(window=window, by=None, now=at, reason=INTERNAL, **changes)


def test_an_outage_says_what_failed_when_and_since_when_that_is_known() -> None:
    client = a_reader(a_promised_customer())
    window = a_window(affected_count=1, affected_of=4, cause="A cut cable.", note=INTERNAL)
    assert read(client, OUTAGES)["results"] == [
        {
            "id": window.public_id,
            "reference": window.reference,
            "revision": 1,
            "component": "api",
            "tiers": ["enterprise"],
            "start": "2026-04-10T12:00:00Z",
            "end": "2026-04-10T14:00:00Z",
            "severity": "major_outage",
            "affected_share": "0.25",
            "cause": "A cut cable.",
            "known_from": "2026-07-01T09:30:00Z",
            "known_until": None,
            "incident": None,
            "response": None,
        }
    ]


def test_an_open_outage_of_an_unknown_share_says_so() -> None:
    client = a_reader(a_promised_customer())
    a_window(end=None)
    (shown,) = read(client, OUTAGES)["results"]
    assert (shown["end"], shown["affected_share"], shown["cause"]) == (None, None, None)


def test_an_outage_of_another_component_or_tier_is_nobodys_business() -> None:
    client = a_reader(a_promised_customer("api"))
    a_promised_customer("web", tier="free")
    of_others: dict[str, Any] = {"component": a_component("web"), "tiers": [a_tier("free")]}
    for foreign in (
        a_window(**of_others),
        a_window(component=a_component("web")),
        a_window(tiers=[a_tier("free")]),
    ):
        assert client.get(f"{OUTAGES}/{foreign.public_id}").status_code == 404
    assert ids(client, OUTAGES) == []


def test_a_component_and_a_tier_of_two_contracts_are_not_mixed() -> None:
    """The API for enterprise and the web for free: the web for enterprise was promised to nobody."""
    customer = a_promised_customer("api")
    a_contract(customer, agreement=an_agreement(tier="free", promises=[a_promise(components=["web"])]))
    a_window(component=a_component("web"), tiers=[a_tier("enterprise")])
    mine = a_window(component=a_component("web"), tiers=[a_tier("free")])
    assert ids(a_reader(customer), OUTAGES) == [mine.public_id]


def test_what_is_only_proposed_or_was_withdrawn_is_not_there() -> None:
    client = a_reader(a_promised_customer())
    proposed, window = a_proposal(), a_window()
    operations.withdraw(window=window, by=None, now=LATER, reason=INTERNAL)
    assert ids(client, OUTAGES) == []
    assert ids(client, f"{OUTAGES}?known_at=2099-01-01T00:00:00Z") == []
    for one in (proposed, window):
        assert client.get(f"{OUTAGES}/{one.public_id}").status_code == 404


def test_a_proposed_correction_shows_nowhere() -> None:
    client = a_reader(a_promised_customer())
    window = a_window()
    OutageWindow.objects.bulk_create(
        [
            OutageWindow(
                **{
                    field.attname: getattr(window, field.attname)
                    for field in OutageWindow._meta.concrete_fields
                    if field.attname not in ("id", "confirmed_at", "state", "revision", "reference")
                },
                state="proposed",
                revision=2,
                reference="proposed@2",
            )
        ]
    )
    OutageWindow.objects.get(reference="proposed@2").tiers.set([a_tier()])
    assert [one["revision"] for one in read(client, OUTAGES)["results"]] == [1]
    assert len(read(client, f"{OUTAGES}/{window.public_id}")["revisions"]) == 1


def test_a_correction_keeps_the_id_and_what_was_known_before() -> None:
    client = a_reader(a_promised_customer())
    window = a_window()
    corrected(window, end=april(10, 13))
    (listed,) = read(client, OUTAGES)["results"]
    assert (listed["id"], listed["revision"], listed["end"]) == (window.public_id, 2, "2026-04-10T13:00:00Z")
    shown = read(client, f"{OUTAGES}/{window.public_id}")
    assert {name: shown[name] for name in listed} == listed
    assert [
        (one["revision"], one["end"], one["known_from"], one["known_until"]) for one in shown["revisions"]
    ] == [
        (1, "2026-04-10T14:00:00Z", "2026-07-01T09:30:00Z", "2026-07-01T10:30:00Z"),
        (2, "2026-04-10T13:00:00Z", "2026-07-01T10:30:00Z", None),
    ]


def test_as_known_at_an_instant_what_came_later_is_not_known() -> None:
    client = a_reader(a_promised_customer())
    window = a_window()
    corrected(window, end=april(10, 13))
    operations.withdraw(
        window=a_window(april(12), april(12, 1)), by=None, now=NOW + timedelta(hours=3), reason=INTERNAL
    )
    then = "known_at=2026-07-01T09:45:00Z"
    assert [
        (one["revision"], one["known_until"]) for one in read(client, f"{OUTAGES}?{then}")["results"]
    ] == [(1, None), (1, None)]
    shown = read(client, f"{OUTAGES}/{window.public_id}?{then}")
    assert (shown["revision"], [one["known_until"] for one in shown["revisions"]]) == (1, [None])
    assert ids(client, f"{OUTAGES}?known_at=2026-07-01T09:00:00Z") == []
    assert len(ids(client, f"{OUTAGES}?known_at=2026-07-01T12:00:00Z")) == 2
    assert len(ids(client, OUTAGES)) == 1


def test_a_revision_that_was_about_others_is_not_shown() -> None:
    mine, other = a_reader(a_promised_customer()), a_reader(a_promised_customer(tier="free"))
    window = a_window()
    corrected(window, tiers=[a_tier("free")])
    assert mine.get(f"{OUTAGES}/{window.public_id}").status_code == 404
    shown = read(other, f"{OUTAGES}/{window.public_id}")
    assert [one["revision"] for one in shown["revisions"]] == [2]


def test_tiers_of_others_are_not_named() -> None:
    client = a_reader(a_promised_customer())
    window = a_window(tiers=[a_tier("enterprise"), a_tier("secret-tier")])
    shown = read(client, f"{OUTAGES}/{window.public_id}")
    assert shown["tiers"] == shown["revisions"][0]["tiers"] == ["enterprise"]


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        (april(9, 20), april(9, 22), False),  # ends as the contract starts, at midnight in Berlin
        (april(9, 20), april(9, 22, 0, 0, 1), True),
        (april(9, 20), None, True),
        (april(14, 21, 59), april(14, 23), True),  # starts in the contract's last minute
        (april(14, 22), april(14, 23), False),
        (april(14, 22), None, False),
    ],
)
def test_what_happened_before_or_after_a_contract_is_not_shown(
    start: datetime, end: datetime | None, seen: bool
) -> None:
    customer = a_promised_customer(starts_on=date(2026, 4, 10), ends_before=date(2026, 4, 15))
    window = a_window(start, end)
    client = a_reader(customer)
    assert ids(client, OUTAGES) == ([window.public_id] if seen else [])
    assert client.get(f"{OUTAGES}/{window.public_id}").status_code == (200 if seen else 404)


def test_the_versions_in_force_then_decide_not_those_of_today() -> None:
    customer = a_promised_customer("api")
    amend_contract(
        contract=customer.contracts.get(),
        starts_on=date(2026, 5, 1),
        agreement=an_agreement(promises=[a_promise(components=["web"])]),
        by=None,
        now=NOW,
    )
    before = a_window()
    a_window(component=a_component("web"))
    a_window(MAY, MAY + timedelta(hours=1))
    after = a_window(MAY, MAY + timedelta(hours=1), component=a_component("web"))
    assert ids(a_reader(customer), OUTAGES) == [after.public_id, before.public_id]


def test_the_incident_comes_with_how_fast_it_was_answered() -> None:
    client = a_reader(a_promised_customer())
    incident = an_incident("inc1", public_url="https://status.example.com/inc1")
    incident.updates.create(
        external_id="1", status="identified", displayed_at=NOON, posted_at=april(10, 12, 5)
    )
    window = a_window(incident=incident)
    a_window(april(10, 9), april(10, 15), incident=incident, tiers=[a_tier("free")])
    (shown,) = read(client, OUTAGES)["results"]
    assert shown["incident"] == {
        "id": incident.public_id,
        "title": "Errors",
        "url": "https://status.example.com/inc1",
    }
    assert shown["response"] == {
        "began": "2026-04-10T12:00:00Z",  # not at nine, when it hit others
        "acknowledged": "2026-04-10T12:05:00Z",
        "identified": "2026-04-10T12:00:00Z",
        "mitigated": "2026-04-10T14:00:00Z",
        "resolved": None,
    }
    detail = read(client, f"{OUTAGES}/{window.public_id}")
    assert detail == {**shown, "revisions": ANY}


def test_an_update_that_was_posted_later_was_not_known_then() -> None:
    client = a_reader(a_promised_customer())
    incident = an_incident()
    incident.updates.create(external_id="1", status="investigating", displayed_at=NOON, posted_at=NOON)
    incident.updates.create(
        external_id="2", status="identified", displayed_at=NOON, posted_at=NOW + timedelta(days=2)
    )
    a_window(incident=incident)
    (now,) = read(client, OUTAGES)["results"]
    (then,) = read(client, f"{OUTAGES}?known_at=2026-07-02T09:30:00Z")["results"]
    assert now["response"]["identified"] == "2026-04-10T12:00:00Z"
    assert then["response"]["identified"] is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["late", "early"]),
        ("ordering=start", ["early", "late"]),
        ("component=api", ["late"]),
        ("component=nothing", []),
        ("from=2026-04-10T14:00:00Z", ["late"]),
        ("from=2026-04-10T13:59:59Z", ["late", "early"]),
        ("until=2026-04-12T00:00:00Z", ["early"]),
        ("until=2026-04-12T00:00:01Z", ["late", "early"]),
        ("incident={incident}", ["early"]),
        ("incident=in_0", []),
        ("reference={reference}", ["early"]),
        ("reference={reference}%402", ["early"]),
        ("reference=x", []),
    ],
)
def test_a_list_is_narrowed_and_sorted(asked: str, found: list[str]) -> None:
    client = a_reader(a_promised_customer("api", "web"))
    incident = an_incident()
    first = a_window(NOON, TWO, component=a_component("web"), incident=incident)
    corrected(first, severity="partial_outage")
    known = {
        "early": first.public_id,
        "late": a_window(april(12), april(12, 1)).public_id,
    }
    asked = asked.format(incident=incident.public_id, reference=first.reference)
    assert ids(client, f"{OUTAGES}?{asked}") == [known[name] for name in found]


@pytest.mark.parametrize(
    "asked", ["state=proposed", "tier=free", "from=2026-04-02T00:00:00Z&until=2026-04-02T00:00:00Z"]
)
def test_other_parameters_and_empty_spans_are_refused(asked: str) -> None:
    response = a_reader(a_promised_customer()).get(f"{OUTAGES}?{asked}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


def test_pages_are_followed_to_the_end() -> None:
    client = a_reader(a_promised_customer())
    made = [a_window(april(day), april(day, 1)).public_id for day in (3, 4, 5)]
    page = read(client, f"{OUTAGES}?limit=2")
    rest = read(client, page["next"])
    assert [one["id"] for one in page["results"] + rest["results"]] == made[::-1]
    assert rest["next"] is None


def test_one_outage_comes_once_however_many_contracts_it_hits() -> None:
    customer = a_promised_customer()
    a_contract(customer)
    window = a_window(tiers=[a_tier("enterprise"), a_tier("free")])
    assert ids(a_reader(customer), OUTAGES) == [window.public_id]


@pytest.mark.parametrize("public_id", ["ow_" + "0" * 32, "1", "%00", "ü"])
def test_an_unknown_id_gets_the_answer_of_a_foreign_one(public_id: str) -> None:
    client = a_reader(a_promised_customer())
    foreign = a_window(tiers=[a_tier("free")])
    assert not_found(client, f"{OUTAGES}/{public_id}") == not_found(client, f"{OUTAGES}/{foreign.public_id}")


def test_a_key_without_the_scope_reads_nothing() -> None:
    key = a_key(a_promised_customer())[1]
    client = Client(headers={"authorization": f"Bearer {key}"})
    for address in (OUTAGES, "/api/v1/maintenance", "/api/v1/incidents"):
        assert client.get(address).json()["code"] == "scope_missing"
        assert Client().get(address).status_code == 401


@pytest.mark.parametrize("count", [1, 7])
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: Any
) -> None:
    client = a_reader(a_promised_customer())
    for day in range(1, count + 1):
        incident = an_incident()
        incident.updates.create(external_id="1", status="resolved", displayed_at=NOON)
        window = a_window(april(day), april(day, 1), incident=incident)
        corrected(window, severity="partial_outage")
    read(client, OUTAGES)  # notes that the key was used, once an hour
    with django_assert_num_queries(5):  # key, windows, tiers, updates, windows of the incidents
        assert len(ids(client, OUTAGES)) == count
    with django_assert_num_queries(7):  # and revisions with their tiers
        read(client, f"{OUTAGES}/{window.public_id}")
