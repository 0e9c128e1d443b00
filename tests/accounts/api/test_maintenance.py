"""A customer reads the confirmed maintenance of what it is promised, past and to come, and of nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from slaservice.outages import operations
from tests.accounts.api.happened import INTERNAL, a_promised_customer, a_reader, ids, read
from tests.factories.outages import NOW, a_component, a_maintenance, a_planned_maintenance, a_tier, april

pytestmark = pytest.mark.django_db

MAINTENANCE = "/api/v1/maintenance"
LATER = NOW + timedelta(hours=1)


def test_a_maintenance_says_what_is_done_and_when_it_was_announced() -> None:
    client = a_reader(a_promised_customer())
    row = a_maintenance(
        component=a_component("api"),
        note=INTERNAL,
        planned_start=april(20, 1),
        planned_end=april(20, 3),
        tiers=[a_tier(), a_tier("secret-tier")],
    )
    shown = {
        "id": row.public_id,
        "reference": row.reference,
        "revision": 1,
        "component": "api",
        "tiers": ["enterprise"],
        "category": "scheduled_maintenance",
        "title": "New disks",
        "start": "2026-04-20T02:00:00Z",
        "end": "2026-04-20T04:00:00Z",
        "announced_at": "2026-04-13T09:00:00Z",
        "planned_start": "2026-04-20T01:00:00Z",
        "planned_end": "2026-04-20T03:00:00Z",
        "known_from": "2026-07-01T09:30:00Z",
        "known_until": None,
    }
    assert read(client, MAINTENANCE)["results"] == [shown]
    revision = {name: value for name, value in shown.items() if name != "id"}
    assert read(client, f"{MAINTENANCE}/{row.public_id}") == {**shown, "revisions": [revision]}


def test_maintenance_of_everything_is_of_every_customer_of_its_tiers() -> None:
    mine, other = a_reader(a_promised_customer()), a_reader(a_promised_customer("web", tier="free"))
    row = a_maintenance(component=None)
    (shown,) = read(mine, f"{MAINTENANCE}?component=api")["results"]
    assert (shown["id"], shown["component"]) == (row.public_id, None)
    assert ids(other, MAINTENANCE) == []
    assert other.get(f"{MAINTENANCE}/{row.public_id}").status_code == 404


def test_maintenance_of_another_component_is_not_there() -> None:
    client = a_reader(a_promised_customer())
    row = a_maintenance(component=a_component("web"))
    assert ids(client, MAINTENANCE) == []
    assert client.get(f"{MAINTENANCE}/{row.public_id}").status_code == 404


def test_what_lies_ahead_is_there_as_long_as_the_contract_lasts() -> None:
    client = a_reader(a_promised_customer(ends_before=date(2027, 1, 1)))
    ahead, beyond = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    row = a_maintenance(ahead, ahead + timedelta(hours=1))
    a_maintenance(beyond, beyond + timedelta(hours=1))
    assert ids(client, MAINTENANCE) == [row.public_id]


def test_what_is_only_planned_or_was_withdrawn_is_not_there() -> None:
    client = a_reader(a_promised_customer())
    planned, row = a_planned_maintenance(), a_maintenance()
    operations.withdraw_maintenance(maintenance=row, by=None, now=LATER, reason=INTERNAL)
    assert ids(client, MAINTENANCE) == []
    for one in (planned, row):
        assert client.get(f"{MAINTENANCE}/{one.public_id}").status_code == 404
    assert ids(client, f"{MAINTENANCE}?known_at=2026-07-01T10:00:00Z") == [row.public_id]


def test_a_correction_keeps_the_id_and_what_was_known_before() -> None:
    client = a_reader(a_promised_customer())
    row = a_maintenance()
    operations.correct_maintenance(
        maintenance=row, by=None, now=LATER, reason=INTERNAL, end=april(20, 5), note=INTERNAL
    )
    shown = read(client, f"{MAINTENANCE}/{row.public_id}")
    assert [(one["end"], one["known_until"]) for one in shown["revisions"]] == [
        ("2026-04-20T04:00:00Z", "2026-07-01T10:30:00Z"),
        ("2026-04-20T05:00:00Z", None),
    ]
    assert ids(client, f"{MAINTENANCE}?reference={row.reference}") == [row.public_id]
    then = read(client, f"{MAINTENANCE}/{row.public_id}?known_at=2026-07-01T10:00:00Z")
    assert (then["revision"], len(then["revisions"])) == (1, 1)


@pytest.mark.parametrize("count", [1, 7])
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: Any
) -> None:
    client = a_reader(a_promised_customer())
    for day in range(1, count + 1):
        row = a_maintenance(april(day), april(day, 1))
    read(client, MAINTENANCE)  # notes that the key was used, once an hour
    with django_assert_num_queries(3):
        assert len(ids(client, MAINTENANCE)) == count
    with django_assert_num_queries(5):
        read(client, f"{MAINTENANCE}/{row.public_id}")
