"""Files of billed amounts: recorded once, replaced with both in history, and never for a period that there is not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import BilledAmount, Contract
from accounts.operations import Agreement, Promise, amend_contract
from slaservice.history.models import Entry
from slaservice.rules.documents import load
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import NOW, a_component, a_person, a_tier, history_of
from tests.factories.files import Row, as_xlsx
from tests.factories.imports import (
    TERMS,
    a_billed_row,
    a_contract_row,
    another_commitment_row,
    imported,
    koyo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def contract(db: None) -> Contract:
    a_component("api")
    a_component("web")
    a_tier()
    koyo()
    imported("contracts", a_contract_row(), another_commitment_row())
    return Contract.objects.get()


def faults(*rows: Row, **values: Any) -> list[str]:
    before = BilledAmount.objects.count(), Entry.objects.count()
    with pytest.raises(Invalid) as refused:
        imported("billed", *rows, **values)
    assert (BilledAmount.objects.count(), Entry.objects.count()) == before
    return [str(error) for error in refused.value.errors]


def amended(contract: Contract, starts_on: date, **values: Any) -> None:
    promise = Promise(name="Web", components=["web", "api"], terms=load(TERMS))
    agreement = Agreement(
        tier="enterprise", currency="EUR", timezone="Europe/Berlin", promises=[promise], **values
    )
    amend_contract(contract=contract, starts_on=starts_on, agreement=agreement, by=None, now=NOW)


def test_an_amount_is_recorded_for_the_period_that_starts_on_that_day_in_the_contract_s_zone() -> None:
    clerk = a_person(FINANCE_CLERK)
    result = imported("billed", a_billed_row(), by=clerk)
    assert result.shown == [(2, "new", "C-1 version 1: Web, 2026-04-01", "812.50 EUR")]
    billed = BilledAmount.objects.get()
    assert (billed.amount_minor, billed.period_start) == (81_250, datetime(2026, 3, 31, 22, tzinfo=UTC))
    (entry,) = history_of(billed)
    assert (entry["action"], entry["reason"], entry["actor_id"]) == (
        "fees.record",
        "Imported from sheet.csv",
        clerk.pk,
    )


def test_the_same_file_again_changes_nothing() -> None:
    rows = [a_billed_row(), a_billed_row(period_start="2026-05-01", amount="0")]
    imported("billed", *rows)
    before = list(BilledAmount.objects.values()), Entry.objects.count()
    assert imported("billed", *rows).counts == {"rows": 2, "unchanged": 2}
    assert imported("billed", content=as_xlsx(*rows)).counts == {"rows": 2, "unchanged": 2}
    assert (list(BilledAmount.objects.values()), Entry.objects.count()) == before


def test_another_amount_replaces_it_and_history_keeps_both() -> None:
    imported("billed", a_billed_row())
    dry = imported("billed", a_billed_row(amount="900"), dry_run=True)
    assert dry.shown == [(2, "changed", "C-1 version 1: Web, 2026-04-01", "812.50 EUR -> 900.00 EUR")]
    billed = BilledAmount.objects.get()
    assert billed.amount_minor == 81_250
    assert imported("billed", a_billed_row(amount="900")) == dry
    data = history_of(billed)[-1]["data"]
    assert (data["before"], data["after"]) == (81_250, 90_000)


def test_every_fault_is_told_with_its_line_and_column() -> None:
    assert faults(
        a_billed_row(),
        a_billed_row("C-9"),
        a_billed_row(commitment="Wep"),
        a_billed_row(period_start="2026-04-02"),
        a_billed_row(period_start="2026-03-01"),
        a_billed_row(version=7),
        a_billed_row(period_start="2026-05-01", amount="1.005"),
        a_billed_row(period_start="2026-06-01", amount="-1"),
        a_billed_row(amount="5"),
        a_billed_row(period_start="1999-01-01"),
    ) == [
        "line 3, contract: 'C-9' is no contract in your care",
        "line 4, commitment: is none of this contract's; there are: API, Web",
        "line 5, period_start: no period of this commitment starts on that day",
        "line 6, period_start: no period of this commitment starts on that day",
        "line 7, version: C-1 has no version 7",
        "line 8, amount: '1.005' is no amount of EUR: write it like 1250.00 or 1250.",
        "line 9, amount: must be between 0 and 10^15 minor units",
        "line 10, period_start: stands in line 2 already, for the same commitment",
        "line 11, period_start: must lie between 2000-01-02 and 2099-12-30",
    ]


def test_the_version_of_the_period_is_meant_and_asked_for_where_two_share_it(contract: Contract) -> None:
    amended(contract, date(2026, 6, 16))
    rows = [a_billed_row(period_start=f"2026-0{month}-01") for month in (5, 6, 7)]
    assert faults(*rows) == ["line 3, version: is required: versions 1 and 2 share this period"]
    rows[1:2] = [{**rows[1], "version": 1, "amount": "1"}, {**rows[1], "version": 2, "amount": "2"}]
    imported("billed", *rows)
    found = BilledAmount.objects.order_by("period_start", "commitment__version__number")
    assert list(found.values_list("commitment__version__number", "amount_minor")) == [
        (1, 81_250),
        (1, 100),
        (2, 200),
        (2, 81_250),
    ]


def test_no_amount_is_billed_for_a_commitment_whose_fee_is_fixed() -> None:
    assert faults(a_billed_row(), a_billed_row(commitment="API", amount="99999")) == [
        "line 3, commitment: has a fixed fee, 1250.00 EUR a period; another fee is an amendment"
    ]


def test_a_spreadsheet_s_number_of_fewer_decimals_is_that_amount_and_a_text_s_is_refused() -> None:
    imported("billed", content=as_xlsx(a_billed_row(amount=812.5)))
    assert BilledAmount.objects.get().amount_minor == 81_250
    sentence = "is no amount of EUR: write it like 1250.00 or 1250."
    assert faults(a_billed_row(amount="812.5")) == [f"line 2, amount: '812.5' {sentence}"]
    assert faults(content=as_xlsx(a_billed_row(amount="1.250"))) == [f"line 2, amount: '1.250' {sentence}"]
    assert faults(content=as_xlsx(a_billed_row(amount="1."))) == [f"line 2, amount: '1.' {sentence}"]


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, FINANCE_APPROVER, ""])
def test_amounts_are_imported_by_those_who_record_them(role: str) -> None:
    with pytest.raises(Refusal) as refused:
        imported("billed", a_billed_row(), by=a_person(*filter(None, [role])))
    assert refused.value.code == "not_permitted"


@pytest.mark.parametrize("count", [3, 30])
def test_what_is_known_is_loaded_by_the_batch(count: int, django_assert_max_num_queries: Any) -> None:
    rows = [
        a_billed_row(period_start=f"20{26 + (n + 3) // 12}-{(n + 3) % 12 + 1:02}-01") for n in range(count)
    ]
    imported("billed", *rows)
    with django_assert_max_num_queries(10 + 4 * count):
        assert imported("billed", *rows).counts["unchanged"] == count
