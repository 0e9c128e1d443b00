"""Journals for the ERP: every posting of an issued statement once, in a file that comes again byte for byte."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from reports import store
from reports.models import ExportedPosting, Journal, NumberSeries, Posting
from reports.operations import apply, make_journal
from reports.operations.journals import COLUMNS, file_of, unexported
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_CLERK, ROLES
from tests.factories.accounts import a_contract, a_customer, a_person, a_promise, an_agreement, history_of
from tests.factories.money import a_claimable, a_granted
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued, an_outage

pytestmark = pytest.mark.django_db


def rows_of(journal: Journal) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_of(journal).decode(), newline="")))


def a_journal() -> Journal:
    return make_journal(by=a_person(FINANCE_CLERK), now=CLOSED)


def test_a_journal_has_one_row_a_posting_as_the_erp_reads_it() -> None:
    customer = a_customer("Koyo Ltd.")
    credit = a_granted(contract=a_contract(customer, number="C-7"))
    apply(credit=credit, billing_reference="CN-118", by=a_person(FINANCE_CLERK), now=CLOSED)
    journal = a_journal()
    assert (journal.number, journal.postings) == ("JNL-2026-00001", 3)
    rows = rows_of(journal)
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["deed"], row["debit_account"], row["credit_account"], row["date"]) for row in rows] == [
        ("draft", "4900", "2310", "2026-04-30"),
        ("approve", "2310", "2320", "2026-05-05"),
        ("apply", "2320", "2330", "2026-05-05"),
    ]
    assert [row["reference"] for row in rows] == ["", "", "CN-118"]
    assert {key: rows[0][key] for key in COLUMNS if key not in ("posting", "date")} == {
        "journal": "JNL-2026-00001",
        "debit_account": "4900",
        "debit_name": "SLA credits (contra revenue)",
        "credit_account": "2310",
        "credit_name": "SLA credits accrued",
        "currency": "EUR",
        "amount": "125.00",
        "customer": "Koyo Ltd.",
        "contract": "C-7",
        "statement": "SLA-2026-00001",
        "period": "April 2026",
        "revision": "1",
        "deed": "draft",
        "reference": "",
    }
    assert [int(row["posting"]) for row in rows] == list(Posting.objects.values_list("pk", flat=True))


def test_drafts_are_not_exported_until_they_are_issued_and_then_with_all_that_happened() -> None:
    draft = a_missed_draft()
    with pytest.raises(Refusal) as refused:
        a_journal()
    assert refused.value.code == "nothing_to_export"
    an_issued(statement=draft)
    assert [row["deed"] for row in rows_of(a_journal())] == ["draft", "approve"]


def test_a_second_click_changes_nothing_and_takes_no_number() -> None:
    credit = a_granted()
    a_journal()
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            a_journal()
        assert refused.value.code == "nothing_to_export"
    apply(credit=credit, billing_reference="CN-1", by=a_person(FINANCE_CLERK), now=CLOSED)
    second = a_journal()
    assert second.number == "JNL-2026-00002"
    assert [row["deed"] for row in rows_of(second)] == ["apply"]
    assert NumberSeries.objects.get(series="JNL-2026").last == 2


def test_the_file_comes_again_byte_for_byte_whatever_became_of_the_names() -> None:
    credit = a_granted()
    journal = a_journal()
    before = file_of(journal)
    customer = credit.statement.contract.customer
    customer.name = "Renamed"
    customer.save()
    assert file_of(journal) == before
    assert store.path_of(journal.sha256, store.CSV).read_bytes() == before


def test_a_lost_file_is_not_made_again_but_said_to_be_lost(documents_dir: Path) -> None:
    a_granted()
    journal = a_journal()
    store.path_of(journal.sha256, store.CSV).unlink()
    with pytest.raises(Refusal) as refused:
        file_of(journal)
    assert refused.value.code == "document_lost"


@pytest.mark.parametrize(
    ("stored", "said"), [(None, "restore it from a backup"), (b"posting,amount", "is damaged")]
)
def test_who_asks_for_a_file_that_is_lost_or_damaged_is_told_so(stored: bytes | None, said: str) -> None:
    a_granted()
    clerk = a_person(FINANCE_CLERK)
    journal = make_journal(by=clerk, now=CLOSED)
    path = store.path_of(journal.sha256, store.CSV)
    path.chmod(0o600)
    path.unlink() if stored is None else path.write_bytes(stored)
    client = Client()
    client.force_login(clerk)
    answer = client.get(f"/admin/reports/journal/{journal.pk}/file/", follow=True)
    assert answer.redirect_chain == [(f"/admin/reports/journal/{journal.pk}/change/", 302)]
    assert said in answer.content.decode()


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(sign: str) -> None:
    an_outage()
    customer = a_customer("x")
    type(customer).objects.filter(pk=customer.pk).update(name=f"{sign}1+1")
    an_issued(statement=a_draft(a_contract(customer)))
    assert rows_of(a_journal())[0]["customer"] == f"'{sign}1+1"


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "125"), ("EUR", "125.00"), ("KWD", "125.000")])
def test_amounts_are_plain_numbers_with_the_places_of_their_currency(currency: str, amount: str) -> None:
    an_outage()
    agreement = an_agreement(currency=currency, promises=[a_promise(fee="1250")])
    an_issued(statement=a_draft(a_contract(agreement=agreement)))
    assert {(row["currency"], row["amount"]) for row in rows_of(a_journal())} == {(currency, amount)}


@override_settings(LEDGER_ACCOUNTS={"accrued": "0815"})
def test_an_installation_has_its_own_account_numbers() -> None:
    a_granted()
    first = rows_of(a_journal())[0]
    assert (first["debit_account"], first["credit_account"]) == ("4900", "0815")


def test_debits_and_credits_of_the_journals_add_up_to_the_books() -> None:
    a_granted()
    a_claimable()
    total: dict[str, int] = {}
    for row in rows_of(a_journal()):
        minor = int(row["amount"].replace(".", ""))
        total[row["debit_account"]] = total.get(row["debit_account"], 0) + minor
        total[row["credit_account"]] = total.get(row["credit_account"], 0) - minor
    assert total == {"4900": 25_000, "2310": -12_500, "2320": -12_500}


def test_a_journal_says_who_made_it_and_stays() -> None:
    a_granted()
    journal = a_journal()
    assert [entry["action"] for entry in history_of(journal)] == ["journals.make"]
    runs: list[Callable[[], object]] = [
        lambda: Journal.objects.update(postings=9),
        lambda: ExportedPosting.objects.all()._raw_delete("default"),
        lambda: ExportedPosting.objects.bulk_create(
            [ExportedPosting(posting=Posting.objects.earliest("pk"), journal=journal)]
        ),
    ]
    for run in runs:
        with pytest.raises(IntegrityError), transaction.atomic():
            run()


@pytest.mark.parametrize("role", [role for role in ROLES if role != FINANCE_CLERK])
def test_only_a_clerk_makes_a_journal(role: str) -> None:
    a_granted()
    with pytest.raises(Refusal) as refused:
        make_journal(by=a_person(role), now=CLOSED)
    assert refused.value.code == "not_permitted"
    assert unexported().exists()


def test_a_journal_takes_the_same_queries_for_few_and_for_many() -> None:
    clerk = a_person(FINANCE_CLERK)
    counts = []
    an_outage()
    for statements in (2, 6):
        for _ in range(statements):
            an_issued(statement=a_draft(a_contract()))
        with CaptureQueriesContext(connection) as queries:
            make_journal(by=clerk, now=CLOSED)
        counts.append(len(queries))
    # The series begins with the first one.
    assert counts[0] - counts[1] in (0, 1, 2, 3) and counts[1] <= 10
