"""Claims of a feed against what was proposed from them before: what is new, what changed, what waits for an operator."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from slaservice.outages.importers.statuspage.claims import Claim
from slaservice.outages.importers.statuspage.results import ImportResult
from slaservice.outages.importers.statuspage.values import FeedIncident
from slaservice.outages.models import CONFIRMED, PROPOSED, Component, CustomerTier, Incident
from slaservice.outages.operations import life
from slaservice.outages.operations.life import By, Draft, Register
from slaservice.outages.operations.maintenance import MAINTENANCE

REPLACED = "Replaced by what the feed says now."
AGREES = "The feed now says what was confirmed."
NO_LONGER_SAID = "The feed no longer says so."
DIFFERS = "The feed has changed what it says about this."


@dataclass(frozen=True, slots=True)
class Case:
    """One incident: its row, what it claims now and what it claimed when it was last imported (empty: never)."""

    incident: FeedIncident
    row: Incident
    claims: Mapping[str, Claim]
    before: Mapping[str, Claim]


@dataclass(frozen=True, slots=True)
class _Due:
    """A claim to be proposed as `component`, after `revisions` (oldest first)."""

    case: Case
    claim: Claim
    component: Component
    revisions: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Proposer:
    """Proposes for one source; `meaning` says what a feed's component is here, null: not known."""

    source: str
    tiers: tuple[CustomerTier, ...]
    meaning: Mapping[str, Component | None]
    by: By
    now: datetime
    result: ImportResult

    def propose(self, register: Register, cases: Sequence[Case]) -> None:
        """Proposes what is due of one kind; withdraws proposals that the feed has overtaken."""
        revisions = self._revisions(register, cases)
        due = [one for case in cases for one in self._due(register, case, revisions)]
        for case in cases:
            for key in sorted(case.before.keys() - case.claims.keys()):
                if case.before[key].register is register:
                    self._no_longer_said(register, revisions.get(key, []))
        if due:
            rows = life.propose(register, drafts=self._drafts(register, due), by=self.by, now=self.now)
            self._count(register, due)
            self.result.changes += map(_line, due, rows)

    def _revisions(self, register: Register, cases: Sequence[Case]) -> dict[str, list[Any]]:
        ids = {key for case in cases for claims in (case.claims, case.before) for key in claims}
        found: dict[str, list[Any]] = {}
        rows = register.model.objects.filter(source=self.source, external_id__in=ids)
        for row in rows.order_by("external_id", "revision"):
            found.setdefault(row.external_id, []).append(row)
        return found

    def _due(self, register: Register, case: Case, revisions: Mapping[str, list[Any]]) -> Iterator[_Due]:
        for key, claim in case.claims.items():
            if claim.register is not register:
                continue
            component = self.meaning.get(claim.feed_component)
            if component is None:
                self.result.wait_for(claim.feed_component)
                continue
            due = _Due(case, claim, component, revisions.get(key, []))
            if self._is_due(register, due, case.before.get(key)):
                yield due

    def _is_due(self, register: Register, due: _Due, before: Claim | None) -> bool:
        """Whether to propose it; on the way, a proposal that is overtaken is withdrawn."""
        claim, latest = due.claim, due.revisions[-1] if due.revisions else None
        if latest is None:
            return True
        pending = latest if latest.state == PROPOSED else None
        moved = pending is not None and pending.component_id != due.component.pk
        if not moved and (claim == before or (pending is not None and claim.agrees_with(pending))):
            return False
        confirmed = _confirmed(due.revisions)
        settled = confirmed is not None and claim.agrees_with(confirmed)
        if pending is not None:
            self._withdraw(register, pending, AGREES if settled else REPLACED)
        return not settled

    def _no_longer_said(self, register: Register, revisions: Sequence[Any]) -> None:
        if revisions and revisions[-1].state == PROPOSED:
            self._withdraw(register, revisions[-1], NO_LONGER_SAID)
        if (confirmed := _confirmed(revisions)) is not None:
            self.result.questions.append(
                f"{confirmed.reference} is confirmed, but the feed no longer says so. Is it still right?"
            )

    def _withdraw(self, register: Register, row: Any, reason: str) -> None:
        life.withdraw(register, row=row, by=self.by, now=self.now, reason=reason)
        self.result.proposals_withdrawn += 1
        self.result.changes.append(f"- {row.reference}: {reason}")

    def _drafts(self, register: Register, due: Sequence[_Due]) -> list[Draft]:
        wanted = {name for one in due if not one.revisions for name in self._names(one)}
        taken = set(register.model.objects.filter(reference__in=wanted).values_list("reference", flat=True))
        drafts = []
        for one in due:
            draft = self._draft(one)
            if not one.revisions:
                draft = replace(draft, reference=next(name for name in self._names(one) if name not in taken))
                taken.add(draft.reference)
            drafts.append(draft)
        return drafts

    def _names(self, due: _Due) -> Iterable[str]:
        return due.claim.references(due.case.incident, due.component, self.source)

    def _draft(self, due: _Due) -> Draft:
        note = " ".join(filter(None, (DIFFERS if due.revisions else "", due.claim.note)))
        facts = due.claim.facts(component=due.component, tiers=self.tiers, incident=due.case.row, note=note)
        if not due.revisions:
            return Draft(facts, self.source, due.claim.external_id)
        first, last = due.revisions[0], due.revisions[-1]
        return Draft(
            facts,
            self.source,
            due.claim.external_id,
            first.reference,
            last.revision + 1,
            _confirmed(due.revisions),
        )

    def _count(self, register: Register, due: Sequence[_Due]) -> None:
        corrections = sum(_confirmed(one.revisions) is not None for one in due)
        self.result.corrections_proposed += corrections
        if register is MAINTENANCE:
            self.result.maintenance_proposed += len(due) - corrections
        else:
            self.result.windows_proposed += len(due) - corrections


def _line(due: _Due, row: Any) -> str:
    """What was proposed, for people."""
    end = f"{row.end:%Y-%m-%d %H:%M:%S}" if row.end else "still open"
    kind = "correction" if row.supersedes_id else due.claim.says.get("severity", "maintenance")
    sign = "~" if row.supersedes_id else "+"
    return f"{sign} {row.reference}: {due.component.code} {kind}, {row.start:%Y-%m-%d %H:%M:%S} to {end} UTC"


def _confirmed(revisions: Sequence[Any]) -> Any:
    return next((row for row in revisions if row.state == CONFIRMED), None)
