"""Contracts are signed: dates in the contract's zone, every fault at once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import Commitment, Contract, ContractVersion
from accounts.operations import amend_contract, end_contract, sign_contract, terms_of
from slaservice.rules.documents import parse_terms
from slaservice.rules.refusal import Invalid
from tests.factories.accounts import (
    NOW,
    TERMS,
    a_commitment,
    a_component,
    a_contract,
    a_customer,
    a_person,
    a_promise,
    an_agreement,
    history_of,
)

pytestmark = pytest.mark.django_db


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def faults(**changes: Any) -> dict[str, str]:
    """Path -> reason of what is wrong with a contract that is honest but for these changes to its agreement."""
    with pytest.raises(Invalid) as refused:
        a_contract(agreement=an_agreement(**changes))
    assert refused.value.code == "invalid_contract"
    assert not Contract.objects.exists()
    return {error.path: error.reason for error in refused.value.errors}


def test_a_signed_contract_has_its_first_version_and_commitments() -> None:
    web = a_component("web")
    promises = [
        a_promise(),
        a_promise(
            name="Site",
            components=["web", "api"],
            fee=None,
            terms=TERMS | {"components": {"combine": "any_down"}},
        ),
    ]
    contract = a_contract(
        agreement=an_agreement(promises=promises, period_months=3, first_month=2),
        ends_before=date(2027, 4, 1),
    )

    version = contract.versions.get()
    assert (version.number, version.starts_at, version.ends_at) == (1, contract.starts_at, contract.ends_at)
    assert (version.tier.code, version.currency, version.timezone) == ("enterprise", "EUR", "Europe/Berlin")
    assert (version.period_months, version.first_month, version.overlap, version.cap) == (3, 2, "stack", None)
    platform, site = version.commitments.all()
    assert (platform.name, platform.fee_minor, platform.position) == ("Platform", 125_000, 0)
    assert (site.name, site.fee_minor, site.position) == ("Site", None, 1)
    assert set(site.components.all()) == {a_component(), web}


@pytest.mark.parametrize(
    ("timezone", "day", "starts_at"),
    [
        ("UTC", date(2026, 4, 1), utc(2026, 4, 1)),
        ("Europe/Berlin", date(2026, 4, 1), utc(2026, 3, 31, 22)),  # summer time
        ("Europe/Berlin", date(2026, 1, 1), utc(2025, 12, 31, 23)),
        ("America/New_York", date(2026, 4, 1), utc(2026, 4, 1, 4)),
        ("Australia/Lord_Howe", date(2026, 4, 1), utc(2026, 3, 31, 13)),
        ("Asia/Kolkata", date(2026, 4, 1), utc(2026, 3, 31, 18, 30)),
        (
            "Africa/Cairo",
            date(2026, 4, 24),
            utc(2026, 4, 23, 22),
        ),  # midnight is skipped: the day starts at 1:00
    ],
)
def test_a_contract_starts_at_local_midnight(timezone: str, day: date, starts_at: datetime) -> None:
    contract = a_contract(
        agreement=an_agreement(timezone=timezone), starts_on=day, ends_before=date(2027, 1, 1)
    )
    assert contract.starts_at == starts_at
    assert contract.versions.get().starts_at == starts_at


def test_terms_are_kept_in_canonical_form_without_names() -> None:
    """Two ways to write the same terms are the same terms; defaults are filled in, so a later default changes nothing."""
    loose = {**TERMS, "commitment_percent": "99.90", "money": {"currency": "EUR"}}
    kept = a_commitment(a_contract(agreement=an_agreement(promises=[a_promise(terms=loose)]))).terms
    assert kept == a_commitment().terms
    assert kept["commitment_percent"] == "999/10"
    assert kept["money"] == {"currency": "EUR", "decimals": None, "rounding": "half_up"}
    assert kept["partial_period"] == "lived"
    assert "names" not in kept["components"]


def test_the_full_terms_name_the_commitments_components() -> None:
    terms = {**TERMS, "components": {"combine": "mean"}}
    promise = a_promise(components=["web", "api"], terms=terms)
    commitment = a_commitment(a_contract(agreement=an_agreement(promises=[promise])))
    full = terms_of(commitment)
    assert full["components"] == {"combine": "mean", "names": ["api", "web"]}  # in order of code
    assert parse_terms(full).combine == "mean"
    assert "names" not in commitment.terms["components"]  # reading changes nothing


def test_full_terms_cost_no_query_where_components_were_fetched(django_assert_num_queries: Any) -> None:
    pk = a_commitment().pk
    [commitment] = Commitment.objects.filter(pk=pk).prefetch_related("components")
    with django_assert_num_queries(0):
        terms_of(commitment)


def test_names_that_repeat_the_components_are_taken() -> None:
    """So that the terms of a case document can be pasted as they are."""
    terms = {**TERMS, "components": {"names": ["api"]}}
    promises = [a_promise(terms=terms)]
    assert a_commitment(a_contract(agreement=an_agreement(promises=promises))).terms == a_commitment().terms


@pytest.mark.parametrize(
    ("currency", "fee", "minor"),
    [
        ("EUR", "1250.00", 125_000),
        ("EUR", "1250", 125_000),
        ("JPY", "1250", 1_250),
        ("KWD", "1250.005", 1_250_005),
        ("EUR", "0", 0),
    ],
)
def test_a_fee_is_kept_in_the_currencys_minor_unit(currency: str, fee: str, minor: int) -> None:
    contract = a_contract(agreement=an_agreement(currency=currency, promises=[a_promise(fee=fee)]))
    assert a_commitment(contract).fee_minor == minor


@pytest.mark.parametrize(
    ("currency", "fee"),
    [
        ("EUR", "1250.005"),
        ("JPY", "0.5"),
        ("EUR", "1,250.00"),
        ("EUR", "-1"),
        ("EUR", ""),
        ("EUR", "NaN"),
        ("EUR", "1e3"),
        ("EUR", "１２"),
        ("EUR", "9" * 15),
    ],
)
def test_a_fee_that_is_no_amount_of_the_currency_is_refused(currency: str, fee: str) -> None:
    assert set(faults(currency=currency, promises=[a_promise(fee=fee)])) == {"commitments[0].fee"}


def test_every_fault_of_a_contract_is_told_at_once() -> None:
    broken = {**TERMS, "commitment_percent": 99.9, "cap": {"kind": "percent_of_base"}, "surprise": 1}
    found = faults(
        currency="EUX",
        timezone="Europe/Bonn",
        period_months=5,
        first_month=13,
        overlap="sum",
        cap={"kind": "days", "value": "1"},
        promises=[a_promise(name=" ", terms=broken), a_promise(components=["api", "api"]), a_promise()],
    )
    assert set(found) == {
        "currency",
        "timezone",
        "period_months",
        "first_month",
        "overlap",
        "cap.kind",
        "commitments[0].name",
        "commitments[0].terms.commitment_percent",
        "commitments[0].terms.cap.value",
        "commitments[0].terms.surprise",
        "commitments[1].components[1]",
        "commitments[2].name",
    }
    assert found["currency"] == "'EUX' is not a currency of ISO 4217"


@pytest.mark.parametrize(
    "zone", ["localtime", "Factory", "", "../etc/passwd", "+02:00", "CEST", "Europe/Berlin\0"]
)
def test_a_zone_is_an_iana_name(zone: str) -> None:
    assert "timezone" in faults(timezone=zone)


def test_a_tier_and_components_are_known_by_their_codes() -> None:
    agreement, joint = an_agreement(promises=[a_promise()]), {**TERMS, "components": {"combine": "any_down"}}
    unknown = type(agreement)(
        tier="gold",
        currency="EUR",
        timezone="UTC",
        promises=[
            type(agreement.promises[0])(name="P", components=["api", "moon"], terms=joint),
            a_promise(name="Q", components=[]),
        ],
    )
    with pytest.raises(Invalid) as refused:
        a_contract(agreement=unknown)
    assert {error.path for error in refused.value.errors} == {
        "tier",
        "commitments[0].components[1]",
        "commitments[1].components",
    }


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        (None, "terms"),
        ([], "terms"),
        ({**TERMS, "components": {"names": ["web"]}}, "terms.components.names"),
        ({**TERMS, "components": []}, "terms.components"),
        ({**TERMS, "money": {"currency": "USD"}}, "terms.money.currency"),
        ({**TERMS, "money": "USD"}, "terms.money"),
        ({key: value for key, value in TERMS.items() if key != "signal"}, "terms.signal"),
    ],
)
def test_terms_that_do_not_fit_are_refused_under_their_field(terms: Any, path: str) -> None:
    assert set(faults(promises=[a_promise(terms=terms)])) == {f"commitments[0].{path}"}


def test_several_components_must_say_how_they_combine() -> None:
    assert set(faults(promises=[a_promise(components=["api", "web"])])) == {
        "commitments[0].terms.components.combine"
    }


def test_a_contract_needs_a_commitment_number_title_and_dates_in_order() -> None:
    agreement = an_agreement()
    customer = a_customer()
    with pytest.raises(Invalid) as refused:
        sign_contract(
            customer=customer,
            number="",
            title="\0",
            starts_on=date(2026, 4, 1),
            ends_before=date(2026, 4, 1),
            agreement=type(agreement)(tier="enterprise", currency="EUR", timezone="UTC", promises=[]),
            by=None,
            now=NOW,
        )
    assert {error.path for error in refused.value.errors} == {"number", "title", "ends_before", "commitments"}


def test_two_contracts_cannot_have_one_number() -> None:
    a_contract(number="MSA-7")
    with pytest.raises(Invalid, match="number of another contract"):
        a_contract(number=" MSA-7 ")


def test_a_cap_over_all_commitments_is_kept_in_canonical_form() -> None:
    contract = a_contract(agreement=an_agreement(cap={"kind": "percent_of_base", "value": "50.0"}))
    assert contract.versions.get().cap == {"kind": "percent_of_base", "value": "50", "per": "period"}


def test_what_was_agreed_is_in_the_history_of_the_contract() -> None:
    clerk = a_person("finance clerk")
    contract = a_contract(by=clerk, reason="Signed on paper")
    amend_contract(
        contract=contract,
        starts_on=date(2026, 7, 1),
        agreement=an_agreement(tier="team"),
        by=clerk,
        now=NOW,
        reason="Downgrade",
    )
    end_contract(contract=contract, ends_before=date(2026, 10, 1), by=clerk, now=NOW)
    signed, amended, ended = history_of(contract)
    assert (signed["action"], signed["reason"], signed["actor_id"]) == (
        "contracts.sign",
        "Signed on paper",
        clerk.pk,
    )
    assert signed["data"]["commitments"][0]["fee_minor"] == 125_000
    assert (amended["action"], amended["data"]["tier"], amended["data"]["version"]) == (
        "contracts.amend",
        "team",
        2,
    )
    assert (ended["action"], ended["data"]) == (
        "contracts.end",
        {"before": None, "after": "2026-09-30T22:00:00+00:00"},
    )


def test_an_agreement_costs_the_same_queries_with_one_commitment_and_with_thirty(
    django_assert_max_num_queries: Any,
) -> None:
    customer, agreement = (
        a_customer(),
        an_agreement(promises=[a_promise(name=f"P{number}") for number in range(30)]),
    )
    with django_assert_max_num_queries(12):
        a_contract(customer, agreement=agreement)
    assert ContractVersion.objects.get().commitments.count() == 30


@pytest.mark.parametrize("day", [date.min, date(2000, 1, 1), date(2099, 12, 31), date.max])
def test_a_day_outside_this_century_is_refused_by_name(day: date) -> None:
    contract, agreement = a_contract(), an_agreement()
    who: dict[str, Any] = {"by": None, "now": NOW}
    with pytest.raises(Invalid, match="starts_on"):
        a_contract(starts_on=day)
    with pytest.raises(Invalid, match="ends_before"):
        a_contract(starts_on=date(2000, 1, 2), ends_before=day)
    with pytest.raises(Invalid, match="starts_on"):
        amend_contract(contract=contract, starts_on=day, agreement=agreement, **who)
    with pytest.raises(Invalid, match="ends_before"):
        end_contract(contract=contract, ends_before=day, **who)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia"])
def test_the_first_and_the_last_day_can_be_agreed_in_every_zone(zone: str) -> None:
    agreement = an_agreement(timezone=zone)
    a_contract(agreement=agreement, starts_on=date(2000, 1, 2), ends_before=date(2099, 12, 30))
