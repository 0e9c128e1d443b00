"""Keys of people in the admin: one's own, shown once, revoked at once."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from slaservice.history.models import PersonKey
from slaservice.history.person_keys import authenticate_person_key
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, FINANCE_APPROVER, KEY_SCOPES, OPERATOR
from tests.factories.outages import a_person
from tests.factories.programs import a_person_key

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("admin:history_personkey_changelist"), reverse("admin:history_personkey_add")
FORM = {"label": "Monitor", "scopes": ["outages.view", "outages.propose"], "days": "30"}


def at_the_desk(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_an_operator_issues_a_key_that_is_shown_this_once() -> None:
    operator = a_person(OPERATOR)
    client = at_the_desk(operator)
    response = client.post(ADD, FORM)
    assert "no-store" in response["Cache-Control"]
    (text,) = re.findall(r"slp_\w{8}_[\w-]{43}", response.content.decode())
    key = authenticate_person_key(text, timezone.now())
    assert key is not None
    assert (key.person, key.scopes) == (operator, ["outages.propose", "outages.view"])
    for address in (LIST, reverse("admin:history_personkey_change", args=[key.pk]), "/admin/"):
        assert text[13:] not in page(client, address)


@pytest.mark.parametrize(
    ("role", "scopes"),
    [(OPERATOR, list(KEY_SCOPES)), (AUDITOR, ["outages.view"]), (FINANCE_APPROVER, ["outages.view"])],
)
def test_only_what_one_may_oneself_is_offered(role: str, scopes: list[str]) -> None:
    client = at_the_desk(a_person(role))
    assert re.findall(r'name="scopes" value="([\w.]+)"', page(client, ADD)) == scopes
    client.post(ADD, {**FORM, "scopes": ["credits.approve"]})
    assert not PersonKey.objects.exists()


@pytest.mark.parametrize("wrong", [{"days": "0"}, {"days": "367"}, {"label": " "}, {"scopes": []}])
def test_a_form_that_makes_no_sense_makes_no_key(wrong: dict[str, Any]) -> None:
    at_the_desk(a_person(OPERATOR)).post(ADD, {**FORM, **wrong})
    assert not PersonKey.objects.exists()


def test_everybody_sees_their_own_keys_and_an_administrator_everybody_s() -> None:
    operator, other = a_person(OPERATOR), a_person(OPERATOR)
    mine, _ = a_person_key(operator)
    theirs, _ = a_person_key(other)
    seen = page(at_the_desk(operator), LIST)
    assert mine.prefix in seen
    assert theirs.prefix not in seen
    address = reverse("admin:history_personkey_change", args=[theirs.pk])
    assert at_the_desk(operator).get(address).status_code == 302  # to the index, as the admin does it
    seen = page(at_the_desk(a_person(ADMINISTRATOR)), LIST)
    assert mine.prefix in seen
    assert theirs.prefix in seen


def test_a_key_is_revoked_by_its_person_or_an_administrator_and_by_nobody_else() -> None:
    operator = a_person(OPERATOR)
    for person, ends in ((a_person(OPERATOR), False), (operator, True), (a_person(ADMINISTRATOR), True)):
        key, text = a_person_key(operator)
        address = reverse("admin:history_personkey_revoke", args=[key.pk])
        at_the_desk(person).post(address, {"reason": "Left on a train"})
        assert (authenticate_person_key(text, timezone.now()) is None) is ends


def test_who_has_no_role_has_no_keys() -> None:
    assert at_the_desk(a_person(is_superuser=False)).get(ADD).status_code in (302, 403)
