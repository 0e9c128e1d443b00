"""Signatures, against a verifier of the specification's authors: what we sign it accepts, and nothing else."""

import base64
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings
from standardwebhooks import Webhook, WebhookVerificationError

from reports.models import WebhookEndpoint
from reports.operations.webhooks import rotate_secret
from reports.webhooks.signing import secrets_of, signed
from tests.factories.accounts import NOW, a_key
from tests.factories.webhooks import an_endpoint

pytestmark = pytest.mark.django_db

BODY = '{"type":"ping","data":"Störung"}'.encode()


def accepted(secret: str | None, headers: dict[str, str], body: bytes = BODY) -> bool:
    assert secret is not None
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def rotated(endpoint: WebhookEndpoint, now: object = NOW) -> WebhookEndpoint:
    return rotate_secret(endpoint=endpoint, key=a_key(endpoint.customer)[0], now=now)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def at_now() -> object:
    """The verifier looks at the clock: an old message is refused."""
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_verifier_accepts_what_is_signed_and_nothing_that_was_changed() -> None:
    endpoint = an_endpoint()
    secret = secrets_of(endpoint, NOW).current
    headers = signed(endpoint, message="evt_1", body=BODY, now=NOW)
    assert accepted(secret, headers)
    assert not accepted(secret, headers, BODY + b" ")
    assert not accepted(secret, headers | {"webhook-id": "evt_2"})
    assert not accepted(secret, headers | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)})
    assert not accepted(secrets_of(an_endpoint(), NOW).current, headers)


def test_a_message_is_signed_for_the_time_of_the_attempt() -> None:
    endpoint = an_endpoint()
    late = signed(endpoint, message="evt_1", body=BODY, now=NOW - timedelta(minutes=6))
    assert not accepted(secrets_of(endpoint, NOW).current, late)


def test_a_secret_has_the_form_of_the_specification() -> None:
    secret = secrets_of(an_endpoint(), NOW).current
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_during_a_rotation_both_secrets_are_accepted_for_a_day() -> None:
    endpoint = an_endpoint()
    old = secrets_of(endpoint, NOW).current
    endpoint = rotated(endpoint)
    found = secrets_of(endpoint, NOW)
    assert (found.previous, found.previous_until) == (old, NOW + timedelta(days=1))
    assert found.current != old
    headers = signed(endpoint, message="evt_1", body=BODY, now=NOW)
    assert headers["webhook-signature"].count("v1,") == 2
    assert accepted(old, headers)
    assert accepted(found.current, headers)
    tomorrow = NOW + timedelta(days=1)
    with time_machine.travel(tomorrow, tick=False):
        headers = signed(endpoint, message="evt_1", body=BODY, now=tomorrow)
        assert not accepted(old, headers)
        assert accepted(found.current, headers)
        assert secrets_of(endpoint, tomorrow).previous is None


def test_of_two_rotations_in_a_day_the_first_secret_ends_at_once() -> None:
    endpoint = an_endpoint()
    old = secrets_of(endpoint, NOW).current
    endpoint = rotated(rotated(endpoint), NOW + timedelta(minutes=1))
    assert not accepted(old, signed(endpoint, message="evt_1", body=BODY, now=NOW))


def test_secrets_hang_on_the_installations_own() -> None:
    endpoint = an_endpoint()
    before = secrets_of(endpoint, NOW).current
    with override_settings(WEBHOOK_SECRET="another one"):
        assert secrets_of(endpoint, NOW).current != before


def test_no_secret_is_in_the_database() -> None:
    from django.db import connection

    endpoint = rotated(an_endpoint())
    secret = secrets_of(endpoint, NOW).current
    dump = connection.creation.serialize_db_to_string()
    assert endpoint.public_id in dump
    for text in (secret, secret.removeprefix("whsec_"), base64.b64decode(secret[6:]).hex()):
        assert text not in dump
