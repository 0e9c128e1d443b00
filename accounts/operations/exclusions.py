"""Exclusions are proposed by one person and approved by another; rejected or ended for a reason, never edited or deleted."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import Contract, Exclusion, ExclusionTier
from accounts.models.constraints import FIRST_INSTANT, LAST_INSTANT
from accounts.models.exclusions import APPROVED, CATEGORIES, ENDED, PROPOSED, REJECTED
from accounts.operations.fields import Faults, reason_of
from slaservice.history import operations as history
from slaservice.outages.models import Component, CustomerTier
from slaservice.outages.operations.faults import is_web_address
from slaservice.rules.refusal import Refusal


@transaction.atomic
def propose_exclusion(
    *,
    category: str,
    starts_at: datetime,
    ends_at: datetime | None,
    clause: str,
    justification: str,
    by: User,
    now: datetime,
    component: Component | None = None,
    tiers: Iterable[CustomerTier] = (),
    contract: Contract | None = None,
    evidence_url: str = "",
) -> Exclusion:
    """An exclusion that counts once another person has approved it. It may lie ahead, and may be open.

    Of `contract` alone, or of everybody in `tiers`. Invalid (`invalid_exclusion`) names every field at fault.
    """
    history.require(by, "exclusions.propose")
    chosen = sorted(set(tiers), key=lambda tier: tier.code)
    faults = Faults("invalid_exclusion")
    _check_span(starts_at, ends_at, faults)
    if category not in CATEGORIES:
        faults.add("category", f"must be one of {', '.join(CATEGORIES)}")
    if (contract is None) == (not chosen):
        faults.add("tiers", "name the tiers, or a contract, and not both: a contract has a tier of its own")
    clause = faults.text("clause", clause, longest=60)
    justification = faults.text("justification", justification, longest=2000, lines=True)
    evidence_url = faults.text("evidence_url", evidence_url, longest=500, blank=True)
    if evidence_url and not is_web_address(evidence_url):
        faults.add("evidence_url", "must start with https:// or http://")
    faults.raise_if_any()
    exclusion = Exclusion.objects.create(
        reference=f"X-{secrets.token_hex(5)}",
        contract=contract,
        component=component,
        category=category,
        starts_at=starts_at,
        ends_at=ends_at,
        clause=clause,
        justification=justification,
        evidence_url=evidence_url,
        proposed_at=now,
        proposed_by=by,
    )
    ExclusionTier.objects.bulk_create(ExclusionTier(exclusion=exclusion, tier=tier) for tier in chosen)
    after = _described(exclusion) | {"tiers": [tier.code for tier in chosen]}
    history.record(by=by, action="exclusions.propose", obj=exclusion, data={"after": after}, at=now)
    return exclusion


def _check_span(starts_at: datetime, ends_at: datetime | None, faults: Faults) -> None:
    times = {"starts_at": starts_at, "ends_at": ends_at}
    known = [_check_instant(path, at, faults) for path, at in times.items() if at is not None]
    if all(known) and ends_at is not None and ends_at <= starts_at:
        faults.add("ends_at", "must be later than the start")


def _check_instant(path: str, at: datetime, faults: Faults) -> bool:
    if at.tzinfo is None:
        faults.add(path, "has no zone, so it names no instant")
        return False
    if not FIRST_INSTANT <= at < LAST_INSTANT:
        faults.add(path, "must lie between 2000 and 2100")
        return False
    return True


def _described(exclusion: Exclusion) -> dict[str, Any]:
    plain = ("category", "clause", "justification", "evidence_url")
    return {name: getattr(exclusion, name) for name in plain} | {
        "contract": exclusion.contract and exclusion.contract.number,
        "component": exclusion.component and exclusion.component.code,
        "starts_at": exclusion.starts_at.isoformat(),
        "ends_at": exclusion.ends_at and exclusion.ends_at.isoformat(),
    }


@transaction.atomic
def approve_exclusion(*, exclusion: Exclusion, by: User, now: datetime, reason: str = "") -> Exclusion:
    """It counts from now on, wherever terms exclude its category. Refusal for the person who proposed it."""
    history.require(by, "exclusions.approve")
    reason = reason_of(reason, blank=True, code="invalid_exclusion")
    if exclusion.proposed_by_id == by.pk:
        raise Refusal(
            "approved_by_another_person",
            f"{exclusion} was proposed by you: another person approves it.",
        )
    _move(exclusion, PROPOSED, now=now, state=APPROVED, approved_at=now, approved_by=by)
    history.record(by=by, action="exclusions.approve", obj=exclusion, reason=reason, at=now)
    return Exclusion.objects.get(pk=exclusion.pk)


@transaction.atomic
def reject_exclusion(*, exclusion: Exclusion, by: User, now: datetime, reason: str) -> Exclusion:
    """It never counts, for a reason; also how whoever proposed it takes it back."""
    history.require(by, "exclusions.reject")
    reason = reason_of(reason, blank=False, code="invalid_exclusion")
    _move(exclusion, PROPOSED, now=now, state=REJECTED, closed_at=now, closed_by=by, close_reason=reason)
    history.record(by=by, action="exclusions.reject", obj=exclusion, reason=reason, at=now)
    return Exclusion.objects.get(pk=exclusion.pk)


@transaction.atomic
def end_exclusion(
    *, exclusion: Exclusion, stops_at: datetime, by: User, now: datetime, reason: str
) -> Exclusion:
    """From `stops_at` on it excludes nothing, for a reason; from its start on, as if it had never been.

    Statements that it touched are drafted anew by the next close.
    """
    history.require(by, "exclusions.end")
    reason = reason_of(reason, blank=False, code="invalid_exclusion")
    faults = Faults("invalid_exclusion")
    if _check_instant("stops_at", stops_at, faults) and (
        stops_at < exclusion.starts_at or (exclusion.ends_at is not None and stops_at > exclusion.ends_at)
    ):
        faults.add("stops_at", "must lie within the exclusion")
    faults.raise_if_any()
    closing = {"closed_at": now, "closed_by": by, "close_reason": reason}
    _move(exclusion, APPROVED, now=now, state=ENDED, stops_at=stops_at, **closing)
    data = {
        "before": {"ends_at": _described(exclusion)["ends_at"]},
        "after": {"stops_at": stops_at.isoformat()},
    }
    history.record(by=by, action="exclusions.end", obj=exclusion, reason=reason, data=data, at=now)
    return Exclusion.objects.get(pk=exclusion.pk)


def _move(exclusion: Exclusion, origin: str, *, now: datetime, **values: Any) -> None:
    """One conditional UPDATE: of two people who decide at once, one is refused by name."""
    current = Exclusion.objects.get(pk=exclusion.pk)
    if now < max(filter(None, (current.proposed_at, current.approved_at))):
        raise Refusal("decided_before_it_was_known", f"{exclusion} was recorded later than {now}.")
    if not Exclusion.objects.filter(pk=exclusion.pk, state=origin).update(**values):
        state = Exclusion.objects.values_list("state", flat=True).get(pk=exclusion.pk)
        raise Refusal(
            "state_does_not_allow_it", f"{exclusion} is {state} and cannot become {values['state']}."
        )
