"""Documents are read strictly: what is wrong is named by its path, all at once, and nothing is guessed."""

import json
from typing import Any

import pytest

from slaservice.rules.assessment import assess
from slaservice.rules.documents import (
    agreement_json,
    canonical,
    case_json,
    digest,
    load,
    parse_agreement,
    parse_case,
    parse_terms,
    result_json,
    schema,
    terms_json,
)
from slaservice.rules.meaning import MEANINGLESS
from slaservice.rules.refusal import Invalid
from tests.rules.samples import at, case, changed, outage, terms


def errors(document: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse_case(document)
    return {error.path: error.reason for error in refused.value.errors}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("terms.commitment_percent", 99.9, "number written as text"),
        ("terms.commitment_percent", "NaN", "exact number"),
        ("terms.commitment_percent", "100.1", "between 0 and 100"),
        ("terms.commitment", "99.9", "not a known field"),
        ("terms.signal.severity_weight.down", "1.5", "between 0 and 1"),
        ("terms.shape.quantum_seconds", 30, "1, 60, 300 or 3600"),
        ("terms.shape.quantum_seconds", True, "1, 60, 300 or 3600"),
        ("terms.exclude.allowance_seconds", "60", "integer"),
        ("terms.exclude.allowance_seconds", -1, "greater than or equal to 0"),
        ("terms.components.names", [], "at least 1 item"),
        ("terms.money.currency", "XYZ", "ISO 4217"),
        ("terms.base.affected_user_share", "yes", "boolean"),
        ("terms.service_hours.timezone", "Mars/Olympus", "IANA"),
        ("input.period.timezone", "Berlin", "IANA"),
        ("input.period.month", 13, "less than or equal to 12"),
        ("input.outages.0.start", "2026-04-10T10:00:00", "no offset"),
        ("input.outages.0.start", "2026-04-31T10:00:00Z", "calendar"),
        ("input.outages.0.start", "2026-04-10T10:00:60Z", "calendar"),
        ("input.outages.0.start", "2026-04-10T10:00:00.1234567Z", "finer than a microsecond"),
        ("input.outages.0.start", "2026-04-10", "must be a time"),
        ("input.outages.0.end", "2026-04-10T09:00:00Z", "before its start"),
        ("input.outages.0.severity", "meltdown", "no weight"),
        ("input.outages.0.component", "other", "not among the terms' components"),
        ("input.outages.0.affected_share", 0.5, "number written as text"),
        ("input.fee", "-1", "must not be negative"),
        ("input.fee", 1000, "number written as text"),
        ("input.history", ["yes"], "boolean"),
        ("input.service_end", "2020-01-01T00:00:00Z", "before service_start"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(path: str, value: object, reason: str) -> None:
    document = changed(
        case(outage("10 10:00", "10 10:30"), service_start=at("02 00:00")),
        {"terms.service_hours": {"timezone": "UTC", "weekly": {}}} if "service_hours" in path else {},
    )
    found = errors(changed(document, {path: value}))
    named = path.replace(".0.", "[0].")
    assert any(at_path.startswith(named) and reason in why for at_path, why in found.items()), found


def test_all_errors_come_at_once() -> None:
    wrong = changed(
        case(), {"terms.commitment_percent": 1.5, "terms.typo": 1, "input.fee": "x", "input.period.month": 0}
    )
    assert set(errors(wrong)) == {"terms.commitment_percent", "terms.typo", "input.fee", "input.period.month"}


def test_a_field_inside_expected_that_is_not_known_is_refused_and_beside_it_anything_may_stand() -> None:
    assert errors({**case(), "expected": {"uptime": "1"}}) == {"expected.uptime": "is not a known field"}
    parse_case({**case(), "title": "anything", "notes": [1.5], "expected": {"capped": False}})


MEANINGLESS_EXAMPLES: dict[str, dict[str, Any]] = {
    "combine_missing": {"components__names": ["a", "b"]},
    "component_twice": {"components": {"names": ["a", "a"], "combine": "any_down"}},
    "threshold_and_bound": {"signal__affected_share": {"mode": "threshold"}},
    "runs_of_ratios": {
        "components": {"names": ["a", "b"], "combine": "mean"},
        "credit__rules": [
            {"type": "metered", "quantity": "runs", "step": "1", "round": "exact", "rate": "1"}
        ],
    },
    "per_run_of_ratios": {
        "components": {"names": ["a", "b"], "combine": "min"},
        "credit__rules": [
            {
                "type": "metered",
                "quantity": "lost_seconds",
                "step": "60",
                "round": "ceil",
                "rate": "1",
                "per": "run",
            }
        ],
    },
    "per_run_quantity": {
        "credit__rules": [
            {
                "type": "metered",
                "quantity": "uptime_percent",
                "step": "1",
                "round": "floor",
                "rate": "1",
                "per": "run",
            }
        ]
    },
    "cap_per_run": {"cap": {"kind": "amount", "value": "5", "per": "run"}},
    "reference_and_points": {
        "credit__rules": [
            {"type": "metered", "quantity": "points_below", "step": "1", "round": "floor", "rate": "2"}
        ]
    },
    "window_and_failures": {"credit__rules__0__window": 3},
    "step_of_time": {
        "credit__rules": [
            {"type": "metered", "quantity": "runs", "step": "period", "round": "exact", "rate": "1"}
        ]
    },
    "empty_range": {"credit__rules__0__ranges__0__from": "99.95"},
    "gate_and_count": {"credit__gate": {"kind": "consecutive_failures"}},
    "allowance_of_nothing": {"exclude": {"categories": ["beta"], "allowance_seconds": 60}},
    "more_failures_than_periods": {"terminate": [{"below": "99", "n": 3, "m": 2}]},
}


@pytest.mark.parametrize("code", [code for code, _, _ in MEANINGLESS])
def test_what_has_no_meaning_together_is_refused_by_name(code: str) -> None:
    reason = {name: why for name, why, _ in MEANINGLESS}[code]
    with pytest.raises(Invalid) as refused:
        parse_terms(terms(**MEANINGLESS_EXAMPLES[code]))
    assert [error.reason for error in refused.value.errors] == [reason]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": Infinity}', "Infinity is not JSON"),
        ("[" * 20_000, "deeper"),
        ("[" * 40 + "]" * 40, "deeper than 32"),
        ("{", "is not JSON"),
        (b"\xff", "is not JSON"),
    ],
)
def test_json_that_readers_would_understand_differently_is_refused(text: str | bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        load(text)


def test_the_canonical_form_is_the_same_for_documents_that_mean_the_same() -> None:
    one = case(outage("10 10:00", "10 10:30"), terms=terms(commitment_percent="99.90", cap=None))
    two = json.loads(json.dumps(one, indent=3, sort_keys=True))
    two["input"]["outages"][0]["start"] = "2026-04-10T12:00:00+02:00"
    two["terms"]["commitment_percent"] = "1998/20"
    two["terms"]["no_data"] = "as_up"
    assert canonical(case_json(parse_case(one))) == canonical(case_json(parse_case(two)))
    assert digest(case_json(parse_case(one))) == digest(case_json(parse_case(two)))


def test_the_canonical_form_reads_back_as_itself() -> None:
    document = case(
        outage("10 10:00", None, affected_share="1/3"),
        terms=terms(
            service_hours={
                "timezone": "Europe/Berlin",
                "weekly": {"mon": [["08:00", "24:00"]]},
                "exceptions": {"2026-12-25": []},
            },
            shape__min_run={"seconds": 60, "op": ">", "test_on": "net"},
            terminate=[{"below": "98"}],
        ),
        as_of=at("12 00:00"),
        history=[True],
    )
    once = case_json(parse_case(document))
    assert case_json(parse_case(once)) == once
    assert terms_json(parse_terms(once["terms"])) == once["terms"]


def test_the_digest_is_another_for_another_document() -> None:
    assert digest(case()) != digest(case(fee="1000.01"))


def test_provisional_may_be_written_full() -> None:
    assert parse_terms(terms(provisional="full")).provisional == "whole"


def test_the_schema_is_json_and_knows_every_field_of_terms() -> None:
    published = json.loads(json.dumps(schema()))
    assert set(published["properties"]["terms"]["properties"]) == set(terms_json(parse_terms(terms())))
    assert published["properties"]["input"]["additionalProperties"] is False


def test_a_result_shows_times_counts_and_money_by_the_published_names() -> None:
    result = result_json(assess(parse_case(case(outage("10 10:00", "10 10:43:13")))))
    assert (
        result
        | {
            "period_start": "2026-04-01T00:00:00Z",
            "period_seconds": 2_592_000,
            "downtime_seconds": "2593",
            "uptime_ratio": "2589407/2592000",
            "uptime_percent": "99.899961",
            "commitment_met": False,
            "credit_percent": "10",
            "credit_amount": "100.00",
            "allowed_downtime_seconds": "2592",
            "measured_percent": "99.899961",
        }
        == result
    )


def test_a_missed_target_is_never_shown_as_met() -> None:
    almost = case(outage("10 10:00", "10 10:43:12"), outage("11 00:00", "11 00:00:00.000001"))
    result = result_json(assess(parse_case(almost)))
    assert (result["commitment_met"], result["uptime_percent"]) == (False, "99.899999")


def test_an_agreement_reads_back_as_itself() -> None:
    document = {"overlap": "best", "cap": {"kind": "amount", "value": "9000", "per": "contract_year"}}
    once = agreement_json(parse_agreement(document))
    assert once["cap"]["value"] == "9000"
    assert agreement_json(parse_agreement(once)) == once
