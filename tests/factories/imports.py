"""Files of customers, contracts and billed amounts, and how they are imported in tests."""

import json
from typing import Any

from accounts.importing import Result, import_file
from accounts.models import Customer
from tests.factories.accounts import NOW
from tests.factories.accounts import TERMS as ONE_COMPONENT
from tests.factories.files import Row, a_csv

TERMS = json.dumps({**ONE_COMPONENT, "components": {"combine": "min"}})
"""Of several components."""


def a_customer_row(name: str = "Koyo", **values: Any) -> Row:
    return {"name": name, **values}


def a_contract_row(number: str = "C-1", **values: Any) -> Row:
    """Months in Berlin from 1 April 2026 for Koyo: the API for 1,250.00 a month."""
    return {
        "number": number,
        "customer": "Koyo",
        "title": "Platform",
        "tier": "enterprise",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "starts_on": "2026-04-01",
        "commitment": "API",
        "components": "api",
        "fee": "1250.00",
        "terms": "github",
        **values,
    }


def another_commitment_row(number: str = "C-1", **values: Any) -> Row:
    """A second commitment of the same contract: all of it but what was said already."""
    return {"number": number, "commitment": "Web", "components": "web; api", "terms": TERMS, **values}


def a_billed_row(contract: str = "C-1", **values: Any) -> Row:
    """812.50 for the commitment Web in April 2026."""
    return {
        "contract": contract,
        "commitment": "Web",
        "period_start": "2026-04-01",
        "amount": "812.50",
        **values,
    }


def imported(kind: str, *rows: Row, content: bytes = b"", **values: Any) -> Result:
    chosen = {"name": "sheet.csv", "by": None, "now": NOW, **values}
    return import_file(kind=kind, content=content or a_csv(*rows), **chosen)


def koyo() -> Customer:
    """The customer of these contracts."""
    imported("customers", a_customer_row())
    return Customer.objects.get(name="Koyo")
