"""The ledger: every instant of the period in exactly one bucket, the first that fits, and the figures are sums over it."""

from typing import Any

import pytest

from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from slaservice.rules.refusal import Invalid
from tests.rules.samples import Json, at, case, outage, terms


def result(document: Json) -> Json:
    return result_json(assess(parse_case(document)))


def rows(document: Json, component: str | None = None) -> list[tuple[str, str, str]]:
    """(start, bucket, what it names) of the rows that are not up; every row ends where the next begins."""
    found = result(document)
    ledger = next(one for one in found["ledger"] if one["component"] == component)
    edges = [found["period_start"], *(row["end"] for row in ledger["rows"])]
    assert edges == [*(row["start"] for row in ledger["rows"]), found["period_end"]]
    return [
        (
            row["start"][8:16].replace("T", " "),
            row["bucket"],
            ", ".join([*row["windows"], *filter(None, [row["exclusion"]]), *row["marks"]]),
        )
        for row in ledger["rows"]
        if row["bucket"] != "up"
    ]


def maintenance(start: str, end: str, **more: Any) -> Json:
    return {"component": "*", "start": at(start), "end": at(end), **more}


def test_an_instant_with_two_reasons_is_in_the_bucket_of_the_first() -> None:
    document = case(
        outage("01 00:00", "20 00:00", id="all along"),
        terms=terms(
            service_hours={
                "timezone": "UTC",
                "weekly": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
            }
        ),
        service_start=at("06 00:00"),
        as_of=at("08 17:00"),
        no_data=[{"component": "main", "start": at("06 09:00"), "end": at("06 10:00")}],
        maintenance=[maintenance("06 09:30", "06 11:00", id="M1")],
    )
    assert rows(document)[:7] == [
        ("01 00:00", "not_in_term", ""),
        ("06 00:00", "outside_service_hours", ""),
        ("06 08:00", "down", "all along"),
        ("06 09:00", "no_data", ""),
        ("06 10:00", "excluded", "M1"),
        ("06 11:00", "down", "all along"),
        ("06 18:00", "outside_service_hours", ""),
    ]
    assert rows(document)[-1][1] == "after_as_of"


def test_of_two_exclusions_the_earlier_start_is_named_and_then_the_id() -> None:
    document = case(
        maintenance=[
            maintenance("10 10:00", "10 12:00", id="late"),
            maintenance("10 09:00", "10 11:00", id="early"),
            maintenance("10 10:00", "10 13:00", id="a"),
        ]
    )
    assert rows(document) == [("10 09:00", "excluded", "early"), ("10 11:00", "excluded", "a")]


def test_of_two_windows_the_higher_loss_is_named_and_then_the_earlier() -> None:
    document = case(
        outage("10 10:00", "10 12:00", "partial", id="long"),
        outage("10 10:30", "10 11:00", id="short"),
        outage("10 10:30", "10 11:30", id="other monitor"),
    )
    assert rows(document) == [
        ("10 10:00", "down", "long"),
        ("10 10:30", "down", "other monitor"),
        ("10 11:30", "down", "long"),
    ]


def test_what_windows_count_adds_up_to_the_downtime() -> None:
    document = case(
        outage("10 10:00", "10 12:00", "partial", id="long"),
        outage("10 10:30", "10 11:00", id="short"),
        outage("10 23:00", "11 01:00", id="night"),
    )
    found = result(document)
    lost = {row["windows"][0]: 0 for row in found["ledger"][0]["rows"] if row["windows"]}
    assert set(lost) == {"long", "short", "night"}
    assert found["downtime_seconds"] == str(90 * 60 * 3 // 10 + 1800 + 7200)


def test_maintenance_announced_too_late_excuses_nothing_and_is_marked() -> None:
    document = case(
        outage("10 10:00", "10 12:00", id="W"),
        terms=terms(exclude__notice_seconds=86_400),
        maintenance=[
            maintenance("10 10:30", "10 11:00", id="late", announced_at=at("10 00:00")),
            maintenance("10 11:00", "10 11:30", id="in time", announced_at=at("09 11:00")),
            maintenance("10 11:30", "10 11:45", id="never"),
        ],
    )
    assert rows(document) == [
        ("10 10:00", "down", "W"),
        ("10 10:30", "down", "W, late notice: late"),
        ("10 11:00", "excluded", "in time"),
        ("10 11:30", "down", "W, late notice: never"),
        ("10 11:45", "down", "W"),
    ]


def test_a_mark_stands_only_where_it_would_have_excused_something() -> None:
    document = case(
        outage("10 10:00", "10 11:00", id="W"),
        outage("10 12:00", "10 13:00", id="V"),
        terms=terms(exclude__notice_seconds=86_400),
        maintenance=[
            maintenance("10 09:00", "10 10:30", id="A"),
            maintenance("10 10:15", "10 10:20", id="B"),
            maintenance("10 10:40", "10 10:50", id="in time", announced_at=at("01 00:00")),
            maintenance("10 10:45", "10 11:30", id="C"),
        ],
    )
    assert rows(document) == [
        ("10 10:00", "down", "W, late notice: A"),
        ("10 10:15", "down", "W, late notice: A, late notice: B"),
        ("10 10:20", "down", "W, late notice: A"),
        ("10 10:30", "down", "W"),
        ("10 10:40", "excluded", "in time"),
        ("10 10:50", "down", "W, late notice: C"),
        ("10 12:00", "down", "V"),
    ]


def test_what_is_dropped_stays_visible_with_the_reason() -> None:
    document = case(
        outage("10 10:00", "10 10:00", id="empty"),
        outage("11 10:00", "11 10:30", "degraded", id="weightless"),
        outage("12 10:00", "12 10:04:59", id="short"),
        outage("13 10:00", "13 10:05", id="long"),
        terms=terms(shape__min_run={"seconds": 300, "op": ">=", "test_on": "merged"}),
    )
    found = result(document)
    assert found["reasons"]["dropped_windows"] == [
        {"id": "empty", "reason": "starts where it ends"},
        {"id": "weightless", "reason": "weighs nothing (degraded)"},
    ]
    assert [(run["seconds"], run["counted"], run["reason"]) for run in found["reasons"]["runs"]] == [
        ("299", False, "not at least 300 s"),
        ("300", True, ""),
    ]
    assert rows(document) == [("12 10:00", "below_minimum", ""), ("13 10:00", "down", "long")]


def test_one_component_excused_while_another_is_down_counts_and_alone_does_not() -> None:
    document = case(
        outage("10 10:00", "10 12:00", component="a", id="A"),
        outage("10 11:00", "10 11:30", component="b", id="B"),
        terms=terms(components={"names": ["a", "b"], "combine": "any_down"}),
        maintenance=[{"component": "a", "start": at("10 10:00"), "end": at("10 12:00"), "id": "M"}],
    )
    assert rows(document) == [
        ("10 10:00", "excluded", "M"),
        ("10 11:00", "down", "B"),
        ("10 11:30", "excluded", "M"),
    ]


def test_what_is_too_short_is_not_called_excluded_because_another_component_was_excused() -> None:
    written = terms(
        components={"names": ["main", "edge"], "combine": "any_down"},
        shape__min_run={
            "seconds": 120, "op": ">", "test_on": "merged", "straddle": "whole_run", "counts": "whole"
        },
    )  # fmt: skip
    document = case(
        outage("10 12:00", "10 12:02", id="W1"),
        terms=written,
        maintenance=[
            maintenance("10 12:00", "10 12:01", id="M1"),
            {**maintenance("10 12:00", "10 12:02", id="M2"), "component": "edge"},
        ],
    )
    assert rows(document) == [("10 12:00", "excluded", "M1"), ("10 12:01", "below_minimum", "")]


def test_measured_availability_knows_nothing_of_exclusions_and_minimum() -> None:
    document = case(
        outage("10 10:00", "10 12:00"),
        terms=terms(shape__min_run={"seconds": 7200, "op": ">", "test_on": "merged"}),
        maintenance=[maintenance("10 10:00", "10 11:00")],
    )
    found = result(document)
    assert (found["downtime_seconds"], found["measured_downtime_seconds"], found["excluded_seconds"]) == (
        "0",
        "7200",
        "3600",
    )


@pytest.mark.parametrize("combine", ["min", "mean", "pooled"])
def test_where_ratios_are_combined_each_component_has_a_ledger(combine: str) -> None:
    document = case(
        outage("10 10:00", "10 12:00", component="a", id="A"),
        terms=terms(components={"names": ["a", "b"], "combine": combine}),
    )
    assert rows(document, "a") == [("10 10:00", "down", "A")]
    assert rows(document, "b") == []


def test_nothing_promised_is_not_applicable_and_owes_nothing() -> None:
    found = result(case(service_start=at("2026-05-01 00:00")))
    assert (
        found["applicable"],
        found["commitment_met"],
        found["credit_amount"],
        found["eligible_seconds"],
    ) == (False, True, "0.00", 0)


def test_no_grid_keeps_the_microseconds() -> None:
    found = result(case(outage("28 17:41:55.480", "28 18:59:47.057")))
    assert found["downtime_seconds"] == "4671577/1000"


def test_facts_without_an_id_are_named_by_their_place() -> None:
    document = case(
        outage("10 10:00", "10 11:00"),
        outage("11 10:00", "11 10:30", "degraded"),
        outage("12 10:00", "12 11:00"),
        maintenance=[maintenance("01 00:00", "01 01:00"), maintenance("12 10:00", "12 10:30")],
        requests=[{"component": "main", "start": at("14 10:00"), "seconds": 60, "total": 2, "errors": 2}],
        terms=terms(signal__source="both", signal__requests={"mode": "rate"}),
    )
    assert rows(document) == [
        ("01 00:00", "excluded", "maintenance[0]"),
        ("10 10:00", "down", "outages[0]"),
        ("12 10:00", "excluded", "maintenance[1]"),
        ("12 10:30", "down", "outages[2]"),
        ("14 10:00", "down", "requests[0]"),
    ]
    assert result(document)["reasons"]["dropped_windows"] == [
        {"id": "outages[1]", "reason": "weighs nothing (degraded)"}
    ]


def test_a_component_has_its_own_facts_wherever_they_stand_among_the_others() -> None:
    def hour(component: str, day: str) -> Json:
        return {"component": component, "start": at(f"{day} 10:00"), "seconds": 3600, "total": 4, "errors": 4}

    document = case(
        outage("10 10:00", "10 11:00", component="b"),
        outage("11 10:00", "11 11:00", component="a"),
        requests=[hour("b", "12"), hour("a", "13")],
        maintenance=[
            {"component": "b", "start": at("14 00:00"), "end": at("14 01:00"), "category": "beta"},
            {"component": "b", "start": at("15 00:00"), "end": at("15 01:00")},
            {"component": "a", "start": at("16 00:00"), "end": at("16 01:00")},
        ],
        terms=terms(
            components={"names": ["a", "b"], "combine": "min"},
            signal__source="both",
            signal__requests={"mode": "rate"},
            exclude__categories=["scheduled_maintenance"],
        ),
    )
    assert rows(document, "a") == [
        ("11 10:00", "down", "outages[1]"),
        ("13 10:00", "down", "requests[1]"),
        ("16 00:00", "excluded", "maintenance[2]"),
    ]
    assert rows(document, "b") == [
        ("10 10:00", "down", "outages[0]"),
        ("12 10:00", "down", "requests[0]"),
        ("15 00:00", "excluded", "maintenance[1]"),
    ]


def test_what_lies_after_as_of_is_not_known_of_windows_and_of_requests() -> None:
    def minutes(start: str) -> Json:
        return {"component": "main", "start": at(start), "seconds": 3600, "total": 10, "errors": 5}

    document = case(
        outage("10 10:00", None, id="open"),
        requests=[minutes("09 11:30"), minutes("10 12:00"), minutes("11 00:00")],
        as_of=at("10 12:00"),
        terms=terms(signal__source="both", signal__requests={"mode": "rate"}),
    )
    assert rows(document) == [
        ("09 11:30", "down", "requests[0]"),
        ("10 10:00", "down", "open"),
        ("10 12:00", "after_as_of", ""),
    ]
    assert result(document)["downtime_seconds"] == str(1800 + 7200)
    assert (
        result({**document, "input": {**document["input"], "as_of": at("09 12:00")}})["downtime_seconds"]
        == "900"
    )


@pytest.mark.parametrize(("provisional", "eligible"), [("elapsed", 20 * 86_400), ("whole", 25 * 86_400)])
def test_what_is_still_to_come_is_promised_or_not_and_always_named(provisional: str, eligible: int) -> None:
    document = case(
        terms=terms(provisional=provisional), as_of=at("21 00:00"), service_end=at("26 00:00"), service_start=at("01 00:00")
    )  # fmt: skip
    found = result(document)
    assert found["eligible_seconds"] == eligible
    expected = [("21 00:00", "after_as_of", ""), ("26 00:00", "not_in_term", "")]
    assert rows(document) == expected


def test_only_scheduled_maintenance_uses_up_the_allowance() -> None:
    document = case(
        outage("10 00:00", "11 00:00", id="W"),
        terms=terms(
            exclude={"allowance_seconds": 3600, "categories": ["scheduled_maintenance", "force_majeure"]}
        ),
        maintenance=[
            maintenance("10 01:00", "10 01:30", id="A"),
            maintenance("10 03:00", "10 06:00", id="storm", category="force_majeure"),
            maintenance("10 08:00", "10 09:00", id="B"),
            maintenance("10 10:00", "10 10:15", id="C"),
        ],
    )
    assert rows(document) == [
        ("10 00:00", "down", "W"),
        ("10 01:00", "excluded", "A"),
        ("10 01:30", "down", "W"),
        ("10 03:00", "excluded", "storm"),
        ("10 06:00", "down", "W"),
        ("10 08:00", "excluded", "B"),
        ("10 08:30", "down", "W, beyond the allowance: B"),
        ("10 09:00", "down", "W"),
        ("10 10:00", "down", "W, beyond the allowance: C"),
        ("10 10:15", "down", "W"),
    ]


def test_maintenance_while_nothing_is_promised_uses_up_no_allowance() -> None:
    hours = {
        "timezone": "UTC",
        "weekly": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }
    document = case(
        outage("10 00:00", "11 00:00", id="W"),  # a Friday
        terms=terms(exclude={"allowance_seconds": 3600}, service_hours=hours),
        maintenance=[
            maintenance("08 00:00", "08 08:00", id="before the term"),
            maintenance("08 09:00", "08 10:00", id="before the term too"),
            maintenance("10 06:00", "10 09:00", id="M"),
        ],
        service_start=at("09 00:00"),
    )
    assert rows(document)[3:6] == [
        ("10 08:00", "excluded", "M"),
        ("10 09:00", "down", "W"),
        ("10 18:00", "outside_service_hours", ""),
    ]


def test_measured_time_is_the_time_in_term_that_has_passed() -> None:
    document = case(
        outage("10 00:00", "10 12:00"), service_start=at("06 00:00"), service_end=at("26 00:00"),
        as_of=at("11 00:00"),
    )  # fmt: skip
    assert result(document)["measured_percent"] == "90.000000"


def test_facts_that_do_not_fit_the_terms_are_refused_with_every_field() -> None:
    document = case(
        outage("10 00:00", "11 00:00", "unheard-of"), outage("10 00:00", "11 00:00", component="elsewhere")
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        result(document)
    assert [str(error) for error in refused.value.errors] == [
        "input.outages[1].component: 'elsewhere' is not among the terms' components",
        "input.outages[0].severity: 'unheard-of' has no weight in the terms",
    ]
