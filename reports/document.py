"""The statement's document: identity, agreement, cases with their results, total, and a restatement's difference to what it
supersedes. What is frozen, printed and recomputed.

A pure function of what was gathered: no clock, no random name, so that every database and every worker gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from reports import look
from reports.inputs import Gathered, GatheredCase
from reports.sharing import common
from slaservice.rules import ENGINE_VERSION
from slaservice.rules.agreement import Agreement, Claim, Settlement, claim_of, settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.canon import Written
from slaservice.rules.documents import (
    Json,
    agreement_json,
    canonical,
    digest_of,
    evidence_json,
    parse_agreement,
    result_json,
    total_json,
)
from slaservice.rules.evidence import instant_text
from slaservice.rules.exact import exact_text
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money
from slaservice.rules.periods import TZDATA_VERSION
from slaservice.rules.restatement import Figures, Stated, difference_json, to_grant


@dataclass(frozen=True)
class Computed:
    """A period worked out: the document, its assessments by case, and the money of its lines and total.

    `content_digest` is of everything but the identity: equal where nothing was found otherwise.
    `to_grant` is the credit to be decided on: what is owed, or for a restatement what is owed beyond what was granted. Nothing
    where a restatement says what is issued: it is never issued, and what was decided on that stays decided.
    `claim`: only to whoever claims it.
    """

    document: Json
    content_digest: str
    assessments: Mapping[str, Assessment]
    settlement: Settlement
    to_grant: Money
    claim: Claim | None

    @cached_property
    def body(self) -> str:
        return canonical(self.document).decode()

    @cached_property
    def digest(self) -> str:
        return digest_of(self.body.encode())

    @property
    def credit_minor(self) -> int:
        return owed(self.document).minor

    @property
    def met(self) -> bool:
        return all(assessment.met for assessment in self.assessments.values())


def compute(gathered: Gathered) -> Computed:
    """Assess every case, settle the agreement, and write the document. Refusal where rules refuse."""
    assessments = {one.id: assess(one.case, common(one.occasion).measurement) for one in gathered.cases}
    agreement = agreement_of(gathered)
    settlement = settle(agreement, assessments)
    content = Written.of(
        {
            "agreement": agreement_json(agreement),
            "cases": [_case(one, assessments[one.id]) for one in gathered.cases],
            "total": total_json(settlement),
        }
    )
    document = content | {"identity": _identity(gathered)}
    if gathered.issued:
        document = document | {"difference": _difference(gathered, document)}
    # What was claimed once needs no second claim where it turns out to be more.
    claim = None if gathered.asked_for else claim_of(settlement, assessments)
    content_digest = digest_of(canonical(content))
    granting = to_grant(owed(document), _granted(gathered), gathered.plan.leading.clawback)
    if gathered.issued and gathered.issued[-1].content_digest == content_digest:
        granting = Money(0, granting.currency)
    due = claim if granting.minor > 0 else None
    return Computed(document, content_digest, assessments, settlement, granting, due)


def owed(document: Json) -> Money:
    """What a document says that the terms owe in total."""
    return Money.stated(document["total"]["credit_amount"], document["total"]["currency"])


def _granted(gathered: Gathered) -> Money:
    """By all earlier revisions, in their currency."""
    last = gathered.issued[-1] if gathered.issued else gathered.plan.leading
    return Money(gathered.granted_minor, last.currency)


def _difference(gathered: Gathered, document: Json) -> Json:
    last, currency = gathered.issued[-1], document["total"]["currency"]
    assert last.number is not None
    before = {
        line.name: Figures(
            line.downtime_seconds, line.uptime_percent, Money(line.credit_minor, last.currency)
        )
        for line in gathered.before
    }
    after = {case["id"]: Figures.of_result(case["expected"], currency) for case in document["cases"]}
    return difference_json(
        of=last.number,
        before=Stated(before, Money(last.credit_minor, last.currency)),
        after=Stated(after, owed(document)),
        granted=_granted(gathered),
        clawback=gathered.plan.leading.clawback,
    )


def issued_document(
    document: Json,
    *,
    number: str,
    issued_at: datetime,
    granted: Money | None,
    reason: str,
    claim: Json | None,
    anchor: Json | None,
    background: Json,
    verify: str,
) -> Json:
    """The document with what issuing adds to its identity: number, instant, finance's decision on the credit, an anchor.

    `claim` is the amount of a credit that is still to be claimed, and until when. `anchor` is the latest seal of history: so
    customers hold witnesses that nobody rewrote what came before. `background`: see reports/background.py. `verify`
    is the address at which anybody asks about the statement, to which its digest is added.
    """
    decision = (
        None if granted is None else {"granted": str(granted), "currency": granted.currency, "reason": reason}
    )
    identity = (
        document["identity"]
        | background
        | {
            "number": number,
            "issued_at": instant_text(instant(issued_at)),
            "decision": decision,
            "claim": claim,
            "anchor": anchor,
            "verify": verify,
        }
    )
    return document | {"identity": identity}


def agreement_of(gathered: Gathered) -> Agreement:
    """What joins the commitments of a period, with what earlier periods count against its cap."""
    leading = gathered.plan.leading
    credited = exact_text(gathered.credited)
    return parse_agreement({"overlap": leading.overlap, "cap": leading.cap, "previously_credited": credited})


def _identity(gathered: Gathered) -> Json:
    plan = gathered.plan
    version, contract = plan.leading, plan.contract
    supersedes = gathered.issued[-1] if gathered.issued else None
    customer = contract.customer
    components = {component.code: component.name for one in gathered.cases for component in one.components}
    return {
        "vendor": look.vendor(),
        "customer": {
            "name": customer.name,
            "legal_name": customer.legal_name,
            "address": customer.address,
            "language": customer.language,
        },
        "contract": {
            "number": contract.number,
            "title": contract.title,
            "version": version.number,
            "versions": [
                {
                    "number": part.version.number,
                    "start": instant_text(part.span.start),
                    "end": instant_text(part.span.end),
                }
                for part in plan.parts
            ],
        },
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
        "already_granted": str(_granted(gathered)),
        **_decided_before(gathered),
        "components": dict(sorted(components.items())),
        "currency": version.currency,
        "engine": ENGINE_VERSION,
        "tzdata": TZDATA_VERSION,
    }


def _decided_before(gathered: Gathered) -> Json:
    """What earlier revisions computed and finance granted otherwise; the reasons are on those revisions, and in our history."""
    numbers = {statement.pk: statement.number for statement in gathered.issued}
    found = [
        {
            "number": numbers[credit.statement_id],
            "computed": str(Money(credit.computed_minor, credit.currency)),
            "granted": str(Money(credit.granted_minor, credit.currency)),
        }
        for credit in gathered.decided
    ]
    return {"decided_before": found} if found else {}


def _case(one: GatheredCase, assessment: Assessment) -> Json:
    shared = common(one.occasion).case
    return shared | {
        "id": one.id,
        "title": one.commitment.name,
        "input": evidence_json(one.case.evidence, shared["input"]),
        "expected": result_json(assessment, shared["expected"]),
    }


def line_values(one: GatheredCase, assessment: Assessment, settlement: Settlement, result: Json) -> Json:
    """The columns of a statement's line."""
    return {
        "commitment": one.commitment,
        "name": one.id,
        "components": ", ".join(sorted(component.name for component in one.components)),
        "commitment_percent": str(assessment.case.terms.commitment_percent),
        "uptime_percent": result["uptime_percent"],
        "judged_percent": result["judged_percent"],
        "applicable": assessment.applicable,
        "met": assessment.met,
        "downtime_seconds": result["downtime_seconds"],
        "excluded_seconds": result["excluded_seconds"],
        "credit_minor": assessment.owed.minor,
        "counted": one.id in settlement.counted,
        "carried": result["carried"],
    }
