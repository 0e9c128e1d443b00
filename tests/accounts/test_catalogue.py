"""Every entry of the catalogue can be entered in a contract, says where it is from, and its worked example comes out.

All 68 agreements that were read are spoken for, and every mechanic in them has an entry to start from.
"""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from accounts.catalogue import RECORDS, Entry, catalogue, not_expressed
from slaservice.rules.__main__ import main
from slaservice.rules.documents import parse_case
from slaservice.rules.terms import Bracket, Brackets, Metered, Terms
from slaservice.rules.wording import clauses
from tests.factories.accounts import a_commitment, a_contract, a_promise, an_agreement

ENTRIES = list(catalogue().values())
TERMS = {entry.key: parse_case(entry.case()).terms for entry in ENTRIES}
HOLES = {"8x8", "cohere", "github-before-2021", "maileroo", "splunk-cloud", "zus"}
OVERLAPS = {"maileroo", "mongodb-atlas", "splunk-cloud"}
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)


def test_the_examples_come_out_to_the_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "catalogue.json"
    file.write_text(json.dumps({"cases": [entry.case() for entry in ENTRIES]}), encoding="utf-8")
    code = main(["check", str(file)])
    assert code == 0, capsys.readouterr().out


@every_entry
def test_an_entry_says_where_it_is_from_and_what_it_is_not(entry: Entry) -> None:
    assert all([entry.title, entry.source, entry.as_of, *entry.notes, entry.example["arithmetic"]])
    assert entry.record
    assert set(entry.record) <= set(RECORDS)
    assert "not legal advice" in entry.caveat
    assert {"downtime_seconds", "uptime_percent", "commitment_met", "capped", "credit_amount"} <= set(
        entry.example["expected"]
    )


@every_entry
def test_something_happens_in_an_example_and_its_arithmetic_ends_where_the_result_does(entry: Entry) -> None:
    """A credit stands in the sum on paper; where none is due the paper says that nothing is."""
    example = entry.example
    assert example["input"].get("outages") or example["input"].get("requests")
    amount = example["expected"]["credit_amount"]
    on_paper = example["arithmetic"].replace(" ", "").lower()
    assert ("nothing" in on_paper) if amount == "0.00" else (amount in on_paper)


@every_entry
def test_an_entry_has_words(entry: Entry) -> None:
    assert clauses(parse_case(entry.case()).terms)


@every_entry
@pytest.mark.django_db
def test_an_entry_can_be_entered_as_it_is(entry: Entry) -> None:
    promise = a_promise(terms=entry.terms, components=entry.example["components"])
    currency = entry.terms.get("money", {}).get("currency", "EUR")
    assert a_commitment(a_contract(agreement=an_agreement(currency=currency, promises=[promise]))).terms


def test_an_entry_cannot_be_changed_by_whoever_reads_it() -> None:
    entry = ENTRIES[0]
    entry.case()["terms"]["components"]["names"] = ["changed"]
    assert entry.case()["terms"]["components"]["names"] != ["changed"]


def test_no_two_entries_have_the_same_title() -> None:
    assert len({entry.title for entry in ENTRIES}) == len(ENTRIES)


# All 68 records


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_has_an_entry_or_the_reason_why_it_has_none(record: int) -> None:
    with_entry = {number for entry in ENTRIES for number in entry.record}
    named = {row.record for row in not_expressed()}
    assert record in with_entry | named


def test_what_is_not_expressed_is_named_once_in_order_and_with_its_reason() -> None:
    rows = not_expressed()
    assert [row.record for row in rows] == sorted(row.record for row in rows)
    assert {row.record for row in rows} <= set(RECORDS)
    assert len({(row.record, row.title) for row in rows}) == len(rows)
    assert all(row.title and row.reason.endswith(".") for row in rows)


# Every mechanic


def _rules(terms: Terms) -> Iterator[Brackets | Metered]:
    yield from terms.credit.rules


def _metered(**wanted: Any) -> Callable[[Terms], bool]:
    """Whether a metered rule has these values; numbers as text."""

    def has(terms: Terms) -> bool:
        return any(
            isinstance(rule, Metered)
            and all(_as_text(getattr(rule, name)) == value for name, value in wanted.items())
            for rule in _rules(terms)
        )

    return has


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, Fraction) else value


def _brackets_on(quantity: str) -> Callable[[Terms], bool]:
    return lambda t: any(isinstance(r, Brackets) and r.quantity == quantity for r in _rules(t))


def _kinds(terms: Terms) -> set[str]:
    return {rule.type for rule in _rules(terms)}


def _minimum(**wanted: Any) -> Callable[[Terms], bool]:
    def has(terms: Terms) -> bool:
        rule = terms.shape.min_run
        return rule is not None and all(getattr(rule, name) == value for name, value in wanted.items())

    return has


def _cap(kind: str, per: str = "period") -> Callable[[Terms], bool]:
    return lambda t: t.cap is not None and (t.cap.kind, t.cap.per) == (kind, per)


def _grid(seconds: int) -> Callable[[Terms], bool]:
    return lambda t: (t.shape.quantum_seconds, t.shape.quantum_rule) == (seconds, "all")


def _closed_above(terms: Terms) -> bool:
    rows = [row for rule in _rules(terms) if isinstance(rule, Brackets) for row in rule.ranges]
    return any(row.upper is not None and row.to_closed for row in rows)


def _issue(below: str, op: str) -> Callable[[Terms], bool]:
    return lambda t: (
        t.minimum_issue is not None
        and (t.minimum_issue.below, t.minimum_issue.op)
        == (
            below,
            op,
        )
    )


def _deadline(unit: str, anchor: str) -> Callable[[Terms], bool]:
    return lambda t: any(
        one is not None and (one.unit, one.anchor) == (unit, anchor)
        for one in (t.claim.notice, t.claim.deadline)
    )


MECHANICS: dict[str, Callable[[Terms], bool]] = {
    "a table of percentages": _brackets_on("uptime_percent"),
    "a table with an upper bound that belongs to the row": _closed_above,
    "a promise of 100 %": lambda t: t.commitment_percent == 100,
    "a ladder of lost time": _brackets_on("lost_seconds"),
    "days of service by a table": lambda t: t.credit.unit == "days" and _kinds(t) == {"brackets"},
    "a day of a thirtieth": lambda t: t.credit.day_value == "base/30",
    "hours as parts of a day": lambda t: (
        t.credit.unit == "days"
        and any(isinstance(r, Brackets) and 0 < r.ranges[0].credit < 1 for r in _rules(t))
    ),
    "the fee of the time lost": _metered(quantity="lost_seconds", step="period", rate="100"),
    "ten times the fee of the time lost": _metered(quantity="lost_seconds", step="period", rate="1000"),
    "25 times, of the eligible time": _metered(quantity="lost_seconds", step="eligible", rate="2500"),
    "50 times, for each outage": _metered(
        quantity="lost_seconds", step="period", rate="5000", per="run", round="exact"
    ),
    "a hundred times": _metered(quantity="lost_seconds", step="period", rate="10000"),
    "for each block begun": _metered(quantity="lost_seconds", step="1800", round="ceil"),
    "for each full block": _metered(quantity="lost_seconds", step="600", round="floor"),
    "a day for each hour begun": lambda t: (
        t.credit.unit == "days" and _metered(quantity="lost_seconds", step="3600", round="ceil")(t)
    ),
    "for each full hour beyond the allowance": _metered(
        quantity="lost_seconds_beyond_allowance", step="3600", round="floor"
    ),
    "the fee beyond the allowance": _metered(quantity="lost_seconds_beyond_allowance", step="period"),
    "for each event": _metered(quantity="runs"),
    "for each day touched": _metered(quantity="days_touched"),
    "the shortfall itself": _metered(quantity="points_below", round="exact"),
    "for each full point short": _metered(quantity="points_below", step="1", round="floor"),
    "1/365 for each 0.3 points begun": _metered(
        quantity="points_below", step="3/10", round="ceil", rate="20/73"
    ),
    "a table and a meter": lambda t: t.credit.combine == "sum" and _kinds(t) == {"brackets", "metered"},
    "the greater of two": lambda t: t.credit.combine == "max" and _kinds(t) == {"brackets", "metered"},
    "by the failures of six months": _brackets_on("failures"),
    "only from the second miss in a row on": lambda t: t.credit.gate.kind == "consecutive_failures",
    "whether or not the commitment is missed": lambda t: t.credit.gate.kind == "always",
    "no credits but a right to leave": lambda t: not t.credit.rules and bool(t.terminate),
    "a right to leave after some of several periods": lambda t: any(
        right.m > right.n and not right.consecutive for right in t.terminate
    ),
    "error rates averaged": lambda t: t.signal.source == "requests" and t.signal.requests.mode == "rate",
    "lost above a rate of errors": lambda t: (
        t.signal.requests.mode == "threshold" and t.signal.requests.op == ">"
    ),
    "lost from a rate of errors on": lambda t: (
        t.signal.requests.mode == "threshold" and t.signal.requests.op == ">="
    ),
    "weighed by the users affected": lambda t: t.signal.affected_share.mode == "weight",
    "lost above a share of users": lambda t: t.signal.affected_share.mode == "threshold",
    "whole minutes": _grid(60),
    "whole five minutes": _grid(300),
    "at least so long, in a row": _minimum(op=">=", test_on="merged"),
    "more than so long, in a row": _minimum(op=">", test_on="merged"),
    "so long after exclusions": _minimum(op=">=", test_on="net"),
    "so long for each report": _minimum(op=">", test_on="window"),
    "maintenance leaves the denominator": lambda t: t.exclude.effect == "remove",
    "maintenance up to an allowance": lambda t: t.exclude.allowance_seconds is not None,
    "maintenance with notice": lambda t: t.exclude.notice_seconds is not None,
    "maintenance counts": lambda t: not t.exclude.covers("scheduled_maintenance"),
    "weekdays without holidays": lambda t: (
        t.service_hours is not None
        and bool(t.service_hours.exceptions)
        and "sun" not in t.service_hours.weekly
    ),
    "all must be down": lambda t: t.combine == "all_down",
    "minutes pooled": lambda t: t.combine == "pooled",
    "the rest of the month counts as up": lambda t: t.partial_period == "whole",
    "uptime rounded": lambda t: t.uptime_rounding is not None,
    "for the users affected": lambda t: t.base.affected_user_share,
    "a cap of a percentage": _cap("percent_of_base"),
    "a cap of days": _cap("days"),
    "a cap for each outage": _cap("percent_of_base", "run"),
    "a cap over the contract's year": _cap("percent_of_base", "contract_year"),
    "a small credit is forfeited": _issue("forfeit", ">"),
    "a small credit is carried": _issue("carry", ">="),
    "given without a claim": lambda t: t.claim.by == "automatic" and bool(t.credit.rules),
    "notice within hours": _deadline("hours", "incident_start"),
    "notice from awareness": _deadline("hours", "awareness"),
    "claimed within days of the period": _deadline("days", "period_end"),
    "claimed within business days": _deadline("business_days", "period_end"),
    "claimed within months": _deadline("months", "incident_end"),
    "claimed within billing cycles": _deadline("billing_cycles", "incident_end"),
    "claimed with evidence": lambda t: t.claim.evidence is not None,
}


@pytest.mark.parametrize("mechanic", MECHANICS)
def test_every_mechanic_of_the_published_agreements_has_an_entry(mechanic: str) -> None:
    assert any(MECHANICS[mechanic](terms) for terms in TERMS.values())


@pytest.mark.parametrize("months", [1, 3, 12])
def test_there_are_months_quarters_and_years(months: int) -> None:
    assert months in {entry.example["input"]["period"].get("months", 1) for entry in ENTRIES}


def test_there_is_a_quarter_that_is_not_of_the_calendar() -> None:
    periods = [entry.example["input"]["period"] for entry in ENTRIES]
    assert any(period.get("months") == 3 and period["month"] % 3 != 1 for period in periods)


# Tables as printed


def _flaws(table: Brackets, top: Fraction | None) -> set[str]:
    """'hole' and 'overlap' between the rows of a table and, for an uptime, up to the commitment."""
    rows = sorted(table.ranges, key=lambda row: (row.lower is not None, row.lower or 0, row.upper or 0))
    found = {flaw for left, right in pairwise(rows) if (flaw := _between(left, right))}
    last = rows[-1].upper
    if top is not None and last is not None and last < top:
        found.add("hole")
    return found


def _between(left: Bracket, right: Bracket) -> str:
    if left.upper is None or right.lower is None or left.upper > right.lower:
        return "overlap"
    if left.upper == right.lower and left.to_closed and right.from_closed:
        return "overlap"
    touches = left.upper == right.lower and (left.to_closed or right.from_closed)
    return "" if touches else "hole"


@every_entry
def test_holes_and_overlaps_are_those_of_the_paper_and_are_told(entry: Entry) -> None:
    terms = TERMS[entry.key]
    found = set()
    for rule in _rules(terms):
        if isinstance(rule, Brackets):
            top = terms.commitment_percent if rule.quantity == "uptime_percent" else None
            found |= _flaws(rule, top)
    assert ("hole" in found) == (entry.key in HOLES)
    assert ("overlap" in found) == (entry.key in OVERLAPS)
    told = " ".join(entry.notes)
    assert all(flaw in told for flaw in found)


def test_there_are_enough_to_start_from() -> None:
    """At least 30 of the published agreements."""
    assert len({record for entry in ENTRIES for record in entry.record}) >= 30
