"""Edges that mutants of the rules found untested: what lies exactly on a border, and what is only named."""

from typing import Any

import pytest

from slaservice.rules.assessment import Case, assess
from slaservice.rules.documents import parse_case, parse_evidence, parse_terms, result_json
from slaservice.rules.refusal import Invalid
from tests.rules.samples import Json, at, case, outage, terms

FIVE_MINUTES = {"seconds": 300, "op": ">=", "test_on": "window", "straddle": "clipped", "counts": "whole"}


def result(document: Json) -> Json:
    return result_json(assess(parse_case(document)))


def gap(start: str, end: str) -> Json:
    return {"component": "main", "start": at(start), "end": at(end)}


def test_a_case_that_was_not_read_from_a_document_is_checked_all_the_same() -> None:
    document = case(outage("10 00:00", "11 00:00", "unheard-of"))
    with pytest.raises(Invalid) as refused:
        assess(Case(parse_terms(document["terms"]), parse_evidence(document["input"])))
    assert str(refused.value) == "input.outages[0].severity: 'unheard-of' has no weight in the terms"


def test_windows_that_nobody_judges_by_need_no_weight() -> None:
    written = terms(signal__source="requests", signal__requests={"mode": "rate"})
    assert (
        result(case(outage("10 00:00", "11 00:00", "unheard-of"), terms=written))["downtime_seconds"] == "0"
    )


def test_figures_are_provisional_until_the_period_has_ended_and_not_at_its_end() -> None:
    assert result(case(as_of="2026-04-30T23:59:59Z"))["provisional"] is True
    assert result(case(as_of="2026-05-01T00:00:00Z"))["provisional"] is False


@pytest.mark.parametrize("field", ["notice", "deadline"])
def test_either_kind_of_deadline_is_told_alone(field: str) -> None:
    claim = {"by": "customer", field: {"n": 1, "unit": "days", "anchor": "incident_start"}}
    found = result(case(outage("10 10:00", "10 12:00", id="W"), terms=terms(claim=claim)))["claim"]
    assert [one["window"] for one in found["incidents"]] == ["W"]


def test_a_period_in_which_nothing_was_promised_is_no_miss_and_no_success_towards_leaving() -> None:
    written = terms(terminate=[{"below": "99", "n": 2, "m": 2}])
    before = case(terms=written, uptime_history=["98", "98"], service_start="2026-05-01T00:00:00Z")
    assert result(before)["terminate"][0]["misses"] == 2


def test_runs_that_do_not_reach_into_the_period_are_not_told() -> None:
    document = case(
        outage("2026-03-31 10:00", "2026-03-31 11:00", id="before"),
        outage("2026-03-31 23:00", "2026-04-01 00:00", id="until the start"),
        outage("10 10:00", "10 10:10", id="within"),
        outage("2026-05-01 00:00", "2026-05-01 01:00", id="from the end"),
        terms=terms(shape__min_run={**FIVE_MINUTES, "test_on": "merged", "straddle": "whole_run"}),
    )
    assert [run["start"] for run in result(document)["reasons"]["runs"]] == [at("10 10:00")]


@pytest.mark.parametrize(("straddle", "downtime"), [("clipped", "0"), ("whole_run", "240")])
def test_a_window_over_the_edge_is_tested_as_the_terms_say(straddle: str, downtime: str) -> None:
    document = case(
        outage("2026-03-31 23:50", "2026-04-01 00:04"),
        terms=terms(shape__min_run={**FIVE_MINUTES, "straddle": straddle}),
    )
    assert result(document)["downtime_seconds"] == downtime


def test_the_windows_of_every_component_are_tested() -> None:
    document = case(
        outage("10 10:00", "10 10:10", component="a"),
        outage("11 10:00", "11 10:01", component="b"),
        terms=terms(components={"names": ["a", "b"], "combine": "any_down"}, shape__min_run=FIVE_MINUTES),
    )
    assert [run["counted"] for run in result(document)["reasons"]["runs"]] == [True, False]


def test_a_cell_of_the_grid_that_reaches_into_maintenance_is_taken_back() -> None:
    document = case(
        outage("10 10:00", "10 10:00:30"),
        maintenance=[{"component": "*", "start": at("10 10:00:40"), "end": at("10 10:10")}],
        terms=terms(shape__quantum_seconds=60, shape__quantum_rule="any"),
    )
    assert result(document)["downtime_seconds"] == "40"


def test_time_without_data_that_counts_as_down_is_named_so() -> None:
    document = case(
        outage("10 10:00", "10 12:00", "partial", id="W"),
        no_data=[gap("10 11:00", "10 13:00")],
        terms=terms(no_data="as_down"),
    )
    rows = [row for row in result(document)["ledger"][0]["rows"] if row["bucket"] != "up"]
    assert [(row["bucket"], row["loss"]) for row in rows] == [("down", "3/10"), ("no_data", "1")]
    half = terms(components={"names": ["main", "edge"], "combine": "any_down"}, no_data="as_down")
    rows = result(case(no_data=[gap("10 11:00", "10 13:00")], terms=half))["ledger"][0]["rows"]
    assert [row["windows"] for row in rows if row["bucket"] == "down"] == [["no data"]]


def test_an_outage_in_a_gap_that_counts_as_up_costs_nothing() -> None:
    two = terms(components={"names": ["main", "edge"], "combine": "any_down"})
    document = case(outage("10 10:00", "10 12:00"), no_data=[gap("10 11:00", "10 13:00")], terms=two)
    assert result(document)["downtime_seconds"] == "3600"


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([False], "the commitment is missed, and 2 times in a row"),
        ([True], "the commitment is missed, but not 2 times in a row"),
    ],
)
def test_a_gate_of_several_says_whether_it_was_reached(history: list[bool], said: str) -> None:
    written = terms(credit__gate={"kind": "consecutive_failures", "count": 2})
    found = result(case(outage("10 10:00", "10 12:00"), terms=written, history=history))
    assert found["reasons"]["gate"]["reason"] == said


def test_a_gate_of_one_opens_with_the_first_miss_whatever_came_before() -> None:
    written = terms(credit__gate={"kind": "consecutive_failures", "count": 1})
    found = result(case(outage("10 10:00", "10 12:00"), terms=written, history=[True, True]))
    assert found["credit_amount"] == "100.00"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-04-10T10:00:00", 'has no offset: write "Z" or "+02:00" behind it'),
        ("2026-13-10T10:00:00", 'has no offset: write "Z" or "+02:00" behind it'),
        ("2026-13-10T10:00:00Z", "is not a time of the calendar"),
        ("2026-13-10T10:00:00+02:00", "is not a time of the calendar"),
        ("2026-13-10T10:00:00-02:00", "is not a time of the calendar"),
    ],
)
def test_what_is_no_instant_says_what_it_lacks(text: str, reason: str) -> None:
    document: dict[str, Any] = case()
    document["input"]["as_of"] = text
    with pytest.raises(Invalid) as refused:
        parse_case(document)
    assert str(refused.value) == f"input.as_of: {reason}"


def test_what_maintenance_leaves_of_a_cell_is_what_the_minimum_is_tested_on() -> None:
    minute = {"seconds": 60, "op": ">=", "test_on": "net", "straddle": "whole_run", "counts": "whole"}
    document = case(
        outage("10 10:00", "10 10:00:30"),
        maintenance=[{"component": "*", "start": at("10 10:00:40"), "end": at("10 10:10")}],
        terms=terms(shape__quantum_seconds=60, shape__quantum_rule="any", shape__min_run=minute),
    )
    assert result(document)["downtime_seconds"] == "0"


def test_requests_without_a_failure_are_up() -> None:
    calm = {"component": "main", "start": at("10 10:00"), "seconds": 3600, "total": 100, "errors": 0}
    written = terms(signal__source="requests", signal__requests={"mode": "rate"})
    assert [row["bucket"] for row in result(case(terms=written, requests=[calm]))["ledger"][0]["rows"]] == [
        "up"
    ]


def test_other_exclusions_know_nothing_of_the_allowance_of_maintenance() -> None:
    def during(start: str, end: str, category: str, id: str) -> Json:
        return {"component": "*", "start": at(start), "end": at(end), "category": category, "id": id}

    document = case(
        outage("10 10:00", "10 12:00", id="W"),
        terms=terms(exclude={"allowance_seconds": 1800}),
        maintenance=[
            during("10 10:00", "10 11:00", "scheduled_maintenance", "M"),
            during("10 10:45", "10 11:30", "force_majeure", "storm"),
        ],
    )
    rows = result(document)["ledger"][0]["rows"]
    assert [(row["start"][11:16], row["bucket"], row["exclusion"]) for row in rows if row["bucket"] != "up"] == [
        ("10:00", "excluded", "M"), ("10:30", "down", None), ("10:45", "excluded", "storm"), ("11:30", "down", None),
    ]  # fmt: skip


def test_where_the_whole_period_counts_what_is_neither_in_term_nor_past_counts_too() -> None:
    written = terms(partial_period="whole", provisional="whole")
    found = result(case(terms=written, as_of=at("11 00:00"), service_end=at("21 00:00")))
    assert found["eligible_seconds"] == 30 * 86_400


@pytest.mark.parametrize(
    ("fee", "carried", "below"),
    [("0", "0", False), ("5", "1/2", True), ("100", "10", True), ("101", "0", False)],
)
def test_what_is_below_the_minimum_is_told_as_it_is(fee: str, carried: str, below: bool) -> None:
    minimum = {"op": ">", "amount": "10", "below": "carry"}
    document = case(outage("10 10:00", "10 12:00"), terms=terms(minimum_issue=minimum), fee=fee)
    found = result(document)
    assert (found["carried"], found["reasons"]["minimum_issue"]["below"]) == (carried, below)


@pytest.mark.parametrize("value", [5, None, ["2026-04-10T10:00:00Z"]])
def test_an_instant_is_text(value: object) -> None:
    document: dict[str, Any] = case(outage("10 10:00", "10 12:00"))
    document["input"]["outages"][0]["start"] = value
    with pytest.raises(Invalid) as refused:
        parse_case(document)
    assert str(refused.value) == 'input.outages[0].start: must be a time like "2026-04-01T09:30:00Z"'
