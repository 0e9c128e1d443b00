"""Webhooks in the admin: our people see what became of them, in their care, and send again; no secret is on a page."""

import pytest
from django.test import Client

from reports.models import WebhookDelivery, WebhookEndpoint
from reports.webhooks.signing import secrets_of
from slaservice.history.models import Entry
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR
from tests.factories.accounts import NOW, a_customer, a_person
from tests.factories.webhooks import a_delivery, an_endpoint

pytestmark = pytest.mark.django_db

LIST = "/admin/reports/webhookdelivery/"


@pytest.fixture
def manager() -> Client:
    person = a_person(ACCOUNT_MANAGER)
    client = Client()
    client.force_login(person)
    an_endpoint(a_customer("In Care", account_manager=person))
    return client


def a_failed_delivery() -> WebhookDelivery:
    row = a_delivery(WebhookEndpoint.objects.get(customer__name="In Care"))
    WebhookDelivery.objects.filter(pk=row.pk).update(
        given_up_at=NOW, attempts=12, status=500, problem="It answered 500."
    )
    return row


def test_a_manager_sees_what_failed_and_has_it_sent_again(manager: Client) -> None:
    row = a_failed_delivery()
    listed = manager.get(LIST).content.decode()
    assert "It answered 500." in listed
    assert "In Care" in listed
    response = manager.post(f"{LIST}{row.pk}/replay/", {"reason": "Their server is up again"})
    assert response.status_code == 302
    row = WebhookDelivery.objects.get(pk=row.pk)
    assert (row.state, row.attempts) == ("owed", 0)
    entry = Entry.objects.get(action="webhooks.replay")
    assert (entry.reason, entry.actor is not None) == ("Their server is up again", True)


def test_an_auditor_only_looks(manager: Client) -> None:
    row = a_failed_delivery()
    client = Client()
    client.force_login(a_person(AUDITOR))
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert client.post(f"{LIST}{row.pk}/replay/", {"reason": "x"}).status_code == 403


def test_no_secret_is_on_a_page(manager: Client) -> None:
    endpoint = WebhookEndpoint.objects.get()
    page = manager.get(f"/admin/reports/webhookendpoint/{endpoint.pk}/change/").content.decode()
    assert endpoint.public_id in page
    assert secrets_of(endpoint, NOW).current[6:30] not in page
    assert "whsec_" not in page


@pytest.mark.parametrize("count", [1, 8])
def test_the_list_takes_the_same_queries_whatever_its_length(
    manager: Client, count: int, django_assert_max_num_queries: object
) -> None:
    for _ in range(count):
        a_failed_delivery()
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        manager.get(LIST)
