"""Everything that a case document is refused for: what is broken in it, which field is named, and what is said of it."""

from typing import Any

import pytest

from slaservice.rules.documents import load, parse_agreement, parse_case, parse_terms
from slaservice.rules.meaning import MEANINGLESS
from slaservice.rules.refusal import FieldError, Invalid, Refusal
from tests.rules.samples import Json, at, case, changed, outage, terms

TABLE = "terms.credit.rules.0.ranges.0"
HOURS = {
    "timezone": "UTC",
    "weekly": {"mon": [["08:00", "12:00"], ["13:00", "18:00"]]},
    "exceptions": {},
}
SAMPLE = changed(
    case(
        outage("10 10:00", "10 10:30"),
        maintenance=[{"component": "*", "start": at("11 10:00"), "end": at("11 11:00")}],
        no_data=[{"component": "main", "start": at("12 10:00"), "end": at("12 11:00")}],
        requests=[{"component": "main", "start": at("13 10:00"), "seconds": 300, "total": 100, "errors": 5}],
        service_start=at("02 00:00"),
    ),
    {"terms.service_hours": HOURS},
)
"""A case with something of everything, in which one thing at a time is broken below."""

IN_TEXT = 'must be a number written as text, like "99.9" or "1/3", not'
EXACT = 'must be an exact number, like "99.9" or "1/3"'
OPENINGS = "openings must be in order, end after they start, and not overlap"
CLOCK = 'must be a wall clock time like "08:00", at most "24:00"'
DAY = 'must be a date like "2026-12-25"'

BROKEN: list[tuple[str, Any, str]] = [
    # fields that are missing, or that nobody knows
    ("terms", ..., "terms: is required"),
    ("input", ..., "input: is required"),
    ("terms.money", ..., "terms.money: is required"),
    ("terms.commitment", "99.9", "terms.commitment: is not a known field"),
    (f"{TABLE}.form", "99", "terms.credit.rules[0].ranges[0].form: is not a known field"),
    ("input.period.week", 3, "input.period.week: is not a known field"),
    ("expected", {"uptime": "1"}, "expected.uptime: is not a known field"),
    ("expected", ["capped"], "expected: must be an object with any part of a result"),
    # exact numbers
    ("terms.commitment_percent", 99.9, f"terms.commitment_percent: {IN_TEXT} float"),
    ("input.fee", 1000, f"input.fee: {IN_TEXT} int"),
    ("terms.commitment_percent", "NaN", f"terms.commitment_percent: {EXACT}"),
    ("terms.commitment_percent", "1/0", "terms.commitment_percent: must not divide by zero"),
    ("terms.commitment_percent", "100.1", "terms.commitment_percent: must lie between 0 and 100"),
    ("terms.commitment_percent", "-0.1", "terms.commitment_percent: must lie between 0 and 100"),
    (
        "terms.signal.severity_weight.down",
        "1.5",
        "terms.signal.severity_weight.down: must lie between 0 and 1",
    ),
    (
        "terms.signal.severity_weight.calendar",
        "2",
        "terms.signal.severity_weight.calendar: must lie between 0 and 1",
    ),
    ("input.outages.0.affected_share", "-1", "input.outages[0].affected_share: must lie between 0 and 1"),
    ("input.fee", "-0.01", "input.fee: must not be negative"),
    (f"{TABLE}.credit", "-1", "terms.credit.rules[0].ranges[0].credit: must not be negative"),
    # whole numbers, switches and choices
    ("terms.shape.quantum_seconds", 30, "terms.shape.quantum_seconds: Input should be 1, 60, 300 or 3600"),
    ("terms.shape.quantum_seconds", True, "terms.shape.quantum_seconds: must be 1, 60, 300 or 3600"),
    (
        "terms.exclude.allowance_seconds",
        "60",
        "terms.exclude.allowance_seconds: Input should be a valid integer",
    ),
    (
        "terms.exclude.allowance_seconds",
        -1,
        "terms.exclude.allowance_seconds: Input should be greater than or equal to 0",
    ),
    (
        "terms.base.affected_user_share",
        "yes",
        "terms.base.affected_user_share: Input should be a valid boolean",
    ),
    ("terms.no_data", "up", "terms.no_data: Input should be 'as_up', 'as_down' or 'remove'"),
    ("terms.money.decimals", 13, "terms.money.decimals: Input should be less than or equal to 12"),
    ("terms.money.currency", "XYZ", "terms.money.currency: 'XYZ' is not a currency of ISO 4217"),
    ("input.history", ["yes"], "input.history[0]: Input should be a valid boolean"),
    (
        "terms.components.names",
        [],
        "terms.components.names: Tuple should have at least 1 item after validation, not 0",
    ),
    # zones, clocks and days
    ("input.period.timezone", "Berlin", "input.period.timezone: 'Berlin' is not an IANA time zone"),
    (
        "terms.service_hours.timezone",
        1,
        "terms.service_hours.timezone: must be the name of an IANA time zone",
    ),
    ("terms.service_hours.weekly.mon", [["8:00", "12:00"]], f"terms.service_hours.weekly.mon[0][0]: {CLOCK}"),
    (
        "terms.service_hours.weekly.mon",
        [["08:00", "24:01"]],
        f"terms.service_hours.weekly.mon[0][1]: {CLOCK}",
    ),
    ("terms.service_hours.weekly.mon", [[800, "24:00"]], f"terms.service_hours.weekly.mon[0][0]: {CLOCK}"),
    ("terms.service_hours.weekly.mon", [["08:00", "08:00"]], f"terms.service_hours.weekly.mon: {OPENINGS}"),
    (
        "terms.service_hours.weekly.mon",
        [["08:00", "12:00"], ["11:59", "13:00"]],
        f"terms.service_hours.weekly.mon: {OPENINGS}",
    ),
    ("terms.service_hours.exceptions", {"25.12.": []}, f"terms.service_hours.exceptions.25.12.: {DAY}"),
    (
        "terms.service_hours.exceptions",
        {"2026-02-30": []},
        "terms.service_hours.exceptions.2026-02-30: day is out of range for month",
    ),
    # instants and periods
    (
        "input.outages.0.start",
        "2026-04-10",
        'input.outages[0].start: must be a time like "2026-04-01T09:30:00Z"',
    ),
    (
        "input.outages.0.start",
        "2026-04-10T10:00:00",
        'input.outages[0].start: has no offset: write "Z" or "+02:00" behind it',
    ),
    (
        "input.outages.0.start",
        "2026-04-31T10:00:00Z",
        "input.outages[0].start: is not a time of the calendar",
    ),
    (
        "input.outages.0.start",
        "2026-04-10T10:00:00.1234567Z",
        "input.outages[0].start: is finer than a microsecond",
    ),
    ("input.period.month", 13, "input.period.month: Input should be less than or equal to 12"),
    ("input.period.day", 31, "input.period: day is out of range for month"),
    (
        "input.period",
        {"kind": "explicit", "start": at("10 10:00"), "end": at("10 10:00")},
        "input.period: must end after it starts",
    ),
    (
        "input.period",
        {"kind": "explicit", "start": at("10 10:00"), "end": "never"},
        'input.period.end: must be a time like "2026-04-01T09:30:00Z"',
    ),
    # facts that do not fit themselves or the terms
    ("input.outages.0.end", at("10 09:59:59"), "input.outages[0].end: is before its start"),
    ("input.maintenance.0.end", at("10 00:00"), "input.maintenance[0].end: is before its start"),
    ("input.no_data.0.end", at("10 00:00"), "input.no_data[0].end: is before its start"),
    ("input.service_end", at("01 00:00"), "input.service_end: is before service_start"),
    (
        "input.outages.0.severity",
        "meltdown",
        "input.outages[0].severity: 'meltdown' has no weight in the terms",
    ),
    ("input.outages.0.component", "x", "input.outages[0].component: 'x' is not among the terms' components"),
    ("input.no_data.0.component", "*", "input.no_data[0].component: '*' is not among the terms' components"),
    ("input.requests.0.errors", 101, "input.requests[0].errors: is more than the total"),
]


@pytest.mark.parametrize(("path", "value", "said"), BROKEN)
def test_what_is_broken_is_named_by_its_field_and_why(path: str, value: object, said: str) -> None:
    parse_case(SAMPLE)
    assert refused(changed(SAMPLE, {path: value})) == [said]


def refused(document: object) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        parse_case(document)
    return [str(error) for error in refusal.value.errors]


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = {"terms.commitment_percent": 1.5, "terms.typo": 1, "input.fee": "x", "expected": {"b": 1, "a": 2}}
    assert refused(changed(SAMPLE, wrong)) == [
        f"terms.commitment_percent: {IN_TEXT} float",
        "terms.typo: is not a known field",
        f"input.fee: {EXACT}",
        "expected.a: is not a known field",
        "expected.b: is not a known field",
    ]


def test_what_is_no_object_is_no_case() -> None:
    assert refused([SAMPLE]) == ["$: must be an object with terms and input"]


def test_beside_terms_and_input_anything_may_stand() -> None:
    parse_case({**SAMPLE, "title": "anything", "notes": [1.5], "expected": {"capped": False}})
    parse_case({**SAMPLE, "expected": None})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("terms.commitment_percent", "0"),
        ("terms.commitment_percent", "100"),
        ("terms.signal.severity_weight.down", "0"),
        ("terms.signal.severity_weight.down", "1"),
        ("terms.exclude.allowance_seconds", 0),
        ("terms.money.decimals", 0),
        ("terms.money.decimals", 12),
        ("terms.service_hours.weekly.mon", [["00:00", "12:01"], ["12:01", "24:00"]]),
        ("terms.service_hours.weekly.mon", [["23:59", "24:00"]]),
        ("input.fee", "0"),
        ("input.outages.0.end", at("10 10:00")),
        ("input.service_end", at("02 00:00")),
        ("input.requests.0.errors", 100),
        ("input.maintenance.0.component", "main"),
    ],
)
def test_what_is_just_within_the_bounds_is_taken(path: str, value: object) -> None:
    parse_case(changed(SAMPLE, {path: value}))


def meter(quantity: str, step: str = "1", **more: Any) -> Json:
    """Terms with one metered rule."""
    rule = {"type": "metered", "quantity": quantity, "step": step, "round": "exact", "rate": "1", **more}
    return {"credit.rules": [rule]}


def row(low: str | None, high: str | None, edges: str = "[)") -> Json:
    """Terms whose table starts with this row."""
    kind = {"from_closed": edges[0] == "[", "to_closed": edges[1] == "]"}
    return {"credit.rules.0.ranges.0": {"from": low, "to": high, "credit": "10", **kind}}


def of_two(combine: str) -> Json:
    return {"components": {"names": ["a", "b"], "combine": combine}}


NO_MEANING: list[tuple[str, Json, list[str]]] = [
    # why (a code of `meaning`), the change to the terms, the fields that are named; none: it has a meaning
    ("combine_missing", {"components.names": ["a", "b"]}, ["components.combine"]),
    ("combine_missing", {"components.names": ["a"]}, []),
    ("component_twice", {"components": {"names": ["a", "b", "a"], "combine": "min"}}, ["components.names"]),
    (
        "threshold_and_bound",
        {"signal.affected_share": {"mode": "threshold"}, "signal.requests": {"above": "1/20"}},
        ["signal.affected_share.above", "signal.requests.above"],
    ),
    ("threshold_and_bound", {"signal.affected_share": {"mode": "threshold", "above": "0"}}, []),
    *(
        ("runs_of_ratios", of_two(way) | meter(quantity), ["credit.rules[0].quantity"])
        for way in ("min", "mean", "pooled")
        for quantity in ("runs", "days_touched")
    ),
    ("runs_of_ratios", of_two("any_down") | meter("runs"), []),
    (
        "per_run_of_ratios",
        of_two("min") | meter("lost_seconds", per="run"),
        ["credit.rules[0].per"],
    ),
    ("per_run_of_ratios", of_two("all_down") | meter("lost_seconds", per="run"), []),
    ("per_run_quantity", meter("uptime_percent", per="run"), ["credit.rules[0].per"]),
    ("cap_per_run", {"cap": {"kind": "amount", "value": "5", "per": "run"}}, ["cap.per"]),
    (
        "cap_per_run",
        {"cap": {"kind": "amount", "value": "5", "per": "run"}} | meter("lost_seconds", per="run"),
        [],
    ),
    ("reference_and_points", meter("points_below"), ["credit.rules[0].reference"]),
    ("reference_and_points", meter("runs", reference="99"), ["credit.rules[0].reference"]),
    ("reference_and_points", meter("points_below", reference="99"), []),
    ("window_and_failures", meter("failures"), ["credit.rules[0].window"]),
    ("window_and_failures", {"credit.rules.0.window": 3}, ["credit.rules[0].window"]),
    ("window_and_failures", meter("failures", window=1), []),
    ("step_of_time", meter("runs", "period"), ["credit.rules[0].step"]),
    ("step_of_time", meter("lost_seconds_beyond_allowance", "eligible"), []),
    ("empty_range", row("99.95", "99.9", "[]"), ["credit.rules[0].ranges[0]"]),
    ("empty_range", row("99.9", "99.9", "[)"), ["credit.rules[0].ranges[0]"]),
    ("empty_range", row("99.9", "99.9", "(]"), ["credit.rules[0].ranges[0]"]),
    ("empty_range", row("99.9", "99.9", "[]"), []),
    ("empty_range", row(None, "99.9", "[)"), []),
    ("empty_range", row("99.9", None, "[)"), []),
    ("gate_and_count", {"credit.gate": {"kind": "consecutive_failures"}}, ["credit.gate.count"]),
    ("gate_and_count", {"credit.gate": {"kind": "always", "count": 1}}, ["credit.gate.count"]),
    ("gate_and_count", {"credit.gate": {"kind": "consecutive_failures", "count": 1}}, []),
    (
        "allowance_of_nothing",
        {"exclude": {"categories": ["beta"], "allowance_seconds": 0}},
        ["exclude.categories"],
    ),
    (
        "allowance_of_nothing",
        {"exclude": {"categories": ["beta"], "notice_seconds": 0}},
        ["exclude.categories"],
    ),
    (
        "allowance_of_nothing",
        {"exclude": {"categories": ["beta", "scheduled_maintenance"], "notice_seconds": 0}},
        [],
    ),
    (
        "more_failures_than_periods",
        {"terminate": [{"below": "99", "n": 2, "m": 2}, {"below": "99", "n": 3, "m": 2}]},
        ["terminate[1].n"],
    ),
]


@pytest.mark.parametrize(("code", "change", "fields"), NO_MEANING)
def test_what_has_no_meaning_together_is_refused(code: str, change: Json, fields: list[str]) -> None:
    document = changed(terms(), change)
    if not fields:
        parse_terms(document)
        return
    reason = {name: why for name, why, _ in MEANINGLESS}[code]
    with pytest.raises(Invalid) as refusal:
        parse_terms(document)
    assert [str(error) for error in refusal.value.errors] == [f"terms.{field}: {reason}" for field in fields]


def test_everything_that_has_no_meaning_stands_in_the_table() -> None:
    assert {code for code, _, fields in NO_MEANING if fields} == {code for code, _, _ in MEANINGLESS}


def test_a_step_is_above_nothing() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_terms(changed(terms(), meter("lost_seconds", "0")))
    assert str(refusal.value) == "terms.credit.rules[0].step: must be above 0"
    parse_terms(changed(terms(), meter("lost_seconds", "1/1000000")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "c: stands twice in one object"),
        ('{"a": NaN}', "$: NaN is not JSON"),
        ('{"a": -Infinity}', "$: -Infinity is not JSON"),
        ("[" * 33 + "]" * 33, "$: is nested deeper than 32 levels"),
        ('{"a": ' * 33 + "1" + "}" * 33, "$: is nested deeper than 32 levels"),
        ("[" * 20_000, "$: is nested deeper than 32 levels"),
        ("{", "$: is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"\xff", "$: is not UTF-8"),
        ("{}".encode("utf-16"), "$: is not UTF-8"),
    ],
)
def test_json_that_readers_would_understand_differently_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        load(text)
    assert str(refusal.value) == said


def test_json_is_read_as_it_stands() -> None:
    assert load(b'{"a": [1, 1.5, "\xc3\xa9", null, true]}') == {"a": [1, 1.5, "é", None, True]}
    assert load('[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]
    assert load("[" * 32 + "]" * 32)
    assert load('{"a": ' * 32 + "1" + "}" * 32)


def test_an_agreement_names_its_fields_too() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_agreement({"cap": {"kind": "amount", "value": "-1"}})
    assert str(refusal.value) == "agreement.cap.value: must not be negative"


def test_a_refusal_has_a_code_for_programs_and_a_sentence_for_people() -> None:
    refusal = Refusal("too_late", "The period is closed.")
    assert (refusal.code, refusal.sentence, str(refusal)) == (
        "too_late",
        "The period is closed.",
        "The period is closed.",
    )


def test_an_invalid_document_says_everything_in_one_sentence() -> None:
    errors = [FieldError("terms.fee", "is required"), FieldError("input", "is odd")]
    invalid = Invalid(errors)
    assert (invalid.code, invalid.sentence) == ("invalid_document", "terms.fee: is required; input: is odd")
    assert str(invalid) == invalid.sentence
    assert invalid.errors == tuple(errors)
    assert Invalid(errors, "invalid_file").code == "invalid_file"
