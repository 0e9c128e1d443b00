"""Sending the events that are owed: the row is the queue, as with mail (reports/sending.py).

An attempt is taken by a conditional UPDATE that counts it and leases the row to one worker; then the event is posted, with no
transaction open; then the row says so, or when to try again. A worker that dies in between leaves the event to be sent again
when its lease is over, under the same webhook-id, by which the receiver tells that it is the same.

What is about one object goes in order: the next waits until the earlier one is delivered or given up. An endpoint that fails is
left alone for longer and longer, whatever is owed to it. What fails alone, while nothing else fails there, backs off by itself.
What fails together with others waits for the endpoint only, and is due once that answers.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import accumulate

from django.db import transaction
from django.db.models import F, QuerySet

from reports.models import WebhookDelivery, WebhookEndpoint
from reports.models.webhooks import ACTIVE, BACK_OFF, DISABLED, ENDS_AFTER, LEASE, OWED, PAUSES
from reports.webhooks.payloads import body_of
from reports.webhooks.posting import post
from reports.webhooks.queries import due
from reports.webhooks.signing import signed
from slaservice.history import operations as history
from slaservice.rules.refusal import Refusal

AT_ONCE = 50
"""Deliveries that are looked up at a time."""

BUDGET = 120
"""Seconds after which a worker leaves the rest to the next ring, so that no endpoint keeps it for long."""

_GONE = 410


def send_owed(*, endpoint: int, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Send what is owed to one endpoint until nothing is due or it fails: how many arrived, how many did not."""
    sent, ends = 0, time.monotonic() + BUDGET
    while found := list(_due(endpoint, clock())):
        arrived = 0
        for delivery in found:
            outcome = send(delivery=delivery, now=clock())
            if outcome is False or time.monotonic() > ends:
                return sent + arrived + bool(outcome), int(outcome is False)
            arrived += bool(outcome)
        sent += arrived
        if not arrived:
            break
    return sent, 0


def _due(endpoint: int, now: datetime) -> QuerySet[WebhookDelivery, int]:
    """What was never tried first, so that what always fails does not keep it waiting."""
    ordered = due(now).filter(endpoint=endpoint).order_by(F("tried_at").asc(nulls_first=True), "event_id")
    return ordered.values_list("pk", flat=True)[:AT_ONCE]


def send(*, delivery: int, now: datetime) -> bool | None:
    """Send one delivery, if it is due, nobody else does, and its endpoint may be called; whether it arrived. None: not sent.

    `now` is when this attempt begins: where several are sent in turn, each has its own.
    """
    row = WebhookDelivery.objects.select_related("event", "endpoint").get(pk=delivery)
    if not _taken(row, now):
        return None
    status, problem = _posted(row, now)
    if problem:
        _failed(row, status, problem, now)
        return False
    _delivered(row, status, now)
    return True


@transaction.atomic
def _taken(row: WebhookDelivery, now: datetime) -> bool:
    """Whether this attempt is ours. Of two workers at one endpoint the second sees what the first has taken."""
    row.endpoint = endpoint = _locked(row)
    if endpoint.state != ACTIVE or (endpoint.not_before is not None and endpoint.not_before > now):
        return False
    ours = due(now).filter(pk=row.pk, attempts=row.attempts)
    return ours.update(attempts=F("attempts") + 1, leased_until=now + LEASE, tried_at=now) == 1


def _posted(row: WebhookDelivery, now: datetime) -> tuple[int | None, str]:
    """The status of the answer, if there was one, and why it is no success; '' where it is."""
    body = body_of(row.event)
    headers = signed(row.endpoint, message=row.event.public_id, body=body, now=now)
    try:
        status = post(row.endpoint.url, body=body, headers=headers)
    except Refusal as refusal:
        return None, refusal.sentence[:300]
    return status, "" if 200 <= status < 300 else f"It answered {status}."


def _locked(row: WebhookDelivery) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update().get(pk=row.endpoint_id)


def _ours(row: WebhookDelivery, now: datetime) -> QuerySet[WebhookDelivery]:
    """The row, unless it was taken or replayed since the attempt at `now`."""
    return WebhookDelivery.objects.filter(OWED, pk=row.pk, attempts=row.attempts + 1, tried_at=now)


def _delivered(row: WebhookDelivery, status: int | None, now: datetime) -> None:
    _ours(row, now).update(
        delivered_at=now, leased_until=None, failing_since=None, not_before=None, status=status, problem=""
    )
    answers_again = WebhookEndpoint.objects.filter(pk=row.endpoint_id, url=row.endpoint.url, failures__gt=0)
    answers_again.update(failures=0, failing_since=None, not_before=None)


@transaction.atomic
def _failed(row: WebhookDelivery, status: int | None, problem: str, now: datetime) -> None:
    endpoint = _locked(row)
    if endpoint.url != row.endpoint.url:  # The new address has not failed.
        _ours(row, now).update(leased_until=None, status=status, problem=problem)
        return
    failing_since = row.failing_since or now
    wait = _wait(now - failing_since)
    by_itself = not _others_fail(row, endpoint)
    _ours(row, now).update(
        leased_until=None,
        failing_since=failing_since,
        not_before=now + wait if wait and by_itself else None,
        given_up_at=now if wait is None else None,
        status=status,
        problem=problem,
    )
    since = endpoint.failing_since or now
    pause = PAUSES[min(endpoint.failures, len(PAUSES) - 1)]
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1, failing_since=since, not_before=now + pause
    )
    if status == _GONE:
        _disable(endpoint, "It answered 410: it is gone for good.", now)
    elif now - since >= ENDS_AFTER:
        _disable(endpoint, f"It failed for {ENDS_AFTER.days} days. {problem}", now)


def _others_fail(row: WebhookDelivery, endpoint: WebhookEndpoint) -> bool:
    """Whether anything else that is owed was tried since the endpoint fails."""
    if endpoint.failing_since is None:
        return False
    tried = WebhookDelivery.objects.filter(OWED, endpoint=endpoint, tried_at__gte=endpoint.failing_since)
    return tried.exclude(pk=row.pk).exists()


def _wait(failing: timedelta) -> timedelta | None:
    """How long a delivery that has failed for so long waits; None: it is given up."""
    return next(
        (wait for wait, until in zip(BACK_OFF, accumulate(BACK_OFF), strict=True) if failing < until), None
    )


def _disable(endpoint: WebhookEndpoint, why: str, now: datetime) -> None:
    """Said once, by the endpoint itself and in history."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, state=ACTIVE).update(state=DISABLED, why=why[:300]):
        history.record(by=None, action="webhooks.disable", obj=endpoint, reason=why, at=now)
