"""A file of contracts in the admin: sent and looked at row by row, then imported as the same bytes; nothing is written before."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.importing import KINDS, import_file
from accounts.models import AccountsImport, BilledAmount, Contract, Customer
from slaservice import store
from slaservice.outages.importers.files import MAX_SENT, keeping
from slaservice.rules.workflow import (
    ACCOUNT_MANAGER,
    ADMINISTRATOR,
    AUDITOR,
    FINANCE_APPROVER,
    FINANCE_CLERK,
    OPERATOR,
)
from tests.factories.accounts import NOW, a_component, a_person, a_tier, history_of
from tests.factories.files import a_csv, as_xlsx
from tests.factories.imports import a_contract_row, a_customer_row, another_commitment_row, koyo

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("admin:accounts_accountsimport_changelist"), reverse("admin:accounts_accountsimport_add")
COLUMNS = reverse("admin:accounts_accountsimport_columns")


@pytest.fixture(autouse=True)
def codes(documents_dir: Any) -> None:
    a_component("api")
    a_component("web")
    a_tier()


def at_the_desk(person: User | None = None) -> Client:
    client = Client()
    client.force_login(person or a_person(FINANCE_CLERK))
    return client


def send(client: Client, content: bytes, **values: Any) -> Any:
    file = SimpleUploadedFile(values.pop("name", "contracts.csv"), content)
    return client.post(ADD, {"kind": "contracts", "file": file, **values})


def sent(client: Client, content: bytes, **values: Any) -> AccountsImport:
    assert send(client, content, **values).status_code == 302
    return AccountsImport.objects.latest("pk")


def do_import(client: Client, row: AccountsImport) -> Any:
    address = reverse("admin:accounts_accountsimport_import", args=[row.pk])
    return client.post(address, {"reason": "Ordered by Jane"}, follow=True)


def page(client: Client, address: str) -> str:
    return str(client.get(address).content.decode())


def page_of(client: Client, row: AccountsImport) -> str:
    return page(client, reverse("admin:accounts_accountsimport_change", args=[row.pk]))


@pytest.mark.parametrize("write", [a_csv, as_xlsx])
def test_a_file_is_looked_at_first_and_then_imported(write: Any) -> None:
    koyo()
    clerk = a_person(FINANCE_CLERK)
    client = at_the_desk(clerk)
    row = sent(client, write(a_contract_row(), another_commitment_row()))
    assert not Contract.objects.exists()
    shown = page_of(client, row)
    for expected in (
        "rows: 2, new: 2",
        '<th scope="row">C-1: API</th>',
        "for Koyo, from 2026-04-01",
        row.sha256,
    ):
        assert expected in shown
    do_import(client, row)
    assert Contract.objects.get().versions.get().commitments.count() == 2
    row.refresh_from_db()
    assert (row.did, row.imported_by, row.sent_by) == (row.would, clerk, clerk)
    assert [(one["action"], one["reason"]) for one in history_of(row)] == [
        ("accounts.import.send", ""),
        ("accounts.import", "Ordered by Jane"),
    ]
    assert "does not allow this now" in do_import(client, row).content.decode()
    assert Contract.objects.count() == 1


def test_a_file_with_faults_is_not_kept_and_every_fault_is_told() -> None:
    koyo()
    answer = send(at_the_desk(), a_csv(a_contract_row(fee="<b>"), a_contract_row("C-2", tier="none")))
    told = answer.content.decode()
    assert "line 2, fee: &#x27;&lt;b&gt;&#x27;" in told
    assert "line 3, tier: &#x27;none&#x27; is not the code of a customer tier" in told
    assert not AccountsImport.objects.exists()
    assert not Contract.objects.exists()


def test_what_was_recorded_since_is_compared_anew() -> None:
    koyo()
    client = at_the_desk()
    first, second = sent(client, a_csv(a_contract_row())), sent(client, a_csv(a_contract_row(title="Other")))
    do_import(client, first)
    refused = do_import(client, second).content.decode()
    assert "C-1 was signed with another title; an amendment is not an import" in refused
    second.refresh_from_db()
    assert second.imported_at is None
    third = sent(client, a_csv(a_contract_row()))
    assert third.would["outcomes"] == {"unchanged": 1}


def test_names_and_texts_of_files_are_shown_and_never_run() -> None:
    client = at_the_desk()
    row = sent(
        client, a_csv(a_customer_row("<script>alert(1)</script>")), kind="customers", name="<img src=x>.csv"
    )
    assert row.name == "<img src=x>.csv"
    for shown in (page(client, LIST), page_of(client, row)):
        assert "<img src=x>" not in shown
        assert "<script>alert" not in shown


def test_other_bytes_are_not_imported() -> None:
    client = at_the_desk()
    row = sent(client, a_csv(a_customer_row()), kind="customers")
    path = store.path_of(row.sha256, keeping._SUFFIX)
    path.write_bytes(a_csv(a_customer_row("Other")))
    do_import(client, row)
    path.unlink()
    assert "send the file again" in do_import(client, row).content.decode()
    assert not Customer.objects.exists()


def test_a_file_that_is_too_large_for_a_form_is_for_the_command_line() -> None:
    answer = send(at_the_desk(), b"x" * (MAX_SENT + 1))
    assert "manage.py import_accounts" in answer.content.decode()
    assert not AccountsImport.objects.exists()


def test_the_database_keeps_what_was_sent() -> None:
    client = at_the_desk()
    row = sent(client, a_csv(a_customer_row()), kind="customers")
    rows = AccountsImport.objects.filter(pk=row.pk)
    changes: list[dict[str, Any]] = [
        {"sha256": "0" * 64},
        {"would": {}},
        {"name": "other"},
        {"kind": "people"},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(imported_at=NOW)
    do_import(client, row)
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        rows.update(did={})
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        rows._raw_delete("default")


# who may


@pytest.mark.parametrize("role", [OPERATOR, AUDITOR, FINANCE_APPROVER, ADMINISTRATOR])
def test_who_edits_neither_customers_nor_contracts_sends_nothing(role: str) -> None:
    row = sent(at_the_desk(), a_csv(a_customer_row()), kind="customers")
    client = at_the_desk(a_person(role))
    assert client.get(ADD).status_code == 403
    assert send(client, a_csv(a_customer_row("Other")), kind="customers").status_code == 403
    assert do_import(client, row).status_code in (403, 404)
    assert client.get(LIST).status_code == (403 if role == OPERATOR else 200)
    assert not Customer.objects.exists()


def test_an_account_manager_sends_customers_only_and_sees_their_own_files_only() -> None:
    koyo()
    foreign = sent(at_the_desk(), a_csv(a_customer_row("Theirs")), kind="customers")
    manager = a_person(ACCOUNT_MANAGER)
    client = at_the_desk(manager)
    assert "contracts.edit is for: finance clerk" in send(client, a_csv(a_contract_row())).content.decode()
    own = sent(client, a_csv(a_customer_row("Mine")), kind="customers")
    assert f">{own.name}<" in page(client, LIST)
    assert str(foreign.sha256) not in page_of(client, foreign)
    do_import(client, foreign)
    do_import(client, own)
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Koyo", "Mine"]


# columns


def test_columns_are_documented_and_examples_can_be_imported() -> None:
    client = at_the_desk()
    assert "Columns" in page(client, LIST)
    shown = page(client, COLUMNS)
    for kind in KINDS.values():
        for name in kind.columns:
            assert f'<th scope="row">{name}</th>' in shown
        answer = client.get(reverse("admin:accounts_accountsimport_template", args=[kind.name]))
        assert answer.content.decode() == ",".join(kind.columns) + "\r\n"
        example = client.get(reverse("admin:accounts_accountsimport_example", args=[kind.name]))
        assert example["Content-Disposition"] == f'attachment; filename="{kind.name}.csv"'
        done = import_file(kind=kind.name, content=example.content, name="", by=None, now=NOW)
        assert done.counts == {"rows": len(kind.examples), "new": len(kind.examples)}
    assert BilledAmount.objects.count() == 1
    assert client.get(COLUMNS + "people.csv").status_code == 404


@pytest.mark.parametrize("count", [2, 9])
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: Any
) -> None:
    client = at_the_desk()
    for number in range(count):
        sent(client, a_csv(a_customer_row(str(number))), kind="customers")
    client.get(LIST)
    with django_assert_num_queries(8):
        client.get(LIST)
