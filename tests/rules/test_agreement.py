"""Several commitments of one contract: stacked, the best, or the one picked; one cap over all; one currency."""

from typing import Any

import pytest

from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.documents import parse_agreement, parse_case, total_json
from slaservice.rules.refusal import Invalid, Refusal
from tests.rules.samples import Json, case, outage, terms


def missed(component: str, fee: str, **changes: Any) -> Assessment:
    """A commitment on a component that owes 10 % of its fee."""
    document = terms(
        components={"names": [component], "combine": "any_down"},
        **changes,
    )
    return assess(
        parse_case(case(outage("10 10:00", "10 10:43:13", component=component), terms=document, fee=fee))
    )


def total(agreement: Json, **lines: Assessment) -> Json:
    return total_json(settle(parse_agreement(agreement), lines))


def test_credits_of_different_components_stack() -> None:
    assert total({}, api=missed("api", "1000"), web=missed("web", "500"))["credit_amount"] == "150.00"


def test_of_credits_for_one_component_the_best_counts() -> None:
    found = total(
        {"overlap": "best"}, one=missed("api", "1000"), two=missed("api", "700"), web=missed("web", "500")
    )
    assert (found["credit_amount"], found["counted"]) == ("150.00", ["one", "web"])


def test_the_customer_picks_one_and_until_then_the_best_stands() -> None:
    lines = {"one": missed("api", "1000"), "two": missed("api", "700")}
    assert total({"overlap": "customer_picks_one"}, **lines)["credit_amount"] == "100.00"
    assert total({"overlap": "customer_picks_one", "choice": ["two"]}, **lines)["credit_amount"] == "70.00"
    with pytest.raises(Invalid, match="pick one"):
        total({"overlap": "customer_picks_one", "choice": ["one", "two"]}, **lines)
    with pytest.raises(Invalid, match="no case"):
        total({"overlap": "customer_picks_one", "choice": ["three"]}, **lines)


def test_one_cap_holds_over_all() -> None:
    lines = {"api": missed("api", "1000"), "web": missed("web", "500")}
    assert total({"cap": {"kind": "amount", "value": "120"}}, **lines) == {
        "currency": "USD",
        "counted": ["api", "web"],
        "before_cap": "150.00",
        "capped": True,
        "credit_amount": "120.00",
    }
    assert total({"cap": {"kind": "percent_of_base", "value": "9"}}, **lines)["credit_amount"] == "135.00"
    assert (
        total({"cap": {"kind": "amount", "value": "120"}, "previously_credited": "100"}, **lines)[
            "credit_amount"
        ]
        == "20.00"
    )
    assert (
        total({"cap": {"kind": "amount", "value": "120"}, "previously_credited": "500"}, **lines)[
            "credit_amount"
        ]
        == "0.00"
    )


def test_currencies_are_never_added() -> None:
    with pytest.raises(Refusal, match="EUR and USD"):
        total({}, one=missed("api", "1000"), two=missed("web", "1000", money={"currency": "EUR"}))
