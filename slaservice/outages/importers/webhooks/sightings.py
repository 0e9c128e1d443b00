"""What a monitor saw becomes proposed windows: first open, then with its end, and never a guess about what it means.

A window that is still proposed is replaced by one with the end. To a confirmed one the end is a proposed correction. What
was proposed once is not proposed again, so that a message may come twice or late; nor is anything of what a person withdrew
altogether. Where a confirmed revision is left, another end than the one that was withdrawn is still news.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from slaservice.outages.models import CONFIRMED, PROPOSED, WITHDRAWN, FeedComponent, Hook, OutageWindow
from slaservice.outages.operations import life
from slaservice.outages.operations.faults import is_web_address
from slaservice.outages.operations.hooks import tiers_of
from slaservice.outages.operations.life import Draft
from slaservice.outages.operations.windows import WINDOWS, OutageFacts, facts_of
from slaservice.rules.refusal import Refusal

REPLACED = "Replaced: the monitor has said when it ended."


@dataclass(frozen=True, slots=True)
class Sighting:
    """One failure, as long as it lasted: `external_id` names it for good; null `end`: it goes on.

    `component` is the monitor's own word. With `later_end_wins` an end that is earlier than a known one is old news.
    """

    external_id: str
    component: str
    start: datetime
    end: datetime | None
    severity: str
    note: str = ""
    url: str = ""
    later_end_wins: bool = False


@dataclass(slots=True)
class Reading:
    """What came of a message, in sentences, and the components that nobody has explained yet.

    `too_early_until`: something in it lies in the future by our clock, until then. `unrecorded`: something in it never can
    be recorded, so a person must see it.
    """

    said: list[str] = field(default_factory=list)
    waits_for: list[FeedComponent] = field(default_factory=list)
    too_early_until: datetime | None = None
    unrecorded: bool = False

    def lose(self, *sentences: str) -> None:
        """Says what cannot be recorded."""
        self.said += sentences
        self.unrecorded = self.unrecorded or bool(sentences)

    def refuse(self, sighting: Sighting, refusal: Refusal, *, now: datetime) -> None:
        """Says what was refused: for good, or until our clock is there."""
        sentence = f"{sighting.external_id} cannot be recorded: {refusal.sentence}"
        until = sighting.end or sighting.start
        if until > now:
            self.said.append(sentence)
            self.too_early_until = max(until, self.too_early_until or until)
        else:
            self.lose(sentence)


def record(hook: Hook, sightings: Sequence[Sighting], *, now: datetime) -> Reading:
    """Proposes what is new, each sighting by itself: what cannot be recorded is said, and the others are."""
    if not tiers_of(hook):
        raise Refusal("no_tiers", "Record the customer tiers first: every outage hits at least one.")
    reading = Reading()
    for sighting in sightings:
        component = _meaning(hook, sighting.component)
        if component.component is None:
            reading.waits_for.append(component)
            reading.said.append(f"{component.external_id} means no component here yet.")
            continue
        try:
            reading.said.append(_record(hook, sighting, component, now=now))
        except Refusal as refusal:
            reading.refuse(sighting, refusal, now=now)
    return reading


def _meaning(hook: Hook, word: str) -> FeedComponent:
    """What the monitor's word means; a new word is a question to the operators."""
    known = FeedComponent.objects.select_related("component")
    return known.get_or_create(source=hook.name, external_id=word, defaults={"name": word})[0]


@transaction.atomic
def _record(hook: Hook, sighting: Sighting, meaning: FeedComponent, *, now: datetime) -> str:
    rows = OutageWindow.objects.filter(source=hook.name, external_id=sighting.external_id)
    revisions = list(rows.order_by("revision"))
    if not revisions:
        return _propose(_first(hook, sighting, meaning), now=now)
    if not _is_news(sighting, revisions):
        return f"{sighting.external_id}: known already."
    return _propose_end(hook, sighting, revisions, now=now)


def _is_news(sighting: Sighting, revisions: Sequence[OutageWindow]) -> bool:
    known = [row.end for row in revisions if row.end is not None]
    if sighting.end is None or sighting.end in known:
        return False
    if sighting.later_end_wins and any(sighting.end < end for end in _ends_seen(revisions)):
        return False
    last = revisions[-1]
    by_a_person = last.state == WITHDRAWN and last.closed_by_id is not None
    return not by_a_person or any(row.state == CONFIRMED for row in revisions)


def _ends_seen(revisions: Sequence[OutageWindow]) -> list[datetime]:
    return [row.end for row in revisions if row.end is not None and row.basis == "monitor"]


def _propose_end(hook: Hook, sighting: Sighting, revisions: Sequence[OutageWindow], *, now: datetime) -> str:
    first, last = revisions[0], revisions[-1]
    confirmed = next((row for row in revisions if row.state == CONFIRMED), None)
    facts = replace(facts_of(confirmed or last), end=sighting.end, basis="monitor")
    if last.state == PROPOSED:
        life.withdraw(WINDOWS, row=last, by=None, now=now, reason=REPLACED)
    draft = Draft(
        facts, hook.name, sighting.external_id, first.reference, last.revision + 1, supersedes=confirmed
    )
    return _propose(draft, now=now)


def _first(hook: Hook, sighting: Sighting, meaning: FeedComponent) -> Draft:
    assert meaning.component is not None
    facts = OutageFacts(
        meaning.component,
        tuple(tiers_of(hook)),
        sighting.start,
        sighting.end,
        sighting.severity,
        "monitor",
        note=sighting.note,
        evidence_url=sighting.url if is_web_address(sighting.url[:501]) else "",
    )
    return Draft(facts, hook.name, sighting.external_id)


def _propose(draft: Draft, *, now: datetime) -> str:
    [row] = life.propose(WINDOWS, drafts=[draft], by=None, now=now)
    return f"Proposed {row.reference}."


def name_of(thing: str, start: datetime) -> str:
    """The external id of what `thing` began at an instant."""
    return f"{thing[:150]}/{start:%Y%m%dT%H%M%S.%fZ}"
