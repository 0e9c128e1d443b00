"""What contracts say in words, to the letter: whole contracts in clauses.txt, credit rules and deadlines one by one here.

Whoever changes a sentence reads the difference as a lawyer would: is it still what is computed?
"""

from typing import Any

import pytest

from slaservice.rules.documents import parse_terms
from slaservice.rules.wording import clauses
from tests.rules.contracts import CONTRACTS
from tests.rules.golden import same_as
from tests.rules.samples import Json, changed, terms


def test_contracts_read_to_the_letter_as_in_the_file() -> None:
    pages = []
    for title, changes in CONTRACTS.items():
        said = clauses(parse_terms(changed(terms(), changes)), {"eu": "Europe", "api": "the API"})
        pages.append("\n".join([f"# {title}", *(f"{path}: {sentence}" for path, sentence in said)]))
    same_as("clauses.txt", "\n\n".join(pages) + "\n")


def meter(quantity: str, step: str, rounding: str = "exact", rate: str = "5", **more: Any) -> Json:
    return {
        "type": "metered",
        "quantity": quantity,
        "step": step,
        "round": rounding,
        "rate": rate,
        **more,
    }


def table(quantity: str, *rows: tuple[str | None, str, str | None], **more: Any) -> Json:
    """Rows that are each worth 10, in the notation of intervals: ("99", "[)", "99.9")."""
    ranges = [
        {
            "from": low,
            "from_closed": edges[0] == "[",
            "to": high,
            "to_closed": edges[1] == "]",
            "credit": "10",
        }
        for low, edges, high in rows
    ]
    return {"type": "brackets", "quantity": quantity, "ranges": ranges, **more}


PER_RUN: Json = {"per": "run"}
BELOW_99: Json = {"reference": "99"}
OF_SIX: Json = {"window": 6}

RULES: list[tuple[Json, str]] = [
    # by time: the step is a length, the period, or what of it is eligible
    (
        meter("lost_seconds", "3600"),
        "5 % of the base for each hour of the downtime, parts in proportion.",
    ),
    (meter("lost_seconds", "60", "floor"), "5 % of the base for each full minute of the downtime."),
    (meter("lost_seconds", "1", "ceil"), "5 % of the base for each second or part thereof of the downtime."),
    (
        meter("lost_seconds", "1800", "ceil", **PER_RUN),
        "5 % of the base for each 30 minutes or part thereof of the downtime of each outage by itself.",
    ),
    (meter("lost_seconds", "1/3", "floor"), "5 % of the base for each full 1/3 seconds of the downtime."),
    (
        meter("lost_seconds_beyond_allowance", "3600", "floor"),
        "5 % of the base for each full hour of the downtime beyond what the commitment allows.",
    ),
    (
        meter("lost_seconds", "period", rate="1000"),
        "1000 % of the base, times the share of the period that the downtime comes to.",
    ),
    (
        meter("lost_seconds", "eligible", rate="2500"),
        "2500 % of the base, times the share of the eligible time of the period that the downtime comes to.",
    ),
    (
        meter("lost_seconds", "period", "floor"),
        "5 % of the base for each time that the downtime fills the period.",
    ),
    (
        meter("lost_seconds_beyond_allowance", "eligible", "ceil"),
        (
            "5 % of the base for each time that the downtime beyond what the commitment allows fills the eligible time of the "
            "period or part of it."
        ),
    ),
    # by points of a percentage
    (
        meter("uptime_percent", "1"),
        "5 % of the base for each point of the uptime, parts in proportion.",
    ),
    (meter("uptime_percent", "0.1", "floor"), "5 % of the base for each full 0.1 points of the uptime."),
    (
        meter("points_below", "1", "floor", **BELOW_99),
        "5 % of the base for each full point of the shortfall of the uptime below 99 %.",
    ),
    (
        meter("points_below", "0.3", "ceil", "100/365", **BELOW_99),
        "20/73 % of the base for each 0.3 points or part thereof of the shortfall of the uptime below 99 %.",
    ),
    # by counting: one at a time there is nothing to round
    (meter("runs", "1", "floor"), "5 % of the base for each outage."),
    (meter("runs", "2", "floor"), "5 % of the base for each full 2 outages."),
    (meter("days_touched", "1", "ceil"), "5 % of the base for each local day with downtime."),
    (
        meter("days_touched", "2", "ceil"),
        "5 % of the base for each 2 local days with downtime or part thereof.",
    ),
    (
        meter("failures", "1", **OF_SIX),
        "5 % of the base for each missed period among the last 6, this one included.",
    ),
    (
        meter("failures", "2", "floor", **OF_SIX),
        "5 % of the base for each full 2 missed periods among the last 6, this one included.",
    ),
]

TABLES: list[tuple[Json, str, list[str]]] = [
    (
        table("uptime_percent", ("99", "[)", "99.9"), ("98", "()", "99"), (None, "(]", "98")),
        "the uptime",
        [
            "if it is below 99.9 % and at least 99 %",
            "if it is below 99 % and above 98 %",
            "if it is at most 98 %",
        ],
    ),
    (
        table("points_below", ("1", "[]", "1"), ("0.5", "()", None), **BELOW_99),
        "the shortfall of the uptime below 99 %",
        ["if it is exactly 1 point", "if it is above 0.5 points"],
    ),
    (
        table("lost_seconds", ("5400", "[)", None), ("1/2", "[)", "60"), ("-5", "[)", "0"), ("0", "[]", "0")),
        "the downtime",
        [
            "if it is at least 1 hour 30 minutes",
            "if it is below 1 minute and at least 0.5 seconds",
            "if it is below 0 seconds and at least -5 seconds",
            "if it is exactly 0 seconds",
        ],
    ),
    (
        table("runs", ("3", "[]", "5"), (None, "()", None)),
        "the number of outages",
        ["if it is at most 5 and at least 3", "in any case"],
    ),
    (
        table("days_touched", ("1", "()", None)),
        "the number of local days with downtime",
        ["if it is above 1"],
    ),
    (
        table("failures", ("2", "[]", "2"), **OF_SIX),
        "the number of missed periods among the last 6, this one included",
        ["if it is exactly 2"],
    ),
]


def said(path: str, changes: Json) -> str:
    return dict(clauses(parse_terms(changed(terms(), changes))))[path]


@pytest.mark.parametrize(("rule", "sentence"), RULES)
def test_a_meter_reads(rule: Json, sentence: str) -> None:
    assert said("credit.rules[0]", {"credit.rules": [rule]}) == sentence


@pytest.mark.parametrize(("rule", "quantity", "rows"), TABLES)
def test_a_table_reads(rule: Json, quantity: str, rows: list[str]) -> None:
    each = "; ".join(f"10 % of the base {row}" for row in rows)
    sentence = f"By {quantity}, the first of these that fits: {each}; otherwise nothing."
    assert said("credit.rules[0]", {"credit.rules": [rule]}) == sentence


@pytest.mark.parametrize(
    ("unit", "amount", "sentence"),
    [
        ("percent", "0.5", "0.5 % of the base for each outage."),
        ("days", "1", "1 day of service for each outage."),
        ("days", "1/24", "1/24 days of service for each outage."),
    ],
)
def test_a_credit_is_a_share_of_the_base_or_days(unit: str, amount: str, sentence: str) -> None:
    rule = meter("runs", "1", rate=amount)
    assert said("credit.rules[0]", {"credit.rules": [rule], "credit.unit": unit}) == sentence


PLAIN_GATE = "A service credit is due for a period that misses the commitment"


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, f"{PLAIN_GATE}."),
        (2, f"{PLAIN_GATE} if the period before it missed it as well."),
        (3, f"{PLAIN_GATE} if each of the 2 periods before it missed it as well."),
    ],
)
def test_the_last_of_so_many_misses_in_a_row_earns_a_credit(count: int, sentence: str) -> None:
    gate = {"kind": "consecutive_failures", "count": count}
    assert said("credit.gate", {"credit.gate": gate}) == sentence


@pytest.mark.parametrize(
    ("number_of", "unit", "anchor", "sentence"),
    [
        (
            24,
            "hours",
            "awareness",
            "within 24 hours after the moment at which the customer became aware of the incident",
        ),
        (1, "days", "incident_start", "within 1 calendar day after the start of the incident"),
        (5, "business_days", "incident_end", "within 5 business days after the end of the incident"),
        (2, "months", "period_end", "within 2 months after the end of the period"),
        (
            1,
            "billing_cycles",
            "period_end",
            "by the end of the calendar month that is 1 month after that of the end of the period",
        ),
        (
            21,
            "billing_cycles",
            "incident_start",
            "by the end of the calendar month that is 21 months after that of the start of the incident",
        ),
    ],
)
def test_a_deadline_reads(number_of: int, unit: str, anchor: str, sentence: str) -> None:
    deadline = {"n": number_of, "unit": unit, "anchor": anchor}
    claim = {"by": "customer", "notice": deadline, "deadline": deadline}
    assert said("claim.notice", {"claim": claim}) == f"The incident must be reported {sentence}."
    assert said("claim.deadline", {"claim": claim}) == f"The claim must be made {sentence}."
