"""One claim for one Idempotency-Key, however many send it at the same time; and for different keys, one claim that waits."""

from typing import Any

import pytest
import time_machine
from django.db import connection

from reports.models import Claim, Dispute
from slaservice.history.models import Answer, Entry
from tests.factories.accounts import a_contract
from tests.factories.callers import Caller
from tests.factories.money import BY_CUSTOMER, a_claimable, a_contract_with, a_granted
from tests.factories.reports import CLOSED
from tests.reports.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SENDERS = 16


@pytest.fixture(autouse=True)
def soon_after_the_close() -> Any:
    with time_machine.travel(CLOSED, tick=True):
        yield


def send(caller: Caller, address: str, body: Any, *names: str) -> list[Any]:
    """The answers to one request from SENDERS at the same time, under each of these Idempotency-Keys in turn."""

    def sender(number: int) -> Any:
        return lambda: caller.post(address, body, once=names[number % len(names)])

    return at_once(*map(sender, range(SENDERS)))


def codes(answers: list[Any]) -> set[str]:
    return {answer.json()["code"] for answer in answers if answer.status_code != 201}


def test_sixteen_who_send_one_claim_under_one_key_file_it_once() -> None:
    caller = Caller()
    credit = a_claimable(contract=a_contract_with(caller.customer, claim=BY_CUSTOMER))
    body = {"statement": credit.statement.public_id, "text": "Down on 10 April."}
    answers = send(caller, "claims", body, "k1")
    done = [answer for answer in answers if answer.status_code == 201]
    assert sum("Idempotency-Replayed" not in answer for answer in done) == 1
    assert len({answer.content for answer in done}) == 1
    assert codes(answers) <= ({"idempotency_key_in_use"} if connection.vendor == "postgresql" else set())
    assert Claim.objects.count() == Entry.objects.filter(action="claims.file").count() == 1
    assert Answer.objects.count() == 1
    again = caller.post("claims", body, once="k1")
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (201, done[0].content, "true")


def test_sixteen_who_send_one_claim_under_different_keys_file_it_once() -> None:
    caller = Caller()
    credit = a_claimable(contract=a_contract_with(caller.customer, claim=BY_CUSTOMER))
    names = [f"k{number}" for number in range(SENDERS)]
    answers = send(caller, "claims", {"statement": credit.statement.public_id}, *names)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (SENDERS - 1)
    assert codes(answers) == {"claim_waits"}
    assert Claim.objects.count() == Answer.objects.count() == 1


def test_sixteen_who_send_one_dispute_file_it_once() -> None:
    caller = Caller()
    statement = a_granted(a_contract(caller.customer)).statement
    body = {"statement": statement.public_id, "text": "Too short."}
    answers = send(caller, "disputes", body, "k1", "k2")
    assert sum(answer.status_code == 201 and "Idempotency-Replayed" not in answer for answer in answers) == 1
    assert codes(answers) <= {"idempotency_key_in_use", "dispute_waits"}
    assert Dispute.objects.count() == 1
