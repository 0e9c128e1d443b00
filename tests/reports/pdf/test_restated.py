"""What the paper says of a restatement: before and now, what is taken back or to be claimed; and of a month in two parts."""

from typing import Any

import pytest

from reports.pdf.paper import paper
from reports.pdf.render import render
from reports.pdf.restated import Difference, Restated, difference_of
from slaservice.rules.money import Money
from slaservice.rules.restatement import Figures, Stated, difference_json
from tests.reports.pdf import kinds, reading, samples


def restating(before: str, *, granted: str, clawback: str = "never") -> Any:
    """The missed month, which owes 812.50, as the restatement of one that owed less or more."""
    document = kinds.missed()
    currency = document["total"]["currency"]
    cases = {one["id"]: Figures.of_result(one["expected"], currency) for one in document["cases"]}
    earlier = {name: Figures("60", "99.998611", Money.parse(before, currency)) for name in cases}
    difference = difference_json(
        of="SLA-2026-000017",
        before=Stated(earlier, Money.parse(before, currency)),
        after=Stated(cases, Money.parse(document["total"]["credit_amount"], currency)),
        granted=Money.parse(granted, currency),
        clawback=clawback,
    )
    identity = document["identity"] | {
        "revision": 2,
        "supersedes": "SLA-2026-000017",
        "already_granted": granted,
        "decision": None,
    }
    return document | {"difference": difference, "identity": identity}


def said(document: Any) -> str:
    printed = samples.printed(document)
    return " ".join(reading.text(render(document, **printed)).split())


def test_a_restatement_prints_before_and_now() -> None:
    document = restating("0.00", granted="0.00")
    assert difference_of(document) == Difference(
        of="SLA-2026-000017",
        rows=[
            Restated(
                name=document["cases"][0]["id"],
                downtime=("0:01:00", "1:41:04"),
                uptime=("99.998 %", "99.766 %"),
                credit=("EUR 0.00", "EUR 812.50"),
            )
        ],
        owed=("EUR 0.00", "EUR 812.50"),
    )
    words = said(document)
    assert "What this revision changes against SLA-2026-000017" in words
    assert "0:01:00 1:41:04 99.998 % 99.766 % EUR 0.00 EUR 812.50" in words


def test_what_restates_nothing_prints_no_difference() -> None:
    assert difference_of(kinds.missed()) is None
    assert "What this revision changes" not in said(kinds.missed())


def test_a_case_that_one_revision_does_not_have_is_a_dash() -> None:
    document = restating("0.00", granted="0.00")
    document["difference"]["cases"][0]["before"] = None
    found = difference_of(document)
    assert found is not None
    assert found.rows[0].downtime == ("–", "1:41:04")


@pytest.mark.parametrize(
    ("granted", "clawback", "due", "sentence"),
    [
        ("500.00", "never", "EUR 312.50", "The service credit due is EUR 312.50."),
        ("812.50", "never", "EUR 0.00", "No further service credit is due."),
        ("900.00", "never", "EUR 0.00", "No further service credit is due."),
        ("900.00", "next_period", "EUR −87.50", "EUR 87.50 of what was granted before is taken back."),
    ],
)
def test_what_is_due_is_what_is_still_to_be_granted_or_taken_back(
    granted: str, clawback: str, due: str, sentence: str
) -> None:
    document = restating(granted, granted=granted, clawback=clawback)
    shown = paper(document, **samples.printed(document))
    assert shown.cells[2].value == due
    assert shown.summary.replace("\u00a0", " ").endswith(sentence)


def test_a_credit_that_is_to_be_claimed_says_until_when() -> None:
    document = kinds.missed()
    document["identity"] |= {
        "claim": {"amount": "812.50", "currency": "EUR", "until": "2026-06-29T22:00:00Z"},
        "decision": None,
    }
    shown = paper(document, **samples.printed(document))
    assert (shown.cells[2].label, shown.cells[2].value) == ("Service credit to be claimed", "EUR 812.50")
    assert shown.cells[2].notes[-1] == "claim before 30 June 2026, 00:00"
    assert shown.summary.replace("\u00a0", " ").endswith(
        "A service credit of EUR 812.50 is given to whoever claims it."
    )


def test_a_month_in_two_parts_is_headed_by_the_month_and_each_part_by_its_days() -> None:
    document = samples.statement(
        [
            samples.case("API (version 1)", samples.terms(), {"period": part("2026-03-31T22:00:00Z", "2026-04-15T22:00:00Z")}),
            samples.case("API (version 2)", samples.terms(), {"period": part("2026-04-15T22:00:00Z", "2026-04-30T22:00:00Z")}),
        ]
    )  # fmt: skip
    document["identity"]["period"] |= {"start": "2026-03-31T22:00:00Z", "end": "2026-04-30T22:00:00Z"}
    document["identity"]["contract"] |= {"versions": [{"number": 1}, {"number": 2}]}
    shown = paper(document, **samples.printed(document))
    assert (shown.period, shown.hours, shown.version) == ("1–30 April 2026", "720 h", "1, then 2")
    assert [line.title for line in shown.lines] == [
        "API (version 1), 1–15 April 2026",
        "API (version 2), 16–30 April 2026",
    ]


def part(start: str, end: str) -> dict[str, str]:
    return {"kind": "explicit", "start": start, "end": end, "timezone": "Europe/Berlin"}
