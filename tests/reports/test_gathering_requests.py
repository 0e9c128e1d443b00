"""What the close judges by where terms count requests: what was counted, what was not, and runs over the edge of a month."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from accounts.models import Contract
from reports import closing
from reports.models import ClosingBlock, Statement
from reports.operations import waive
from slaservice.outages.operations import RequestCountRow, record_maintenance, record_request_counts
from slaservice.rules.intervals import SECOND, moment
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import TERMS, a_component, a_contract, a_person, a_promise, a_tier, an_agreement
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_count,
    a_draft,
    a_gap,
    a_proposal,
    an_issued,
    an_outage,
    april,
)
from tests.reports.gathered import (
    BY_REQUESTS,
    MAY,
    a_contract_with,
    case_of,
    close,
    count_the_rest,
    downtime_of,
)

pytestmark = pytest.mark.django_db


def test_terms_that_judge_requests_are_closed_by_the_counts() -> None:
    """Of 100 hours counted, 2 % of the requests failed: two hours of downtime, and the outage does not matter."""
    contract = a_contract_with(**BY_REQUESTS)
    an_outage()
    for hour in range(100):
        a_count(april(5) + timedelta(hours=hour))
    a_count(april(5), tier=a_tier("free"), failed=1000)
    a_count(april(5), component=a_component("web"), failed=1000)
    count_the_rest()
    close()
    statement = Statement.objects.get(contract=contract)
    case = case_of(contract)
    assert (statement.met, statement.credit_minor) == (False, 12_500)
    assert case["expected"]["downtime_seconds"] == "7200"
    assert len(case["input"]["requests"]) == 102
    assert case["input"]["requests"][1] == {
        "component": "api",
        "start": "2026-04-05T00:00:00Z",
        "seconds": 3600,
        "total": 1000,
        "errors": 20,
    }


def test_a_threshold_of_failed_requests_makes_an_interval_down() -> None:
    signal = {"source": "requests", "severity_weight": {}, "requests": {"mode": "threshold", "above": "0.05"}}
    contract = a_contract_with(signal=signal)
    a_count(april(5), failed=50)
    a_count(april(6), failed=51)
    count_the_rest()
    close()
    assert downtime_of(contract) == "3600"


def test_an_interval_over_the_periods_edge_counts_with_the_part_inside() -> None:
    contract = a_contract_with(**BY_REQUESTS)
    a_count(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), failed=1000)
    a_count(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), failed=1000)
    count_the_rest()
    close()
    assert downtime_of(contract) == "1800"
    assert len(case_of(contract)["input"]["requests"]) == 2


def test_windows_and_requests_together_lose_the_higher_of_the_two() -> None:
    contract = a_contract_with(signal={**TERMS["signal"], "source": "both"})
    an_outage()
    a_count(april(10, 13), failed=500)
    a_count(april(10, 14), failed=500)
    close()
    assert downtime_of(contract) == str(7200 + 1800)


def test_terms_that_judge_windows_alone_carry_no_counts() -> None:
    contract = a_contract_with(signal={**TERMS["signal"], "source": "windows"})
    a_contract_with(**BY_REQUESTS)
    a_count(april(5), failed=1000)
    close()
    assert case_of(contract)["input"]["requests"] == []


def test_a_month_without_any_counts_blocks_by_name_until_a_person_waives_it() -> None:
    promise = a_promise(
        components=["api", "web"], terms={**BY_REQUESTS, "components": {"combine": "any_down"}}
    )
    contract = a_contract(agreement=an_agreement(timezone="UTC", promises=[promise]))
    count_the_rest()
    a_count(april(5), component=a_component("web"), tier=a_tier("free"))
    assert close().blocked == [
        (
            contract.number,
            "Platform: the terms judge failed requests, and none of web were counted in the period.",
        )
    ]
    block = ClosingBlock.objects.get()
    assert (block.code, block.subject) == ("no_request_counts", "Platform: web")
    waive(block=block, reason="Not yet launched", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert close().drafted == [contract.number]


def test_counts_that_are_corrected_after_the_statement_draft_its_revision() -> None:
    contract = a_contract_with(**BY_REQUESTS)
    a_count(april(5))
    count_the_rest()
    an_issued(contract)
    assert close().unchanged == [contract.number]
    a_count(april(5), failed=0, reason="Probes counted as customers")
    assert close().drafted == [contract.number]
    assert downtime_of(contract) == "0"


def test_a_version_that_begins_within_the_period_has_the_counts_of_its_part() -> None:
    from accounts.operations import amend_contract

    contract = a_contract_with(**BY_REQUESTS)
    agreement = an_agreement(timezone="UTC", promises=[a_promise(terms=BY_REQUESTS)])
    amend_contract(contract=contract, starts_on=date(2026, 4, 16), agreement=agreement, by=None, now=CLOSED)
    a_count(april(5))
    a_count(april(20), failed=500)
    count_the_rest()
    cases = a_draft(contract).document["cases"]
    assert [Fraction(case["expected"]["downtime_seconds"]) for case in cases] == [72, 1800]


def test_a_month_of_which_some_requests_were_not_counted_blocks_and_says_when() -> None:
    contract = a_contract_with(**BY_REQUESTS)
    for start, hours in [(april(1), 240), (april(11, 6), 18), (april(13), 24 * 18 - 1)]:
        a_count(start, seconds=hours * 3600)
    a_gap(april(11), april(11, 5))
    sentence = (
        "Platform: the terms judge failed requests, and those of api were not counted for 26 hours,"
        " first from 2026-04-11T05:00:00Z to 2026-04-11T06:00:00Z."
    )
    assert close().blocked == [(contract.number, sentence)]
    block = ClosingBlock.objects.get()
    assert (block.code, block.subject) == ("no_request_counts", "Platform: api")
    count_the_rest()
    assert close().drafted == [contract.number]


def test_outside_the_term_and_the_service_hours_nothing_need_be_counted() -> None:
    hours = {"timezone": "UTC", "weekly": {"fri": [["08:00", "18:00"]]}}
    agreement = an_agreement(
        timezone="UTC", promises=[a_promise(terms={**BY_REQUESTS, "service_hours": hours})]
    )
    contract = a_contract(agreement=agreement, starts_on=date(2026, 4, 16))
    a_count(april(17, 8), seconds=36_000)
    assert [number for number, _ in close().blocked] == [contract.number]
    a_count(april(24, 8), seconds=36_000)
    assert close().drafted == [contract.number]


# runs over the period's edge

WHOLE_RUNS = {"min_run": {"seconds": 540, "op": ">=", "test_on": "merged", "straddle": "whole_run"}}

JUNE = datetime(2026, 6, 2, tzinfo=UTC)


def five_minutes(start: datetime, failed: int = 100) -> RequestCountRow:
    return RequestCountRow(
        component=a_component(), tier=a_tier("enterprise"), start=start, seconds=300, total=100, failed=failed
    )


def close_april_and_may(contract: Contract) -> list[str]:
    """The downtime of both months, whose holes in the counts are waived."""
    for month in (MONTH, "2026-05"):
        if closing.close(month=month, now=JUNE).blocked:
            block = ClosingBlock.objects.get(contract=contract, waived_at__isnull=True)
            waive(block=block, reason="Counted at the edge", by=a_person(FINANCE_CLERK), now=JUNE)
            assert closing.close(month=month, now=JUNE).drafted == [contract.number]
    statements = Statement.objects.filter(contract=contract).order_by("month")
    return [one.document["cases"][0]["expected"]["downtime_seconds"] for one in statements]


@pytest.mark.parametrize("source", ["requests", "both"])
def test_failed_requests_over_the_months_edge_are_one_run_in_either_month(source: str) -> None:
    signal = {**TERMS["signal"], "source": source}
    contract = a_contract_with(signal=signal, shape=WHOLE_RUNS)
    starts = [april(30, 23, 55) + timedelta(minutes=5 * n) for n in range(-1, 3)]
    rows = [five_minutes(at, failed) for at, failed in zip(starts, [0, 100, 100, 0], strict=True)]
    record_request_counts(rows=rows, source="probe", by=None, now=JUNE)
    assert close_april_and_may(contract) == ["300", "300"]
    assert [len(one.document["cases"][0]["input"]["requests"]) for one in Statement.objects.all()] == [3, 3]


def test_a_window_and_failed_requests_make_one_run_over_the_months_edge() -> None:
    signal = {**TERMS["signal"], "source": "both"}
    contract = a_contract_with(signal=signal, shape=WHOLE_RUNS)
    an_outage(april(30, 23, 55), april(30, 23, 55) + timedelta(minutes=5), now=JUNE)
    record_request_counts(rows=[five_minutes(moment(MAY))], source="probe", by=None, now=JUNE)
    assert close_april_and_may(contract) == ["300", "300"]


def test_what_is_proposed_beyond_the_edge_blocks_where_it_touches_a_run_that_crosses_it() -> None:
    whole, clipped, other = (
        a_contract_with(shape=WHOLE_RUNS),
        a_contract_with(shape={"min_run": {**WHOLE_RUNS["min_run"], "straddle": "clipped"}}),
        a_contract_with(),
    )
    an_outage(april(30, 23, 55), moment(MAY + 120 * SECOND))
    far = a_proposal(moment(MAY + 3600 * SECOND), moment(MAY + 7200 * SECOND))
    assert sorted(close().drafted) == sorted([whole.number, clipped.number, other.number])
    near = a_proposal(moment(MAY + 120 * SECOND), moment(MAY + 300 * SECOND))
    work = record_maintenance(
        component=None,
        tiers=[a_tier()],
        category="scheduled_maintenance",
        title="Work",
        start=moment(MAY),
        end=moment(MAY + 60 * SECOND),
        by=None,
        now=CLOSED,
    )
    blocked = close().blocked
    assert {number for number, _ in blocked} == {whole.number}
    subjects = set(ClosingBlock.objects.values_list("subject", flat=True))
    assert subjects == {near.reference, work.reference} and far.reference not in subjects


def test_what_begins_where_the_period_ends_blocks_only_if_an_outage_ends_there() -> None:
    contract = a_contract_with(shape=WHOLE_RUNS)
    waiting = a_proposal(moment(MAY), moment(MAY + 300 * SECOND))
    assert close().drafted == [contract.number]
    an_outage(april(30, 23, 55), moment(MAY))
    assert [number for number, _ in close().blocked] == [contract.number]
    assert ClosingBlock.objects.get().subject == waiting.reference
