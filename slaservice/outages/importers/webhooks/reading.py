"""The sweep over messages: what was received and not read is owed, and so is what waited for a component that is explained now.

One message at a time, in a transaction of its own under the lock of its hook, so that two workers never read one sender's
messages at once; who finds the lock taken leaves the message to the next sweep. One that cannot be read is tried again, later
and later, and in the end stays unread for a person to see; so does one of which something could not be recorded.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from slaservice.outages.importers.statuspage.statuses import storable
from slaservice.outages.importers.webhooks import alertmanager, pagerduty, statuspage
from slaservice.outages.importers.webhooks.envelope import opened
from slaservice.outages.importers.webhooks.sightings import Reading
from slaservice.outages.models import Hook, HookMessage
from slaservice.outages.models.hooks import ALERTMANAGER, MOST_ATTEMPTS, PAGERDUTY, STATUSPAGE
from slaservice.rules.refusal import Refusal

log = logging.getLogger(__name__)

AT_ONCE = 200
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)

Reader = Callable[[Hook, HookMessage, Mapping[str, Any], datetime], Reading]
READERS: dict[str, Reader] = {
    ALERTMANAGER: alertmanager.read,
    PAGERDUTY: pagerduty.read,
    STATUSPAGE: statuspage.read,
}


def owed(*, now: datetime) -> QuerySet[HookMessage]:
    """Messages to be read, in the order in which they came."""
    return HookMessage.objects.filter(
        processed_at__isnull=True, attempts__lt=MOST_ATTEMPTS, due_at__lte=now
    ).order_by("pk")


def read_owed(*, now: datetime, at_most: int = AT_ONCE) -> int:
    """Reads what is owed, up to a number; how many it was."""
    _wake(now)
    found = list(owed(now=now).values_list("pk", flat=True)[:at_most])
    for message in found:
        _read(message, now)
    return len(found)


def _wake(now: datetime) -> None:
    """What waited for a component that is explained by now is owed again, however often it was tried before."""
    explained = HookMessage.waits_for.through.objects.filter(feedcomponent__component__isnull=False)
    for message in (
        explained.values_list("hookmessage", flat=True).distinct().order_by("hookmessage")[:AT_ONCE]
    ):
        with transaction.atomic():
            free = HookMessage.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=message)
            if free.values_list("pk").first() and explained.filter(hookmessage=message).delete()[0]:
                HookMessage.objects.filter(pk=message).update(processed_at=None, attempts=0, due_at=now)


def _read(message: int, now: datetime) -> None:
    """Reads it or puts it off; whatever happens to it keeps no other message away."""
    try:
        with transaction.atomic():
            _read_locked(message, now)
    except Refusal as refusal:
        _put_off(message, refusal.sentence, now)
    except Exception:
        log.exception("Message %s could not be read.", message)
        _put_off(message, "an error of our own; it is in the log", now)


def _read_locked(message: int, now: datetime) -> None:
    # No key is taken, so that messages of this hook may come in while one is read.
    free = Hook.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    hook = free.filter(messages=message).first()
    row = owed(now=now).filter(pk=message).first()
    if hook is None or row is None:
        return
    body = bytes(row.body)
    reading = READERS[hook.kind](hook, row, opened(hook.kind, body).content, now)
    HookMessage.objects.filter(pk=message).update(
        **_outcome(reading, row, now), outcome=storable("\n".join(reading.said))[:4000]
    )
    row.waits_for.set(reading.waits_for)


def _outcome(reading: Reading, row: HookMessage, now: datetime) -> dict[str, Any]:
    """Processed; or to be tried again once our clock is there; or given up for a person to see."""
    attempts = row.attempts + 1
    if reading.too_early_until is not None:
        return {"attempts": attempts, "due_at": min(reading.too_early_until, now + LONGEST_PAUSE)}
    if reading.unrecorded:
        return {"attempts": MOST_ATTEMPTS}
    return {"attempts": attempts, "processed_at": now}


def _put_off(message: int, why: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            _try_later(message, f"Not read yet: {storable(why)[:3000]}", now)
    except Exception:
        log.exception("Message %s could not be put off.", message)


def _try_later(message: int, outcome: str, now: datetime) -> None:
    rows = HookMessage.objects.filter(pk=message, processed_at__isnull=True)
    for attempts in rows.values_list("attempts", flat=True):
        pause = min(FIRST_PAUSE * 2 ** min(attempts, MOST_ATTEMPTS), LONGEST_PAUSE)
        rows.update(attempts=F("attempts") + 1, due_at=now + pause, outcome=outcome)
