"""A parsed feed becomes incidents, questions and proposals, in one transaction; a second time it becomes nothing.

Confirmed facts never change here. What the feed says differently than when it was last imported becomes a proposed correction
of the confirmed fact; one that is still proposed is replaced. Whether a feed changed is seen from what was stored of it, so
what an operator decided in between is not asked again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, transaction

from slaservice.history import operations as history
from slaservice.outages.importers.statuspage.claims import claims_of
from slaservice.outages.importers.statuspage.feed import Feed, parse, parse_incident, parse_what_can_be_read
from slaservice.outages.importers.statuspage.incidents import store_incidents, stored_incidents
from slaservice.outages.importers.statuspage.proposing import Case, Proposer
from slaservice.outages.importers.statuspage.results import ImportResult
from slaservice.outages.importers.statuspage.values import FeedIncident
from slaservice.outages.models import Component, CustomerTier, FeedComponent, Incident
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.outages.operations.maintenance import MAINTENANCE
from slaservice.outages.operations.windows import WINDOWS
from slaservice.rules.refusal import Invalid, Refusal

MOST_NEW_COMPONENTS = 500
"""Of one import: what means nothing here yet waits for a person, who cannot read more."""
_AT_ONCE = 100
_MOST_NAMED = 20

Progress = Callable[[int, int], None]


def _nobody_watches(done: int, total: int) -> None:
    """The progress of an import that runs by itself."""


def import_feed(
    *,
    feed: bytes | str | Mapping[str, Any] | Feed,
    source: str,
    by: By,
    now: datetime,
    progress: Progress = _nobody_watches,
) -> ImportResult:
    """Imports a whole Statuspage feed under the name `source`, or nothing of it.

    Invalid with every error of the file; Refusal `no_tiers` before there is a customer tier, because an outage hits some.
    `progress(done, total)` is told how many incidents are done.
    """
    values = feed if isinstance(feed, Feed) else parse(feed)
    return _imported(values, _import, source=source, by=by, now=now, progress=progress)


def import_what_can_be(*, feed: Mapping[str, Any], source: str, by: By, now: datetime) -> ImportResult:
    """Imports what a feed says but for the incidents that cannot be read or recorded: each of them is named.

    Invalid if it is no feed at all.
    """
    values = parse_what_can_be_read(feed)
    result = _imported(values, _import_each, source=source, by=by, now=now, progress=_nobody_watches)
    for sentence in values.malformed:
        result.left_out(sentence)
    return result


def _imported(
    values: Feed,
    write: Callable[[Sequence[FeedIncident], Proposer], None],
    *,
    source: str,
    by: By,
    now: datetime,
    progress: Progress,
) -> ImportResult:
    history.require(by, "outages.import")
    faults = Faults()
    faults.source("source", source)
    faults.raise_if_any()
    with transaction.atomic():
        tiers = tuple(CustomerTier.objects.order_by("code"))
        if not tiers:
            raise Refusal("no_tiers", "Record the customer tiers first: every outage hits at least one.")
        proposer = Proposer(source, tiers, _learn(values, source=source), by, now, ImportResult())
        for begin in range(0, len(values.incidents), _AT_ONCE):
            write(values.incidents[begin : begin + _AT_ONCE], proposer)
            progress(min(begin + _AT_ONCE, len(values.incidents)), len(values.incidents))
    result = proposer.result
    result.questions += [
        f"{values.names[key] or key} ({key}) of {source} means no component here yet; proposals that wait for it: {count}."
        for key, count in sorted(result.waiting.items())
        if key in proposer.meaning
    ]
    if unknown := sorted(values.names.keys() - proposer.meaning.keys()):
        result.questions.append(_too_many(unknown, source))
    return result


def _too_many(unknown: Sequence[str], source: str) -> str:
    named = ", ".join(unknown[:_MOST_NAMED]) + (", ..." if len(unknown) > _MOST_NAMED else "")
    return (
        f"{source} names {len(unknown):,} components more than the {MOST_NEW_COMPONENTS} new ones that one import takes up: "
        f"{named}. Their outages wait; the next import takes up the next of them."
    )


def _learn(feed: Feed, *, source: str) -> dict[str, Component | None]:
    """Every component id of the feed with what it means here. A new one is a question; names follow the feed's current ones.

    Of more new ones than a person could answer for, the first; the others are not in the result.
    """
    known = {
        one.external_id: one
        for one in FeedComponent.objects.filter(source=source).select_related("component")
    }
    unknown = ((key, name) for key, name in sorted(feed.names.items()) if key not in known)
    new = [
        FeedComponent(source=source, external_id=key, name=name[:200])
        for key, name in islice(unknown, MOST_NEW_COMPONENTS)
    ]
    FeedComponent.objects.bulk_create(new)
    renamed = [one for key, one in known.items() if key in feed.current and one.name != feed.names[key][:200]]
    for one in renamed:
        one.name = feed.names[one.external_id][:200]
    FeedComponent.objects.bulk_update(renamed, ["name"])
    return {one.external_id: one.component for one in (*known.values(), *new)}


def _import_each(incidents: Sequence[FeedIncident], proposer: Proposer) -> None:
    """As `_import`; where that is refused, one by one, and what is refused then is left out and named."""
    alone = replace(proposer, result=ImportResult())
    try:
        with transaction.atomic():
            _import(incidents, alone)
    except (Refusal, IntegrityError, DataError) as problem:
        if len(incidents) > 1:
            for one in incidents:
                _import_each([one], proposer)
        else:
            proposer.result.left_out(f"{incidents[0].external_id} was left out: {str(problem)[:500]}")
    else:
        proposer.result.add(alone.result)


def _import(incidents: Sequence[FeedIncident], proposer: Proposer) -> None:
    """Some incidents: stored, then their claims compared with what was proposed from them before."""
    result = proposer.result
    usable = [incident for incident in incidents if not _deferred(incident, proposer)]
    rows = stored_incidents(usable, source=proposer.source)
    before = {key: _as_stored(row) for key, row in rows.items()}
    stored = store_incidents(
        usable, rows=rows, before=before, source=proposer.source, by=proposer.by, now=proposer.now
    )
    result.incidents_new += len(stored.new)
    result.incidents_changed += len(stored.changed)
    result.changes += [f"+ incident {key}: {stored.rows[key].title}" for key in sorted(stored.new)]
    result.changes += [f"~ incident {key}: {stored.rows[key].title}" for key in sorted(stored.changed)]
    result.incidents_unchanged += len(usable) - len(stored.new) - len(stored.changed)
    cases = [
        Case(one, stored.rows[key], claims_of(one), claims_of(was) if (was := before.get(key)) else {})
        for one in usable
        for key in (one.external_id,)
    ]
    for register in (WINDOWS, MAINTENANCE):
        proposer.propose(register, cases)


def _as_stored(row: Incident) -> FeedIncident | None:
    """What the feed said of it when it was last imported; None if that can no longer be read."""
    try:
        return parse_incident(row.payload)
    except Invalid:
        return None


def _deferred(incident: FeedIncident, proposer: Proposer) -> bool:
    """Whether it speaks of an outage that has not been yet: it is left out, and read again when the feed is."""
    if not any(claim.lies_ahead(proposer.now) for claim in claims_of(incident).values()):
        return False
    proposer.result.incidents_deferred += 1
    proposer.result.questions.append(
        f"{incident.external_id} speaks of an outage in the future. It was left out and is tried again with the next import."
    )
    return True
