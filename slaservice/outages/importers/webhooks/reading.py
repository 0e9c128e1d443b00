"""The sweep over messages: what was received and not read is owed, and so is what waited for a component that is explained now.

One message at a time, in a transaction of its own under the lock of its hook, so that two workers never read one sender's
messages at once. One that cannot be read is tried again, later and later, and in the end stays for a person to see.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from slaservice.outages.importers.webhooks import alertmanager, pagerduty, statuspage
from slaservice.outages.importers.webhooks.envelope import opened
from slaservice.outages.importers.webhooks.sightings import Reading
from slaservice.outages.models import Hook, HookMessage
from slaservice.outages.models.hooks import ALERTMANAGER, MOST_ATTEMPTS, PAGERDUTY, STATUSPAGE
from slaservice.rules.refusal import Refusal

log = logging.getLogger(__name__)

AT_ONCE = 200
FIRST_PAUSE = timedelta(seconds=10)

Reader = Callable[[Hook, HookMessage, Mapping[str, Any], datetime], Reading]
READERS: dict[str, Reader] = {
    ALERTMANAGER: alertmanager.read,
    PAGERDUTY: pagerduty.read,
    STATUSPAGE: statuspage.read,
}


def owed(*, now: datetime) -> QuerySet[HookMessage]:
    """Messages to be read, in the order in which they came."""
    waiting = HookMessage.waits_for.through.objects.filter(
        hookmessage=OuterRef("pk"), feedcomponent__component__isnull=False
    )
    unread = Q(processed_at__isnull=True, attempts__lt=MOST_ATTEMPTS, due_at__lte=now)
    return HookMessage.objects.filter(unread | Exists(waiting)).order_by("pk")


def read_owed(*, now: datetime, at_most: int = AT_ONCE) -> int:
    """Reads what is owed, up to a number; how many it was."""
    found = list(owed(now=now).values_list("pk", flat=True)[:at_most])
    for message in found:
        _read(message, now)
    return len(found)


def _read(message: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            _read_locked(message, now)
    except Refusal as refusal:
        _try_later(message, refusal.sentence, now)
    except Exception:
        log.exception("Message %s could not be read.", message)
        _try_later(message, "an error of our own; it is in the log", now)


def _read_locked(message: int, now: datetime) -> None:
    hook = Hook.objects.select_for_update().get(messages=message)
    row = owed(now=now).filter(pk=message).first()
    if row is None:
        return
    body = bytes(row.body)
    reading = READERS[hook.kind](hook, row, opened(hook.kind, body).content, now)
    HookMessage.objects.filter(pk=message).update(
        processed_at=now,
        attempts=F("attempts") + 1,
        outcome="\n".join(reading.said)[:4000],
    )
    row.waits_for.set(reading.waits_for)


def _try_later(message: int, why: str, now: datetime) -> None:
    rows = HookMessage.objects.filter(pk=message)
    for attempts in rows.values_list("attempts", flat=True):
        rows.update(
            attempts=attempts + 1,
            due_at=now + FIRST_PAUSE * 2**attempts,
            outcome=f"Not read yet: {why[:3000]}",
        )
