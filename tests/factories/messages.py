"""Messages of monitors and status pages in their real shapes, and hooks that take them."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from slaservice.outages.models import FeedComponent, Hook, HookMessage
from slaservice.outages.operations import map_feed_component
from slaservice.outages.operations.hooks import create_hook
from tests.factories.outages import NOW, a_component, a_tier

Json = dict[str, Any]
YEAR_ONE = "0001-01-01T00:00:00Z"
SECRET = "a secret of PagerDuty's"


def a_hook(kind: str = "alertmanager", name: str = "", **values: Any) -> tuple[Hook, str]:
    """A hook and its token."""
    a_tier()
    return create_hook(name=name or f"our-{kind}", kind=kind, by=None, now=NOW, **values)


def means(hook: Hook, word: str, code: str) -> FeedComponent:
    """The monitor's word means our component."""
    component = a_component(code)
    return map_feed_component(source=hook.name, external_id=word, component=component, by=None, now=NOW)


def an_alert(
    fingerprint: str = "a1bc48475b20e73d",
    *,
    starts: str = "2026-04-10T12:00:00Z",
    ends: str | None = None,
    labels: Mapping[str, str] | None = None,
    **values: Any,
) -> Json:
    """An alert about the component api, firing unless it has an end."""
    return {
        "status": "resolved" if ends else "firing",
        "labels": {"alertname": "ApiIsDown", "component": "api", "severity": "critical", **(labels or {})},
        "annotations": {"summary": "More than half of all requests fail"},
        "startsAt": starts,
        "endsAt": ends or YEAR_ONE,
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
        "fingerprint": fingerprint,
        **values,
    }


def alerts(*each: Json, **values: Any) -> Json:
    """One message of Alertmanager."""
    return {
        "receiver": "slaservice",
        "status": "firing",
        "alerts": list(each),
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        **values,
    }


def an_event(
    kind: str, at: str, *, incident: str = "PCPZE64", event: str = "", service: str = "PA2P440"
) -> Json:
    """One message of PagerDuty, about an incident of 10 April."""
    return {
        "event": {
            "id": event or f"01{kind}{at}",
            "event_type": f"incident.{kind}",
            "resource_type": "incident",
            "occurred_at": f"2026-04-10T{at}Z",
            "agent": {"id": "PJ0LVEB", "type": "user_reference"},
            "client": None,
            "data": {
                "id": incident,
                "type": "incident",
                "html_url": f"https://example.pagerduty.com/incidents/{incident}",
                "status": kind,
                "title": "Störung — API",
                "service": {"id": service, "summary": "API", "type": "service_reference"},
                "priority": None,
            },
        }
    }


def a_page_message(**content: Any) -> Json:
    """One message of Statuspage to a subscriber; it holds `incident`, or `component` and `component_update`."""
    return {
        "meta": {"unsubscribe": "http://example.statuspage.io/?unsubscribe=x", "generated_at": "2026-04-10T12:00:10Z"},
        "page": {"id": "p1", "status_indicator": "major", "status_description": "Partial outage"},
        **content,
    }  # fmt: skip


def a_component_change(event: str = "e1", new: str = "partial_outage", at: str = "12:00:00") -> Json:
    return a_page_message(
        component={"id": "c1", "name": "API", "status": new},
        component_update={
            "id": event,
            "component_id": "c1",
            "old_status": "operational",
            "new_status": new,
            "created_at": f"2026-04-10T{at}Z",
            "component_type": "Component",
        },
    )


def posted(hook: Hook, token: str, message: object, **headers: str) -> Any:
    """What the hook answers to a message with the right proof."""
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    address = f"/hooks/{hook.kind}/{hook.name}" + (f"/{token}" if hook.kind == "statuspage" else "")
    proofs = {
        "alertmanager": {"authorization": f"Bearer {token}"},
        "pagerduty": {"x-pagerduty-signature": signature(body)},
        "statuspage": {},
    }
    client = Client(raise_request_exception=True)
    return client.post(address, body, "application/json", headers={**proofs[hook.kind], **headers})


def signature(body: bytes, secret: str = SECRET) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def outcome() -> str:
    """What came of the last message."""
    return HookMessage.objects.latest("pk").outcome
