"""The statement's document: identity, agreement, cases with their results, total. What is frozen, printed and recomputed.

A pure function of what was gathered: no clock, no random name, so that every database and every worker gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import Exclusion
from reports.incidents import incident_list, reliability_list
from reports.inputs import Gathered, GatheredCase
from reports.models import Statement
from slaservice.rules import ENGINE_VERSION
from slaservice.rules.agreement import Agreement, Settlement, settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.documents import (
    Json,
    agreement_json,
    canonical,
    case_json,
    digest,
    parse_agreement,
    result_json,
    total_json,
)
from slaservice.rules.evidence import instant_text
from slaservice.rules.exact import fixed
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money
from slaservice.rules.periods import TZDATA_VERSION


@dataclass(frozen=True, slots=True)
class Computed:
    """A period worked out: the document, its assessments by case, and the money of its lines and total."""

    document: Json
    assessments: Mapping[str, Assessment]
    settlement: Settlement

    @property
    def body(self) -> str:
        return canonical(self.document).decode()

    @property
    def digest(self) -> str:
        return digest(self.document)

    @property
    def content_digest(self) -> str:
        """Of everything but the identity: equal where nothing was found otherwise."""
        return digest({part: self.document[part] for part in ("agreement", "cases", "total")})

    @property
    def credit_minor(self) -> int:
        return Money.parse(self.document["total"]["credit_amount"], self.settlement.currency).minor

    @property
    def met(self) -> bool:
        return all(assessment.met for assessment in self.assessments.values())


def compute(gathered: Gathered, supersedes: Statement | None) -> Computed:
    """Assess every case, settle the agreement, and write the document. Refusal where rules refuse."""
    assessments = {one.id: assess(one.case) for one in gathered.cases}
    agreement = _agreement(gathered)
    settlement = settle(agreement, assessments)
    document = {
        "identity": _identity(gathered, supersedes),
        "agreement": agreement_json(agreement),
        "cases": [_case(one, assessments[one.id]) for one in gathered.cases],
        "total": total_json(settlement),
    }
    return Computed(document, assessments, settlement)


def issued_document(
    document: Json, *, number: str, issued_at: datetime, granted: Money | None, reason: str
) -> Json:
    """The document with what issuing adds to its identity: number, instant, and finance's decision on the credit."""
    decision = (
        None if granted is None else {"granted": str(granted), "currency": granted.currency, "reason": reason}
    )
    identity = document["identity"] | {
        "number": number,
        "issued_at": instant_text(instant(issued_at)),
        "decision": decision,
    }
    return document | {"identity": identity}


def _agreement(gathered: Gathered) -> Agreement:
    leading = gathered.plan.leading
    return parse_agreement({"overlap": leading.overlap, "cap": leading.cap})


def _identity(gathered: Gathered, supersedes: Statement | None) -> Json:
    plan = gathered.plan
    version, contract = plan.leading, plan.contract
    customer = contract.customer
    components = {
        component.code: component.name
        for one in gathered.cases
        for component in one.commitment.components.all()
    }
    return {
        "vendor": {
            "name": settings.VENDOR_NAME,
            "address": settings.VENDOR_ADDRESS,
            "contact": settings.VENDOR_CONTACT,
        },
        "customer": {
            "name": customer.name,
            "legal_name": customer.legal_name,
            "address": customer.address,
            "language": customer.language,
        },
        "contract": {"number": contract.number, "title": contract.title, "version": version.number},
        "tier": version.tier.code,
        "tier_name": version.tier.name,
        "period": {
            "label": plan.label,
            "start": instant_text(plan.period.start),
            "end": instant_text(plan.period.end),
            "timezone": plan.period.timezone,
            "months": plan.months,
        },
        "revision": len(gathered.issued) + 1,
        "supersedes": supersedes.number if supersedes else None,
        "already_granted": str(Money(gathered.granted_minor, version.currency)),
        "components": dict(sorted(components.items())),
        "currency": version.currency,
        "engine": ENGINE_VERSION,
        "tzdata": TZDATA_VERSION,
    }


def _case(one: GatheredCase, assessment: Assessment) -> Json:
    written: Json = {
        "id": one.id,
        "title": one.commitment.name,
        "incidents": incident_list(one),
        "reliability": reliability_list(one),
        **case_json(one.case),
        "expected": result_json(assessment),
    }
    if one.exclusions:
        written["exclusions"] = [_exclusion(row) for row in one.exclusions]
    return written


def _exclusion(row: Exclusion) -> Json:
    """By which clause and why time was excluded, beside the span that the input gives it."""
    return {"reference": row.reference, "clause": row.clause, "justification": row.justification}


def line_values(one: GatheredCase, assessment: Assessment, result: Json) -> Json:
    """The columns of a statement's line."""
    money = assessment.case.terms.money
    return {
        "commitment": one.commitment,
        "name": one.id,
        "components": ", ".join(sorted(component.name for component in one.commitment.components.all())),
        "commitment_percent": str(assessment.case.terms.commitment_percent),
        "uptime_percent": result["uptime_percent"],
        "judged_percent": result["judged_percent"],
        "applicable": assessment.applicable,
        "met": assessment.met,
        "downtime_seconds": result["downtime_seconds"],
        "excluded_seconds": result["excluded_seconds"],
        "credit_minor": Money.parse(fixed(assessment.credit.amount, money.places), money.currency).minor,
        "carried": result["carried"],
    }
