"""A contract as it is typed in the admin: the names of its form's fields with their texts."""

import json
from typing import Any

from accounts.admin.contract_form.terms import canonical, shown
from tests.factories.accounts import TERMS, a_component, a_tier

Typed = dict[str, Any]


def in_fields(terms: dict[str, Any], root: str = "commitments[0]") -> Typed:
    """Terms as the form has them, field by field."""
    return {f"{root}.terms.{path}": text for path, text in shown(canonical(terms)).items()}


def commitments(*rows: dict[str, Any]) -> Typed:
    """Commitments as posted; `terms` is a document where it is text, else it goes into its fields."""
    fields: Typed = {}
    for index, row in enumerate(rows):
        root = f"commitments[{index}]"
        values = dict(row)
        terms = values.pop("terms", None)
        if isinstance(terms, dict):
            fields |= in_fields(terms, root)
        elif terms is not None:
            fields[f"{root}.terms"] = terms
        fields |= {f"{root}.{name}": value for name, value in values.items()}
    return fields


def platform(**values: Any) -> Typed:
    """One commitment over the API, 1,250.00 a period, its terms as a document."""
    chosen = {
        "name": "Platform",
        "components": [a_component().pk],
        "fee": "1250.00",
        "terms": json.dumps(TERMS),
    }
    return {**chosen, **values}


def typed(**values: Any) -> Typed:
    """A contract but for its customer and commitments."""
    chosen = {
        "number": "MSA-1", "title": "Master agreement", "starts_on": "2026-04-01", "ends_before": "", "tier": a_tier().pk,
        "currency": "EUR", "timezone": "Europe/Berlin", "period_months": "1", "first_month": "1", "overlap": "stack",
        "cap_kind": "", "cap_value": "", "cap_per": "period", "clawback": "never", "settling_days": "5",
        "issues_by_itself": "on", "reason": "Signed on paper",
    }  # fmt: skip
    return {**chosen, **values}


def posted(page: Any) -> Typed:
    """What a page of the form would send as it stands: an answer of Django's test client, sent back unchanged."""
    return {name: list(texts) for name, texts in page.context["entry"].posted.items()}
