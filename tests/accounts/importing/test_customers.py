"""Files of customers: created once, changed where the file says otherwise, left as they are where it says nothing."""

from typing import Any

import pytest

from accounts.models import Customer
from accounts.operations import change_customer, create_customer
from slaservice.history.models import Entry
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_CLERK
from tests.factories.accounts import NOW, a_customer, a_person, history_of
from tests.factories.files import a_csv
from tests.factories.imports import a_customer_row, imported

pytestmark = pytest.mark.django_db


def faults(*rows: dict[str, Any], **values: Any) -> list[str]:
    before = list(Customer.objects.order_by("pk").values()), Entry.objects.count()
    with pytest.raises(Invalid) as refused:
        imported("customers", *rows, **values)
    assert before == (list(Customer.objects.order_by("pk").values()), Entry.objects.count())
    return [str(error) for error in refused.value.errors]


def test_a_row_is_a_customer_with_everything_that_stands_in_it() -> None:
    manager, clerk = a_person(ACCOUNT_MANAGER), a_person(FINANCE_CLERK)
    row = a_customer_row(
        "Koyo ü", legal_name="Koyo GmbH", address="Am Hafen 1\n20457 Hamburg", language="de",
        account_manager=manager.username,
    )  # fmt: skip
    result = imported("customers", row, a_customer_row("Second"), by=clerk)
    assert result.counts == {"rows": 2, "new": 2}
    customer = Customer.objects.get(name="Koyo ü")
    assert (customer.legal_name, customer.address) == ("Koyo GmbH", "Am Hafen 1\n20457 Hamburg")
    assert (customer.language, customer.account_manager) == ("de", manager)
    assert Customer.objects.get(name="Second").legal_name == "Second"
    (entry,) = history_of(customer)
    assert (entry["action"], entry["reason"], entry["actor_id"]) == (
        "customers.create",
        "Imported from sheet.csv",
        clerk.pk,
    )


def test_the_same_file_again_changes_nothing() -> None:
    rows = [a_customer_row("One", legal_name="One AG", address="a\nb"), a_customer_row("Two", language="de")]
    imported("customers", *rows)
    before = list(Customer.objects.values()), Entry.objects.count()
    assert imported("customers", *rows).counts == {"rows": 2, "unchanged": 2}
    assert (list(Customer.objects.values()), Entry.objects.count()) == before


def test_what_a_row_says_otherwise_is_changed_and_named_and_what_it_leaves_empty_stays() -> None:
    customer = a_customer("Koyo", legal_name="Koyo GmbH", address="Hafen", language="de")
    rows = [a_customer_row(legal_name="Koyo SE", address=""), a_customer_row("New", address="x")]
    dry = imported("customers", *rows, dry_run=True)
    assert dry.shown == [(2, "changed", "Koyo", "legal_name Koyo GmbH -> Koyo SE"), (3, "new", "New", "")]
    assert (Customer.objects.get().legal_name, len(history_of(customer))) == ("Koyo GmbH", 1)
    assert imported("customers", *rows) == dry
    customer.refresh_from_db()
    assert (customer.legal_name, customer.address, customer.language) == ("Koyo SE", "Hafen", "de")
    change = history_of(customer)[-1]
    assert (change["action"], change["reason"]) == ("customers.change", "Imported from sheet.csv")
    assert change["data"] == {"before": {"legal_name": "Koyo GmbH"}, "after": {"legal_name": "Koyo SE"}}


def test_by_its_id_a_customer_gets_another_name() -> None:
    customer = a_customer("Koyo")
    result = imported("customers", a_customer_row("Koyo Group", id=customer.public_id))
    assert result.shown == [(2, "changed", "Koyo", "name Koyo -> Koyo Group")]
    assert Customer.objects.get().name == "Koyo Group"


def test_two_of_one_name_are_told_apart_by_their_ids() -> None:
    first, second = a_customer("Koyo"), a_customer("Koyo")
    (told,) = faults(a_customer_row(language="de"))
    assert told == "line 2, name: is the name of 2 customers; write the id of the one that is meant"
    imported("customers", a_customer_row(id=second.public_id, language="de"))
    assert list(Customer.objects.order_by("pk").values_list("language", flat=True)) == ["en", "de"]
    assert first.public_id != second.public_id


def test_every_fault_is_told_with_its_line_and_column_and_nothing_is_imported() -> None:
    a_person(ACCOUNT_MANAGER, is_active=False)
    told = faults(
        a_customer_row("Fine", legal_name="", address="", account_manager="", language="en", id=""),
        a_customer_row("x" * 121, legal_name="y" * 201),
        a_customer_row("Fine"),
        a_customer_row("A", account_manager=a_person(AUDITOR).username),
        a_customer_row("B", account_manager="nobody", language="far too long a code"),
        a_customer_row("C", id="cu_none"),
    )
    assert told == [
        "line 3, name: is longer than 120 characters",
        "line 3, legal_name: is longer than 200 characters",
        "line 4, name: stands in line 2 already",
        "line 5, account_manager: is not the user name of an active account manager",
        "line 6, account_manager: is not the user name of an active account manager",
        "line 7, id: is the id of no customer; leave it empty for a new one",
    ]
    assert faults(a_customer_row("", legal_name="No name")) == ["line 2, name: is required"]


def test_a_language_that_no_statement_speaks_is_told_with_its_line() -> None:
    assert faults(a_customer_row("Fine", language="fr"), a_customer_row("A", language="ja")) == [
        "line 3, language: is none of the languages that statements speak: en, de, fr"
    ]


def test_an_account_manager_imports_into_their_own_care_and_touches_nobody_else_s() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    imported("customers", a_customer_row("Mine"), by=manager)
    assert Customer.objects.get().account_manager == manager
    create_customer(name="Theirs", by=None, now=NOW)
    told = faults(a_customer_row("Mine", language="de"), a_customer_row("Theirs", language="de"), by=manager)
    assert told == ["line 3, name: cannot be used by you; finance knows why"]
    for person in (a_person(AUDITOR), a_person()):
        with pytest.raises(Refusal) as refused:
            imported("customers", a_customer_row("Other"), by=person)
        assert refused.value.code == "not_permitted"


def test_what_was_changed_by_hand_since_is_what_the_row_is_compared_with() -> None:
    imported("customers", a_customer_row(language="de"))
    change_customer(customer=Customer.objects.get(), language="fr", by=None, now=NOW)
    assert imported("customers", a_customer_row(language="de")).shown == [
        (2, "changed", "Koyo", "language fr -> de")
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "＝1", "<script>"])
def test_what_looks_like_a_formula_is_a_name(text: str) -> None:
    imported("customers", a_customer_row(text))
    assert Customer.objects.get().name == text


def test_delimiters_and_byte_order_marks_are_found_out() -> None:
    rows = [a_customer_row("Köln; Hafen", address="a,b")]
    for delimiter in ",;\t":
        content = a_csv(*rows, delimiter=delimiter, encoding="utf-8-sig")
        imported("customers", content=content)
    assert Customer.objects.get().name == "Köln; Hafen"


def test_a_customer_that_gets_another_name_is_known_by_it_from_that_row_on() -> None:
    alpha = a_customer("Alpha")
    renamed = a_customer_row("Beta", id=alpha.public_id)
    assert faults(renamed, a_customer_row("Beta", legal_name="Beta new")) == [
        "line 3, name: stands in line 2 already"
    ]
    rows = [renamed, a_customer_row("Alpha", legal_name="Another Alpha")]
    assert imported("customers", *rows).counts == {"rows": 2, "changed": 1, "new": 1}
    before = list(Customer.objects.order_by("pk").values()), Entry.objects.count()
    assert imported("customers", *rows).counts == {"rows": 2, "unchanged": 2}
    assert before == (list(Customer.objects.order_by("pk").values()), Entry.objects.count())


def test_no_two_rows_speak_of_one_customer() -> None:
    gamma = a_customer("Gamma")
    by_id, by_name = a_customer_row("Gamma", id=gamma.public_id), a_customer_row("Gamma", legal_name="L2")
    assert faults(by_id, by_name) == ["line 3, name: stands in line 2 already"]
    assert faults(by_name, by_id) == ["line 3, id: stands in line 2 already"]
    assert faults(by_name, {**by_id, "name": "Delta"}) == ["line 3, id: stands in line 2 already"]


def test_a_new_name_is_nobody_else_s() -> None:
    a_customer("Alpha")
    beta = a_customer("Beta")
    renamed = a_customer_row("Alpha", id=beta.public_id)
    assert faults(renamed) == ["line 2, name: is the name of another customer"]
    assert faults(a_customer_row("New"), {**renamed, "name": "New"}) == [
        "line 3, name: stands in line 2 already"
    ]
    wrong = a_customer_row("New", account_manager="nobody")
    assert faults(wrong, {**renamed, "name": "New"})[1:] == ["line 3, name: stands in line 2 already"]


def test_a_name_that_looks_like_an_id_is_a_name() -> None:
    koyo = a_customer("Koyo")
    imported("customers", a_customer_row(koyo.public_id))
    assert list(Customer.objects.order_by("pk").values_list("name", flat=True)) == ["Koyo", koyo.public_id]


def test_an_account_manager_learns_nothing_of_a_customer_that_is_somebody_else_s() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    other = a_customer("Secret", legal_name="Secret GmbH", language="de")
    mine = a_customer("Mine", account_manager=manager)
    told = {
        str(faults(row, by=manager, dry_run=dry_run))
        for dry_run in (True, False)
        for row in (
            a_customer_row("Secret"),
            a_customer_row("Secret", legal_name="Secret GmbH", language="de"),
            a_customer_row("Secret", legal_name="Another"),
            a_customer_row("Secret", id=mine.public_id),
        )
    }
    assert told == {"['line 2, name: cannot be used by you; finance knows why']"}
    a_customer("Secret")
    assert faults(a_customer_row("Secret"), by=manager) == [
        "line 2, name: cannot be used by you; finance knows why"
    ]
    unknown = ["line 2, id: is the id of no customer; leave it empty for a new one"]
    for public_id in (other.public_id, "cu_none"):
        assert faults(a_customer_row("Secret", id=public_id), by=manager) == unknown


def test_of_two_of_one_name_an_account_manager_changes_the_one_in_their_care() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    a_customer("Koyo")
    mine = a_customer("Koyo", account_manager=manager)
    imported("customers", a_customer_row(language="de"), by=manager)
    mine.refresh_from_db()
    assert mine.language == "de"
