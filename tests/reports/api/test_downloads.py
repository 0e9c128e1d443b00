"""The document byte for byte, the PDF, and the ledger as a table that a spreadsheet reads as numbers and never as formulas."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from reports.models import Delivery
from slaservice.rules.documents import digest, load
from tests.factories.accounts import a_customer
from tests.reports.api.calling import a_statement_of, an_issued_statement_of, caller
from tests.reports.pdf import kinds
from tests.reports.pdf.samples import case, outage, statement, terms

pytestmark = pytest.mark.django_db


def test_the_document_is_the_frozen_one_byte_for_byte() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    response = caller(customer).get(f"/api/v1/statements/{issued.public_id}/document")
    assert response.content.decode() == issued.body
    assert digest(load(response.content)) == issued.digest


def test_the_pdf_is_a_download_named_by_the_number() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    response = caller(customer).get(f"/api/v1/statements/{issued.public_id}/pdf")
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Disposition"] == 'attachment; filename="SLA-2026-00001.pdf"'
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("part", ["document", "pdf", "csv"])
def test_who_fetched_a_file_is_kept_once(part: str) -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    client = caller(customer)
    for _ in range(2):
        client.get(f"/api/v1/statements/{issued.public_id}/{part}")
    (kept,) = Delivery.objects.filter(statement=issued)
    assert (kept.channel, kept.key) == ("api", customer.api_keys.get())


def table(document: Any, **asked: str) -> tuple[Any, list[dict[str, str]]]:
    """The answer, and its rows by the names of the columns."""
    customer = a_customer()
    issued = a_statement_of(customer, document)
    response = caller(customer).get(f"/api/v1/statements/{issued.public_id}/csv", asked)
    assert response.status_code == 200, response.content
    return response, list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_the_table_is_a_download_named_by_the_number() -> None:
    response, _ = table(kinds.missed())
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="SLA-2026-90000-buckets.csv"'
    assert response["Content-Security-Policy"] == "sandbox"


def test_the_table_of_buckets_is_whole_and_adds_up() -> None:
    document = kinds.crowded(400)
    _, rows = table(document)
    result = document["cases"][0]["expected"]
    assert len(rows) == len(result["ledger"][0]["rows"])
    assert sum(Decimal(row["Seconds"]) for row in rows) == result["period_seconds"]
    assert sum(Decimal(row["Lost seconds"]) for row in rows) == Decimal(result["downtime_seconds"])


def test_a_row_of_the_table_names_window_exclusion_mark_and_clause() -> None:
    _, rows = table(kinds.missed())
    excluded = next(row for row in rows if row["Bucket"] == "excluded")
    assert (excluded["Exclusion"], excluded["Clause"], excluded["Eligible"]) == ("M-118", "4.1", "yes")
    late = next(row for row in rows if row["Marks"])
    assert (late["Windows"], late["Clause"]) == ("INC-2327/api/1", "2.3, 4.2")


def test_numbers_are_numbers_and_texts_are_quoted() -> None:
    response, _ = table(kinds.missed())
    lost = next(line for line in response.content.decode().splitlines() if "INC-2304" in line)
    assert ',2211,"down","yes",0.3,663.3,"INC-2304/api/1"' in lost


def test_what_is_no_finite_decimal_is_rounded_to_twelve_decimals() -> None:
    agreed = terms(signal={"source": "windows", "severity_weight": {"major_outage": "1/3"}})
    _, rows = table(statement([case("API", agreed, {"outages": [outage("2026-04-10T12:00:00Z", 1)]})]))
    lost = next(row for row in rows if row["Bucket"] == "down")
    assert (lost["Loss"], lost["Lost seconds"]) == ("0.333333333333", "20")


def test_whole_numbers_keep_their_noughts() -> None:
    _, rows = table(statement([case("API", terms(), {"outages": [outage("2026-04-10T12:00:00Z", 10)]})]))
    assert next(row for row in rows if row["Bucket"] == "down")["Seconds"] == "600"


def test_the_table_of_windows_says_how_much_each_counted_or_why_nothing() -> None:
    document = kinds.missed()
    response, rows = table(document, table="windows")
    assert "-windows.csv" in response["Content-Disposition"]
    assert [(row["Window"], row["Incident"], row["Counted seconds"]) for row in rows] == [
        ("INC-2304/api/1", "INC-2304", "663.3"),
        ("INC-2311/api/1", "INC-2311", "0"),
        ("INC-2322/api/1", "INC-2322", "0"),
        ("INC-2327/api/1", "INC-2327", "720"),
        ("INC-2331/api/1", "INC-2331", "4680"),
    ]
    assert rows[2]["Counts less because"] == "weighs nothing"
    assert rows[1]["Counts less because"] == "excluded (M-118)"
    result = document["cases"][0]["expected"]
    assert sum(Decimal(row["Counted seconds"]) for row in rows) == Decimal("6063.3")
    assert result["downtime_seconds"] == "60633/10"


def test_no_text_of_the_table_is_a_formula() -> None:
    named = case("=HYPERLINK(1)", terms(), {"outages": [outage("2026-04-10T12:00:00Z", 5, id="@SUM(A1)")]})
    for which in ("buckets", "windows"):
        _, rows = table(statement([named]), table=which)
        assert {row["Commitment"] for row in rows} == {"'=HYPERLINK(1)"}
        shown = {row.get("Windows") or row.get("Window") or "" for row in rows}
        assert "'@SUM(A1)" in shown
        assert "@SUM(A1)" not in shown
