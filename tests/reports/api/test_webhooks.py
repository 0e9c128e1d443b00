"""A customer looks after its own webhooks: names them, changes them, reads their secrets, has events sent again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import serializers, signing
from django.test import override_settings
from django.utils import timezone

from reports.api.webhook_deliveries import DeliveryList
from reports.api.webhooks import WebhookChange
from reports.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from reports.models.webhooks import EVENT_TYPES
from reports.operations.webhooks import MOST_ENDPOINTS
from reports.webhooks.signing import secrets_of
from slaservice.api.shapes import json_schema
from slaservice.history.models import Answer, Entry
from tests.factories.accounts import NOW, a_customer
from tests.factories.callers import Caller, problems_of
from tests.factories.programs import paths, told
from tests.factories.webhooks import URL, a_delivery, an_endpoint, send_all
from tests.lying_page import lying_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return Caller()


def a_new_webhook(**values: Any) -> dict[str, Any]:
    return {"url": URL, "events": ["statement.issued"], "description": "Costs", **values}


def fresh(row: WebhookDelivery) -> WebhookDelivery:
    return WebhookDelivery.objects.get(pk=row.pk)


def test_a_webhook_is_created_and_listed(caller: Caller) -> None:
    response = caller.post("webhooks", a_new_webhook())
    assert response.status_code == 201
    made = response.json()
    assert {name: made[name] for name in ("url", "events", "description", "state", "why")} == {
        **a_new_webhook(), "state": "active", "why": None,
    }  # fmt: skip
    assert made["id"].startswith("wh_")
    assert caller.rows("webhooks") == [made]
    assert caller.get(f"webhooks/{made['id']}").json() == made
    entry = Entry.objects.get(action="webhooks.create")
    assert (entry.data["key"], entry.on_behalf_of) == (caller.key.prefix, caller.customer.name)


def test_the_secret_stands_at_an_address_of_its_own_and_in_no_stored_answer(caller: Caller) -> None:
    made = caller.post("webhooks", a_new_webhook()).json()
    secret = caller.get(f"webhooks/{made['id']}/secret").json()
    assert secret["secret"].startswith("whsec_")
    assert (secret["previous"], secret["previous_until"]) == (None, None)
    rotated = caller.post(f"webhooks/{made['id']}/rotate", {})
    assert (rotated.status_code, rotated.json()["id"]) == (200, made["id"])
    after = caller.get(f"webhooks/{made['id']}/secret").json()
    assert after["previous"] == secret["secret"] != after["secret"]
    assert after["previous_until"] > rotated.json()["rotated_at"]
    stored = serializers.serialize(
        "json", [*WebhookEndpoint.objects.all(), *Entry.objects.all(), *Answer.objects.all()]
    )
    assert secret["secret"][6:] not in stored
    assert after["secret"][6:] not in stored


def test_a_repeated_request_creates_one_webhook_and_rotates_once(caller: Caller) -> None:
    first, again = (caller.post("webhooks", a_new_webhook(), once="k1") for _ in range(2))
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    name = first.json()["id"]
    for _ in range(2):
        caller.post(f"webhooks/{name}/rotate", {}, once="k2")
    assert WebhookEndpoint.objects.get().secret_version == 2


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"url": "http://receiver.example/"}, "url"),
        ({"url": "ftp://receiver.example/"}, "url"),
        ({"url": "https://user:pass@receiver.example/"}, "url"),
        ({"url": "https://receiver.example/#here"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://a\nb/"}, "url"),
        ({"url": "https://" + "a" * 500}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"events": []}, "events"),
        ({"events": ["statement.drafted"]}, "events[0]"),
        ({"events": ["ping"]}, "events[0]"),
        ({"events": ["statement.issued"] * 21}, "events"),
        ({"events": "statement.issued"}, "events"),
        ({"description": "x" * 201}, "description"),
        ({"description": "a\u202eb"}, "description"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_by_name(caller: Caller, values: Any, path: str) -> None:
    response = caller.post("webhooks", a_new_webhook(**values))
    assert response.status_code == 400, response.content
    assert paths(response) == [path]
    assert not WebhookEndpoint.objects.exists()


def test_http_is_for_hosts_that_the_installation_names(caller: Caller) -> None:
    with override_settings(WEBHOOK_PRIVATE_HOSTS=["127.0.0.1:9"]):
        assert caller.post("webhooks", a_new_webhook(url="http://127.0.0.1:9/x")).status_code == 201
        assert caller.post("webhooks", a_new_webhook(url="http://127.0.0.1:10/x")).status_code == 400


def test_a_host_whose_pages_may_be_read_is_open_to_no_customer(caller: Caller) -> None:
    with override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1"]):
        refused = caller.post("webhooks", a_new_webhook(url="http://127.0.0.1:9/x"))
    assert (refused.status_code, paths(refused)) == (400, ["url"])


READS = ("statements:read", "credits:read", "availability:read", "incidents:read")


@pytest.mark.parametrize("kind", list(EVENT_TYPES))
def test_a_key_chooses_only_events_that_it_may_read(kind: str) -> None:
    scope = {
        "statement": READS[0], "credit": READS[1], "sla": READS[2], "outage": READS[3],
    }[kind.partition(".")[0]]  # fmt: skip
    customer = a_customer()
    may_not = Caller(customer, scopes=["webhooks:manage", *(one for one in READS if one != scope)])
    may = Caller(customer, scopes=["webhooks:manage", scope])
    told(may_not.post("webhooks", a_new_webhook(events=[kind])), 403, "scope_missing")
    made = may.post("webhooks", a_new_webhook(events=[kind])).json()
    address = f"webhooks/{made['id']}"
    told(may_not.patch(address, {"events": [kind]}), 403, "scope_missing")
    told(may_not.patch(address, {"url": "https://elsewhere.example/"}), 403, "scope_missing")
    assert may_not.patch(address, {"description": "Mine"}).status_code == 200
    assert caller_sees(may, made["id"])["url"] == URL


def caller_sees(caller: Caller, webhook: str) -> Any:
    return caller.get(f"webhooks/{webhook}").json()


def test_what_a_key_may_not_read_it_is_not_shown_in_a_delivery(caller: Caller) -> None:
    row = a_delivery(an_endpoint(caller.customer))
    blind = Caller(caller.customer, scopes=["webhooks:manage"])
    address = f"webhook-deliveries/{row.public_id}"
    assert caller.get(address).json()["payload"]["data"] == row.event.data
    assert blind.get(address).json()["payload"]["data"] is None
    assert blind.post(f"{address}/replay", {}).json()["payload"]["data"] is None


def test_one_test_is_owed_at_a_time(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    address = f"webhooks/{endpoint.public_id}/test"
    assert caller.post(address, {}).status_code == 202
    told(caller.post(address, {}), 409, "webhook_test_owed")
    WebhookDelivery.objects.update(delivered_at=NOW)
    assert caller.post(address, {}).status_code == 202


def test_a_customer_has_a_bounded_number_of_webhooks(caller: Caller) -> None:
    for _ in range(MOST_ENDPOINTS):
        assert caller.post("webhooks", a_new_webhook()).status_code == 201
    told(caller.post("webhooks", a_new_webhook()), 409, "too_many_webhooks")
    assert Caller().post("webhooks", a_new_webhook()).status_code == 201
    caller.delete(f"webhooks/{caller.rows('webhooks')[0]['id']}")
    assert caller.post("webhooks", a_new_webhook()).status_code == 201


def test_a_webhook_is_changed_in_what_is_named_and_nothing_else(caller: Caller) -> None:
    made = caller.post("webhooks", a_new_webhook()).json()
    address = f"webhooks/{made['id']}"
    changed = caller.patch(address, {"events": ["sla.breached", "credit.approved"]}).json()
    assert changed == {**made, "events": ["credit.approved", "sla.breached"]}
    assert caller.patch(address, {"description": ""}).json() == {**changed, "description": ""}
    refused: tuple[dict[str, Any], ...] = (
        {}, {"url": None}, {"url": ""}, {"events": []}, {"state": "deleted"}, {"id": "wh_1"},
    )  # fmt: skip
    for wrong in refused:
        assert caller.patch(address, wrong).status_code == 400, wrong
    told(caller.patch(address, {"url": "https://10.0.0.1/"}), 400, "invalid_webhook")
    assert caller.get(address).json()["url"] == URL


def test_no_default_of_a_change_is_published_that_a_client_might_send() -> None:
    schema, _ = json_schema(WebhookChange, reading=True)
    assert schema["minProperties"] == 1
    assert [name for name, field in schema["properties"].items() if "default" in field] == []


def test_a_webhook_that_was_disabled_is_made_active_again_and_has_never_failed(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    address = f"webhooks/{endpoint.public_id}"
    disabled = caller.patch(address, {"state": "disabled"}).json()
    assert (disabled["state"], disabled["why"]) == ("disabled", "Its owner disabled it.")
    WebhookEndpoint.objects.update(failures=3, failing_since=NOW, not_before=timezone.now() + timedelta(1))
    active = caller.patch(address, {"state": "active"}).json()
    assert (active["state"], active["why"], active["failing_since"]) == ("active", None, None)
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.not_before) == (0, None)


def test_at_a_new_address_an_endpoint_has_never_failed(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    WebhookEndpoint.objects.update(failures=3, failing_since=NOW, not_before=timezone.now() + timedelta(1))
    address = f"webhooks/{endpoint.public_id}"
    assert caller.patch(address, {"description": "x"}).json()["failing_since"] is not None
    assert caller.patch(address, {"url": "https://other.example/"}).json()["failing_since"] is None


def test_a_deleted_webhook_is_not_there_and_is_owed_nothing(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    row = a_delivery(endpoint)
    assert caller.delete(f"webhooks/{endpoint.public_id}").status_code == 204
    assert caller.rows("webhooks") == caller.rows("webhook-deliveries") == []
    for address in (f"webhooks/{endpoint.public_id}", f"webhook-deliveries/{row.public_id}"):
        told(caller.get(address), 404, "not_found")
    assert send_all(endpoint, NOW) == (0, 0)
    assert WebhookEndpoint.objects.get().state == "deleted"


def test_a_test_sends_a_ping_to_one_endpoint() -> None:
    caller = Caller()
    with lying_page() as page, override_settings(WEBHOOK_PRIVATE_HOSTS=[page.server_name]):
        page.answers("/hooks", 200)
        endpoint = an_endpoint(caller.customer, f"{page.url}/hooks")
        an_endpoint(caller.customer)
        response = caller.post(f"webhooks/{endpoint.public_id}/test", {})
        assert response.status_code == 202
        delivery = response.json()
        assert (delivery["type"], delivery["state"], delivery["attempts"]) == ("ping", "owed", 0)
        send_all(endpoint, timezone.now())
        ((headers, _),) = page.posted
    assert headers["webhook-id"] == delivery["event"]
    shown = caller.get(f"webhook-deliveries/{delivery['id']}").json()
    assert (shown["state"], shown["status"], shown["attempts"]) == ("delivered", 200, 1)
    assert shown["payload"]["data"] == {"webhook": endpoint.public_id}
    assert WebhookDelivery.objects.count() == 1


def test_deliveries_are_listed_newest_first_and_filtered(caller: Caller) -> None:
    first, second = an_endpoint(caller.customer), an_endpoint(caller.customer)
    rows = [
        a_delivery(endpoint, at=NOW + timedelta(hours=n)) for n, endpoint in enumerate((first, second, first))
    ]
    WebhookDelivery.objects.filter(pk=rows[0].pk).update(delivered_at=NOW)
    WebhookDelivery.objects.filter(pk=rows[1].pk).update(
        given_up_at=NOW, status=500, problem="It answered 500."
    )

    def found(**parameters: str) -> list[int]:
        listed = [one["id"] for one in caller.rows("webhook-deliveries", **parameters)]
        return [[row.public_id for row in rows].index(one) for one in listed]

    assert found() == [2, 1, 0]
    assert found(webhook=first.public_id) == [2, 0]
    assert found(event=rows[1].event.public_id) == [1]
    assert [found(state=state) for state in ("owed", "delivered", "failed")] == [[2], [0], [1]]
    assert found(**{"from": "2026-05-04T10:30:00Z", "until": "2026-05-04T11:30:00Z"}) == [1]
    assert (found(type="outage.recorded"), found(type="ping")) == ([2, 1, 0], [])
    assert caller.get("webhook-deliveries", state="lost").status_code == 400
    failed = caller.rows("webhook-deliveries", state="failed")[0]
    assert (failed["status"], failed["problem"]) == (500, "It answered 500.")


def test_pages_of_deliveries_are_followed_to_the_end(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    rows = [a_delivery(endpoint) for _ in range(5)]
    seen, address = [], "/api/v1/webhook-deliveries?limit=2"
    while address:
        page = caller.client.get(address).json()
        seen += [one["id"] for one in page["results"]]
        address = page["next"]
    assert seen == [row.public_id for row in reversed(rows)]


def test_a_cursor_tells_no_row_number_from_which_others_could_be_counted(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    rows = [a_delivery(endpoint) for _ in range(3)]
    address = caller.get("webhook-deliveries", limit="2").json()["next"]
    cursor = parse_qs(urlsplit(address).query)["cursor"][0]
    salt = f"{DeliveryList.__module__}.{DeliveryList.__qualname__}"
    _, told = signing.loads(cursor, salt=salt)
    assert told == [rows[1].public_id]


def test_one_delivery_is_replayed_under_its_own_id(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    row = a_delivery(endpoint)
    WebhookDelivery.objects.update(given_up_at=NOW, attempts=12, status=500, problem="It answered 500.")
    response = caller.post(f"webhook-deliveries/{row.public_id}/replay", {})
    assert response.status_code == 202
    assert (response.json()["state"], response.json()["attempts"]) == ("owed", 0)
    assert response.json()["event"] == row.event.public_id
    assert Entry.objects.get(action="webhooks.replay").data["delivery"] == row.public_id


def test_all_since_an_instant_is_replayed_without_what_arrived_unless_asked(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer, events=["outage.recorded"])
    old, arrived, failed = (a_delivery(endpoint, at=NOW + timedelta(days=n)) for n in range(3))
    WebhookDelivery.objects.filter(pk__in=[old.pk, arrived.pk]).update(delivered_at=NOW)
    WebhookDelivery.objects.filter(pk=failed.pk).update(given_up_at=NOW)
    missed = WebhookEvent.objects.create(
        customer=caller.customer, type="outage.recorded", key="missed", subject="missed", data={},
        occurred_at=NOW + timedelta(days=3), made_at=NOW,
    )  # fmt: skip
    WebhookEvent.objects.create(
        customer=caller.customer, type="statement.issued", key="unwanted", subject="unwanted", data={},
        occurred_at=NOW + timedelta(days=3), made_at=NOW,
    )  # fmt: skip
    address = f"webhooks/{endpoint.public_id}/replay"
    since = "2026-05-05T09:30:00Z"
    assert caller.post(address, {"since": since}).json() == {"events": 2}
    assert [fresh(row).state for row in (old, arrived, failed)] == ["delivered", "delivered", "owed"]
    assert WebhookDelivery.objects.get(event=missed).state == "owed"
    assert caller.post(address, {"since": since, "delivered": True}).json() == {"events": 3}
    assert [fresh(row).state for row in (old, arrived)] == ["delivered", "owed"]
    assert caller.post(address, {"since": "yesterday"}).status_code == 400


def test_to_a_disabled_endpoint_nothing_is_replayed(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    row = a_delivery(endpoint)
    caller.patch(f"webhooks/{endpoint.public_id}", {"state": "disabled"})
    for address, body in (
        (f"webhook-deliveries/{row.public_id}/replay", {}),
        (f"webhooks/{endpoint.public_id}/replay", {"since": "2026-05-05T09:30:00Z"}),
        (f"webhooks/{endpoint.public_id}/test", {}),
    ):
        told(caller.post(address, body), 409, "webhook_disabled")


ADDRESSES: tuple[tuple[str, str, Any], ...] = (
    ("get", "webhooks/{webhook}", None),
    ("patch", "webhooks/{webhook}", {"description": "Mine"}),
    ("delete", "webhooks/{webhook}", None),
    ("get", "webhooks/{webhook}/secret", None),
    ("post", "webhooks/{webhook}/rotate", {}),
    ("post", "webhooks/{webhook}/test", {}),
    ("post", "webhooks/{webhook}/replay", {"since": "2026-01-01T00:00:00Z"}),
    ("get", "webhook-deliveries/{delivery}", None),
    ("post", "webhook-deliveries/{delivery}/replay", {}),
)


def called(caller: Caller, method: str, address: str, body: Any) -> Any:
    call: Callable[..., Any] = getattr(caller, method)
    return call(address) if body is None else call(address, body)


@pytest.mark.parametrize(("method", "address", "body"), ADDRESSES)
def test_nobody_reaches_anothers_webhooks(method: str, address: str, body: Any) -> None:
    endpoint = an_endpoint(a_customer("Canary"))
    row = a_delivery(endpoint)
    before = list(WebhookEndpoint.objects.values()) + list(WebhookDelivery.objects.values())
    caller = Caller()
    answers = [
        called(caller, method, address.format(webhook=webhook, delivery=delivery), body)
        for webhook, delivery in (
            (endpoint.public_id, row.public_id),
            ("wh_" + "0" * 32, "wd_" + "0" * 32),
            ("1", "%00"),
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len(problems_of(answers)) == 1
    assert caller.rows("webhooks") == caller.rows("webhook-deliveries") == []
    assert caller.rows("webhook-deliveries", webhook=endpoint.public_id) == []
    assert list(WebhookEndpoint.objects.values()) + list(WebhookDelivery.objects.values()) == before


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [("get", "webhooks", None), ("post", "webhooks", a_new_webhook()), *ADDRESSES],
)
def test_a_key_needs_the_scope(method: str, address: str, body: Any) -> None:
    caller = Caller(scopes=["statements:read", "keys:manage"])
    endpoint = an_endpoint(caller.customer)
    filled = address.format(webhook=endpoint.public_id, delivery=a_delivery(endpoint).public_id)
    told(called(caller, method, filled, body), 403, "scope_missing")


@pytest.mark.parametrize("count", [2, 9])
def test_lists_take_the_same_queries_whatever_their_length(
    caller: Caller, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        a_delivery(an_endpoint(caller.customer))
    for address in ("webhooks", "webhook-deliveries"):
        with django_assert_num_queries(2):
            assert len(caller.rows(address)) == count


def test_a_secret_hangs_on_its_endpoint(caller: Caller) -> None:
    endpoint = an_endpoint(caller.customer)
    shown = caller.get(f"webhooks/{endpoint.public_id}/secret").json()["secret"]
    assert shown == secrets_of(endpoint, datetime.now(UTC)).current
    assert set(EVENT_TYPES) == set(endpoint.events)
