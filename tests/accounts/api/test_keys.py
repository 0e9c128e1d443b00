"""A customer looks after its own keys: shown once, of no more scopes than the calling key, two of a label, revoked at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import serializers
from django.utils import timezone

from accounts.models import SCOPES, ApiKey
from accounts.operations import revoke_api_key, revoke_own_key
from accounts.operations.keys import MOST_ACTIVE
from slaservice.history.models import Answer, Entry
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.refusal import Refusal
from tests.factories.accounts import a_customer, a_key, history_of
from tests.factories.callers import Caller, problems_of
from tests.factories.programs import paths, told
from tests.reports.test_races import at_once

pytestmark = pytest.mark.django_db


def in_days(days: float) -> str:
    return instant_text(instant(timezone.now() + timedelta(days=days)))


def a_new_key(**values: Any) -> dict[str, Any]:
    return {"label": "Costs", "scopes": ["statements:read"], "expires_at": in_days(90), **values}


def test_a_key_is_made_with_its_text_which_opens_what_it_may() -> None:
    caller = Caller()
    response = caller.post("keys", a_new_key())
    assert response.status_code == 201
    made = response.json()
    assert made["key"].startswith(f"sla_{made['id']}_")
    assert (made["label"], made["scopes"], made["state"]) == ("Costs", ["statements:read"], "active")
    client = caller.client
    bearer = {"authorization": f"Bearer {made['key']}"}
    assert client.get("/api/v1/statements", headers=bearer).status_code == 200
    assert client.get("/api/v1/keys", headers=bearer).status_code == 403


def test_the_text_of_a_key_is_in_one_answer_and_nowhere_else() -> None:
    caller = Caller()
    body = a_new_key()
    first = caller.post("keys", body, once="k1")
    again = caller.post("keys", body, once="k1")
    text = first.json()["key"]
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == {**first.json(), "key": None}
    assert ApiKey.objects.filter(label="Costs").count() == 1
    stored = serializers.serialize(
        "json", [*ApiKey.objects.all(), *Entry.objects.all(), *Answer.objects.all()]
    )
    assert text[13:] not in stored
    assert text[13:] not in caller.get("keys").content.decode()


def test_history_names_the_customer_and_the_key_that_did_it() -> None:
    caller = Caller()
    made = caller.post("keys", a_new_key()).json()
    caller.delete(f"keys/{made['id']}")
    key = ApiKey.objects.get(prefix=made["id"])
    issued, revoked = history_of(key)
    assert (issued["action"], revoked["action"]) == ("keys.issue", "keys.revoke")
    assert issued["data"] == {
        "customer": caller.customer.public_id,
        "prefix": key.prefix,
        "scopes": ["statements:read"],
        "key": caller.key.prefix,
    }
    assert revoked["data"] == {"prefix": key.prefix, "key": caller.key.prefix}
    assert {entry.who for entry in Entry.objects.filter(object_id=key.pk, action__startswith="keys.")} == {
        f"the system for {caller.customer}"
    }


def test_a_key_gives_no_scope_that_it_lacks() -> None:
    caller = Caller(scopes=["keys:manage", "credits:read"])
    response = caller.post("keys", a_new_key(scopes=["credits:read", "claims:file", "everything"]))
    told(response, 400, "invalid_api_key")
    assert paths(response) == ["scopes[1]", "scopes[2]"]
    assert caller.post("keys", a_new_key(scopes=["credits:read", "keys:manage"])).status_code == 201


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 121}, "label"),
        ({"label": None}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "statements:read"}, "scopes"),
        ({"expires_at": None}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "expires_at"),
        ({"customer": "cu_1"}, "customer"),
        ({"secret_hash": "0" * 64}, "secret_hash"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(values: dict[str, Any], path: str) -> None:
    caller = Caller()
    response = caller.post("keys", a_new_key(**values))
    assert response.status_code == 400, response.content
    assert paths(response) == [path]
    assert ApiKey.objects.count() == 1


def test_a_key_is_good_for_a_year_at_most() -> None:
    caller = Caller()
    with time_machine.travel(timezone.now(), tick=False):
        assert paths(caller.post("keys", a_new_key(expires_at=in_days(366.001)))) == ["expires_at"]
        assert caller.post("keys", a_new_key(expires_at=in_days(366))).status_code == 201


def test_a_key_does_not_outlive_the_key_that_made_it() -> None:
    """Else one that was made for an hour could renew itself for ever."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False):
        end = timezone.now() + timedelta(hours=1)
        caller = Caller(expires_at=end)
        response = caller.post("keys", a_new_key(expires_at=in_days(1)))
        told(response, 400, "invalid_api_key")
        (fault,) = response.json()["errors"]
        assert fault["path"] == "expires_at"
        assert instant_text(instant(end)) in fault["reason"]
        made = caller.post("keys", a_new_key(expires_at=instant_text(instant(end))))
    assert (made.status_code, made.json()["expires_at"]) == (201, instant_text(instant(end)))


def test_not_even_a_key_that_lasts_longer_makes_one_for_more_than_a_year() -> None:
    caller = Caller(expires_at=timezone.now() + timedelta(days=1000))
    with time_machine.travel(timezone.now(), tick=False):
        assert paths(caller.post("keys", a_new_key(expires_at=in_days(366.001)))) == ["expires_at"]
        assert caller.post("keys", a_new_key(expires_at=in_days(366))).status_code == 201


@pytest.mark.parametrize(("callers", "made"), [(None, 366), (1000, 366), (30, 30)])
def test_a_key_for_which_no_end_is_named_ends_as_late_as_it_may(callers: int | None, made: int) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        caller = Caller(expires_at=callers and timezone.now() + timedelta(days=callers))
        body = a_new_key()
        del body["expires_at"]
        assert caller.post("keys", body).json()["expires_at"] == in_days(made)


def test_two_active_keys_carry_one_label_and_a_third_waits_until_one_is_gone() -> None:
    caller = Caller()
    first, _ = (caller.post("keys", a_new_key()).json() for _ in range(2))
    problem = told(caller.post("keys", a_new_key()), 409, "too_many_keys")
    assert "'Costs'" in problem["detail"]
    assert caller.post("keys", a_new_key(label="Another")).status_code == 201
    assert Caller().post("keys", a_new_key()).status_code == 201  # another customer's label
    caller.delete(f"keys/{first['id']}")
    assert caller.post("keys", a_new_key()).status_code == 201


def test_an_expired_key_makes_room() -> None:
    caller = Caller()
    for _ in range(2):
        assert caller.post("keys", a_new_key(expires_at=in_days(1))).status_code == 201
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert caller.post("keys", a_new_key()).status_code == 201
        states = sorted(row["state"] for row in caller.rows("keys"))
    assert states == ["active", "active", "expired", "expired"]


def test_a_customer_has_so_many_active_keys_in_all() -> None:
    caller = Caller()
    for number in range(MOST_ACTIVE - 1):
        a_key(caller.customer, label=f"Key {number}")
    told(caller.post("keys", a_new_key()), 409, "too_many_keys")
    revoke_api_key(key=ApiKey.objects.get(label="Key 0"), by=None, now=timezone.now())
    assert caller.post("keys", a_new_key()).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_made_at_once_two_carry_the_label() -> None:
    caller, body = Caller(), a_new_key()
    told_to = at_once(*[lambda: caller.post("keys", body) for _ in range(5)])
    codes = sorted(answer.status_code for answer in told_to)  # type: ignore[attr-defined]
    assert codes == [201, 201, 409, 409, 409]
    assert ApiKey.objects.filter(label="Costs").count() == 2


def test_a_revoked_key_opens_nothing_from_the_next_request_on() -> None:
    caller, other = Caller(), Caller()
    victim = Caller(caller.customer, label="Old")
    assert caller.delete(f"keys/{victim.key.prefix}", once="k1").status_code == 204
    assert victim.get("contracts").status_code == 401
    again = caller.delete(f"keys/{victim.key.prefix}", once="k1")
    assert (again.status_code, again["Idempotency-Replayed"], again.content) == (204, "true", b"")
    told(caller.delete(f"keys/{victim.key.prefix}"), 409, "key_already_revoked")
    (row,) = [row for row in caller.rows("keys") if row["id"] == victim.key.prefix]
    assert (row["state"], row["revoked_at"] is not None) == ("revoked", True)
    assert other.get("contracts").status_code == 200


def test_a_key_may_revoke_itself() -> None:
    caller = Caller()
    assert caller.delete(f"keys/{caller.key.prefix}").status_code == 204
    assert caller.get("keys").status_code == 401


def test_another_customers_key_is_neither_seen_nor_revoked() -> None:
    victim, caller = Caller(label="Canary"), Caller()
    assert [row["id"] for row in caller.rows("keys")] == [caller.key.prefix]
    answers = [caller.delete(f"keys/{name}") for name in (victim.key.prefix, "AAAAAAAA", "1", "%00", "ü")]
    assert {answer.status_code for answer in answers} == {404}
    assert len(problems_of(answers)) == 1
    assert victim.get("contracts").status_code == 200
    with pytest.raises(Refusal) as refused:
        revoke_own_key(key=victim.key, caller=caller.key, now=timezone.now())
    assert refused.value.code == "not_permitted"


def test_keys_take_their_own_scope() -> None:
    caller = Caller(scopes=[scope for scope in SCOPES if scope != "keys:manage"])
    calls: list[Callable[[], Any]] = [
        lambda: caller.get("keys"),
        lambda: caller.post("keys", a_new_key()),
        lambda: caller.delete(f"keys/{caller.key.prefix}"),
    ]
    for call in calls:
        told(call(), 403, "scope_missing")
    assert ApiKey.objects.filter(revoked_at__isnull=True).count() == 1


def test_a_key_names_neither_who_of_us_made_it_nor_its_hash() -> None:
    caller = Caller()
    (row,) = caller.rows("keys")
    assert set(row) == {
        "id", "label", "scopes", "state", "created_at", "expires_at", "last_used_at", "revoked_at",
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 9])
def test_a_list_takes_two_queries(count: int, django_assert_num_queries: Any) -> None:
    customer = a_customer()
    for number in range(count):
        a_key(customer, label=f"Key {number}")
    caller = Caller(customer)
    with django_assert_num_queries(2):
        assert len(caller.rows("keys")) == count + 1
