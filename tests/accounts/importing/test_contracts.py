"""Files of contracts: signed once, never amended by a file, and every fault told with its row and column."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.catalogue import catalogue
from accounts.importing import contracts
from accounts.models import Commitment, Contract, ContractVersion
from accounts.operations import amend_contract, end_contract, terms_of
from accounts.operations.agreements import MOST_COMMITMENTS
from slaservice.history.models import Entry
from slaservice.rules.documents import parse_terms
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import NOW, a_component, a_person, a_tier, an_agreement, history_of
from tests.factories.files import Row, as_xlsx
from tests.factories.imports import TERMS, a_contract_row, another_commitment_row, imported, koyo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes(db: None) -> None:
    a_component("api")
    a_component("web")
    a_tier()
    koyo()


def faults(*rows: Row, **values: Any) -> list[str]:
    before = everything()
    with pytest.raises(Invalid) as refused:
        imported("contracts", *rows, **values)
    assert everything() == before
    return [str(error) for error in refused.value.errors]


def everything() -> list[int]:
    return [model._default_manager.count() for model in (Contract, ContractVersion, Commitment, Entry)]


def test_rows_of_one_number_are_a_contract_and_its_commitments() -> None:
    clerk = a_person(FINANCE_CLERK)
    row = a_contract_row(
        ends_before="2028-04-01", period_months=3, first_month=2, settling_days=10, issues_by_itself="no",
        overlap="best", clawback="next_period", cap='{"kind": "percent_of_base", "value": "50"}',
    )  # fmt: skip
    result = imported("contracts", row, another_commitment_row(), by=clerk)
    assert result.counts == {"rows": 2, "new": 2}
    contract = Contract.objects.get()
    version = contract.versions.get()
    assert (contract.number, contract.title, contract.customer.name) == ("C-1", "Platform", "Koyo")
    assert contract.starts_at == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert contract.ends_at == datetime(2028, 3, 31, 22, tzinfo=UTC)
    assert (contract.settling_days, contract.issues_by_itself) == (10, False)
    assert (version.period_months, version.first_month, version.overlap) == (3, 2, "best")
    assert version.clawback == "next_period"
    assert version.cap and version.cap["value"] == "50"
    api, web = version.commitments.order_by("position")
    assert (api.name, api.fee_minor, web.name, web.fee_minor) == ("API", 125_000, "Web", None)
    assert terms_of(web)["components"]["names"] == ["api", "web"]
    assert parse_terms(terms_of(api)).commitment_percent == parse_terms(
        {**catalogue()["github"].terms, "components": {"names": ["api"]}, "money": {"currency": "EUR"}}
    ).commitment_percent  # fmt: skip
    (entry,) = history_of(contract)
    assert (entry["action"], entry["reason"], entry["actor_id"]) == (
        "contracts.sign",
        "Imported from sheet.csv",
        clerk.pk,
    )


def test_what_is_left_empty_is_what_it_is_in_the_form() -> None:
    imported("contracts", a_contract_row(fee=""))
    contract = Contract.objects.get()
    version = contract.versions.get()
    assert (contract.ends_at, contract.settling_days, contract.issues_by_itself) == (None, 5, True)
    assert (version.period_months, version.overlap, version.cap) == (1, "stack", None)


def test_the_same_file_again_changes_nothing_as_csv_or_as_xlsx() -> None:
    rows = [a_contract_row(), another_commitment_row(), a_contract_row("C-2", terms=TERMS)]
    imported("contracts", *rows)
    before = everything()
    assert imported("contracts", *rows).counts == {"rows": 3, "unchanged": 3}
    assert imported("contracts", content=as_xlsx(*rows)).counts == {"rows": 3, "unchanged": 3}
    assert everything() == before


def test_a_workbook_s_own_numbers_and_days_are_taken() -> None:
    row = a_contract_row(starts_on=date(2026, 4, 1), period_months=3, fee=1250.5)
    imported("contracts", content=as_xlsx(row))
    version = ContractVersion.objects.get()
    assert (version.starts_at.date(), version.period_months) == (date(2026, 3, 31), 3)
    assert version.commitments.get().fee_minor == 125_050
    with pytest.raises(Invalid, match="has no zone"):
        imported("contracts", content=as_xlsx(a_contract_row("C-2", starts_on=datetime(2026, 4, 1, 12))))  # noqa: DTZ001


def test_it_still_changes_nothing_when_the_contract_was_amended_and_ended_since() -> None:
    imported("contracts", a_contract_row())
    contract = Contract.objects.get()
    amend_contract(contract=contract, starts_on=date(2026, 7, 1), agreement=an_agreement(), by=None, now=NOW)
    end_contract(contract=contract, ends_before=date(2027, 1, 1), by=None, now=NOW)
    assert imported("contracts", a_contract_row(), a_contract_row("C-2")).counts == {
        "rows": 2,
        "unchanged": 1,
        "new": 1,
    }


@pytest.mark.parametrize(
    ("values", "differing"),
    [
        ({"title": "Other"}, "another title"),
        ({"fee": "1250.01"}, "another fee_minor of API"),
        ({"fee": ""}, "another fee_minor of API"),
        ({"terms": "slack-2019"}, "another terms of API"),
        ({"components": "web"}, "another components of API"),
        ({"commitment": "Other"}, "another set of commitments"),
        ({"starts_on": "2026-04-02"}, "another starts_on"),
        ({"ends_before": "2027-04-01"}, "another ends_before"),
        ({"settling_days": "6"}, "another settling_days"),
        ({"issues_by_itself": "no"}, "another issues_by_itself"),
        ({"tier": "free", "timezone": "UTC"}, "another tier, another timezone"),
        ({"customer": "Other"}, "another customer"),
    ],
)
def test_a_contract_that_was_signed_otherwise_is_refused_by_name(values: Row, differing: str) -> None:
    a_tier("free")
    imported("customers", {"name": "Other"})
    imported("contracts", a_contract_row())
    (told,) = faults(a_contract_row("C-2"), a_contract_row(**values))
    assert told == f"line 3, number: C-1 was signed with {differing}; an amendment is not an import"


def test_terms_that_were_signed_under_an_earlier_form_are_the_same_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported("contracts", a_contract_row(), another_commitment_row())
    as_signed = contracts._signed

    def without_defaults(numbers: Sequence[str]) -> Any:
        found = as_signed(numbers)
        for _, data in found.values():
            for one in data["commitments"]:
                one["terms"] = {name: part for name, part in one["terms"].items() if part is not None}
        return found

    monkeypatch.setattr(contracts, "_signed", without_defaults)
    assert imported("contracts", a_contract_row(), another_commitment_row()).counts["unchanged"] == 2
    assert "another terms of API" in faults(a_contract_row(terms="slack-2019"), another_commitment_row())[0]


def test_every_fault_is_told_at_its_row_and_column_and_nothing_is_signed() -> None:
    told = faults(
        a_contract_row("C-0"),
        a_contract_row("C-1", tier="gold", currency="ABC", timezone="Mars", period_months=5, first_month=13),
        another_commitment_row("C-1", components="api;apy", terms='{"commitment_percent": "high"}'),
        a_contract_row("C-2", customer="Nobody", fee="12,50"),
        a_contract_row("C-3", fee="1.005", ends_before="2026-03-01", cap='{"kind": "amount", "value": "-1"}'),
        a_contract_row("C-4", starts_on="2150-01-01", settling_days=91, title="x" * 201),
        a_contract_row("C-5"),
        another_commitment_row("C-5", commitment="API", title="Other"),
        another_commitment_row("C-6"),
    )
    for expected in (
        "line 3, tier: 'gold' is not the code of a customer tier",
        "line 3, currency: 'ABC' is not a currency of ISO 4217",
        "line 3, timezone: 'Mars' is not an IANA time zone",
        "line 3, period_months: must be one of 1, 2, 3, 4, 6, 12",
        "line 3, first_month: must be a month, 1 to 12",
        "line 4, components: 'apy' is not the code of a component",
        "line 5, customer: is neither name nor id of a customer; import customers first",
        "line 6, ends_before: must be later than the start",
        "line 6, fee: '1.005' is no amount of EUR: write it like 1250.00 or 1250.",
        "line 7, starts_on: must lie between 2000-01-02 and 2099-12-30",
        "line 7, settling_days: must be 0 to 90",
        "line 7, title: is longer than 200 characters",
        "line 9, title: is not what line 8 says of C-5; leave it empty",
        "line 10, customer: is required in the first row of a contract",
    ):
        assert expected in told
    assert any(one.startswith("line 4, terms: commitment_percent: ") for one in told)
    assert any(one.startswith("line 6, cap: value: ") for one in told)


def test_a_contract_of_more_commitments_than_a_page_can_show_is_refused() -> None:
    rows = [a_contract_row(commitment=f"K{number}") for number in range(MOST_COMMITMENTS + 1)]
    assert faults(*rows) == [
        f"line 2, commitment: are {MOST_COMMITMENTS + 1}; a version has {MOST_COMMITMENTS} at most"
    ]
    imported("contracts", *rows[1:])
    assert Commitment.objects.count() == MOST_COMMITMENTS


def test_a_spreadsheet_s_fee_of_fewer_decimals_is_that_amount() -> None:
    imported("contracts", content=as_xlsx(a_contract_row(fee=812.5), a_contract_row("C-2", fee="812.50")))
    assert list(Commitment.objects.values_list("fee_minor", flat=True)) == [81_250, 81_250]


def test_what_can_be_seen_without_the_database_is_told_first() -> None:
    told = faults(
        a_contract_row(starts_on="1.4.2026", settling_days="five", issues_by_itself="1", cap="50 %"),
        a_contract_row("C-2", terms="githup", starts_on="2026-02-30"),
        a_contract_row("C-3", terms='{"a": 1, "a": 2}', commitment=""),
        a_contract_row("C-4", terms='{"a": NaN}', components=""),
    )
    assert told == [
        "line 2, starts_on: must be a day, such as 2026-04-01",
        "line 2, settling_days: must be a whole number",
        "line 2, issues_by_itself: must be yes or no",
        "line 2, cap: $: is not JSON: Extra data: line 1 column 4 (char 3)",
        "line 3, starts_on: is no day of the calendar",
        "line 3, terms: 'githup' is no entry of the catalogue; write its key, or the terms as JSON",
        "line 4, commitment: is required",
        "line 4, terms: a: stands twice in one object",
        "line 5, components: is required",
        "line 5, terms: $: NaN is not JSON",
    ]


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, ""])
def test_contracts_are_imported_by_those_who_sign_them(role: str) -> None:
    with pytest.raises(Refusal) as refused:
        imported("contracts", a_contract_row(), by=a_person(*filter(None, [role])))
    assert refused.value.code == "not_permitted"
    assert not Contract.objects.exists()


def test_every_entry_of_the_catalogue_can_be_imported() -> None:
    rows = [
        a_contract_row(f"C-{key}", terms=key, currency=entry.terms.get("money", {}).get("currency", "USD"))
        for key, entry in catalogue().items()
    ]
    assert imported("contracts", *rows).counts["new"] == len(catalogue())
    assert imported("contracts", *rows).counts["unchanged"] == len(catalogue())
