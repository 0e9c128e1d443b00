"""Rows of contracts as a person reads them: amounts with their currency, terms in words and as JSON."""

import json
import re
from calendar import month_name
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from accounts.models import Commitment, ContractVersion
from accounts.queries import terms_of
from slaservice.history.models import Entry
from slaservice.history.people import name_of
from slaservice.rules.documents import parse_terms
from slaservice.rules.money import Money
from slaservice.rules.periods import zone_named
from slaservice.rules.wording import clauses
from slaservice.rules.words import number

MONTHS = {month: name for month, name in enumerate(month_name) if month}
PERIODS = {1: "month", 2: "two months", 3: "quarter", 4: "four months", 6: "half-year", 12: "year"}
OVERLAP_WORDS = {
    "stack": "the credits of both count",
    "best": "the higher credit counts",
    "customer_picks_one": "the customer picks one",
}
CLAWBACK_WORDS = {
    "never": "never: what was granted stays",
    "next_period": "by a lower credit of the restatement",
}
CAP_WINDOWS = {
    "period": "for each period",
    "contract_year": "for a contract year",
    "contract": "for the whole contract",
}

_FRACTION = re.compile(r"-?[0-9]+/[0-9]+")
_FREE_TEXT = frozenset({"clauses", "evidence"})


def local_day(at: datetime | None, timezone: str) -> date | None:
    """The calendar day of an instant in a zone."""
    return None if at is None else at.astimezone(zone_named(timezone)).date()


def money(minor: int | None, currency: str) -> str:
    """An amount in minor units with its currency: EUR 1,250.00."""
    return "" if minor is None else Money(minor, currency).shown


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
        "words": agreed_in_words(version),
        "commitments": [
            _commitment_shown(commitment, version.currency) for commitment in version.commitments.all()
        ],
    }


def agreed_in_words(version: ContractVersion) -> dict[str, str]:
    """What a version says beside its commitments, by what it speaks of."""
    return {
        "Customer tier": str(version.tier),
        "Currency": version.currency,
        "Periods": f"{_period(version)}, in {version.timezone}",
        "Where two commitments cover one component": OVERLAP_WORDS[version.overlap],
        "Cap over all commitments": _cap_in_words(version.cap, version.currency) if version.cap else "none",
        "A granted credit may shrink": CLAWBACK_WORDS[version.clawback],
    }


def _cap_in_words(cap: Mapping[str, str], currency: str) -> str:
    """100 % of the sum of the bases, for each period."""
    value = readable(cap.get("value", ""))
    most = f"{currency} {value}" if cap.get("kind") == "amount" else f"{value} % of the sum of the bases"
    return f"{most}, {CAP_WINDOWS[cap.get('per', 'period')]}"


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


DONE = {"contracts.sign": "signed", "contracts.amend": "amended", "contracts.end": "given its end"}
"""What was done to a contract, in words; anything else by its name in the table of roles."""


def done_shown(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The history of a contract: who did what, from when it holds, and why."""
    return [
        {
            "at": entry.at,
            "by": name_of(entry.actor),
            "what": DONE.get(entry.action, entry.action),
            "version": entry.data.get("version", ""),
            "from": entry.data.get("starts_on", ""),
            "reason": entry.reason,
        }
        for entry in entries
    ]
