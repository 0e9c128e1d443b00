"""Keys that act as a person: everybody issues their own, shown once, kept as a keyed hash, good until revoked or expired."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from slaservice.history import key_text
from slaservice.history.models import Entry, PersonKey
from slaservice.history.person_keys import (
    LONGEST,
    authenticate_person_key,
    issue_person_key,
    revoke_person_key,
)
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, KEY_SCOPES, OPERATOR, PERMISSIONS
from tests.factories.accounts import a_key
from tests.factories.outages import NOW, a_person, actions_on
from tests.factories.programs import a_person_key

pytestmark = pytest.mark.django_db


def refused(run: Any, **values: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        run(now=NOW, **values)
    return refusal.value.code


def test_a_key_acts_as_its_person() -> None:
    operator = a_person(OPERATOR)
    key, text = a_person_key(operator, now=NOW)
    found = authenticate_person_key(text, NOW)
    assert found == key
    assert found.person == operator
    assert text.startswith(f"slp_{key.prefix}_")


def test_everybody_issues_their_own_and_nobody_another_s() -> None:
    operator, root = a_person(OPERATOR), a_person(ADMINISTRATOR, is_superuser=True)
    end = NOW + timedelta(days=1)
    values: dict[str, Any] = {"label": "x", "scopes": ["outages.view"], "expires_at": end}
    key, _ = issue_person_key(person=operator, by=operator, now=NOW, **values)
    assert actions_on(key) == ["keys.issue"]
    assert refused(issue_person_key, person=operator, by=root, **values) == "not_permitted"
    assert refused(issue_person_key, person=operator, by=a_person(), **values) == "not_permitted"


def test_a_key_is_revoked_by_its_person_or_an_administrator() -> None:
    operator = a_person(OPERATOR)
    mine, text = a_person_key(operator, now=NOW)
    other, _ = a_person_key(operator, now=NOW)
    assert refused(revoke_person_key, key=mine, by=a_person(OPERATOR)) == "not_permitted"
    revoke_person_key(key=mine, by=operator, now=NOW, reason="Left on a train")
    assert authenticate_person_key(text, NOW) is None
    assert refused(revoke_person_key, key=mine, by=operator) == "key_already_revoked"
    revoke_person_key(key=other, by=a_person(ADMINISTRATOR), now=NOW)
    assert actions_on(other) == ["keys.issue", "keys.revoke"]


def test_a_key_ends_at_its_instant_and_with_its_person() -> None:
    key, text = a_person_key(now=NOW, expires_at=NOW + timedelta(hours=1))
    assert authenticate_person_key(text, NOW + timedelta(hours=1) - timedelta(microseconds=1))
    assert authenticate_person_key(text, NOW + timedelta(hours=1)) is None
    key.person.is_active = False
    key.person.save()
    assert authenticate_person_key(text, NOW) is None


def test_nothing_that_is_stored_is_the_key() -> None:
    _, text = a_person_key(now=NOW)
    stored = serializers.serialize("json", [*PersonKey.objects.all(), *Entry.objects.all()])
    assert text.split("_", 2)[2][:12] not in stored


def test_the_hash_is_keyed(settings: Any) -> None:
    _, text = a_person_key(now=NOW)
    settings.API_KEY_PEPPER = "another pepper"
    assert authenticate_person_key(text, NOW) is None


def test_a_key_of_one_kind_is_none_of_the_other() -> None:
    _, customers = a_key(now=NOW)
    _, persons = a_person_key(now=NOW)
    assert authenticate_person_key(customers, NOW) is None
    assert authenticate_person_key(persons.replace("slp_", "sla_"), NOW) is None
    assert authenticate_person_key(customers.replace("sla_", "slp_"), NOW) is None


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 121}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["outages.view", "credits.approve"]}, "scopes"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + LONGEST + timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        a_person_key(now=NOW, **values)
    assert [error.path for error in refusal.value.errors] == [path]


def test_no_key_decides_about_money_or_people() -> None:
    areas = {scope.partition(".")[0] for scope in KEY_SCOPES}
    assert areas == {"outages", "maintenance", "measurement"}
    assert set(KEY_SCOPES) <= set(PERMISSIONS)


def test_what_looks_like_a_key_is_known_as_one() -> None:
    assert key_text.ANY_KEY.search(a_person_key(now=NOW)[1])
    assert key_text.ANY_KEY.search(a_key(now=NOW)[1])


@pytest.mark.parametrize(
    "values",
    [
        {"prefix": "short"},
        {"secret_hash": "x"},
        {"label": ""},
        {"label": "x" * 121},
        {"expires_at": NOW - timedelta(days=1)},
    ],
)
def test_the_database_refuses_a_key_that_cannot_be(values: dict[str, Any]) -> None:
    key, _ = a_person_key(now=NOW)
    with pytest.raises(Exception) as refusal, transaction.atomic():
        PersonKey.objects.filter(pk=key.pk).update(**values)
    assert isinstance(refusal.value, IntegrityError) or "too long" in str(refusal.value)


def test_an_auditor_has_keys_to_read_with() -> None:
    auditor = a_person(AUDITOR)
    values: dict[str, Any] = {"label": "x", "scopes": ["outages.view"], "expires_at": NOW + timedelta(days=1)}
    assert issue_person_key(person=auditor, by=auditor, now=NOW, **values)


def test_a_program_with_a_user_of_its_own_is_given_a_key_on_the_command_line() -> None:
    robot, output = a_person(OPERATOR), StringIO()
    call_command("issue_key", robot.username, "--scope", "outages.propose", "--days", "7", stdout=output)
    key = authenticate_person_key(output.getvalue().strip(), timezone.now())
    assert key is not None
    assert (key.person, key.scopes) == (robot, ["outages.propose"])
    assert actions_on(key) == ["keys.issue"]
    for wrong in (["nobody"], [robot.username, "--days", "0"], [robot.username, "--days", "9999999999"]):
        with pytest.raises(CommandError):
            call_command("issue_key", *wrong, "--scope", "outages.view", stdout=output)
    with pytest.raises(CommandError):
        call_command("issue_key", robot.username, "--scope", "credits.approve", stdout=output)
    assert PersonKey.objects.count() == 1
