"""Secrets and signatures as Standard Webhooks has them: `whsec_` and base64; `v1,` and the base64 of an HMAC-SHA256.

A secret is worked out from WEBHOOK_SECRET, the endpoint's public id and its version, so that none is kept: a copy of the database
signs nothing. After a rotation the earlier secret signs too for a day; of two rotations in a day the first one's ends.
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings

from reports.models import WebhookEndpoint
from reports.models.webhooks import OLD_SECRET_SIGNS


class Secrets(NamedTuple):
    """What signs now, and what signs besides until `previous_until`."""

    current: str
    previous: str | None
    previous_until: datetime | None


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> Secrets:
    """The endpoint's secrets, as its owner enters them."""
    current = _shown(_key(endpoint, endpoint.secret_version))
    if endpoint.rotated_at is None or now >= endpoint.rotated_at + OLD_SECRET_SIGNS:
        return Secrets(current, None, None)
    previous = _shown(_key(endpoint, endpoint.secret_version - 1))
    return Secrets(current, previous, endpoint.rotated_at + OLD_SECRET_SIGNS)


def signed(endpoint: WebhookEndpoint, *, message: str, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers of an attempt at `now` to send `body`; `message` is the event's public id."""
    timestamp = str(int(now.timestamp()))
    secrets = secrets_of(endpoint, now)
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": _signatures([secrets.current, secrets.previous], message, timestamp, body),
    }


def _signatures(secrets: Sequence[str | None], message: str, timestamp: str, body: bytes) -> str:
    content = f"{message}.{timestamp}.".encode() + body
    keys = (base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets if secret)
    return " ".join(
        f"v1,{base64.b64encode(hmac.new(key, content, sha256).digest()).decode()}" for key in keys
    )


def _key(endpoint: WebhookEndpoint, version: int) -> bytes:
    named = f"webhook secret\n{endpoint.public_id}\n{version}"
    return hmac.new(settings.WEBHOOK_SECRET.encode(), named.encode(), sha256).digest()


def _shown(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"
