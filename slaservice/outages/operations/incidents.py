"""Incidents by hand: opened, told about update by update, and described; a feed's incidents are only described.

What an operator says of public impact, root cause and post-mortem replaces what was said before; the history keeps both.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from slaservice.history import operations as history
from slaservice.outages.models import Incident, IncidentUpdate
from slaservice.outages.models.incidents import LONGEST_STORY, STORY
from slaservice.outages.operations.faults import BY_HAND, Faults
from slaservice.outages.operations.life import By
from slaservice.outages.operations.windows import CLOCKS_MAY_DIFFER_BY
from slaservice.rules.documents import canonical
from slaservice.rules.refusal import Refusal

UPDATES = ("investigating", "identified", "monitoring", "resolved", "postmortem")
"""What an update by hand may say of its incident: the words of status pages."""

_RECORD = "incidents.record"
_LONGEST_BODY = 20_000
_FIRST_AT = {"identified": "identified_at", "monitoring": "monitoring_at", "resolved": "resolved_at"}


@transaction.atomic
def open_incident(
    *,
    title: str,
    started_at: datetime,
    body: str,
    by: By,
    now: datetime,
    status: str = "investigating",
    impact: str = "",
    public_url: str = "",
    external_id: str = "",
) -> Incident:
    """An incident with its first update, for which the time is `started_at`. Invalid with every fault.

    Windows of it are proposed and confirmed like any others. Refusal `already_recorded` if the id is taken.
    """
    history.require(by, _RECORD)
    faults = Faults()
    faults.text("title", title, longest=500, blank=False)
    faults.text("impact", impact, longest=60)
    faults.text("external_id", external_id, longest=200)
    faults.link("public_url", public_url)
    _check_update(faults, status, body, started_at, at_path="started_at", now=now)
    faults.raise_if_any()
    incident = _create(
        external_id or f"I-{secrets.token_hex(6)}",
        {"title": title, "impact": impact, "public_url": public_url, "started_at": started_at},
    )
    history.record(
        by=by,
        action="incidents.open",
        obj=incident,
        data={"after": {"title": title, "impact": impact}},
        at=now,
    )
    _post(incident, status=status, body=body, at=started_at, by=by, now=now)
    return incident


def _create(external_id: str, values: dict[str, Any]) -> Incident:
    payload: dict[str, Any] = {}
    try:
        with transaction.atomic():
            return Incident.objects.create(
                source=BY_HAND,
                external_id=external_id,
                payload=payload,
                payload_sha256=hashlib.sha256(canonical(payload)).hexdigest(),
                **values,
            )
    except IntegrityError as conflict:
        raise Refusal("already_recorded", f"There is an incident {external_id} already.") from conflict


@transaction.atomic
def add_update(
    *, incident: Incident, status: str, body: str, by: By, now: datetime, at: datetime | None = None
) -> IncidentUpdate:
    """What is to be said of an incident opened by hand; `at`: the time for which it speaks, if not now.

    An update stays as it was posted. One that says that a resolved incident goes on opens it again.
    """
    history.require(by, _RECORD)
    current = Incident.objects.select_for_update().get(pk=incident.pk)
    if current.source != BY_HAND:
        raise Refusal(
            "incident_of_a_feed",
            f"{current.external_id} is told by {current.source}: only the feed adds to it.",
        )
    faults = Faults()
    _check_update(faults, status, body, at or now, at_path="at", now=now)
    faults.raise_if_any()
    return _post(current, status=status, body=body, at=at or now, by=by, now=now)


def _check_update(
    faults: Faults, status: str, body: str, at: datetime, *, at_path: str, now: datetime
) -> None:
    if status not in UPDATES:
        faults.add("status_is_not_known", "status", f"The status must be one of: {', '.join(UPDATES)}.")
    faults.text("body", body, longest=_LONGEST_BODY, blank=False)
    if faults.instant(at_path, at) and at > now + CLOCKS_MAY_DIFFER_BY:
        faults.add("update_speaks_of_the_future", at_path, "An update speaks of what has happened.")


def _post(
    incident: Incident, *, status: str, body: str, at: datetime, by: By, now: datetime
) -> IncidentUpdate:
    update = IncidentUpdate.objects.create(
        incident=incident,
        external_id=f"update-{incident.updates.count() + 1}",
        status=status,
        body=body,
        displayed_at=at,
        posted_at=now,
        by_hand=True,
        posted_by_id=None if by is None else by.pk,
    )
    _follow(incident)
    data = {"after": {"status": status, "at": at.isoformat(), "body": body}}
    history.record(by=by, action="incidents.update", obj=incident, data=data, at=now)
    return update


def _follow(incident: Incident) -> None:
    """Status and times as the updates tell them: each time the first of its kind, resolved only while it is."""
    told = list(incident.updates.order_by("displayed_at", "pk").values_list("status", "displayed_at"))
    incident.status = told[-1][0]
    for status, column in _FIRST_AT.items():
        setattr(incident, column, next((at for said, at in told if said == status), None))
    if incident.status not in ("resolved", "postmortem"):
        incident.resolved_at = None
    incident.save(update_fields=["status", *_FIRST_AT.values()])


@transaction.atomic
def describe_incident(
    *, incident: Incident, by: By, now: datetime, reason: str = "", **changes: str
) -> Incident:
    """Public impact, root cause, post-mortem and its link in an operator's words; what is not named stays as it is."""
    history.require(by, _RECORD)
    unknown = set(changes) - {*STORY, "postmortem_url"}
    if unknown:
        raise Refusal("field_is_not_known", f"This is not described: {', '.join(sorted(unknown))}.")
    faults = Faults()
    for name, value in changes.items():
        if name == "postmortem_url":
            faults.link(name, value)
        else:
            faults.text(name, value, longest=LONGEST_STORY)
    faults.text("reason", reason, longest=3900)
    faults.raise_if_any()
    current = Incident.objects.select_for_update().defer("payload").get(pk=incident.pk)
    before = {name: getattr(current, name) for name in changes if getattr(current, name) != changes[name]}
    if before:
        after = {name: changes[name] for name in before}
        for name, value in after.items():
            setattr(current, name, value)
        current.save(update_fields=list(after))
        data = {"before": before, "after": after}
        history.record(by=by, action="incidents.describe", obj=current, reason=reason, data=data, at=now)
    return current
