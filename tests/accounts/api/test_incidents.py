"""A customer reads the incidents that touched it: what was published, how fast it was answered, its own outages."""

from datetime import timedelta
from typing import Any

import pytest

from slaservice.outages import operations
from slaservice.outages.models import Incident
from tests.accounts.api.happened import INTERNAL, a_promised_customer, a_reader, ids, not_found, read
from tests.factories.outages import (
    NOON,
    NOW,
    a_component,
    a_person,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
    april,
)

pytestmark = pytest.mark.django_db

INCIDENTS = "/api/v1/incidents"


def a_published_incident(**values: Any) -> Incident:
    """As a page has it, with what our people note beside it."""
    incident = an_incident(
        title="Errors",
        impact="major",
        status="resolved",
        public_url="https://status.example.com/inc1",
        postmortem_url="https://status.example.com/inc1/postmortem",
        public_impact="One request in four failed.",
        root_cause=INTERNAL,
        postmortem=INTERNAL,
        payload={"secret": INTERNAL},
        **values,
    )
    incident.updates.create(
        external_id="1",
        status="investigating",
        body="We look into it.",
        displayed_at=NOON,
        posted_at=april(10, 12, 5),
        transitions=[["c1", "operational", INTERNAL]],
    )
    incident.updates.create(
        external_id="2", status="resolved", body="It is over.", displayed_at=april(10, 14, 10)
    )
    return incident


def test_an_incident_tells_what_was_published_and_nothing_that_was_noted() -> None:
    client = a_reader(a_promised_customer())
    incident = a_published_incident()
    window = a_window(incident=incident, note=INTERNAL, evidence_url="https://example.com/Nobody-outside")
    summary = {
        "id": incident.public_id,
        "title": "Errors",
        "status": "resolved",
        "impact": "major",
        "public_impact": "One request in four failed.",
        "components": ["api"],
        "url": "https://status.example.com/inc1",
        "postmortem_url": "https://status.example.com/inc1/postmortem",
        "response": {
            "began": "2026-04-10T12:00:00Z",
            "acknowledged": "2026-04-10T12:05:00Z",
            "identified": None,
            "mitigated": "2026-04-10T14:00:00Z",
            "resolved": "2026-04-10T14:10:00Z",
        },
    }
    assert read(client, INCIDENTS)["results"] == [summary]
    shown = read(client, f"{INCIDENTS}/{incident.public_id}")
    assert {name: shown[name] for name in summary} == summary
    assert shown["updates"] == [
        {
            "status": "investigating",
            "at": "2026-04-10T12:00:00Z",
            "posted_at": "2026-04-10T12:05:00Z",
            "text": "We look into it.",
        },
        {"status": "resolved", "at": "2026-04-10T14:10:00Z", "posted_at": None, "text": "It is over."},
    ]
    (outage,) = shown["outages"]
    assert (outage["id"], outage["reference"]) == (window.public_id, window.reference)


def test_an_incident_has_those_outages_that_touched_the_caller() -> None:
    client = a_reader(a_promised_customer())
    incident = a_published_incident()
    mine = a_window(april(10, 13), april(10, 14), incident=incident)
    a_window(april(10, 9), april(10, 18), incident=incident, tiers=[a_tier("free")])
    a_window(april(10, 9), april(10, 18), incident=incident, component=a_component("web"))
    a_proposal(april(10, 9), april(10, 18), incident=incident)
    shown = read(client, f"{INCIDENTS}/{incident.public_id}")
    assert [one["id"] for one in shown["outages"]] == [mine.public_id]
    assert shown["components"] == ["api"]
    assert shown["response"]["began"] == "2026-04-10T13:00:00Z"
    assert shown["response"]["mitigated"] == "2026-04-10T14:00:00Z"


def test_an_incident_without_an_outage_that_touched_the_caller_is_not_there() -> None:
    client = a_reader(a_promised_customer())
    a_promised_customer(tier="free")
    of_others, proposed, withdrawn, bare = (a_published_incident() for _ in range(4))
    a_window(incident=of_others, tiers=[a_tier("free")])
    a_proposal(incident=proposed)
    operations.withdraw(
        window=a_window(incident=withdrawn), by=None, now=NOW + timedelta(hours=1), reason=INTERNAL
    )
    assert ids(client, INCIDENTS) == []
    unknown = not_found(client, f"{INCIDENTS}/in_{'0' * 32}")
    for one in (of_others, proposed, withdrawn, bare):
        assert not_found(client, f"{INCIDENTS}/{one.public_id}") == unknown


def test_what_our_people_post_by_hand_shows_that_they_did() -> None:
    client = a_reader(a_promised_customer())
    operator = a_person("operator")
    incident = operations.open_incident(
        title="Errors", started_at=NOON, body=INTERNAL, by=operator, now=april(10, 12, 7)
    )
    a_window(incident=incident)
    shown = read(client, f"{INCIDENTS}/{incident.public_id}")
    assert shown["updates"] == [
        {
            "status": "investigating",
            "at": "2026-04-10T12:00:00Z",
            "posted_at": "2026-04-10T12:07:00Z",
            "text": None,
        }
    ]
    assert operator.username not in str(shown)
    assert (shown["url"], shown["postmortem_url"], shown["public_impact"]) == (None, None, None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["late", "early"]),
        ("ordering=began", ["early", "late"]),
        ("component=web", ["early"]),
        ("from=2026-04-10T14:00:00Z", ["late"]),
        ("until=2026-04-12T00:00:00Z", ["early"]),
        ("limit=1", ["late"]),
    ],
)
def test_a_list_is_narrowed_and_sorted(asked: str, found: list[str]) -> None:
    client = a_reader(a_promised_customer("api", "web"))
    known = {"early": a_published_incident(started_at=None), "late": a_published_incident()}
    a_window(component=a_component("web"), incident=known["early"])
    a_window(april(12), april(12, 1), incident=known["late"])
    assert ids(client, f"{INCIDENTS}?{asked}") == [known[name].public_id for name in found]


def test_pages_are_followed_to_the_end() -> None:
    client = a_reader(a_promised_customer())
    made = [a_published_incident() for _ in range(3)]
    for day, incident in enumerate(made, 3):
        a_window(april(day), april(day, 1), incident=incident)
    page = read(client, f"{INCIDENTS}?limit=2")
    rest = read(client, page["next"])
    seen = [one["id"] for one in page["results"] + rest["results"]]
    assert (seen, rest["next"]) == ([one.public_id for one in made[::-1]], None)


@pytest.mark.parametrize("count", [1, 7])
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: Any
) -> None:
    client = a_reader(a_promised_customer())
    for day in range(1, count + 1):
        incident = a_published_incident()
        a_window(april(day), april(day, 1), incident=incident)
    read(client, INCIDENTS)  # notes that the key was used, once an hour
    with django_assert_num_queries(5):  # key, incidents, updates, windows, tiers
        assert len(ids(client, INCIDENTS)) == count
    with django_assert_num_queries(5):
        read(client, f"{INCIDENTS}/{incident.public_id}")
