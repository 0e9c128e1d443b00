"""Terms in words: whoever reads two contracts sees where they differ, and nothing where they do not."""

from typing import Any

import pytest

from slaservice.rules.documents import parse_terms
from slaservice.rules.language import LANGUAGES, speaking
from slaservice.rules.wording import clauses
from tests.rules.samples import Json, changed, terms

RULE = {"type": "metered", "quantity": "lost_seconds", "step": "3600", "round": "floor", "rate": "5"}
MINIMUM = {"seconds": 300, "op": ">=", "test_on": "merged", "straddle": "whole_run", "counts": "whole"}
TWO = {"names": ["a", "b"], "combine": "any_down"}
HOURS = {
    "timezone": "Europe/Berlin",
    "weekly": {"mon": [["08:00", "18:00"]]},
    "exceptions": {"2026-12-25": []},
}
CAP = {"kind": "percent_of_base", "value": "50", "per": "period"}
CLAIM = {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}}

DIFFERENCES: list[tuple[Json, str, Any]] = [
    # terms changed first, then at this path, to this: it must read differently
    ({}, "commitment_percent", "99.95"),
    ({}, "components.names", ["other"]),
    *(({"components": TWO}, "components.combine", way) for way in ("all_down", "min", "mean", "pooled")),
    *(({}, "signal.source", source) for source in ("windows", "requests")),
    ({}, "signal.severity_weight.partial", "1/3"),
    ({}, "signal.severity_weight.maintenance", "0"),
    ({}, "signal.affected_share", {"mode": "weight"}),
    ({}, "signal.affected_share", {"mode": "threshold", "above": "1/20"}),
    ({"signal.affected_share": {"mode": "threshold", "above": "1/20"}}, "signal.affected_share.op", ">="),
    ({}, "signal.requests", {"mode": "threshold", "above": "1/20"}),
    ({"signal.requests": {"mode": "threshold", "above": "1/20"}}, "signal.requests.op", ">="),
    ({}, "shape.quantum_seconds", 60),
    ({"shape.quantum_seconds": 60}, "shape.quantum_rule", "all"),
    ({}, "shape.min_run", MINIMUM),
    ({"shape.min_run": MINIMUM}, "shape.min_run.seconds", 301),
    ({"shape.min_run": MINIMUM}, "shape.min_run.op", ">"),
    *(({"shape.min_run": MINIMUM}, "shape.min_run.test_on", what) for what in ("window", "net")),
    ({"shape.min_run": MINIMUM}, "shape.min_run.straddle", "clipped"),
    ({"shape.min_run": MINIMUM}, "shape.min_run.counts", "excess"),
    ({}, "exclude.effect", "remove"),
    ({}, "exclude.categories", ["scheduled_maintenance"]),
    ({}, "exclude.categories", []),
    ({}, "exclude.allowance_seconds", 7200),
    ({}, "exclude.notice_seconds", 7200),
    *(({}, "no_data", way) for way in ("as_down", "remove")),
    ({}, "service_hours", HOURS),
    ({"service_hours": HOURS}, "service_hours.timezone", "Europe/Paris"),
    ({"service_hours": HOURS}, "service_hours.weekly.tue", [["08:00", "18:00"]]),
    ({"service_hours": HOURS}, "service_hours.exceptions.2026-12-26", []),
    ({}, "partial_period", "whole"),
    ({}, "provisional", "whole"),
    ({}, "uptime_rounding", {"decimals": 2, "mode": "floor"}),
    ({"uptime_rounding": {"decimals": 2, "mode": "floor"}}, "uptime_rounding.mode", "half_even"),
    ({"uptime_rounding": {"decimals": 2, "mode": "floor"}}, "uptime_rounding.decimals", 1),
    ({}, "credit.gate", {"kind": "always"}),
    ({}, "credit.gate", {"kind": "consecutive_failures", "count": 2}),
    ({}, "credit.rules", []),
    ({}, "credit.rules", [RULE]),
    ({}, "credit.rules.0.ranges.0.from_closed", False),
    ({}, "credit.rules.0.ranges.0.to_closed", True),
    ({}, "credit.rules.0.ranges.0.credit", "11"),
    ({}, "credit.rules.0.quantity", "lost_seconds"),
    ({"credit.rules": [RULE]}, "credit.rules.0.round", "ceil"),
    ({"credit.rules": [RULE]}, "credit.rules.0.round", "exact"),
    ({"credit.rules": [RULE]}, "credit.rules.0.step", "1800"),
    ({"credit.rules": [RULE]}, "credit.rules.0.step", "eligible"),
    ({"credit.rules": [{**RULE, "step": "period"}]}, "credit.rules.0.step", "eligible"),
    ({"credit.rules": [RULE]}, "credit.rules.0.rate", "6"),
    ({"credit.rules": [RULE]}, "credit.rules.0.per", "run"),
    (
        {"credit.rules": [{**RULE, "quantity": "points_below", "reference": "99"}]},
        "credit.rules.0.reference",
        "98",
    ),
    ({"credit.rules": [{**RULE, "quantity": "failures", "window": 6}]}, "credit.rules.0.window", 12),
    ({"credit.rules": [RULE, RULE]}, "credit.combine", "sum"),
    ({}, "credit.unit", "days"),
    ({"credit.unit": "days"}, "credit.day_value", "base/30"),
    ({"cap": {"kind": "days", "value": "7"}}, "credit.day_value", "base/30"),
    *(({}, "base.prorate", way) for way in ("lived_seconds", "lived_days")),
    ({}, "base.affected_user_share", True),
    ({}, "cap", CAP),
    ({"cap": CAP}, "cap.kind", "amount"),
    ({"cap": CAP}, "cap.kind", "days"),
    ({"cap": CAP}, "cap.value", "51"),
    *(({"cap": CAP}, "cap.per", window) for window in ("contract_year", "contract")),
    ({}, "minimum_issue", {"op": ">", "amount": "1"}),
    ({"minimum_issue": {"op": ">", "amount": "1"}}, "minimum_issue.op", ">="),
    ({"minimum_issue": {"op": ">", "amount": "1"}}, "minimum_issue.below", "carry"),
    ({}, "money.currency", "EUR"),
    ({}, "money.decimals", 0),
    ({}, "money.rounding", "half_even"),
    ({}, "claim", {"by": "customer"}),
    ({}, "claim", CLAIM),
    ({"claim": CLAIM}, "claim.deadline.n", 31),
    *(
        ({"claim": CLAIM}, "claim.deadline.unit", unit)
        for unit in ("hours", "business_days", "months", "billing_cycles")
    ),
    *(
        ({"claim": CLAIM}, "claim.deadline.anchor", at)
        for at in ("incident_start", "incident_end", "awareness")
    ),
    ({"claim": CLAIM}, "claim.notice", {"n": 24, "unit": "hours", "anchor": "awareness"}),
    ({"claim": CLAIM}, "claim.evidence", "logs"),
    ({}, "terminate", [{"below": "98"}]),
    ({"terminate": [{"below": "98", "n": 2, "m": 3}]}, "terminate.0.n", 1),
    ({"terminate": [{"below": "98", "n": 2, "m": 3}]}, "terminate.0.m", 4),
    ({"terminate": [{"below": "98", "n": 2, "m": 3}]}, "terminate.0.consecutive", True),
]

SAMENESS: list[Json] = [
    {"components.combine": "any_down"},
    {"commitment_percent": "999/10"},
    {"shape.quantum_rule": "all"},  # without a grid it says nothing
    {"money.decimals": 2},
    {"clauses": {"commitment_percent": "4.1"}},
    {"signal.affected_share": {"mode": "ignore", "op": ">="}},
    {"credit.gate": {"kind": "consecutive_failures", "count": 1}},
]


def words(document: Json, language: str) -> list[str]:
    with speaking(language):
        return [sentence for _, sentence in clauses(parse_terms(document))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("first", "path", "value"), DIFFERENCES)
def test_terms_that_differ_read_differently(first: Json, path: str, value: object, language: str) -> None:
    before = changed(terms(), first)
    assert words(changed(before, {path: value}), language) != words(before, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("change", SAMENESS)
def test_terms_that_mean_the_same_read_the_same(change: Json, language: str) -> None:
    assert words(changed(terms(), change), language) == words(terms(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_is_a_sentence_and_points_at_a_field(language: str) -> None:
    document = changed(
        terms(),
        {"components": TWO, "shape.min_run": MINIMUM, "service_hours": HOURS, "cap": CAP, "claim": CLAIM},
    )
    with speaking(language):
        said = clauses(parse_terms(document))
    for path, sentence in said:
        assert sentence[0].isupper() or path == "commitment_percent"
        assert sentence.endswith(".")
        assert "{" not in sentence and "None" not in sentence and "  " not in sentence
        assert path.split(".")[0].split("[")[0] in document or path.split(".")[0] in {
            "no_data",
            "partial_period",
            "provisional",
            "uptime_rounding",
            "base",
            "exclude",
        }


def test_components_are_called_by_their_names() -> None:
    assert clauses(parse_terms(terms()), {"main": "Claude API"})[0][1].startswith("Claude API is promised")
