"""A customer's programs list and read its own issued statements, narrowed and sorted as they ask, by id and by number."""

from datetime import timedelta
from typing import Any

import pytest

from reports import closing
from reports.models import ServiceCredit, Statement
from tests.factories.accounts import a_contract, a_customer, a_person
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued, an_outage
from tests.factories.restatements import LATE, after, down, draft_of, follow, issue_draft, issue_month, longer
from tests.reports.api.calling import a_statement_of, an_issued_statement_of, caller, numbers, read
from tests.reports.pdf import kinds

pytestmark = pytest.mark.django_db


def test_a_customer_lists_its_issued_statements_and_no_drafts() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    a_draft(a_contract(customer))
    an_issued_statement_of(a_customer())
    listed = read(caller(customer), "/api/v1/statements")
    assert [one["id"] for one in listed["results"]] == [issued.public_id]
    assert listed["next"] is None


def test_a_statement_shows_money_and_decimals_as_text_and_times_in_utc() -> None:
    customer = a_customer()
    an_outage()
    issued = an_issued_statement_of(customer)
    shown = read(caller(customer), f"/api/v1/statements/{issued.public_id}")
    assert shown["number"] == "SLA-2026-00001"
    assert shown["credit"] == {"currency": "EUR", "owed": "125.00", "granted": "125.00"}
    assert shown["period"] == {
        "label": "April 2026",
        "start": "2026-03-31T22:00:00Z",
        "end": "2026-04-30T22:00:00Z",
    }
    assert shown["issued_at"] == "2026-05-05T09:00:00Z"
    (commitment,) = shown["commitments"]
    assert (commitment["result"]["downtime_seconds"], commitment["result"]["uptime_percent"]) == (
        "7200",
        "99.722222",
    )
    assert "ledger" not in commitment["result"]


def test_what_was_rejected_is_owed_and_not_granted() -> None:
    from reports import operations
    from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK

    draft = a_missed_draft()
    credit = ServiceCredit.objects.get(statement=draft)
    operations.reject(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED, reason="settled otherwise")
    issued = operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    shown = read(caller(issued.contract.customer), f"/api/v1/statements/{issued.number}")
    assert shown["credit"] == {"currency": "EUR", "owed": "125.00", "granted": "0.00"}


def test_the_number_names_a_statement_as_well_as_its_id() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    client = caller(customer)
    by_id = read(client, f"/api/v1/statements/{issued.public_id}")
    assert read(client, f"/api/v1/statements/{issued.number}") == by_id


def test_every_link_of_a_statement_leads_somewhere() -> None:
    customer = a_customer()
    an_issued_statement_of(customer)
    client = caller(customer)
    (listed,) = read(client, "/api/v1/statements")["results"]
    assert set(listed["links"]) == {"self", "revisions", "ledger", "document", "pdf", "csv"}
    assert {client.get(address).status_code for address in listed["links"].values()} == {200}


def test_pages_are_followed_to_the_end() -> None:
    customer = a_customer()
    issued = {an_issued_statement_of(customer).public_id for _ in range(3)}
    client, address, seen = caller(customer), "/api/v1/statements?limit=2", []
    while address:
        page = read(client, address)
        seen += [one["id"] for one in page["results"]]
        address = page["next"]
    assert set(seen) == issued
    assert len(seen) == 3


# filters and orderings


def two_months() -> tuple[Any, Statement, Statement]:
    """April missed and May met, drafted in this order, and another contract's April, drafted last and issued first: number 1."""
    contract, june = a_contract(), after("2026-05")
    down("2026-04")
    for month in ("2026-04", "2026-05"):
        closing.close_chunk(month=month, contracts=[contract.pk], now=june)
    issue_month(a_contract(contract.customer), "2026-04", now=june)
    april, may = (
        issue_month(contract, month, now=june + timedelta(hours=hours))
        for month, hours in (("2026-04", 1), ("2026-05", 2))
    )
    return contract, april, may


NARROWED: list[tuple[dict[str, str], list[int]]] = [
    ({"month": "2026-04"}, [2, 1]),
    ({"month": "2026-06"}, []),
    ({"commitment_met": "true"}, [3]),
    ({"commitment_met": "false"}, [2, 1]),
    ({"number": "SLA-2026-00002"}, [2]),
    ({"number": "SLA-2026-0000"}, []),
    ({"current": "true"}, [3, 2, 1]),
    ({"current": "false"}, []),
    ({"issued_after": "2026-06-05T10:00:00Z"}, [3, 2]),  # the very instant of issue
    ({"issued_after": "2026-06-05T10:00:00.000001Z"}, [3]),
    ({"from": "2026-04-30T22:00:00Z"}, [3]),  # April ends as May starts: it is over then
    ({"from": "2026-04-30T21:59:59Z"}, [3, 2, 1]),
    ({"until": "2026-04-30T22:00:00Z"}, [2, 1]),
    ({"until": "2026-04-30T22:00:01Z"}, [3, 2, 1]),
    ({"from": "2026-04-10T00:00:00Z", "until": "2026-04-11T00:00:00Z"}, [2, 1]),
    ({"ordering": "issued_at"}, [1, 2, 3]),
    ({"ordering": "-period"}, [3, 2, 1]),
    ({"ordering": "period"}, [1, 2, 3]),
    ({"month": "2026-04", "commitment_met": "false", "ordering": "issued_at"}, [1, 2]),
]


def test_a_list_is_narrowed_and_sorted_as_asked() -> None:
    contract, *_ = two_months()
    client = caller(contract.customer)
    listed = [(asked, numbers(client, **asked)) for asked, _ in NARROWED]
    assert listed == [(asked, [f"SLA-2026-{n:05}" for n in found]) for asked, found in NARROWED]


def test_a_list_is_narrowed_to_a_contract_by_its_number_or_its_id() -> None:
    contract, april, may = two_months()
    client = caller(contract.customer)
    for named in (contract.number, contract.public_id):
        assert numbers(client, contract=named) == [may.number, april.number]
    assert numbers(client, contract=a_contract().number) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"current": "yes"},
        {"month": "April"},
        {"from": "2026-04-01"},
        {"ordering": "credit"},
        {"state": "draft"},
    ],
)
def test_what_the_list_does_not_know_is_refused_by_name(asked: dict[str, str]) -> None:
    response = caller(a_customer()).get("/api/v1/statements", asked)
    assert response.status_code == 400
    assert [error["path"] for error in response.json()["errors"]] == list(asked)


def test_pages_follow_each_other_in_every_ordering() -> None:
    contract, *_ = two_months()
    client = caller(contract.customer)
    for ordering in ("-issued_at", "issued_at", "-period", "period"):
        address, seen = f"/api/v1/statements?limit=1&ordering={ordering}", []
        while address:
            page = read(client, address)
            seen += [one["number"] for one in page["results"]]
            address = page["next"]
        assert seen == numbers(client, ordering=ordering)


# revisions


def a_restated_april() -> tuple[Statement, Statement]:
    """April with two hours down, and its revision with eight."""
    contract, window = a_contract(), down("2026-04")
    first = issue_month(contract, "2026-04", now=after("2026-04"))
    longer(window, 8)
    follow()
    return first, issue_draft(draft_of(contract, "2026-04"), now=LATE)


def test_a_superseded_statement_says_by_what_once_that_is_issued() -> None:
    contract, window = a_contract(), down("2026-04")
    first = issue_month(contract, "2026-04", now=after("2026-04"))
    longer(window, 8)
    follow()
    client, address = caller(contract.customer), f"/api/v1/statements/{first.public_id}"
    assert read(client, address)["superseded_by"] is None  # a draft does not exist
    assert len(read(client, f"{address}/revisions")["results"]) == 1
    revision = issue_draft(draft_of(contract, "2026-04"), now=LATE)
    assert read(client, address)["superseded_by"] == revision.number
    assert read(client, f"/api/v1/statements/{revision.public_id}")["supersedes"] == first.number
    assert numbers(client, current="true") == [revision.number]
    assert numbers(client, current="false") == [first.number]


def test_revisions_say_what_each_changes_in_downtime_uptime_and_money() -> None:
    first, second = a_restated_april()
    client = caller(first.contract.customer)
    shown = read(client, f"/api/v1/statements/{first.number}/revisions")["results"]
    assert [(one["number"], one["revision"]) for one in shown] == [(first.number, 1), (second.number, 2)]
    assert shown[0]["difference"] is None
    assert shown[1]["difference"] == {
        "of": first.number,
        "cases": [
            {
                "id": "Platform",
                "before": {
                    "downtime_seconds": "7200",
                    "uptime_percent": "99.722222",
                    "credit_amount": "125.00",
                },
                "after": {
                    "downtime_seconds": "28800",
                    "uptime_percent": "98.888888",
                    "credit_amount": "312.50",
                },
            }
        ],
        "currency": "EUR",
        "owed_before": "125.00",
        "owed_after": "312.50",
        "granted": "125.00",
        "clawback": "never",
        "to_grant": "187.50",
    }
    assert read(client, f"/api/v1/statements/{second.public_id}/revisions")["results"] == shown


def test_revisions_are_those_of_one_period_and_one_contract() -> None:
    contract, april, _ = two_months()
    shown = read(caller(contract.customer), f"/api/v1/statements/{april.public_id}/revisions")["results"]
    assert [one["number"] for one in shown] == [april.number]


# queries


@pytest.mark.parametrize("count", [2, 9])
def test_lists_take_the_same_queries_whatever_their_length(
    count: int, django_assert_num_queries: Any
) -> None:
    customer = a_customer()
    for _ in range(count):
        issued = an_issued(statement=a_draft(a_contract(customer)))
    client = caller(customer)
    asked = {"contract": issued.contract.number, "current": "true", "ordering": "-period"}
    client.get("/api/v1/statements")  # notes that the key was used, once an hour, and prepares the queries
    client.get("/api/v1/statements", asked)
    with django_assert_num_queries(2):
        client.get("/api/v1/statements")
    with django_assert_num_queries(2):
        client.get("/api/v1/statements", asked)
    with django_assert_num_queries(3):
        client.get(f"/api/v1/statements/{issued.number}/revisions")


def test_what_hangs_on_a_statement_takes_few_queries(django_assert_num_queries: Any) -> None:
    customer = a_customer()
    address = f"/api/v1/statements/{a_statement_of(customer, kinds.crowded()).public_id}"
    client = caller(customer)
    client.get(f"{address}/document")  # notes the use of the key, and who fetched
    for part, queries in {"": 2, "/ledger": 2, "/document": 3, "/csv": 3}.items():
        with django_assert_num_queries(queries):
            assert client.get(address + part).status_code == 200
