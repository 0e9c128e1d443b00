"""Several commitments of one contract: stacked, the best, or the one picked; one cap over all; one currency."""

from fractions import Fraction
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


@pytest.mark.parametrize(
    ("choice", "errors"),
    [
        (["one", "two"], ["agreement.choice: one and two cover the same component: pick one"]),
        (
            ["three", "one", "four"],
            [
                "agreement.choice: 'three' is no case of this document",
                "agreement.choice: 'four' is no case of this document",
            ],
        ),
    ],
)
def test_a_choice_that_is_none_is_refused_by_name(choice: list[str], errors: list[str]) -> None:
    lines = {"one": missed("api", "1000"), "two": missed("api", "700")}
    with pytest.raises(Invalid) as refused:
        total({"overlap": "customer_picks_one", "choice": choice}, **lines)
    assert [str(error) for error in refused.value.errors] == errors
    assert refused.value.sentence == "; ".join(errors)
    assert total({"overlap": "stack", "choice": choice}, **lines)["credit_amount"] == "170.00"


def test_cases_that_share_components_through_a_third_are_one_group() -> None:
    def over(*components: str, fee: str) -> Assessment:
        document = terms(components={"names": list(components), "combine": "any_down"})
        return assess(
            parse_case(
                case(outage("10 10:00", "10 10:43:13", component=components[0]), terms=document, fee=fee)
            )
        )

    lines = {"a": over("api", fee="300"), "b": over("web", fee="200"), "both": over("api", "web", fee="100")}
    assert total({"overlap": "best"}, **lines)["counted"] == ["a"]


def test_the_parts_of_a_split_period_do_not_compete_with_each_other() -> None:
    def part(start: str, end: str, day: int, fee: str) -> Assessment:
        period = {
            "kind": "explicit",
            "start": f"2026-{start}T00:00:00Z",
            "end": f"2026-{end}T00:00:00Z",
            "timezone": "UTC",
        }
        down = outage(f"{day} 10:00", f"{day} 10:43:13", component="api")
        document = terms(components={"names": ["api"], "combine": "any_down"})
        return assess(parse_case(case(down, terms=document, fee=fee, period=period)))

    before = ("04-01", "04-15", 10)
    after = ("04-15", "05-01", 20)
    lines = {
        "one-1": part(*before, fee="1000"),
        "two-1": part(*before, fee="700"),
        "one-2": part(*after, fee="400"),
        "two-2": part(*after, fee="500"),
    }
    found = total({"overlap": "best"}, **lines)
    assert (found["counted"], found["credit_amount"]) == (["one-1", "two-2"], "150.00")
    picked = total({"overlap": "customer_picks_one", "choice": ["two-1", "one-2"]}, **lines)
    assert (picked["counted"], picked["credit_amount"]) == (["two-1", "one-2"], "110.00")


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


def test_a_cap_that_was_not_reached_is_told_but_does_not_bind() -> None:
    found = settle(
        parse_agreement({"cap": {"kind": "amount", "value": "150"}}), {"api": missed("api", "1500")}
    )
    assert (found.limit, found.capped, found.amount) == (Fraction(150), False, Fraction(150))
    assert settle(parse_agreement({}), {"api": missed("api", "1500")}).limit is None


def test_a_cap_is_rounded_as_the_first_commitment_rounds_money() -> None:
    lines = {
        "down": missed("api", "1000", money={"currency": "USD", "rounding": "floor"}),
        "up": missed("web", "1000", money={"currency": "USD", "rounding": "ceil", "decimals": 1}),
    }
    assert total({"cap": {"kind": "amount", "value": "99.999"}}, **lines)["credit_amount"] == "99.99"
    lines = dict(reversed(lines.items()))
    assert total({"cap": {"kind": "amount", "value": "99.91"}}, **lines)["credit_amount"] == "100.00"


@pytest.mark.parametrize(
    ("lines", "code", "sentence"),
    [
        ({}, "no_commitments", "An agreement needs at least one commitment."),
        (
            {"one": missed("api", "1000"), "two": missed("web", "1000", money={"currency": "EUR"})},
            "mixed_currencies",
            "One agreement has one currency, not EUR and USD.",
        ),
    ],
)
def test_what_cannot_be_added_up_is_refused(lines: dict[str, Assessment], code: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        total({}, **lines)
    assert (refused.value.code, refused.value.sentence) == (code, sentence)
