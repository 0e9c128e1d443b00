"""What happened becomes events: each once, in the order in which it was committed.

History is read by its seals and running periods by whole reckonings, both behind a kept position. Under the lock of that one row
the events are written with it: a second sweep waits, and then finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from reports.models import Exposure, Standing, WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookPosition
from reports.models.webhooks import ACTIVE, DELETED
from reports.webhooks import payloads
from reports.webhooks.happened import Happened, happened
from slaservice import bulk
from slaservice.history.models import Seal

BATCH = 2000
"""Entries of history read in one transaction."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Who wants to be told of what: endpoints that are not deleted, by customer."""

    endpoints: Mapping[int, Sequence[WebhookEndpoint]]

    @property
    def customers(self) -> list[int]:
        return sorted(self.endpoints)

    def by(self, customer: int, kind: str, at: datetime) -> list[WebhookEndpoint]:
        return [
            one for one in self.endpoints.get(customer, ()) if kind in one.events and at >= one.created_at
        ]


def follow(*, now: datetime) -> int:
    """Make the events of all that is sealed or reckoned since. How many."""
    made, whole = _follow_history(now)
    while not whole:
        more, whole = _follow_history(now)
        made += more
    return made + _follow_exposure(now)


@transaction.atomic
def _follow_history(now: datetime) -> tuple[int, bool]:
    """How many events a batch made, and whether it was the last one."""
    place = _locked()
    beyond = Seal.objects.filter(seq__gt=place.seal)
    seals = list(beyond.select_related("entry").order_by("seq")[:BATCH])
    if not seals:
        return 0, True
    wanted = _wanted()
    if not wanted.endpoints:
        last = beyond.aggregate(last=Max("seq"))["last"]
        WebhookPosition.objects.filter(pk=place.pk).update(seal=last)
        return 0, True
    made = _make(happened([seal.entry for seal in seals], wanted.customers), wanted, now)
    WebhookPosition.objects.filter(pk=place.pk).update(seal=seals[-1].seq)
    return made, len(seals) < BATCH


@transaction.atomic
def _follow_exposure(now: datetime) -> int:
    """Of the newest whole reckoning: one that was never read said nothing that this one does not."""
    newest = Exposure.objects.whole().order_by("pk").last()
    place = _locked()
    if newest is None or newest.pk <= place.exposure:
        return 0
    wanted = _wanted()
    standings = Standing.objects.filter(exposure=newest, contract__customer__in=wanted.customers)
    made = _make(map(_stands, standings.select_related("contract", "exposure")), wanted, now)
    WebhookPosition.objects.filter(pk=place.pk).update(exposure=newest.pk)
    return made


def _stands(standing: Standing) -> Happened:
    """Once for each commitment and period; a breach says the risk too."""
    period = f"{standing.contract.public_id} {standing.period_start:%Y-%m-%d} {standing.name}"
    return Happened(
        customer=standing.contract.customer_id,
        type="sla.breached" if standing.breached else "sla.at_risk",
        name=period,
        subject=f"standing of {period}",
        data=payloads.of_standing(standing),
        at=standing.exposure.at,
    )


def _locked() -> WebhookPosition:
    WebhookPosition.objects.get_or_create(pk=1)
    return WebhookPosition.objects.select_for_update().get(pk=1)


def _wanted() -> _Wanted:
    found: dict[int, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in WebhookEndpoint.objects.exclude(state=DELETED).order_by("pk"):
        found[endpoint.customer_id].append(endpoint)
    return _Wanted(found)


def _make(found: Iterable[Happened], wanted: _Wanted, now: datetime) -> int:
    """Events for those who want to know, and deliveries to their active endpoints; none is told what was before it."""
    new = [one for one in found if wanted.by(one.customer, one.type, one.at)]
    known = _known(new)
    events = []
    for one in new:
        if (one.customer, one.key) not in known:
            known.add((one.customer, one.key))
            events.append(_event(one, now))
    bulk.insert(events)
    bulk.insert(
        WebhookDelivery(event=event, endpoint=endpoint, subject=event.subject)
        for event in events
        for endpoint in wanted.by(event.customer_id, event.type, event.occurred_at)
        if endpoint.state == ACTIVE
    )
    return len(events)


def _known(found: Sequence[Happened]) -> set[tuple[int, str]]:
    keys = WebhookEvent.objects.filter(
        customer__in={one.customer for one in found}, key__in={one.key for one in found}
    )
    return set(keys.values_list("customer_id", "key"))


def _event(one: Happened, now: datetime) -> WebhookEvent:
    fields: dict[str, Any] = {
        "customer_id": one.customer, "type": one.type, "key": one.key, "subject": one.subject, "data": one.data,
    }  # fmt: skip
    return WebhookEvent(**fields, occurred_at=one.at, made_at=now)
