"""The engine against the oracle, and what must hold of every assessment whatever the terms.

2,000 cases in `make test`; HYPOTHESIS_PROFILE=proof makes it 20,000 others each time. The further properties take a
tenth of that each. A failing case shrinks to the few mechanics that fail, written as a case document.
"""

import os
from copy import deepcopy
from datetime import datetime
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from slaservice.rules.refusal import Refusal
from tests import oracles
from tests.rules.counting import Refused
from tests.rules.strategies import (
    RATIO_LEVEL,
    TABLE,
    cases,
    refused_cases,
    with_defaults,
    worse_cases,
)

Json = dict[str, Any]

settings.register_profile(
    "test",
    max_examples=2_000,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("proof", settings.get_profile("test"), max_examples=20_000, derandomize=False)
ALL = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
SOME = settings(ALL, max_examples=ALL.max_examples // 10)

# Rules that never give less for more downtime, as long as the loss is summed over the same time.
MONOTONE: tuple[Json, ...] = (
    TABLE,
    {"type": "metered", "quantity": "lost_seconds", "step": "1800", "round": "ceil", "rate": "5"},
    {"type": "metered", "quantity": "lost_seconds", "step": "period", "round": "exact", "rate": "1000"},
    {
        "type": "metered",
        "quantity": "lost_seconds_beyond_allowance",
        "step": "60",
        "round": "floor",
        "rate": "1/2",
    },
    {
        "type": "metered",
        "quantity": "points_below",
        "step": "3/10",
        "round": "ceil",
        "rate": "1",
        "reference": "99.5",
    },
    {"type": "metered", "quantity": "failures", "step": "1", "round": "exact", "rate": "10", "window": 3},
)


def engine(case: Json) -> Json:
    return result_json(assess(parse_case({"terms": case["terms"], "input": case["input"]})))


def buckets_in_text(counted: Json) -> dict[str, str]:
    """The oracle's seconds per bucket as the result writes them: over all components, without the empty ones."""
    total: dict[str, Fraction] = {}
    for buckets in (
        counted["ledger_buckets"].values() if counted["runs"] is None else [counted["ledger_buckets"]]
    ):
        for bucket, seconds in buckets.items():
            total[bucket] = total.get(bucket, Fraction(0)) + seconds
    return {bucket: str(seconds) for bucket, seconds in total.items() if seconds}


def length(row: Json) -> Fraction:
    span = datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["start"])
    return Fraction(span.days * 86_400 + span.seconds) + Fraction(span.microseconds, 1_000_000)


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


def without_order(result: Json) -> Json:
    """A result with its lists of names and reasons sorted; requests, which have only a place, lose it."""
    for row in (row for ledger in result["ledger"] for row in ledger["rows"]):
        row["windows"] = sorted(name.partition("[")[0] for name in row["windows"])
        row["marks"].sort()
    for reasons in ("dropped_windows", "runs"):
        result["reasons"][reasons].sort(key=str)
    return result


@settings(ALL)
@given(cases())
def test_the_engine_agrees_with_the_oracle_to_the_letter(case: Json) -> None:
    result, counted = engine(case), oracles.assess(case)
    event("down" if counted["downtime_seconds"] != "0" else "up")
    common = {name: value for name, value in counted.items() if name not in ("ledger_buckets", "runs")}
    assert {name: result.get(name) for name in common} == common
    assert ("components" in result) == ("components" in counted)
    assert result["buckets"] == buckets_in_text(counted)


@settings(SOME)
@given(refused_cases())
def test_what_has_no_meaning_is_refused_by_engine_and_oracle(case: Json) -> None:
    for refusing, refusal in ((engine, Refusal), (oracles.assess, Refused)):
        try:
            refusing(case)
        except refusal:
            continue
        raise AssertionError(f"{case['broken']}: not refused")


@settings(SOME)
@given(cases())
def test_the_ledger_puts_every_instant_in_one_bucket_and_adds_up_to_the_downtime(case: Json) -> None:
    result = engine(case)
    buckets: dict[str, Fraction] = {}
    for ledger in result["ledger"]:
        rows = ledger["rows"]
        figures = result.get("components", {}).get(ledger["component"], result)
        edges = [result["period_start"], *(row["end"] for row in rows)]
        assert edges == [*(row["start"] for row in rows), result["period_end"]]
        assert sum(length(row) * Fraction(row["loss"]) for row in rows) == Fraction(
            figures["downtime_seconds"]
        )
        assert sum(length(row) for row in rows if row["eligible"]) == Fraction(figures["eligible_seconds"])
        for row in rows:
            assert length(row) > 0
            assert row["eligible"] or Fraction(row["loss"]) == 0
            assert row["bucket"] in ("down", "no_data") or Fraction(row["loss"]) == 0
            buckets[row["bucket"]] = buckets.get(row["bucket"], Fraction(0)) + length(row)
    assert {bucket: str(seconds) for bucket, seconds in buckets.items()} == result["buckets"]
    assert sum(buckets.values()) == len(result["ledger"]) * Fraction(result["period_seconds"])


@settings(SOME)
@given(cases())
def test_downtime_is_at_most_what_is_eligible_and_that_at_most_the_period(case: Json) -> None:
    result = engine(case)
    many = len(case["terms"]["components"]["names"]) if "components" in result else 1
    assert 0 <= Fraction(result["downtime_seconds"]) <= Fraction(result["eligible_seconds"])
    assert Fraction(result["eligible_seconds"]) <= many * Fraction(result["period_seconds"])
    for component in result.get("components", {}).values():
        assert 0 <= Fraction(component["downtime_seconds"]) <= Fraction(component["eligible_seconds"])
        assert Fraction(component["eligible_seconds"]) <= Fraction(result["period_seconds"])
    assert 0 <= Fraction(result["uptime_ratio"]) <= 1


@settings(SOME)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_were_recorded_changes_nothing(case: Json, random: Any) -> None:
    facts = case["input"]
    for kind in ("outages", "maintenance"):
        for number, window in enumerate(facts.get(kind, [])):
            window["id"] = f"{kind}-{number}"
    shuffled = deepcopy(case)
    for kind in ("outages", "maintenance", "no_data", "requests"):
        random.shuffle(shuffled["input"].get(kind, []))
    before, after = engine(case), engine(shuffled)
    assert without_order(after) == without_order(before)


@settings(SOME)
@given(cases(), st.integers(0, 7), st.fractions(0, 1, max_denominator=8))
def test_an_outage_recorded_in_two_touching_pieces_changes_nothing(
    case: Json, which: int, where: Fraction
) -> None:
    minimum = (case["terms"].get("shape") or {}).get("min_run")
    assume(not minimum or minimum["test_on"] != "window")
    outages = case["input"]["outages"]
    assume(which < len(outages) and outages[which]["end"])
    window = outages[which]
    start, end = instant(window["start"]), instant(window["end"])
    cut = (start + (end - start) * where.numerator // where.denominator).isoformat()
    pieces = [window | {"end": cut}, window | {"start": cut}]
    split = {
        "terms": case["terms"],
        "input": case["input"] | {"outages": outages[:which] + pieces + outages[which + 1 :]},
    }
    explained = {"ledger", "reasons"}
    before, after = engine(case), engine(split)
    assert {name: after[name] for name in after if name not in explained} == {
        name: before[name] for name in before if name not in explained
    }


@settings(SOME)
@given(cases(), st.fractions(0, 1, max_denominator=8))
def test_the_parts_of_a_period_add_up_to_the_period(case: Json, where: Fraction) -> None:
    terms, facts = case["terms"], case["input"]
    minimum = (terms.get("shape") or {}).get("min_run")
    assume(not minimum or minimum["straddle"] == "whole_run")
    assume(terms.get("exclude", {}).get("allowance_seconds") is None)  # an allowance is given per period
    assume(terms["components"].get("combine") != "min")  # each part may have another worst component
    whole = engine(case)
    start, end = instant(whole["period_start"]), instant(whole["period_end"])
    cut = start + (end - start) * where.numerator // where.denominator
    assume(start < cut < end)
    zone = facts["period"].get("timezone", "UTC")
    closed = [window | {"end": window["end"] or whole["period_end"]} for window in facts["outages"]]
    closed = [window for window in closed if instant(window["start"]) <= instant(window["end"])]
    parts = [
        engine(
            {
                "terms": terms,
                "input": facts
                | {
                    "outages": closed,
                    "period": {
                        "kind": "explicit",
                        "start": a.isoformat(),
                        "end": b.isoformat(),
                        "timezone": zone,
                    },
                },
            }
        )
        for a, b in ((start, cut), (cut, end))
    ]
    for name in ("downtime_seconds", "eligible_seconds", "excluded_seconds"):
        assert sum(Fraction(part[name]) for part in parts) == Fraction(whole[name]), name


@settings(SOME)
@given(worse_cases())
def test_more_downtime_is_never_more_uptime(pair: tuple[Json, Json]) -> None:
    better, worse = map(engine, pair)
    assert Fraction(worse["uptime_ratio"]) <= Fraction(better["uptime_ratio"])
    assert (
        worse["eligible_seconds"] == better["eligible_seconds"]
        or pair[0]["terms"]["components"]["combine"] == "min"
    )
    assert better["commitment_met"] or not worse["commitment_met"]


@settings(SOME)
@given(worse_cases(), st.lists(st.sampled_from(MONOTONE), min_size=1, max_size=3))
def test_more_downtime_is_never_a_smaller_credit_where_the_rules_are_monotone(
    pair: tuple[Json, Json], rules: list[Json]
) -> None:
    terms = deepcopy(pair[0]["terms"])
    assume(
        terms["components"].get("combine") != "min"
    )  # another component may become the worst, and have lost less
    terms["credit"]["rules"] = rules
    if (terms.get("cap") or {}).get("per") == "run":
        del terms["cap"]["per"]
    better, worse = (engine({"terms": terms, "input": case["input"]}) for case in pair)
    assert Fraction(worse["credit_amount_exact"]) >= Fraction(better["credit_amount_exact"])
    unit = "credit_days" if "credit_days" in better else "credit_percent"
    assert Fraction(worse[unit]) >= Fraction(better[unit])


@settings(SOME)
@given(cases())
def test_a_default_left_out_is_the_default_spelled_out(case: Json) -> None:
    assert engine({"terms": with_defaults(case["terms"]), "input": case["input"]}) == engine(case)


@settings(SOME)
@given(cases())
def test_one_component_is_the_same_however_components_would_be_combined(case: Json) -> None:
    terms = case["terms"]
    assume(len(terms["components"]["names"]) == 1)
    needs_runs = any(
        rule["quantity"] in ("runs", "days_touched") or "per" in rule
        for rule in terms["credit"].get("rules", [])
    )
    assume(not needs_runs)
    usual = engine(case)
    for combine in ("all_down", *RATIO_LEVEL):
        combined = engine(
            {"terms": terms | {"components": {"names": ["A"], "combine": combine}}, "input": case["input"]}
        )
        for name in (
            "downtime_seconds",
            "eligible_seconds",
            "uptime_ratio",
            "credit_amount_exact",
            "buckets",
        ):
            assert combined[name] == usual[name], (combine, name)
