"""The ledger covers every instant once, adds up to what the statement says, and names what took the time and by which clause."""

from fractions import Fraction
from typing import Any

import pytest

from slaservice.rules.documents import load
from tests.factories.accounts import a_contract, a_customer, an_exclusion
from tests.factories.reports import a_draft, an_issued, an_outage
from tests.reports.api.calling import Json, a_statement_of, caller, every_row, read
from tests.reports.pdf import kinds
from tests.reports.pdf.samples import case, maintenance, outage, statement, terms

pytestmark = pytest.mark.django_db


def ledger_of(document: Json, query: str = "limit=500") -> list[Json]:
    customer = a_customer()
    issued = a_statement_of(customer, document)
    return every_row(caller(customer), f"/api/v1/statements/{issued.public_id}/ledger?{query}")


def of(rows: list[Json], commitment: str, component: str | None) -> list[Json]:
    return [row for row in rows if (row["commitment"], row["component"]) == (commitment, component)]


@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_rows_cover_the_period_once_and_add_up_to_the_result(kind: str) -> None:
    document = kinds.KINDS[kind]()
    rows = ledger_of(document)
    for one in document["cases"]:
        result = one["expected"]
        downtime = eligible = Fraction(0)
        for part in result["ledger"]:
            own = of(rows, one["id"], part["component"])
            assert own[0]["start"] == result["period_start"]
            assert own[-1]["end"] == result["period_end"]
            assert [row["end"] for row in own[:-1]] == [row["start"] for row in own[1:]]
            assert sum(Fraction(row["seconds"]) for row in own) == Fraction(result["period_seconds"])
            downtime += sum(Fraction(row["lost_seconds"]) for row in own)
            eligible += sum(Fraction(row["seconds"]) for row in own if row["eligible"])
        if len(result["ledger"]) == 1:
            assert downtime == Fraction(result["downtime_seconds"])
            assert eligible == Fraction(result["eligible_seconds"])


@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_every_row_names_the_clause_it_rests_on(kind: str) -> None:
    for row in ledger_of(kinds.KINDS[kind]()):
        assert row["clauses"], row
        assert all(clause["text"] for clause in row["clauses"])


def the(rows: list[Json], bucket: str) -> Json:
    (found,) = [row for row in rows if row["bucket"] == bucket]
    return found


def test_a_lost_row_names_its_outage_its_incident_and_the_clause() -> None:
    rows = ledger_of(kinds.missed())
    lost = next(row for row in rows if row["loss"] == "0.3")
    assert lost == {
        "commitment": "Northwind API",
        "component": None,
        "start": "2026-04-09T13:02:11.250000Z",
        "end": "2026-04-09T13:39:02.250000Z",
        "seconds": "2211",
        "bucket": "down",
        "eligible": True,
        "loss": "0.3",
        "lost_seconds": "663.3",
        "windows": [
            {
                "kind": "outage",
                "id": "INC-2304/api/1",
                "incident": "INC-2304",
                "component": "api",
                "start": "2026-04-09T13:02:11.250000Z",
                "end": "2026-04-09T13:39:02.250000Z",
                "severity": "partial_outage",
                "affected_share": "1",
                "total": None,
                "errors": None,
            }
        ],
        "exclusion": None,
        "marks": [],
        "clauses": [
            {
                "field": "signal.severity_weight",
                "number": "2.3",
                "text": "An outage counts by its severity: major_outage in full, partial_outage at 30 %, degraded_performance"
                " not at all. Outages that overlap count once, at the highest loss.",
            }
        ],
    }


def test_maintenance_that_was_announced_too_late_is_marked_with_the_clause_on_notice() -> None:
    (marked,) = [row for row in ledger_of(kinds.missed()) if row["marks"]]
    assert (marked["bucket"], marked["marks"]) == ("down", ["late notice: M-121"])
    assert [(clause["field"], clause["number"]) for clause in marked["clauses"]] == [
        ("signal.severity_weight", "2.3"),
        ("exclude.notice_seconds", "4.2"),
    ]


def test_maintenance_beyond_the_allowance_is_marked_with_the_clause_on_it() -> None:
    agreed = terms(exclude={"effect": "not_downtime", "allowance_seconds": 600})
    down = outage("2026-04-12T01:00:00Z", 20, id="W-1")
    planned = maintenance("2026-04-12T01:00:00Z", 20, id="M-1")
    rows = ledger_of(statement([case("API", agreed, {"outages": [down], "maintenance": [planned]})]))
    assert the(rows, "excluded")["exclusion"]["id"] == "M-1"
    assert the(rows, "down")["clauses"][1]["field"] == "exclude.allowance_seconds"


def test_an_agreed_exclusion_says_by_which_clause_and_why() -> None:
    contract = a_contract()
    an_outage()
    exclusion = an_exclusion(contract)
    issued = an_issued(statement=a_draft(contract))
    rows = every_row(caller(contract.customer), f"/api/v1/statements/{issued.number}/ledger")
    excluded = the(rows, "excluded")
    assert excluded["exclusion"] == {
        "id": exclusion.reference,
        "category": "customer_caused",
        "component": "*",
        "start": "2026-04-10T12:00:00Z",
        "end": "2026-04-10T13:00:00Z",
        "announced_at": None,
        "clause": "7.2(b)",
        "justification": "The customer revoked the key that the service signs with.",
    }
    assert [clause["number"] for clause in excluded["clauses"]] == ["7.2(b)"]


def test_failed_requests_and_gaps_are_told_from_outages() -> None:
    agreed = terms(signal={"source": "requests", "severity_weight": {}}, no_data="as_down")
    counted = {
        "component": "api", "start": "2026-04-10T12:00:00Z", "seconds": 300, "total": 1000, "errors": 20
    }  # fmt: skip
    gap = {"component": "api", "start": "2026-04-11T12:00:00Z", "end": "2026-04-11T13:00:00Z"}
    rows = ledger_of(statement([case("API", agreed, {"requests": [counted], "no_data": [gap]})]))
    failed, silent = the(rows, "down"), the(rows, "no_data")
    assert failed["windows"] == [
        {
            "kind": "requests",
            "id": "requests[0]",
            "incident": None,
            "component": "api",
            "start": "2026-04-10T12:00:00Z",
            "end": "2026-04-10T12:05:00Z",
            "severity": None,
            "affected_share": None,
            "total": 1000,
            "errors": 20,
        }
    ]
    assert failed["clauses"][0]["field"] == "signal.requests"
    assert (silent["loss"], silent["clauses"][0]["field"]) == ("1", "no_data")


def test_a_gap_of_one_of_several_components_counts_as_a_gap() -> None:
    agreed = terms(("api", "console"), no_data="as_down")
    gap = {"component": "api", "start": "2026-04-11T12:00:00Z", "end": "2026-04-11T13:00:00Z"}
    lost = the(ledger_of(statement([case("Both", agreed, {"no_data": [gap]})])), "down")
    assert [(one["kind"], one["id"]) for one in lost["windows"]] == [("no_data", "no data")]
    assert lost["clauses"][0]["field"] == "no_data"


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        ({"min_run": {"seconds": 600, "op": ">=", "test_on": "merged"}}, "shape.min_run"),
        ({"quantum_seconds": 300, "quantum_rule": "all"}, "shape.quantum_rule"),
    ],
)
def test_what_is_too_short_rests_on_the_minimum_or_on_the_grid(shape: Json, field: str) -> None:
    short = outage("2026-04-10T12:01:00Z", 2)
    rows = ledger_of(statement([case("API", terms(shape=shape), {"outages": [short]})]))
    assert the(rows, "below_minimum")["clauses"][0]["field"] == field


def test_a_month_with_400_incidents_is_read_in_pages_and_whole_ones_follow_each_other() -> None:
    customer = a_customer()
    address = f"/api/v1/statements/{a_statement_of(customer, kinds.crowded(400)).public_id}/ledger"
    client = caller(customer)
    assert len(read(client, address)["results"]) == 50
    assert len(read(client, address, limit="500")["results"]) == 500
    rows = every_row(client, f"{address}?limit=500")
    assert len([row for row in rows if row["bucket"] == "down"]) == 400
    assert every_row(client, f"{address}?limit=77") == rows


def test_the_ledger_is_narrowed_by_commitment_and_bucket() -> None:
    document = kinds.several()
    customer = a_customer()
    address = f"/api/v1/statements/{a_statement_of(customer, document).public_id}/ledger"
    client = caller(customer)
    rows = every_row(client, f"{address}?limit=500")
    chosen = every_row(client, f"{address}?limit=1&commitment=Webhooks&bucket=up")
    assert chosen == [row for row in rows if (row["commitment"], row["bucket"]) == ("Webhooks", "up")]
    assert len(chosen) > 1
    assert read(client, address, commitment="Nobody's")["results"] == []


@pytest.mark.parametrize("other", ["?bucket=up", "elsewhere"])
def test_a_cursor_is_good_for_its_ledger_alone(other: str) -> None:
    customer = a_customer()
    first, second = (a_statement_of(customer, kinds.KINDS[kind]()) for kind in ("crowded", "missed"))
    client = caller(customer)
    address = f"/api/v1/statements/{first.public_id}/ledger"
    cursor = read(client, address)["next"].partition("cursor=")[2]
    elsewhere = f"/api/v1/statements/{second.public_id}/ledger"
    asked = f"{elsewhere}?cursor={cursor}" if other == "elsewhere" else f"{address}{other}&cursor={cursor}"
    response = client.get(asked)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_the_ledger_says_what_the_document_says() -> None:
    document: Any = kinds.worst_of_three()
    customer = a_customer()
    issued = a_statement_of(customer, document)
    client = caller(customer)
    rows = every_row(client, f"/api/v1/statements/{issued.public_id}/ledger?limit=500")
    fetched = load(client.get(f"/api/v1/statements/{issued.public_id}/document").content)
    written = [
        (case["id"], part["component"], row["start"], row["end"], row["bucket"], row["loss"])
        for case in fetched["cases"]
        for part in case["expected"]["ledger"]
        for row in part["rows"]
    ]
    names = ("commitment", "component", "start", "end", "bucket", "loss")
    assert [tuple(row[name] for name in names) for row in rows] == written
