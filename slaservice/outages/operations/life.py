"""The life of a recorded fact, the same for outage windows and maintenance: propose, confirm, correct, withdraw.

Every move is a conditional UPDATE: of two people who decide at once, one is refused by name. The predecessor is always
locked before its successor. A correction is a new revision; the fact that it supersedes stays as it was, with the reason.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Max

from slaservice.history import operations as history
from slaservice.history.operations import Deed
from slaservice.outages.models import CONFIRMED, PROPOSED, SUPERSEDED, WITHDRAWN, CustomerTier
from slaservice.outages.operations.faults import BY_HAND, Faults
from slaservice.rules.refusal import Invalid, Refusal

By = AbstractBaseUser | None

_ALIVE = (PROPOSED, CONFIRMED)


class Facts(Protocol):
    """What a revision says: a frozen value."""

    @property
    def tiers(self) -> tuple[CustomerTier, ...]: ...

    def columns(self) -> dict[str, Any]:
        """The row's columns, without tiers."""

    def described(self) -> dict[str, Any]:
        """The same for the history, as JSON."""

    def check(self, faults: Faults, *, now: datetime) -> None:
        """Adds what is wrong."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision to be proposed. Without reference or external id it is one made by hand and gets a random one."""

    facts: Facts
    source: str = ""
    external_id: str = ""
    reference: str = ""
    revision: int = 1
    supersedes: Any = None


@dataclass(frozen=True, slots=True)
class Register:
    """One kind of fact: its tables, its words, its area of the history, the permission that each verb takes.

    Without a `tier_model` it is the same for every tier.
    """

    model: Any
    tier_model: Any
    owner: str
    noun: str
    initial: str
    area: str
    permissions: Mapping[str, str]
    facts_of: Callable[[Any], Facts]


LONGEST_REFERENCE = 190
"""Of a first revision: the others' have their number behind it."""


def shortened(name: str) -> str:
    """A reference made of other people's names: cut, with a hash, where it is long or reads like a revision's."""
    if len(name) <= LONGEST_REFERENCE and not re.search(r"@\d+$", name):
        return name
    return f"{name[: LONGEST_REFERENCE - 13]}~{sha256(name.encode()).hexdigest()[:12]}"


def _first_reference(row: Any) -> str:
    """The reference of the first revision of what `row` is about."""
    reference: str = row.reference
    return reference.removesuffix(f"@{row.revision}") if row.revision > 1 else reference


@transaction.atomic
def propose(register: Register, *, drafts: Sequence[Draft], by: By, now: datetime) -> list[Any]:
    """Proposes them all or none, in three INSERTs. Invalid with every fault; Refusal if one is there already."""
    history.require(by, register.permissions["propose"])
    _check(drafts, now=now)
    rows = _insert(register, drafts, by=by, now=now)
    deeds = [
        Deed(row, data={"after": draft.facts.described()}) for row, draft in zip(rows, drafts, strict=True)
    ]
    history.record_many(by=by, action=f"{register.area}.propose", deeds=deeds, at=now)
    return rows


def _check(drafts: Sequence[Draft], *, now: datetime) -> None:
    found = []
    for number, draft in enumerate(drafts):
        faults = Faults(f"[{number}]." if len(drafts) > 1 else "")
        draft.facts.check(faults, now=now)
        for field, longest in (("source", 60), ("external_id", 200), ("reference", LONGEST_REFERENCE)):
            faults.text(field, getattr(draft, field), longest=longest)
        found.append(faults)
    errors = [error for faults in found for error in faults.errors]
    if errors:
        raise Invalid(errors, next(faults.code for faults in found if faults.code))


def _insert(register: Register, drafts: Sequence[Draft], *, by: By, now: datetime) -> list[Any]:
    rows = [_row(register, draft, by=by, now=now) for draft in drafts]
    try:
        with transaction.atomic():
            register.model.objects.bulk_create(rows)
    except IntegrityError as conflict:
        raise Refusal(
            "already_recorded",
            f"This {register.noun} is recorded already: a source's id and a reference stand for one only.",
        ) from conflict
    if register.tier_model:
        register.tier_model.objects.bulk_create(
            [
                register.tier_model(**{register.owner: row, "tier": tier})
                for row, draft in zip(rows, drafts, strict=True)
                for tier in draft.facts.tiers
            ]
        )
    return rows


def _row(register: Register, draft: Draft, *, by: By, now: datetime) -> Any:
    source = draft.source or BY_HAND
    named = shortened(f"{source}/{draft.external_id}") if draft.external_id else ""
    reference = draft.reference or named or f"{register.initial}-{secrets.token_hex(6)}"
    known_as = {} if draft.supersedes is None else {"public_id": draft.supersedes.public_id}
    return register.model(
        **draft.facts.columns(),
        **known_as,
        source=source,
        external_id=draft.external_id or reference,
        reference=reference if draft.revision == 1 else f"{reference}@{draft.revision}",
        revision=draft.revision,
        supersedes=draft.supersedes,
        proposed_at=now,
        proposed_by=by,
    )


@transaction.atomic
def confirm(register: Register, *, row: Any, by: By, now: datetime, reason: str = "") -> Any:
    """A proposal counts from now on; what it supersedes no longer does."""
    history.require(by, register.permissions["confirm"])
    _check_reason(reason, blank=True)
    _refuse_the_past(register, row, now=now)
    if register.tier_model and not register.tier_model.objects.filter(**{register.owner: row}).exists():
        raise Refusal(
            "window_names_no_tier", f"{row.reference} names no customer tier, so it would affect nobody."
        )
    if row.supersedes_id is not None:
        before = register.model.objects.get(pk=row.supersedes_id)
        if before.state in _ALIVE:
            _close(
                register,
                before,
                SUPERSEDED,
                reason=reason or f"Superseded by {row.reference}.",
                by=by,
                now=now,
            )
    moved = register.model.objects.filter(pk=row.pk, state=PROPOSED).update(
        state=CONFIRMED, confirmed_at=now, confirmed_by=by
    )
    if not moved:
        raise _not_so_any_more(register, row, "confirmed")
    history.record(by=by, action=f"{register.area}.confirm", obj=row, reason=reason, at=now)
    return register.model.objects.get(pk=row.pk)


@transaction.atomic
def withdraw(register: Register, *, row: Any, by: By, now: datetime, reason: str) -> Any:
    """It does not count, or no longer does. A correction of it that is still proposed stays a question."""
    history.require(by, register.permissions["withdraw"])
    _check_reason(reason, blank=False)
    _close(register, row, WITHDRAWN, reason=reason, by=by, now=now)
    return register.model.objects.get(pk=row.pk)


@transaction.atomic
def correct(register: Register, *, row: Any, facts: Facts, by: By, now: datetime, reason: str) -> Any:
    """A new confirmed revision that supersedes `row`, proposed or confirmed.

    Whatever else was pending on the same fact is overtaken: another proposed correction is withdrawn, and if `row` was
    itself a proposed correction, the revision that it would have superseded no longer counts.
    """
    history.require(by, register.permissions["correct"])
    _check_reason(reason, blank=False)
    before = register.facts_of(row)
    if facts == before:
        remedy = " Confirm it instead." if row.state == PROPOSED else ""
        raise Refusal("nothing_to_correct", f"{row.reference} already says exactly this.{remedy}")
    _check([Draft(facts)], now=now)
    for earlier in register.model.objects.filter(pk=row.supersedes_id, state=CONFIRMED):
        _close(register, earlier, SUPERSEDED, reason=reason, by=by, now=now)
    _close(register, row, SUPERSEDED, reason=reason, by=by, now=now)
    revision = next_revision(register, source=row.source, external_id=row.external_id)
    for pending in register.model.objects.filter(supersedes=row, state=PROPOSED):
        _close(
            register, pending, WITHDRAWN, reason=f"Overtaken by revision {revision}: {reason}", by=by, now=now
        )
    draft = Draft(facts, row.source, row.external_id, _first_reference(row), revision, row)
    (new,) = _insert(register, [draft], by=by, now=now)
    register.model.objects.filter(pk=new.pk).update(state=CONFIRMED, confirmed_at=now, confirmed_by=by)
    data = {"before": before.described(), "after": facts.described(), "supersedes": row.reference}
    history.record(by=by, action=f"{register.area}.correct", obj=new, reason=reason, data=data, at=now)
    return register.model.objects.get(pk=new.pk)


def next_revision(register: Register, *, source: str, external_id: str) -> int:
    """The number of the next revision of what a source calls `external_id`. Exact only under the lock of the last one."""
    revisions = register.model.objects.filter(source=source, external_id=external_id)
    return (revisions.aggregate(last=Max("revision"))["last"] or 0) + 1


def _close(register: Register, row: Any, state: str, *, reason: str, by: By, now: datetime) -> None:
    """Moves `row` to withdrawn or superseded, from proposed or confirmed only."""
    _refuse_the_past(register, row, now=now)
    moved = register.model.objects.filter(pk=row.pk, state__in=_ALIVE).update(
        state=state, closed_at=now, closed_by=by, close_reason=reason
    )
    if not moved:
        raise _not_so_any_more(register, row, state)
    verb = "withdraw" if state == WITHDRAWN else "supersede"
    history.record(
        by=by,
        action=f"{register.area}.{verb}",
        obj=row,
        reason=reason,
        data={"before": {"state": row.state}},
        at=now,
    )


def _check_reason(reason: str, *, blank: bool) -> None:
    faults = Faults()
    faults.text("reason", reason, longest=3900, blank=blank)
    faults.raise_if_any()


def _refuse_the_past(register: Register, row: Any, *, now: datetime) -> None:
    known = max(filter(None, (row.proposed_at, row.confirmed_at)))
    if now < known:
        raise Refusal(
            "decided_before_it_was_known",
            f"{row.reference} was recorded at {known:%Y-%m-%d %H:%M:%S} UTC, which is later.",
        )


def _not_so_any_more(register: Register, row: Any, target: str) -> Refusal:
    state = register.model.objects.values_list("state", flat=True).get(pk=row.pk)
    return Refusal("state_does_not_allow_it", f"{row.reference} is {state} and cannot become {target}.")
