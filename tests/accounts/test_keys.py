"""API keys: shown once, kept as a keyed hash, checked in constant time, good until revoked or expired."""

import ast
import hmac
import re
import string
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers

from accounts.models import ApiKey
from accounts.operations import authenticate_key, issue_api_key, revoke_api_key
from slaservice.history import keys
from slaservice.history.models import Entry
from slaservice.rules.refusal import Invalid, Refusal
from tests.factories.accounts import NOW, a_customer, a_key, a_person, history_of

pytestmark = pytest.mark.django_db

HOUR = NOW.replace(minute=0)


def test_a_key_opens_what_is_its_customers() -> None:
    customer = a_customer()
    key, text = a_key(customer)
    found = authenticate_key(text, NOW)
    assert found == key
    assert found.customer == customer


def test_a_key_has_a_prefix_that_names_it_and_256_random_bits() -> None:
    made = [a_key() for _ in range(50)]
    for key, text in made:
        assert re.fullmatch(r"sla_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}", text)
        assert text[4:12] == key.prefix
    letters = {letter for _, text in made for letter in text[4:12]}
    assert letters <= set(string.ascii_letters + string.digits)
    assert len({text[13:] for _, text in made}) == 50


def test_nothing_that_is_stored_is_the_key() -> None:
    _, text = a_key()
    secret = text.split("_", 2)[2]
    stored = serializers.serialize("json", [*ApiKey.objects.all(), *Entry.objects.all()])
    assert secret not in stored
    assert secret[:12] not in stored


def test_the_hash_is_keyed_so_that_a_stolen_table_lets_nobody_try(settings: Any) -> None:
    _, text = a_key()
    settings.API_KEY_PEPPER = "another pepper"
    assert authenticate_key(text, NOW) is None


def test_a_key_that_is_nearly_right_opens_nothing() -> None:
    _, text = a_key()
    other = "A" if text[-1] != "A" else "B"
    wrong = [
        "",
        "sla_",
        text[:-1],
        text + "x",
        text[:-1] + other,
        text.swapcase(),
        " " + text,
        text + "\n",
        text.replace("sla", "SLA"),
        "sla_00000000_" + text[13:],
        text[:13] + a_key()[1][13:],
        "sla_" + "é" * 8 + "_" + "é" * 43,
        text[:12] + "\0" + text[13:],
        "x" * 100_000,
    ]
    for attempt in wrong:
        assert authenticate_key(attempt, NOW) is None, attempt[:80]


def test_a_revoked_key_opens_nothing_from_then_on() -> None:
    key, text = a_key()
    assert authenticate_key(text, NOW)
    revoke_api_key(key=key, by=None, now=NOW, reason="Left on a train")
    assert authenticate_key(text, NOW) is None
    with pytest.raises(Refusal) as refused:
        revoke_api_key(key=key, by=None, now=NOW)
    assert refused.value.code == "key_already_revoked"
    assert [(entry["action"], entry["reason"]) for entry in history_of(key)] == [
        ("keys.issue", ""),
        ("keys.revoke", "Left on a train"),
    ]


def test_a_key_expires_at_its_instant() -> None:
    end = NOW + timedelta(days=30)
    _, text = a_key(expires_at=end)
    assert authenticate_key(text, end - timedelta(microseconds=1))
    assert authenticate_key(text, end) is None


def test_two_keys_may_be_good_at_once_for_rotation() -> None:
    customer = a_customer()
    (old, old_text), (_, new_text) = a_key(customer), a_key(customer)
    assert authenticate_key(old_text, NOW)
    assert authenticate_key(new_text, NOW)
    revoke_api_key(key=old, by=None, now=NOW)
    assert authenticate_key(new_text, NOW)


def test_the_hour_of_use_is_written_once_an_hour(django_assert_num_queries: Any) -> None:
    key, text = a_key()
    for minutes, queries, hour in [(0, 2, 0), (1, 1, 0), (29, 1, 0), (30, 2, 1), (89, 1, 1), (90, 2, 2)]:
        with django_assert_num_queries(queries):
            assert authenticate_key(text, NOW + timedelta(minutes=minutes))
        key.refresh_from_db()
        assert key.last_used_at == HOUR + timedelta(hours=hour)


def test_a_use_never_moves_the_hour_back() -> None:
    key, text = a_key()
    authenticate_key(text, NOW + timedelta(hours=5))
    authenticate_key(text, NOW)
    key.refresh_from_db()
    assert key.last_used_at == HOUR + timedelta(hours=5)


def test_a_key_that_is_refused_was_not_used() -> None:
    key, text = a_key(expires_at=NOW + timedelta(hours=1))
    authenticate_key(text, NOW + timedelta(hours=2))
    key.refresh_from_db()
    assert key.last_used_at is None


def test_an_unknown_prefix_costs_the_same_work(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    compared: list[tuple[str, str]] = []
    real_hash, real_compare = keys._hash, hmac.compare_digest
    _, text = a_key()

    def hash_noted(text: str, pepper: str) -> str:
        hashed.append(text)
        return real_hash(text, pepper)

    def compare_noted(left: str, right: str) -> bool:
        compared.append((left, right))
        return real_compare(left, right)

    monkeypatch.setattr(keys, "_hash", hash_noted)
    monkeypatch.setattr(hmac, "compare_digest", compare_noted)
    for attempt in ("sla_00000000_" + "x" * 43, text[:-3] + "xyz", "nothing like a key"):
        with django_assert_num_queries(1):
            assert authenticate_key(attempt, NOW) is None
    assert len(hashed) == len(compared) == 3
    assert {len(side) for pair in compared for side in pair} == {64}


def test_no_hash_is_compared_but_in_constant_time() -> None:
    tree = ast.parse(Path(keys.__file__).read_text(encoding="utf-8"))
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [text for text in compared if "hash" in text.lower()]
    assert "compare_digest(_hash(text, pepper), stored)" in Path(keys.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"label": " "}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["statements:read", "everything"]}, "scopes[1]"),
        ({"expires_at": NOW}, "expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_key(**values)
    assert [error.path for error in refused.value.errors] == [path]
    assert not ApiKey.objects.exists()


def test_history_knows_who_made_a_key_and_not_the_key() -> None:
    manager = a_person("account manager")
    customer = a_customer(account_manager=manager)
    key, _ = issue_api_key(customer=customer, label="ERP", scopes=["statements:read"], by=manager, now=NOW)
    [entry] = history_of(key)
    assert entry["actor_id"] == key.created_by_id == manager.pk
    assert entry["data"] == {
        "customer": customer.public_id,
        "prefix": key.prefix,
        "scopes": ["statements:read"],
    }


def test_a_key_of_an_earlier_pepper_is_good_and_hashed_anew_when_it_is_used(
    settings: Any, django_assert_num_queries: Any
) -> None:
    key, text = a_key()
    _, unused = a_key()
    before = settings.API_KEY_PEPPER
    settings.API_KEY_PEPPER, settings.API_KEY_PEPPER_FALLBACKS = "the next pepper", ["another", before]
    with django_assert_num_queries(3):  # the key, its hash, the hour of use
        assert authenticate_key(text, NOW) == key
    with django_assert_num_queries(1):
        assert authenticate_key(text, NOW) == key
    settings.API_KEY_PEPPER_FALLBACKS = []
    assert authenticate_key(text, NOW) == key
    assert authenticate_key(unused, NOW) is None


def test_a_new_key_is_hashed_under_the_pepper_in_use(settings: Any) -> None:
    settings.API_KEY_PEPPER, settings.API_KEY_PEPPER_FALLBACKS = "the next pepper", [settings.API_KEY_PEPPER]
    _, text = a_key()
    settings.API_KEY_PEPPER_FALLBACKS = []
    assert authenticate_key(text, NOW)


def test_a_key_that_is_over_is_not_hashed_anew(settings: Any) -> None:
    key, text = a_key()
    revoke_api_key(key=key, by=None, now=NOW)
    settings.API_KEY_PEPPER, settings.API_KEY_PEPPER_FALLBACKS = "the next pepper", [settings.API_KEY_PEPPER]
    assert authenticate_key(text, NOW) is None
    assert ApiKey.objects.get().secret_hash == key.secret_hash
