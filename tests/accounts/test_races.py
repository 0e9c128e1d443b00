"""Two people at once, on two connections: what the contract says in the end is what one of them said."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import ApiKey, Contract, ContractVersion
from accounts.operations import (
    add_member,
    amend_contract,
    approve_exclusion,
    authenticate_key,
    change_customer,
    end_contract,
    record_billed_amount,
    reject_exclusion,
    revoke_api_key,
)
from slaservice.rules.refusal import Refusal
from tests.factories.accounts import (
    NOW,
    a_commitment,
    a_contract,
    a_customer,
    a_key,
    a_person,
    a_promise,
    a_proposed_exclusion,
    a_tier,
    an_agreement,
    history_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

APRIL, MAY, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 7))
WHO: dict[str, Any] = {"by": None, "now": NOW}
TURNS = range(5)
"""Within one test, because the tables are emptied after each."""


def at_once(*deeds: Callable[[], Any]) -> list[str]:
    """What became of each: "done", the code of its refusal, or "refused by the database"."""
    barrier, ends = Barrier(len(deeds)), [""] * len(deeds)

    def run(number: int, deed: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            deed()
            ends[number] = "done"
        except Refusal as refusal:
            ends[number] = refusal.code
        except IntegrityError:
            ends[number] = "refused by the database"
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, deed)) for number, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(ends)


def amending(contract: Contract, day: date, currency: str = "EUR") -> Callable[[], Any]:
    agreement = an_agreement(currency=currency)
    return lambda: amend_contract(contract=contract, starts_on=day, agreement=agreement, **WHO)


def test_one_of_two_amendments_for_a_day_is_made() -> None:
    for _ in TURNS:
        contract = a_contract()
        ends = at_once(*(amending(contract, date(2026, 7, 1), currency) for currency in ("USD", "GBP")))
        assert ends == ["amendment_not_after_the_last", "done"]
        assert [version.number for version in contract.versions.all()] == [1, 2]


def test_a_contract_is_not_amended_behind_its_end() -> None:
    for _ in TURNS:
        contract = a_contract()
        ending = partial(end_contract, contract=contract, ends_before=date(2026, 7, 1), **WHO)
        ends = at_once(amending(contract, date(2026, 10, 1)), ending)
        assert ends in (
            ["amendment_after_the_end", "done"],
            ["contract_ends_before_its_last_version", "done"],
        )


def test_one_number_is_given_to_one_contract() -> None:
    for turn in TURNS:
        number = f"MSA-{turn}"
        signing = partial(a_contract, a_customer(), agreement=an_agreement(), number=number)
        ends = at_once(signing, signing, signing)
        assert ends.count("done") == 1
        assert set(ends) <= {"done", "contract_number_taken", "invalid_contract"}
        assert ContractVersion.objects.filter(contract__number=number).count() == 1


def insert(contract: Contract) -> None:
    """Past the operations."""
    span = {"starts_at": APRIL, "ends_at": JULY}
    with transaction.atomic():
        ContractVersion.objects.create(
            contract=contract, number=1, tier=a_tier(), currency="EUR", timezone="UTC", **span
        )


def shrink(contract: Contract) -> None:
    """Past the operations."""
    with transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(ends_at=MAY)


def test_a_contract_does_not_shrink_while_a_version_comes_in() -> None:
    """The two triggers wait for each other."""
    a_tier()
    for turn in TURNS:
        contract = Contract.objects.create(
            customer=a_customer(), number=f"N-{turn}", title="T", starts_at=APRIL
        )
        assert at_once(partial(insert, contract), partial(shrink, contract)) == [
            "done",
            "refused by the database",
        ]


def test_two_amounts_for_a_period_leave_one_and_the_history_of_both() -> None:
    for _ in TURNS:
        agreement = an_agreement(timezone="UTC", promises=[a_promise(fee=None)])
        commitment = a_commitment(a_contract(agreement=agreement))
        recording = partial(record_billed_amount, commitment=commitment, period_start=APRIL, **WHO)
        assert at_once(partial(recording, amount="1.00"), partial(recording, amount="2.00")) == [
            "done",
            "done",
        ]
        billed = commitment.billed_amounts.get()
        first, second = (entry["data"] for entry in history_of(billed))
        assert (first["before"], second["before"], second["after"]) == (
            None,
            first["after"],
            billed.amount_minor,
        )


def revoke(pk: int) -> None:
    revoke_api_key(key=ApiKey.objects.get(pk=pk), **WHO)


def test_a_key_is_revoked_once() -> None:
    for _ in TURNS:
        key, text = a_key()
        ends = at_once(*[partial(revoke, key.pk)] * 3)
        assert ends == ["done", "key_already_revoked", "key_already_revoked"]
        assert authenticate_key(text, NOW) is None


def test_a_key_may_be_used_by_many_at_once() -> None:
    for _ in TURNS:
        _, text = a_key()
        assert at_once(*[partial(authenticate_key, text, NOW)] * 4) == ["done"] * 4


def test_two_changes_of_a_customer_are_told_one_after_the_other() -> None:
    for _ in TURNS:
        customer = a_customer("first")
        changing = partial(change_customer, customer=customer, **WHO)
        adding = partial(add_member, customer=customer, user=a_person(), **WHO)
        assert (
            at_once(partial(changing, name="second"), partial(changing, name="third"), adding) == ["done"] * 3
        )
        changes = [entry["data"] for entry in history_of(customer) if entry["action"] == "customers.change"]
        assert changes[0]["before"]["name"] == "first"
        assert changes[1]["before"] == changes[0]["after"]


def test_an_exclusion_is_approved_or_rejected_and_never_both() -> None:
    approver, operator = a_person("finance approver"), a_person("operator")
    for turn in TURNS:
        exclusion = a_proposed_exclusion(by=operator)
        ends = at_once(
            partial(approve_exclusion, exclusion=exclusion, by=approver, now=NOW),
            partial(reject_exclusion, exclusion=exclusion, by=operator, now=NOW, reason=f"Turn {turn}"),
        )
        assert ends == ["done", "state_does_not_allow_it"]
        exclusion.refresh_from_db()
        actions = [entry["action"] for entry in history_of(exclusion)]
        verb = "approve" if exclusion.state == "approved" else "reject"
        assert actions == ["exclusions.propose", f"exclusions.{verb}"]
