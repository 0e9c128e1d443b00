"""What a file may hold: which columns there are, how their texts are read, and an example of each."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.catalogue import catalogue
from accounts.models.customers import SPOKEN, vendor_language
from accounts.models.imports import BILLED, CONTRACTS, CUSTOMERS
from slaservice.outages.importers.entries import Field
from slaservice.rules.documents import load
from slaservice.rules.refusal import Invalid


def _text(value: str, _: object) -> str:
    return value


def _whole(value: str, _: object) -> int:
    if not re.fullmatch("[0-9]{1,9}", value):
        raise ValueError("must be a whole number")
    return int(value)


def _day(value: str, _: object) -> date:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a day, such as 2026-04-01")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def _yes(value: str, _: object) -> bool:
    if value.lower() not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return value.lower() == "yes"


def _codes(value: str, _: object) -> tuple[str, ...]:
    return tuple(re.findall(r"[^;\s]+", value))


def _object(value: str, _: object) -> dict[str, Any]:
    try:
        found = load(value)
    except Invalid as invalid:
        raise ValueError("; ".join(map(str, invalid.errors))) from None
    if not isinstance(found, dict):
        raise ValueError("must be a JSON object, {...}")
    return found


def _terms(value: str, _: object) -> Mapping[str, Any]:
    if value.startswith("{"):
        return _object(value, _)
    entry = catalogue().get(value)
    if entry is None:
        raise ValueError(f"{value[:60]!r} is no entry of the catalogue; write its key, or the terms as JSON")
    return entry.terms


@dataclass(frozen=True, slots=True)
class Kind:
    """`action` is the row of the table of roles; `examples` are rows that can be imported where their codes are known."""

    name: str
    title: str
    action: str
    columns: Mapping[str, Field]
    examples: Sequence[Mapping[str, str]]

    @property
    def template(self) -> str:
        """A CSV file with the columns and no rows."""
        return self._table([])

    @property
    def example(self) -> str:
        """A CSV file with a few rows."""
        return self._table(self.examples)

    def _table(self, rows: Sequence[Mapping[str, str]]) -> str:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(self.columns), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


_STAYS = "empty: as it is, for a new one"

_CUSTOMER: Mapping[str, Field] = {
    "name": Field(_text, "What we call the customer; a customer is known by it.", required=True),
    "id": Field(_text, "The customer's own id (cu_...): where two have one name, or the name is to change."),
    "legal_name": Field(_text, f"What a statement prints; {_STAYS}, the name."),
    "address": Field(_text, f"Of several lines, if need be; {_STAYS}, none."),
    "account_manager": Field(_text, f"The user name of an account manager; {_STAYS}, nobody."),
    "language": Field(
        _text, f"What statements are written in, one of {', '.join(SPOKEN)}; {_STAYS}, {vendor_language()}."
    ),
}

_CONTRACT: Mapping[str, Field] = {
    "number": Field(
        _text, "The contract's; rows of one number are its commitments, in their order.", required=True
    ),
    "customer": Field(
        _text,
        "The customer's name or id. Required in a contract's first row, as are title, tier, currency, timezone and starts_on; "
        "the other rows may leave empty what is said of the contract.",
    ),
    "title": Field(_text, "The contract's."),
    "tier": Field(_text, "The customer tier's code."),
    "currency": Field(_text, "ISO 4217, such as EUR."),
    "timezone": Field(_text, "An IANA name, such as Europe/Berlin."),
    "starts_on": Field(_day, "The first day, such as 2026-04-01."),
    "ends_before": Field(_day, "The first day that is no longer covered; empty: no end agreed."),
    "period_months": Field(_whole, "Months of a period: 1, 2, 3, 4, 6 or 12; empty: 1."),
    "first_month": Field(_whole, "A month in which a period begins, 1 to 12; empty: 1."),
    "settling_days": Field(_whole, "Days after a period in which facts may come in; empty: 5."),
    "issues_by_itself": Field(_yes, "yes or no: a statement without a miss needs no person; empty: yes."),
    "overlap": Field(_text, "stack, best or customer_picks_one; empty: stack."),
    "clawback": Field(_text, "never or next_period; empty: never."),
    "cap": Field(
        _object, 'Over all commitments, as JSON: {"kind": "percent_of_base", "value": "100"}; empty: none.'
    ),
    "commitment": Field(_text, "The commitment's name.", required=True),
    "components": Field(_codes, "Codes of its components, with ; or spaces between them.", required=True),
    "fee": Field(_text, "For one period, such as 1250.00; empty: the amount billed for each decides."),
    "terms": Field(
        _terms, "The key of an entry of the catalogue, such as github, or a terms document.", required=True
    ),
}

_BILLED: Mapping[str, Field] = {
    "contract": Field(_text, "The contract's number.", required=True),
    "version": Field(_whole, "Of the contract; needed only where two versions share the period."),
    "commitment": Field(_text, "The commitment's name.", required=True),
    "period_start": Field(_day, "The first day of the period, such as 2026-04-01.", required=True),
    "amount": Field(_text, "What was billed, in the contract's currency, such as 812.50.", required=True),
}

_EXAMPLE_CAP = '{"kind": "percent_of_base", "value": "50"}'

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            CUSTOMERS,
            "Customers",
            "customers.edit",
            _CUSTOMER,
            (
                {"name": "Koyo", "legal_name": "Koyo GmbH", "address": "Am Hafen 1\n20457 Hamburg", "language": "de"},
                {"name": "Lindqvist", "legal_name": "Lindqvist AB"},
            ),
        ),
        Kind(
            CONTRACTS,
            "Contracts",
            "contracts.edit",
            _CONTRACT,
            (
                {
                    "number": "C-2001", "customer": "Koyo", "title": "Platform", "tier": "enterprise", "currency": "EUR",
                    "timezone": "Europe/Berlin", "starts_on": "2026-04-01", "cap": _EXAMPLE_CAP,
                    "commitment": "API", "components": "api", "fee": "1250.00", "terms": "github",
                },
                {"number": "C-2001", "commitment": "Web", "components": "web", "terms": "slack-2019"},
            ),
        ),
        Kind(
            BILLED,
            "Billed amounts",
            "fees.record",
            _BILLED,
            (
                {
                    "contract": "C-2001", "commitment": "Web", "period_start": "2026-04-01",
                    "amount": "812.50",
                },
            ),
        ),
    )
}  # fmt: skip
