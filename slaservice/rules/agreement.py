"""Several commitments of one contract: what counts where they cover the same component, and one cap over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from slaservice.rules.assessment import Assessment
from slaservice.rules.claims import period_deadline
from slaservice.rules.exact import ZERO, fixed, rounded, total
from slaservice.rules.fields import Name, NotNegative, Part
from slaservice.rules.money import Money
from slaservice.rules.refusal import FieldError, Invalid, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCap(Part):
    """The most that all commitments together owe; a percentage is one of their bases' sum."""

    kind: Literal["percent_of_base", "amount"]
    value: NotNegative
    per: Literal["period", "contract_year", "contract"] = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Part):
    """What joins the commitments of one version. `choice` names the case that a customer picked, where it must pick one."""

    overlap: Literal["stack", "best", "customer_picks_one"] = "stack"
    cap: AgreementCap | None = None
    previously_credited: NotNegative = ZERO
    choice: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """The total of an agreement in its one currency; `counted` names the cases whose credit is part of it."""

    currency: str
    counted: tuple[str, ...]
    before_cap: Fraction
    limit: Fraction | None
    amount: Fraction
    decimals: int

    @property
    def owed(self) -> Money:
        return Money.stated(fixed(self.amount, self.decimals), self.currency)

    @property
    def capped(self) -> bool:
        return self.amount < self.before_cap


def settle(agreement: Agreement, assessments: Mapping[str, Assessment]) -> Settlement:
    """The sum of the lines that count, after the agreement's cap. Refusal where currencies differ."""
    if not assessments:
        raise Refusal("no_commitments", "An agreement needs at least one commitment.")
    money = [assessment.case.terms.money for assessment in assessments.values()]
    currencies = sorted({terms.currency for terms in money})
    if len(currencies) > 1:
        raise Refusal("mixed_currencies", f"One agreement has one currency, not {' and '.join(currencies)}.")
    counted = tuple(_counted(agreement, assessments))
    before_cap = total(assessments[name].credit.amount for name in counted)
    limit, amount = None, before_cap
    if agreement.cap:
        bases = total(assessment.credit.base for assessment in assessments.values())
        value = agreement.cap.value
        cap = value if agreement.cap.kind == "amount" else value * bases / 100
        limit = rounded(max(ZERO, cap - agreement.previously_credited), money[0].places, money[0].rounding)
        amount = min(before_cap, limit)
    return Settlement(currencies[0], counted, before_cap, limit, amount, max(terms.places for terms in money))


@dataclass(frozen=True, slots=True)
class Claim:
    """A credit is given to those who claim it before `until` alone; None: whenever they do."""

    until: int | None


def claim_of(settlement: Settlement, assessments: Mapping[str, Assessment]) -> Claim | None:
    """The claim that the total takes. None where nothing is owed, or where the terms of any line pay without one: then all is.

    Several deadlines, of lines or of outages, become the last one; one that is not known (yet) keeps the claim open.
    """
    owing = [assessments[name] for name in settlement.counted if assessments[name].credit.amount]
    if not owing or any(one.case.terms.claim.by != "customer" for one in owing):
        return None
    known = [deadline for one in owing for deadline in _claim_deadlines(one)]
    ends = [deadline for deadline in known if deadline is not None]
    return Claim(max(ends) if len(ends) == len(known) else None)


def _claim_deadlines(assessment: Assessment) -> Sequence[int | None]:
    """At least one; None is not known."""
    if (of_period := period_deadline(assessment.case.terms, assessment.period)) is not None:
        return [of_period]
    return [one.claim for one in assessment.deadlines] or [None]


def _counted(agreement: Agreement, assessments: Mapping[str, Assessment]) -> list[str]:
    """The cases whose credit counts: all, or of those that share a component the best or the one that was picked."""
    if agreement.overlap == "stack":
        return list(assessments)
    unknown = [name for name in agreement.choice if name not in assessments]
    if unknown:
        raise Invalid(
            [FieldError("agreement.choice", f"{name!r} is no case of this document") for name in unknown]
        )
    counted = []
    for group in _overlapping(assessments):
        picked = [name for name in group if name in agreement.choice]
        if len(picked) > 1:
            raise Invalid(
                [FieldError("agreement.choice", f"{' and '.join(picked)} cover the same component: pick one")]
            )
        # Where none owes anything, one that hands money on is not passed over.
        best = max(
            group, key=lambda name: (assessments[name].credit.amount, assessments[name].credit.carried)
        )
        counted.append(picked[0] if picked and agreement.overlap == "customer_picks_one" else best)
    return counted


def _overlapping(assessments: Mapping[str, Assessment]) -> list[Sequence[str]]:
    """Cases in groups that share components at one time, directly or through others; in the order of the document.

    The parts of a period that a contract's change splits follow each other: they share no instant, and each owes its own.
    """
    groups: list[list[str]] = []
    for name in assessments:
        sharing = [group for group in groups if any(_share(assessments[name], assessments[n]) for n in group)]
        merged = [n for group in sharing for n in group] + [name]
        groups = [group for group in groups if group not in sharing] + [merged]
    return [*groups]


def _share(one: Assessment, other: Assessment) -> bool:
    apart = one.period.end <= other.period.start or other.period.end <= one.period.start
    return not apart and bool({*one.case.terms.components.names} & {*other.case.terms.components.names})
