"""Customers, their people, and who sees and changes whose."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User

from accounts.models import Customer, Membership
from accounts.operations import (
    add_member,
    amend_contract,
    change_customer,
    create_customer,
    end_contract,
    issue_api_key,
    remove_member,
    revoke_api_key,
    sign_contract,
)
from accounts.queries import contracts_visible_to, customers_visible_to, keys_visible_to
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ROLES
from tests.factories.accounts import NOW, a_contract, a_customer, a_key, a_person, an_agreement, history_of

pytestmark = pytest.mark.django_db


def test_a_customer_without_a_legal_name_goes_by_its_name() -> None:
    customer = create_customer(name="  Nordwind ", address="Kai 1\r\nHamburg", by=None, now=NOW)
    assert (customer.name, customer.legal_name, customer.address) == (
        "Nordwind",
        "Nordwind",
        "Kai 1\nHamburg",
    )


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "A", "legal_name": "x" * 201}, "legal_name"),
        ({"name": "A", "address": "x" * 1001}, "address"),
        ({"name": "A", "address": "a\x07"}, "address"),
        ({"name": "A", "language": ""}, "language"),
        ({"name": "A", "language": "ja"}, "language"),
        ({"name": "A", "language": "de-AT"}, "language"),
        *(
            ({"name": f"a{chr(point)}b"}, "name")
            for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
        ),
        ({"name": "A", "address": "a\u202eb"}, "address"),
    ],
)
def test_what_a_statement_could_not_print_is_refused(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        create_customer(**values, by=None, now=NOW)
    assert path in {error.path for error in refused.value.errors}


def test_what_turns_the_writing_around_is_called_by_its_name() -> None:
    with pytest.raises(Invalid) as refused:
        create_customer(name="HbmG \u202eoyoK", by=None, now=NOW)
    assert [error.reason for error in refused.value.errors if error.path == "name"] == [
        "holds RIGHT-TO-LEFT OVERRIDE, which turns the writing around"
    ]


def test_a_language_that_no_statement_speaks_is_refused_with_those_that_are_spoken() -> None:
    customer = create_customer(name="Koyo", language="fr", by=None, now=NOW)
    with pytest.raises(Invalid) as refused:
        change_customer(customer=customer, language="ja", by=None, now=NOW)
    assert [str(error) for error in refused.value.errors] == [
        "language: is none of the languages that statements speak: en, de, fr"
    ]
    assert Customer.objects.get().language == "fr"


def test_who_names_no_language_is_written_to_in_the_vendors(settings: Any) -> None:
    assert create_customer(name="Before", by=None, now=NOW).language == "en"
    settings.VENDOR_LANGUAGE = "de"
    assert create_customer(name="Koyo", by=None, now=NOW).language == "de"
    assert create_customer(name="Quill", language="fr", by=None, now=NOW).language == "fr"


@pytest.mark.parametrize("name", ["شركة\u200f", "חברה", "می\u200cخواهم"])
def test_a_name_may_be_written_from_right_to_left(name: str) -> None:
    assert create_customer(name=name, by=None, now=NOW).name == name


def test_a_change_is_kept_with_what_was_before() -> None:
    manager, customer = a_person("account manager"), a_customer("Nordwind")
    clerk = a_person("finance clerk")
    change_customer(
        customer=customer,
        by=clerk,
        now=NOW,
        reason="Renamed",
        name="Nordwind AG",
        account_manager=manager,
        ended_on=date(2026, 12, 31),
    )
    customer.refresh_from_db()
    assert (customer.name, customer.account_manager, customer.ended_on) == (
        "Nordwind AG",
        manager,
        date(2026, 12, 31),
    )
    entry = history_of(customer)[-1]
    assert (entry["action"], entry["reason"], entry["actor_id"]) == ("customers.change", "Renamed", clerk.pk)
    assert entry["data"] == {
        "before": {"name": "Nordwind", "account_manager": None, "ended_on": None},
        "after": {"name": "Nordwind AG", "account_manager": manager.pk, "ended_on": "2026-12-31"},
    }


def test_no_change_leaves_no_history() -> None:
    customer = a_customer("Nordwind")
    change_customer(customer=customer, by=None, now=NOW, name="Nordwind ")
    assert [entry["action"] for entry in history_of(customer)] == ["customers.create"]


def test_a_member_is_added_once_and_removed_once() -> None:
    customer, person = a_customer(), a_person()
    first = add_member(customer=customer, user=person, by=None, now=NOW)
    assert add_member(customer=customer, user=person, by=None, now=NOW) == first
    remove_member(membership=first, by=None, now=NOW)
    remove_member(membership=first, by=None, now=NOW)
    assert [entry["action"] for entry in history_of(customer)] == [
        "customers.create",
        "members.add",
        "members.remove",
    ]
    assert not Membership.objects.exists()


# Who sees whose

SEES = {
    "operator": set(),
    "account manager": {"mine"},
    "finance clerk": {"mine", "other"},
    "finance approver": {"mine", "other"},
    "auditor": {"mine", "other"},
    "administrator": {"mine", "other"},
}


def seen(user: User | None) -> set[str]:
    return set(customers_visible_to(user).values_list("name", flat=True))


@pytest.mark.parametrize("role", ROLES)
def test_finance_sees_every_customer_and_an_account_manager_its_own(role: str) -> None:
    person = a_person(role)
    mine, other = (
        a_customer("mine", account_manager=person if role == "account manager" else None),
        a_customer("other"),
    )
    a_contract(mine), a_contract(other), a_key(mine), a_key(other)
    assert seen(person) == SEES[role]
    assert {contract.customer.name for contract in contracts_visible_to(person)} == SEES[role]
    assert {key.customer.name for key in keys_visible_to(person)} == SEES[role]


def test_a_customers_own_people_see_their_company_and_no_other() -> None:
    person, mine = a_person(), a_customer("mine")
    a_customer("other")
    assert seen(person) == set()
    membership = add_member(customer=mine, user=person, by=None, now=NOW)
    assert seen(person) == {"mine"}
    remove_member(membership=membership, by=None, now=NOW)
    assert seen(person) == set()


def test_who_manages_and_belongs_sees_a_customer_once() -> None:
    person = a_person("account manager")
    for name in ("a", "b"):
        customer = a_customer(name, account_manager=person)
        add_member(customer=customer, user=person, by=None, now=NOW)
        add_member(customer=customer, user=a_person(), by=None, now=NOW)
    assert [customer.name for customer in customers_visible_to(person)] == ["a", "b"]


@pytest.mark.parametrize("role", ["auditor", "account manager", ""])
def test_who_may_no_longer_log_in_sees_nothing(role: str) -> None:
    person = a_person(*([role] if role else []))
    add_member(customer=a_customer("mine", account_manager=person), user=person, by=None, now=NOW)
    assert seen(person) == {"mine"}
    person.is_active = False
    assert seen(person) == set()


def test_the_system_sees_everything_and_an_anonymous_caller_nothing() -> None:
    from django.contrib.auth.models import AnonymousUser

    a_customer("mine")
    assert seen(None) == {"mine"}
    assert seen(AnonymousUser()) == set()  # type: ignore[arg-type]


# Who may change what, by role and by whose customer it is

MAY = {
    "create a customer": {"account manager", "finance clerk"},
    "change a customer": {"account manager", "finance clerk"},
    "sign a contract": {"finance clerk"},
    "amend a contract": {"finance clerk"},
    "end a contract": {"finance clerk"},
    "issue a key": {"account manager", "administrator"},
    "revoke a key": {"account manager", "administrator"},
    "add a member": {"administrator"},
}


def attempt(deed: str, customer: Customer, by: User) -> None:
    who: dict[str, Any] = {"by": by, "now": NOW}
    deeds: dict[str, Any] = {
        "create a customer": lambda: create_customer(name="New", **who),
        "change a customer": lambda: change_customer(customer=customer, name="Changed", **who),
        "sign a contract": lambda: sign_contract(
            customer=customer,
            number="N-1",
            title="T",
            starts_on=date(2026, 4, 1),
            agreement=an_agreement(),
            **who,
        ),
        "amend a contract": lambda: amend_contract(
            contract=a_contract(customer), starts_on=date(2026, 7, 1), agreement=an_agreement(), **who
        ),
        "end a contract": lambda: end_contract(
            contract=a_contract(customer), ends_before=date(2026, 7, 1), **who
        ),
        "issue a key": lambda: issue_api_key(customer=customer, label="L", **who),
        "revoke a key": lambda: revoke_api_key(key=a_key(customer)[0], **who),
        "add a member": lambda: add_member(customer=customer, user=a_person(), **who),
    }
    deeds[deed]()


@pytest.mark.parametrize("deed", MAY)
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_each_deed_is_for_its_roles(deed: str, role: str) -> None:
    person = a_person(*([role] if role else []))
    customer = a_customer("mine", account_manager=person)
    if role in MAY[deed]:
        attempt(deed, customer, person)
    else:
        with pytest.raises(Refusal) as refused:
            attempt(deed, customer, person)
        assert refused.value.code == "not_permitted"


@pytest.mark.parametrize(
    "deed", [deed for deed in MAY if "account manager" in MAY[deed] and deed != "create a customer"]
)
def test_an_account_manager_changes_nothing_of_somebody_elses_customer(deed: str) -> None:
    person = a_person("account manager")
    with pytest.raises(Refusal, match="somebody else's care") as refused:
        attempt(deed, a_customer("other"), person)
    assert refused.value.code == "not_permitted"
    attempt(deed, a_customer("mine", account_manager=person), person)


def test_a_superuser_is_an_administrator_and_nothing_more() -> None:
    root = User.objects.create_superuser("root")
    customer = a_customer()
    attempt("issue a key", customer, root)
    with pytest.raises(Refusal):
        attempt("sign a contract", customer, root)
