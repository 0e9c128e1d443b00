"""Restatements: before and after, and what is still to be granted, so that over all revisions the amounts add up."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.__main__ import main
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_agreement, parse_case, result_json, total_json
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.restatement import (
    CLAWBACKS,
    Figures,
    Stated,
    difference_json,
    recomputed,
    to_grant,
)
from tests.rules.samples import Json, case, changed, outage


def euros(text: str) -> Money:
    return Money.parse(text, "EUR")


@pytest.mark.parametrize(
    ("owed", "granted", "clawback", "expected"),
    [
        ("312.50", "125.00", "never", "187.50"),
        ("312.50", "125.00", "next_period", "187.50"),
        ("312.50", "0.00", "never", "312.50"),
        ("125.00", "125.00", "never", "0.00"),
        ("125.00", "125.00", "next_period", "0.00"),
        ("0.00", "125.00", "never", "0.00"),  # what was granted stays granted
        ("0.00", "125.00", "next_period", "-125.00"),
        ("100.00", "125.00", "next_period", "-25.00"),
    ],
)
def test_what_is_still_to_be_granted(owed: str, granted: str, clawback: str, expected: str) -> None:
    assert to_grant(euros(owed), euros(granted), clawback) == euros(expected)


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=8), st.sampled_from(CLAWBACKS))
def test_over_all_revisions_at_least_what_is_owed_is_granted_and_with_clawback_exactly_that(
    owed: list[int], clawback: str
) -> None:
    granted = 0
    for minor in owed:
        granted += to_grant(Money(minor, "EUR"), Money(granted, "EUR"), clawback).minor
    assert granted == (owed[-1] if clawback == "next_period" else max(owed))


def stated(owed: str, **cases: tuple[str, str, str]) -> Stated:
    return Stated(
        {name: Figures(down, up, euros(credit)) for name, (down, up, credit) in cases.items()}, euros(owed)
    )


def test_a_difference_says_before_and_after_for_every_case_of_either_revision() -> None:
    assert difference_json(
        of="SLA-2026-00001",
        before=stated("125.00", Platform=("7200", "99.722222", "125.00")),
        after=stated("312.50", api=("39600", "98.472222", "312.50"), Platform=("0", "100.000000", "0.00")),
        granted=euros("125.00"),
        clawback="never",
    ) == {
        "of": "SLA-2026-00001",
        "cases": [
            {
                "id": "api",
                "before": None,
                "after": {
                    "downtime_seconds": "39600",
                    "uptime_percent": "98.472222",
                    "credit_amount": "312.50",
                },
            },
            {
                "id": "Platform",
                "before": {
                    "downtime_seconds": "7200",
                    "uptime_percent": "99.722222",
                    "credit_amount": "125.00",
                },
                "after": {"downtime_seconds": "0", "uptime_percent": "100.000000", "credit_amount": "0.00"},
            },
        ],
        "currency": "EUR",
        "owed_before": "125.00",
        "owed_after": "312.50",
        "granted": "125.00",
        "clawback": "never",
        "to_grant": "187.50",
    }


def test_a_case_that_only_the_earlier_revision_had_is_shown_with_nothing_after_it() -> None:
    difference = difference_json(
        of="1",
        before=stated("0.00", gone=("0", "100.000000", "0.00")),
        after=stated("0.00"),
        granted=euros("0.00"),
        clawback="never",
    )
    assert [(one["id"], one["after"]) for one in difference["cases"]] == [("gone", None)]


def test_what_was_granted_in_another_currency_is_no_difference() -> None:
    with pytest.raises(Refusal) as refused:
        to_grant(euros("1.00"), Money(1, "USD"), "never")
    assert refused.value.code == "mixed_currencies"


# In a document


def a_restatement(**changes: Any) -> Json:
    """A statement's document that restates a month without downtime as one with 43 minutes."""
    one = {**case(outage("10 10:00", "10 10:43:13", id="W")), "id": "main"}
    assessment = assess(parse_case(one))
    one["expected"] = result_json(assessment)
    total = total_json(settle(parse_agreement({}), {"main": assessment}))
    before = Stated({"main": Figures("0", "100.000000", Money(0, "USD"))}, Money(0, "USD"))
    after = Stated({"main": Figures.of_result(one["expected"], "USD")}, Money(10_000, "USD"))
    difference = difference_json(
        of="SLA-2026-00001", before=before, after=after, granted=Money(0, "USD"), clawback="never"
    )
    document = {"agreement": {}, "cases": [one], "total": total, "difference": difference}
    return changed(document, changes)


def checked(document: Json, tmp_path: Path) -> int:
    file = tmp_path / "statement.json"
    file.write_text(json.dumps(document))
    return main(["check", str(file)])


def test_check_accepts_a_restatements_document_unchanged(tmp_path: Path) -> None:
    assert checked(a_restatement(), tmp_path) == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("difference.to_grant", "90.00"),
        ("difference.owed_after", "90.00"),
        ("difference.granted", "10.00"),
        ("difference.currency", "EUR"),
        ("difference.cases.0.after.downtime_seconds", "1"),
        ("difference.cases.0.after.uptime_percent", "99.999999"),
        ("difference.cases.0.id", "other"),
    ],
)
def test_check_tells_a_difference_that_does_not_add_up(
    path: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(a_restatement(**{path: value}), tmp_path) == 1
    assert "difference." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("difference", []),
        ("difference", None),
        ("difference.cases", None),
        ("difference.cases.0", {}),
        ("difference.of", ...),
        ("difference.granted", None),
        ("difference.owed_before", "1.001"),
    ],
)
def test_what_is_no_difference_is_refused(
    path: str, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(a_restatement(**{path: value}), tmp_path) == 2
    assert capsys.readouterr().err


def test_what_earlier_revisions_said_is_taken_as_written() -> None:
    document = a_restatement(**{"difference.cases.0.before.downtime_seconds": "5"})
    results = {one["id"]: one["expected"] for one in document["cases"]}
    assert recomputed(document["difference"], results, document["total"]) == document["difference"]
