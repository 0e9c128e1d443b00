"""Rows of contracts as a person reads them: amounts with their currency, terms in words and as JSON."""

import json
import re
from calendar import month_name
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Commitment, ContractVersion
from accounts.queries import terms_of
from slaservice.rules.documents import parse_terms
from slaservice.rules.money import Money
from slaservice.rules.wording import clauses
from slaservice.rules.words import number

MONTHS = {month: name for month, name in enumerate(month_name) if month}
PERIODS = {1: "month", 2: "two months", 3: "quarter", 4: "four months", 6: "half-year", 12: "year"}
OVERLAP_WORDS = {
    "stack": "the credits of both count",
    "best": "the higher credit counts",
    "customer_picks_one": "the customer picks one",
}

_FRACTION = re.compile(r"-?[0-9]+/[0-9]+")
_FREE_TEXT = frozenset({"clauses", "evidence"})


def local_day(at: datetime | None, timezone: str) -> date | None:
    """The calendar day of an instant in a zone."""
    return None if at is None else at.astimezone(ZoneInfo(timezone)).date()


def money(minor: int | None, currency: str) -> str:
    """An amount in minor units with its currency: 1250.00 EUR."""
    return "" if minor is None else f"{Money(minor, currency)} {currency}"


def readable(terms: Any) -> Any:
    """Terms with decimals where the canonical form has fractions: 99.9 for 999/10. The same terms."""
    if isinstance(terms, dict):
        return {name: value if name in _FREE_TEXT else readable(value) for name, value in terms.items()}
    if isinstance(terms, list):
        return [readable(item) for item in terms]
    if isinstance(terms, str) and _FRACTION.fullmatch(terms):
        return number(Fraction(terms))
    return terms


def terms_text(terms: Any) -> str:
    """Terms as JSON that people edit."""
    return json.dumps(readable(terms), indent=2, ensure_ascii=False)


def version_shown(version: ContractVersion) -> dict[str, Any]:
    """What the page of a contract says of one version; `commitments` and their `components` were prefetched."""
    return {
        "version": version,
        "from": local_day(version.starts_at, version.timezone),
        "before": local_day(version.ends_at, version.timezone),
        "period": _period(version),
        "overlap": OVERLAP_WORDS[version.overlap],
        "cap": terms_text(version.cap) if version.cap else "",
        "commitments": [
            _commitment_shown(commitment, version.currency) for commitment in version.commitments.all()
        ],
    }


def _period(version: ContractVersion) -> str:
    """each quarter, from February; a month needs no first month."""
    since = "" if version.period_months == 1 else f", from {MONTHS[version.first_month]}"
    return f"each {PERIODS[version.period_months]}{since}"


def versions_shown(versions: Iterable[ContractVersion]) -> list[dict[str, Any]]:
    """Every version, the newest first."""
    return [version_shown(version) for version in sorted(versions, key=lambda version: -version.number)]


def _commitment_shown(commitment: Commitment, currency: str) -> dict[str, Any]:
    names = {component.code: component.name for component in commitment.components.all()}
    return {
        "name": commitment.name,
        "components": [f"{name} ({code})" for code, name in sorted(names.items())],
        "fee": money(commitment.fee_minor, currency) or "as billed for each period",
        "clauses": [sentence for _, sentence in clauses(parse_terms(terms_of(commitment)), names)],
        "json": terms_text(commitment.terms),
    }


def agreement_initial(version: ContractVersion) -> dict[str, Any]:
    """A version as the amendment form starts from it."""
    plain = {
        name: getattr(version, name)
        for name in ("currency", "timezone", "period_months", "first_month", "overlap")
    }
    return {**plain, "tier": version.tier_id, "cap": terms_text(version.cap) if version.cap else ""}


def commitments_initial(version: ContractVersion) -> list[dict[str, Any]]:
    """Its commitments as the form starts from them."""
    return [
        {
            "name": commitment.name,
            "components": [component.pk for component in commitment.components.all()],
            "fee": "" if commitment.fee_minor is None else str(Money(commitment.fee_minor, version.currency)),
            "terms": terms_text(commitment.terms),
        }
        for commitment in version.commitments.prefetch_related("components")
    ]
