"""The operators' API: lists in pages, narrowed by what they are asked; codes; request counts in bulk."""

from typing import Any

import pytest

from slaservice.outages.models import RequestCount
from tests.factories.outages import (
    a_component,
    a_maintenance,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
    april,
)
from tests.factories.programs import Program, paths, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes() -> None:
    a_component()
    a_tier()
    a_tier("free")


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [one["id"] for one in response.json()["results"]]


def test_lists_are_narrowed_by_what_they_are_asked() -> None:
    program = Program()
    first, second = a_window(), a_proposal(april(11, 12), april(11, 13), tiers=[a_tier("free")])
    third = a_proposal(april(12), None, component=a_component("web"), source="monitor", external_id="m1")
    assert ids(program.get("outages")) == [third.pk, second.pk, first.pk]
    assert ids(program.get("outages", state="confirmed")) == [first.pk]
    assert ids(program.get("outages", component="web")) == [third.pk]
    assert ids(program.get("outages", tier="free")) == [second.pk]
    assert ids(program.get("outages", source="monitor", external_id="m1")) == [third.pk]
    assert ids(program.get("outages", reference=second.reference)) == [second.pk]
    assert ids(program.get("outages", **{"from": "2026-04-11T13:00:00Z"})) == [third.pk]
    assert ids(program.get("outages", until="2026-04-11T12:00:00Z")) == [first.pk]
    assert ids(program.get("outages", component="none")) == []


def test_as_known_at_an_instant_what_was_corrected_since_stands() -> None:
    before = a_window(now=april(11))
    Program().post(f"outages/{before.pk}/correct", {"severity": "partial_outage", "reason": "Log"})
    assert ids(Program().get("outages", known_at="2026-04-12T00:00:00Z")) == [before.pk]
    assert ids(Program().get("outages", known_at="2026-04-10T23:59:59Z")) == []
    assert before.pk not in ids(Program().get("outages", known_at="2099-12-31T00:00:00Z"))


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("state=open", "state"),
        ("state=confirmed&known_at=2026-04-12T00:00:00Z", "state"),
        ("from=yesterday", "from"),
        ("until=2026-04-12T00:00:00+02:00", "until"),  # a + that is a space
        ("known_at=2026-04-12", "known_at"),
        ("known_at=0001-01-01T00:00:00%2B14:00", "known_at"),
        ("from=1900-01-01T00:00:00Z", "from"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("severity=major_outage", "severity"),
        ("component__name__startswith=A", "component__name__startswith"),
        ("component=%00", "component"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused_by_name(query: str, path: str) -> None:
    response = Program().get(f"outages?{query}")
    assert response.status_code == 400, response.content
    assert path in paths(response)


def test_a_list_is_followed_to_its_end_and_a_cursor_is_good_for_one_list() -> None:
    program = Program()
    made = [a_proposal(april(day), None).pk for day in (1, 2, 2, 3, 3)]
    seen, address = [], "outages?limit=2&state=proposed"
    while address:
        page = program.get(address).json()
        seen += [one["id"] for one in page["results"]]
        address = (page["next"] or "").partition("/recording/")[2]
    assert seen == [made[index] for index in (4, 3, 2, 1, 0)]
    cursor = program.get("outages?limit=2").json()["next"].partition("?")[2]
    told(program.get(f"maintenance?{cursor}"), 400, "invalid_cursor")


@pytest.mark.parametrize("count", [2, 9])
@pytest.mark.parametrize(
    ("address", "queries"), [("outages", 4), ("maintenance", 4), ("components", 3), ("tiers", 3)]
)
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, address: str, queries: int, django_assert_num_queries: Any
) -> None:
    for day in range(1, count + 1):
        component, tier = a_component(f"c{day}"), a_tier(f"t{day}")
        a_window(april(day), april(day, 1), component=component, tiers=[tier], incident=an_incident())
        a_maintenance(april(day), april(day, 1), component=component, tiers=[tier])
    program = Program()
    program.get(address)  # notes that the key was used, once an hour
    with django_assert_num_queries(queries):
        assert len(program.get(address).json()["results"]) >= count


def test_codes_can_be_looked_up() -> None:
    program = Program()
    assert program.get("components/api").json() == {
        "code": "api",
        "name": "API",
        "starts_on": None,
        "ends_on": None,
        "position": 0,
    }
    assert program.get("tiers/free").json() == {"code": "free", "name": "Free", "position": 0}
    assert [one["code"] for one in program.get("tiers").json()["results"]] == ["enterprise", "free"]
    told(program.get("components/none"), 404, "not_found")


# request counts


def some_counts(count: int = 2, **values: Any) -> dict[str, Any]:
    rows = [
        {
            "component": "api",
            "tier": "enterprise",
            "start": f"2026-04-{1 + hour // 24:02}T{hour % 24:02}:00:00Z",
            "seconds": 3600,
            "total": 1000,
            "failed": hour % 1000,
        }
        for hour in range(count)
    ]
    return {"source": "gateway", "rows": rows, **values}


def test_request_counts_are_recorded_in_bulk_and_again_change_nothing() -> None:
    program = Program()
    assert program.post("request-counts", some_counts(48)).json() == {
        "added": 48,
        "unchanged": 0,
        "corrected": 0,
    }
    assert program.post("request-counts", some_counts(48)).json() == {
        "added": 0,
        "unchanged": 48,
        "corrected": 0,
    }
    assert RequestCount.objects.count() == 48


def test_a_thousand_counts_fit_into_one_request_and_not_one_more() -> None:
    rows = [
        {**some_counts(1)["rows"][0], "start": f"2026-04-10T{n // 60:02}:{n % 60:02}:00Z", "seconds": 60}
        for n in range(1000)
    ]
    assert Program().post("request-counts", {"source": "gateway", "rows": rows}).json()["added"] == 1000
    response = Program().post("request-counts", {"source": "gateway", "rows": [*rows, rows[0]]})
    assert (response.status_code, paths(response)) == (400, ["rows"])


def test_a_batch_of_counts_with_faults_is_refused_whole_and_each_is_named() -> None:
    body = some_counts(4)
    body["rows"][1]["failed"] = 1001
    body["rows"][3]["seconds"] = 0
    response = Program().post("request-counts", body)
    assert (response.status_code, paths(response)) == (400, ["rows[1].failed", "rows[3].seconds"])
    body["rows"][2] = {"component": "nothing"}
    assert "rows[2].component" in paths(Program().post("request-counts", body))
    assert not RequestCount.objects.exists()
