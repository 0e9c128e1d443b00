"""One effect for one Idempotency-Key: repeated, concurrent, crashed, with another body, by another person."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from slaservice.history import answers
from slaservice.history import operations as history
from slaservice.history.models import Answer, Entry
from slaservice.outages import operations
from slaservice.outages.models import OutageWindow
from slaservice.rules.workflow import OPERATOR
from tests.factories.outages import a_component, a_person, a_proposal, a_tier
from tests.factories.programs import Program, a_person_key, an_outage_entry
from tests.servers import with_database

ENTRY = an_outage_entry()


@pytest.fixture
def codes(db: None) -> None:
    a_component()
    a_tier()


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("codes")]


def proposed() -> int:
    return OutageWindow.objects.count()


def test_a_request_that_is_sent_again_has_one_effect_and_the_same_answer() -> None:
    program = Program()
    first = program.post("outages", ENTRY, key="k1")
    again = program.post("outages", ENTRY, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert again["Cache-Control"] == "private, no-store"
    assert proposed() == 1
    assert Entry.objects.filter(action="outages.propose").count() == 1


def test_the_answer_is_the_one_of_then_whatever_happened_since() -> None:
    program = Program()
    first = program.post("outages", ENTRY, key="k1")
    program.post(f"outages/{first.json()['id']}/withdraw", {"reason": "A drill"})
    assert program.post("outages", ENTRY, key="k1").json()["state"] == "proposed"


def test_a_key_that_was_used_for_something_else_is_refused() -> None:
    program = Program()
    row = a_proposal()
    program.post("outages", ENTRY, key="k1")
    for address, body in (
        ("outages", an_outage_entry(severity="partial_outage")),
        (f"outages/{row.pk}/confirm", {}),
        ("maintenance", ENTRY),
    ):
        response = program.post(address, body, key="k1")
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
        assert response.json()["remedy"]
    assert proposed() == 2
    assert not OutageWindow.objects.filter(state="confirmed").exists()


def test_white_space_and_the_order_of_names_make_no_other_request() -> None:
    program = Program()
    program.post("outages", b'{"source": "m", "external_id": "1", "component": "api", "tiers": ["enterprise"], '
                 b'"start": "2026-04-10T12:00:00Z", "severity": "major_outage"}', key="k1")  # fmt: skip
    again = program.post("outages", b'{"component":"api","tiers":["enterprise"],"severity":"major_outage",'
                         b'"start":"2026-04-10T12:00:00Z","external_id":"1","source":"m"}', key="k1")  # fmt: skip
    assert again["Idempotency-Replayed"] == "true"


def test_a_refused_request_changed_nothing_and_may_be_mended_under_its_key() -> None:
    program = Program()
    assert program.post("outages", an_outage_entry(component="apy"), key="k1").status_code == 400
    assert not Answer.objects.exists()
    assert program.post("outages", ENTRY, key="k1").status_code == 201


def test_another_person_s_keys_are_others_and_another_key_of_the_same_person_s_are_not() -> None:
    operator = a_person(OPERATOR)
    Program(operator).post("outages", ENTRY, key="k1")
    assert Program(operator).post("outages", ENTRY, key="k1")["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in Program().post("outages", ENTRY, key="k1")
    assert proposed() == 2


def test_who_lost_the_role_is_not_answered_again() -> None:
    operator = a_person(OPERATOR)
    program = Program(operator)
    program.post("outages", ENTRY, key="k1")
    operator.groups.clear()
    assert program.post("outages", ENTRY, key="k1").status_code == 403


@pytest.mark.parametrize("key", [None, "", " ", "a b", "x" * 201, "ü", "a\tb"])
def test_a_write_without_a_usable_key_is_refused(key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    response = Program().client.post(
        "/api/v1/recording/outages", ENTRY, content_type="application/json", headers=headers
    )
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")
    assert response.json()["errors"][0]["path"] == "Idempotency-Key"
    assert proposed() == 0


def test_after_thirty_days_an_answer_is_forgotten() -> None:
    now = timezone.now()
    program = Program(text=a_person_key(expires_at=now + timedelta(days=60))[1])
    other = Program()
    program.post("outages", ENTRY, key="k1")
    other.post("outages", ENTRY, key="k1")
    with time_machine.travel(now + timedelta(days=29)):
        assert program.post("outages", ENTRY, key="k1")["Idempotency-Replayed"] == "true"
    with time_machine.travel(now + timedelta(days=31)):
        program.post("outages", ENTRY, key="k2")
        assert "Idempotency-Replayed" not in program.post("outages", ENTRY, key="k1")
    assert proposed() == 4


# what is cut short


def _cut(*args: Any, **kwargs: Any) -> Any:
    raise ConnectionError("cut short")


def test_an_effect_whose_answer_cannot_be_kept_did_not_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    with monkeypatch.context() as patch:
        patch.setattr(answers, "keep", _cut)
        assert program.post("outages", ENTRY, key="k1").status_code == 500
    assert (proposed(), Entry.objects.filter(action="outages.propose").count()) == (0, 0)
    assert program.post("outages", ENTRY, key="k1").status_code == 201
    assert proposed() == 1


def test_an_effect_that_fails_half_way_keeps_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    with monkeypatch.context() as patch:
        patch.setattr(history, "record_many", _cut)
        assert program.post("outages", ENTRY, key="k1").status_code == 500
    assert (proposed(), Answer.objects.count()) == (0, 0)


DYING = """
import os, sys
import django
from django.test.utils import setup_test_environment
django.setup()
setup_test_environment()
from slaservice.api import idempotency
from tests.factories.programs import Program, an_outage_entry
where, text = sys.argv[1:]
keep = idempotency.answers.keep
def die(*args, **kwargs):
    if where == "after the answer":
        keep(*args, **kwargs)
    os._exit(9)
if where == "after the commit":
    idempotency._json = lambda *args: os._exit(9)
else:
    idempotency.answers.keep = die
sys.exit(Program(text=text).post("outages", an_outage_entry(), key="k1").content)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["before the answer", "after the answer", "after the commit"])
def test_a_process_that_dies_leaves_one_effect_or_none_and_the_next_try_ends_it(where: str) -> None:
    a_component(), a_tier()
    text = a_person_key()[1]
    name = str(connection.settings_dict["NAME"])
    database = (
        f"sqlite:///{name}" if connection.vendor == "sqlite" else with_database(settings.DATABASE_URL, name)
    )
    connection.close()
    died = subprocess.run(
        [sys.executable, "-c", DYING, where, text],
        cwd=Path(__file__).parents[3],
        env={
            **os.environ,
            "DATABASE_URL": database,
            "LOCAL": "true",
            "DJANGO_SETTINGS_MODULE": "slaservice.settings",
            "API_KEY_PEPPER": settings.API_KEY_PEPPER,
        },
        check=False,
        timeout=60,
        capture_output=True,
    )
    assert died.returncode == 9, died.stderr
    survived = where == "after the commit"
    assert (proposed(), Answer.objects.count()) == ((1, 1) if survived else (0, 0))
    again = Program(text=text).post("outages", ENTRY, key="k1")
    assert again.status_code == 201
    assert ("Idempotency-Replayed" in again) is survived
    assert proposed() == 1


# two at once


def at_once(count: int, run: Callable[[], Any]) -> list[Any]:
    barrier, results = Barrier(count), [None] * count

    def go(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            results[number] = run()
        finally:
            connection.close()

    threads = [Thread(target=go, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_many_at_once_under_one_key_have_one_effect(turn: int) -> None:
    a_component(), a_tier()
    text = a_person_key()[1]
    Program(text=text).get("tiers")  # notes the hour of use
    told = at_once(6, lambda: Program(text=text).post("outages", ENTRY, key="k1"))
    assert {answer.status_code for answer in told} <= {201, 409}
    done = [answer for answer in told if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in done) == 1
    assert {answer.json()["code"] for answer in told if answer.status_code == 409} <= {
        "idempotency_key_in_use"
    }
    assert proposed() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time")
@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_being_served_the_second_is_told_so_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_component(), a_tier()
    text, other = a_person_key()[1], a_person_key()[1]
    Program(text=text).get("tiers")
    inside, go_on = Event(), Event()
    propose = operations.propose_outage

    def slowly(**values: Any) -> Any:
        inside.set()
        assert go_on.wait(timeout=20)
        return propose(**values)

    from slaservice.outages.api import facts

    slow = facts.Kind(
        **{**{name: getattr(facts.OUTAGES, name) for name in facts.Kind.__slots__}, "propose": slowly}
    )
    results: list[Any] = []

    def first() -> None:
        try:
            results.append(Program(text=text).post("outages", ENTRY, key="k1"))
        finally:
            connection.close()

    monkeypatch.setattr(facts.OutageList, "kind", slow)
    thread = Thread(target=first)
    thread.start()
    assert inside.wait(timeout=20)
    monkeypatch.setattr(facts.OutageList, "kind", facts.OUTAGES)
    second = Program(text=text).post("outages", ENTRY, key="k1")
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_key_in_use")
    assert Program(text=other).post("outages", ENTRY, key="k1").status_code == 201  # a key of somebody else's
    go_on.set()
    thread.join(timeout=30)
    assert results[0].status_code == 201
    third = Program(text=text).post("outages", ENTRY, key="k1")
    assert (third["Idempotency-Replayed"], third.content) == ("true", results[0].content)
    assert proposed() == 2
