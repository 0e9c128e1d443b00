"""What contracts share is worked out once, and only what is the same is shared."""

import json
from typing import Any

import pytest

from accounts.models import Contract
from reports import closing, inputs, sharing
from reports.document import compute
from reports.inputs import Gathered, GatheredCase, Occasion
from reports.models import Statement
from reports.shelf import Shelf
from slaservice.outages.models import Incident, OutageWindow
from slaservice.outages.operations import correct
from slaservice.rules.assessment import Case, Measurement, assess, measured
from slaservice.rules.documents import canonical, digest, parse_case, result_json
from tests.factories.accounts import TERMS, a_contract, a_promise, a_tier, an_agreement, an_exclusion
from tests.factories.outages import an_incident
from tests.factories.reports import CLOSED, MONTH, an_issued, an_outage, april, gather_for


def a_contract_for(
    fee: str = "1250.00", *, tier: str = "enterprise", timezone: str = "UTC", **terms: Any
) -> Contract:
    promise = a_promise(terms={**TERMS, **terms}, fee=fee)
    return a_contract(agreement=an_agreement(timezone=timezone, tier=tier, promises=[promise]))


def gathered(*contracts: Contract) -> list[Gathered]:
    return gather_for(month=MONTH, contracts=[one.pk for one in contracts], now=CLOSED)


def cases(*contracts: Contract) -> list[GatheredCase]:
    return [case for one in gathered(*contracts) for case in one.cases]


def occasions(*contracts: Contract) -> list[Occasion]:
    return [case.occasion for case in cases(*contracts)]


# shelves


def test_a_shelf_makes_a_thing_once() -> None:
    shelf: Shelf[int] = Shelf(10)
    made = iter(range(10))
    assert [shelf.get(key, 1, made.__next__) for key in "abab"] == [0, 1, 0, 1]


def test_a_shelf_lets_go_of_what_was_used_least_recently() -> None:
    shelf: Shelf[int] = Shelf(10)
    made = iter(range(10))
    for key, weight in (("a", 5), ("b", 5), ("a", 5), ("c", 5)):
        shelf.get(key, weight, made.__next__)
    assert [shelf.get(key, 5, made.__next__) for key in "acb"] == [0, 2, 3]
    assert shelf.weight == 10


def test_a_shelf_keeps_nothing_that_is_too_heavy_for_it() -> None:
    shelf: Shelf[int] = Shelf(10)
    made = iter(range(10))
    assert [shelf.get("a", 11, made.__next__) for _ in range(2)] == [0, 1]
    assert shelf.weight == 0


# what is shared


@pytest.mark.django_db
def test_contracts_with_other_fees_share_the_measurement_and_nothing_of_the_money() -> None:
    an_outage()
    contracts = [a_contract_for("1250.00"), a_contract_for("99.99")]
    one, other = gathered(*contracts)
    assert one.cases[0].occasion is other.cases[0].occasion
    computed = [compute(one), compute(other)]
    assert [each.credit_minor for each in computed] == [12_500, 1_000]
    for each in computed:
        (case,) = json.loads(each.body)["cases"]
        assert result_json(assess(parse_case(case))) == case["expected"]
        assert canonical(json.loads(each.body)).decode() == each.body
        assert digest(json.loads(each.body)) == each.digest


@pytest.mark.django_db
def test_what_is_shared_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    an_outage()
    seen: list[Case] = []

    def watched(case: Case) -> Measurement:
        seen.append(case)
        return measured(case)

    monkeypatch.setattr(sharing, "_COMMON", Shelf(1000))
    monkeypatch.setattr(inputs, "_OCCASIONS", Shelf(1000))
    monkeypatch.setattr(sharing, "measured", watched)
    for contract in [a_contract_for(str(fee)) for fee in range(100, 105)]:
        closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    assert len(seen) == 1
    assert len(set(Statement.objects.values_list("content_digest", flat=True))) == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    "otherwise",
    [
        {"tier": "free"},
        {"timezone": "Europe/Berlin"},
        {"commitment_percent": "99.5"},
        {"exclude": {"notice_seconds": 3600}},
    ],
    ids=str,
)
def test_contracts_that_differ_in_what_they_are_judged_by_share_nothing(otherwise: dict[str, Any]) -> None:
    an_outage(tiers=[a_tier("enterprise"), a_tier("free")])
    one, other = occasions(a_contract_for(), a_contract_for(**otherwise))
    assert one is not other


@pytest.mark.django_db
def test_what_is_excluded_for_one_contract_is_nobody_else_s() -> None:
    an_outage()
    excluded, other, third = a_contract_for(), a_contract_for(), a_contract_for()
    an_exclusion(excluded, ends_at=april(10, 14))
    alone, *rest = occasions(excluded, other, third)
    assert alone not in rest
    assert rest[0] is rest[1]
    assert [compute(one).credit_minor for one in gathered(excluded, other)] == [0, 12_500]


@pytest.mark.django_db
def test_what_came_before_is_each_contract_s_own() -> None:
    """April was missed by one of two contracts; both are judged by the same May."""
    an_outage()
    twice = TERMS["credit"] | {"gate": {"kind": "consecutive_failures", "count": 2}}
    before = a_contract_for(credit=twice), a_contract_for(credit=twice)
    an_exclusion(before[1], ends_at=april(10, 14))
    for contract in before:
        an_issued(contract)
    may = CLOSED.replace(month=6)
    found = gather_for(month="2026-05", contracts=[one.pk for one in before], now=may)
    assert found[0].cases[0].occasion is found[1].cases[0].occasion
    history = [compute(one).document["cases"][0]["input"]["history"] for one in found]
    assert history == [[False], [True]]


# from chunk to chunk


def told(contract: Contract) -> dict[str, Any]:
    """The one case of a contract, gathered in a chunk of its own."""
    (one,) = gathered(contract)
    case: dict[str, Any] = json.loads(compute(one).body)["cases"][0]
    return case


@pytest.mark.django_db
def test_a_chunk_that_finds_the_same_facts_takes_what_the_last_one_found() -> None:
    an_outage(incident=an_incident())
    one, other = a_contract_for(), a_contract_for()
    assert occasions(one)[0] is occasions(other)[0]


@pytest.mark.django_db
def test_what_is_corrected_between_two_chunks_counts_in_the_second() -> None:
    window = an_outage()
    one, other = a_contract_for(), a_contract_for()
    assert told(one)["expected"]["downtime_seconds"] == "7200"
    correct(window=window, end=april(10, 13), reason="It was shorter.", by=None, now=CLOSED)
    assert told(other)["expected"]["downtime_seconds"] == "3600"


@pytest.mark.django_db
@pytest.mark.parametrize("row", [Incident, OutageWindow])
def test_what_is_called_otherwise_between_two_chunks_is_so_in_the_second(row: Any) -> None:
    """Of an incident its title; of a window without one its cause."""
    incident = an_incident(title="before") if row is Incident else None
    an_outage(incident=incident, cause="before")
    one, other = a_contract_for(), a_contract_for()
    assert told(one)["incidents"][0]["title"] == "before"
    if row is Incident:
        Incident.objects.update(title="after")
    else:
        an_outage(april(20), april(20, 1), cause="after")
    assert told(other)["incidents"][-1]["title"] == "after"
