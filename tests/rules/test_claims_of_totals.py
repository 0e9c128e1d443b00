"""Whether the credit of a statement must be claimed, and until when: from all lines that count."""

from datetime import datetime
from typing import Any

import pytest

from slaservice.rules.agreement import Claim, claim_of, settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.documents import parse_agreement, parse_case
from slaservice.rules.intervals import instant
from tests.rules.samples import case, outage, terms

THIRTY_DAYS = {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}}
AFTER_IT = {"by": "customer", "deadline": {"n": 72, "unit": "hours", "anchor": "incident_end"}}


def line(component: str, claim: dict[str, Any], *, fee: str = "1000", ends: str | None = None) -> Assessment:
    """A commitment that owes a credit for two outages, on the 10th and on the 20th."""
    document = terms(components={"names": [component], "combine": "any_down"}, claim=claim)
    outages = (
        outage("10 10:00", "10 10:43:13", component=component, id="a"),
        outage("20 10:00", ends or "20 10:10", component=component, id="b"),
    )
    return assess(parse_case(case(*outages, terms=document, fee=fee)))


def claim(overlap: str = "stack", **lines: Assessment) -> Claim | None:
    return claim_of(settle(parse_agreement({"overlap": overlap}), lines), lines)


def until(text: str) -> Claim:
    return Claim(instant(datetime.fromisoformat(text)))


def test_the_last_deadline_counts_of_lines_and_of_outages() -> None:
    of_period, of_outages = line("api", THIRTY_DAYS), line("web", AFTER_IT)
    assert claim(api=of_period) == until("2026-05-31T00:00:00+00:00")
    assert claim(web=of_outages) == until("2026-04-23T10:10:00+00:00")
    assert claim(api=of_period, web=of_outages) == until("2026-05-31T00:00:00+00:00")


def test_without_a_deadline_the_claim_stays_open() -> None:
    assert claim(api=line("api", {"by": "customer"})) == Claim(None)
    assert claim(api=line("api", {"by": "customer"}), web=line("web", THIRTY_DAYS)) == Claim(None)


def test_a_deadline_that_is_not_known_yet_keeps_the_claim_open() -> None:
    unnoticed = {"by": "customer", "deadline": {"n": 3, "unit": "days", "anchor": "awareness"}}
    assert claim(api=line("api", unnoticed)) == Claim(None)


def test_one_line_that_pays_by_itself_pays_all() -> None:
    assert claim(api=line("api", {"by": "automatic"})) is None
    assert claim(api=line("api", THIRTY_DAYS), web=line("web", {"by": "automatic"})) is None


def test_a_line_that_owes_nothing_says_nothing_about_claims() -> None:
    nothing = line("web", {"by": "automatic"}, fee="0")
    assert claim(api=line("api", THIRTY_DAYS), web=nothing) == until("2026-05-31T00:00:00+00:00")
    assert claim(web=nothing) is None


@pytest.mark.parametrize(
    ("automatic", "expected"), [("2000", None), ("500", until("2026-05-31T00:00+00:00"))]
)
def test_a_line_that_does_not_count_says_nothing_about_claims(automatic: str, expected: Claim | None) -> None:
    paying = line("api", {"by": "automatic"}, fee=automatic)
    assert claim("best", claimed=line("api", THIRTY_DAYS), paying=paying) == expected
