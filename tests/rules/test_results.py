"""Results as JSON, to the letter, in results.json: every name and every form in which a value is written."""

import json

import pytest

from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from tests.rules.golden import same_as
from tests.rules.samples import at, case, outage, terms

EVERYTHING = case(
    outage("03 10:00", "03 12:00", id="long"),
    outage("10 10:00", "10 10:00:30.5", id="short"),
    outage("11 10:00", "11 10:10", "degraded", id="light"),
    outage("20 00:00", "20 01:00", "partial"),
    terms=terms(
        shape__min_run={"seconds": 60, "op": ">=", "test_on": "merged"},
        uptime_rounding={"decimals": 1, "mode": "half_up"},
        credit__rules=[
            {
                "type": "brackets",
                "quantity": "uptime_percent",
                "ranges": [
                    {"from": None, "from_closed": True, "to": "99.9", "to_closed": False, "credit": "5"},
                ],
            },
            {"type": "metered", "quantity": "lost_seconds", "step": "7000", "round": "floor", "rate": "1/3"},
        ],
        credit__combine="sum",
        cap={"kind": "percent_of_base", "value": "4"},
        minimum_issue={"op": ">", "amount": "1000", "below": "carry"},
        claim={
            "by": "customer",
            "notice": {"n": 2, "unit": "business_days", "anchor": "incident_end"},
            "deadline": {"n": 1, "unit": "billing_cycles", "anchor": "period_end"},
        },
        terminate=[{"below": "99"}, {"below": "99.9", "n": 2, "m": 2}],
    ),
    maintenance=[
        {"component": "*", "start": at("03 11:00"), "end": at("03 11:30"), "id": "upgrade"},
        {"component": "*", "start": at("25 11:00"), "end": at("25 11:30")},
    ],
    no_data=[{"component": "main", "start": at("27 00:00"), "end": at("27 00:15")}],
    service_start=at("02 00:00"),
    as_of=at("30 00:00"),
    fee="1234.56",
)
"""A month that is not over in which as much happens as one case can hold; its amount is below the minimum."""

COMPONENTS = case(
    outage("10 10:00", "10 11:00", component="api"),
    outage("12 10:00", "12 10:00:01", "partial", component="web"),
    terms=terms(
        components={"names": ["api", "web", "idle"], "combine": "mean"},
        exclude__effect="remove",
        credit={"rules": [], "unit": "days"},
        claim={"deadline": {"n": 24, "unit": "hours", "anchor": "awareness"}},
    ),
    maintenance=[{"component": "idle", "start": at("2026-03-31 00:00"), "end": at("2026-05-02 00:00")}],
)
"""Three components whose ratios are combined, one of them with nothing eligible; no deadline can be told."""


def test_results_are_written_to_the_letter_as_in_the_file() -> None:
    documents = {"quiet": case(), "everything": EVERYTHING, "components": COMPONENTS}
    results = {name: result_json(assess(parse_case(document))) for name, document in documents.items()}
    same_as("results.json", json.dumps(results, indent=1) + "\n")


@pytest.mark.parametrize(
    ("names", "combine", "shown"),
    [
        (["a", "b"], "pooled", {"a", "b"}),
        (["a", "b"], "any_down", None),  # one signal
        (["a"], "min", None),
    ],
)
def test_components_are_shown_where_several_ratios_are_combined(
    names: list[str], combine: str, shown: set[str] | None
) -> None:
    document = case(terms=terms(components={"names": names, "combine": combine}))
    components = result_json(assess(parse_case(document))).get("components")
    assert (None if components is None else set(components)) == shown


def test_time_that_is_no_whole_number_of_seconds_is_a_fraction() -> None:
    period = {"kind": "explicit", "start": at("01 00:00"), "end": at("01 00:00:00.25")}
    result = result_json(assess(parse_case(case(period=period))))
    assert (result["period_seconds"], result["eligible_seconds"]) == ("1/4", "1/4")
