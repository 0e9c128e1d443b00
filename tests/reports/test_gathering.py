"""What the close judges by beside outages: exclusions, gaps of the measurement, request counts; each in its own contract only."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import queries as agreed
from accounts.models import Commitment, Contract
from accounts.operations import approve_exclusion, end_exclusion
from reports import closing
from reports.models import ClosingBlock, Statement
from reports.operations import waive
from slaservice.outages import queries as recorded
from slaservice.outages.models import RequestCount
from slaservice.outages.operations import (
    RequestCountRow,
    confirm,
    record_gap,
    record_maintenance,
    record_request_counts,
)
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from slaservice.rules.intervals import SECOND, IntervalSet, instant, moment
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import (
    TERMS,
    a_component,
    a_contract,
    a_person,
    a_promise,
    a_proposed_exclusion,
    a_tier,
    an_agreement,
    an_exclusion,
)
from tests.factories.outages import a_maintenance
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

pytestmark = pytest.mark.django_db

APRIL = 30 * 86400
MAY = instant(april(1)) + APRIL * SECOND
BY_REQUESTS = {**TERMS, "signal": {"source": "requests", "severity_weight": {}}}


def close(now: datetime = CLOSED) -> closing.CloseResult:
    return closing.close(month=MONTH, now=now)


def a_contract_with(timezone: str = "UTC", **terms: Any) -> Contract:
    """One whose months are those of UTC, with other terms."""
    promise = a_promise(terms={**TERMS, **terms})
    return a_contract(agreement=an_agreement(timezone=timezone, promises=[promise]))


def case_of(contract: Contract) -> dict[str, Any]:
    statement = Statement.objects.filter(contract=contract).latest("revision")
    case: dict[str, Any] = statement.document["cases"][0]
    assert result_json(assess(parse_case(case))) == case["expected"]
    return case


def downtime_of(contract: Contract) -> str:
    return str(case_of(contract)["expected"]["downtime_seconds"])


# exclusions


def test_an_exclusion_for_one_contract_reduces_the_credit_of_that_one_alone() -> None:
    an_outage()
    excluded, other = a_contract_with(), a_contract_with()
    an_exclusion(excluded, ends_at=april(10, 14))
    close()
    credits = {s.contract: s.credit_minor for s in Statement.objects.all()}
    assert credits == {excluded: 0, other: 12_500}
    assert (downtime_of(excluded), downtime_of(other)) == ("0", "7200")


def test_an_exclusion_stands_in_the_document_with_clause_and_justification_and_elsewhere_nothing_does() -> (
    None
):
    excluded, other = a_contract_with(), a_contract_with()
    exclusion = an_exclusion(excluded, category="force_majeure")
    close()
    case = case_of(excluded)
    assert case["exclusions"] == [
        {
            "reference": exclusion.reference,
            "clause": "7.2(b)",
            "justification": "The customer revoked the key that the service signs with.",
        }
    ]
    assert [(one["id"], one["category"]) for one in case["input"]["maintenance"]] == [
        (exclusion.reference, "force_majeure")
    ]
    assert case["expected"]["excluded_seconds"] == "3600"
    assert "exclusions" not in case_of(other)


def test_an_exclusion_for_everybody_counts_for_its_tiers_and_component() -> None:
    an_outage(tiers=[a_tier("enterprise"), a_tier("free")])
    an_exclusion(tiers=[a_tier("enterprise")])
    an_exclusion(starts_at=april(10, 13), ends_at=april(10, 14), component=a_component("web"))
    enterprise = a_contract_with()
    free = a_contract(agreement=an_agreement(timezone="UTC", tier="free", promises=[a_promise()]))
    close()
    assert (downtime_of(enterprise), downtime_of(free)) == ("3600", "7200")


def test_only_categories_that_the_terms_exclude_reduce_the_downtime_but_all_are_shown() -> None:
    an_outage()
    contract = a_contract_with(exclude={"categories": ["force_majeure"]})
    an_exclusion(contract)
    close()
    assert downtime_of(contract) == "7200"
    assert case_of(contract)["exclusions"][0]["clause"] == "7.2(b)"


def test_a_proposed_exclusion_blocks_the_contracts_that_it_touches_until_it_is_waived() -> None:
    touched, other = a_contract_with(), a_contract_with()
    waiting = a_proposed_exclusion(touched)
    result = close()
    assert result.drafted == [other.number]
    assert [number for number, _ in result.blocked] == [touched.number]
    block = ClosingBlock.objects.get()
    assert (block.code, block.subject) == ("proposed_exclusion", waiting.reference)
    waive(block=block, reason="Not this month", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert close().drafted == [touched.number]
    assert "exclusions" not in case_of(touched)


def test_an_exclusion_that_was_ended_at_its_start_is_as_if_it_had_never_been() -> None:
    an_outage()
    contract = a_contract_with()
    exclusion = an_exclusion(contract)
    statement = an_issued(contract)
    end_exclusion(
        exclusion=exclusion, stops_at=april(10, 12), by=a_person("operator"), now=CLOSED, reason="Ours"
    )
    assert close(CLOSED + timedelta(days=1)).drafted == [contract.number]
    assert downtime_of(contract) == "7200"
    assert "exclusions" not in case_of(contract)
    assert Statement.objects.get(contract=contract, revision=2).supersedes == statement


def test_an_open_exclusion_lasts_to_the_end_of_each_contracts_own_period() -> None:
    """A chunk may hold periods of other lengths; a document says nothing of them."""
    contract = a_contract_with()
    an_exclusion(starts_at=april(29), ends_at=None, category="suspension")
    close()
    alone = case_of(contract)
    assert alone["input"]["maintenance"][0]["end"] == "2026-05-01T00:00:00Z"
    assert alone["expected"]["excluded_seconds"] == "172800"
    a_contract_with("America/New_York")
    assert close().unchanged == [contract.number]


@pytest.mark.parametrize(
    ("edge", "ahead"),
    [(april(1), timedelta(minutes=-10)), (datetime(2026, 5, 1, tzinfo=UTC), timedelta(0))],
    ids=["before the period", "after it"],
)
def test_what_excuses_the_far_end_of_a_run_over_the_periods_edge_counts_for_its_minimum(
    edge: datetime, ahead: timedelta
) -> None:
    """20 minutes, half of them outside under maintenance: what is left is shorter than the quarter of an hour asked for."""
    minimum = {"seconds": 900, "op": ">=", "test_on": "net"}
    contract = a_contract_with(shape={"min_run": minimum})
    ten = timedelta(minutes=10)
    an_outage(edge - ten, edge + ten)
    close()
    assert downtime_of(contract) == "600"
    a_maintenance(edge + ahead, edge + ahead + ten, category="emergency_maintenance", now=CLOSED)
    close()
    assert downtime_of(contract) == "0"


def test_proposed_maintenance_and_gaps_block_the_close() -> None:
    contract = a_contract_with()
    waiting: dict[str, Any] = {"start": april(3), "end": april(4), "by": None, "now": CLOSED}
    work = record_maintenance(
        component=None, tiers=[a_tier()], category="scheduled_maintenance", title="Work", **waiting
    )
    gap = record_gap(component=a_component(), cause="Probe", **waiting)
    record_gap(component=a_component("web"), cause="Probe", **waiting)
    assert {number for number, _ in close().blocked} == {contract.number}
    blocks = dict(ClosingBlock.objects.values_list("code", "subject"))
    assert blocks == {"proposed_maintenance": work.reference, "proposed_gap": gap.reference}


# gaps


@pytest.mark.parametrize(
    ("no_data", "downtime", "eligible"),
    [("as_up", "0", APRIL), ("as_down", "7200", APRIL), ("remove", "0", APRIL - 7200)],
)
def test_a_gap_counts_as_the_terms_say(no_data: str, downtime: str, eligible: int) -> None:
    contract = a_contract_with(no_data=no_data)
    a_gap(april(10, 12), april(10, 14))
    a_gap(april(11, 12), april(11, 14), component=a_component("web"))
    close()
    result = case_of(contract)["expected"]
    assert (result["downtime_seconds"], result["eligible_seconds"]) == (downtime, eligible)
    assert result["buckets"]["no_data"] == "7200"


def test_a_gap_that_goes_on_lasts_to_the_periods_end() -> None:
    contract = a_contract_with(no_data="remove")
    a_gap(april(30), None)
    close()
    assert case_of(contract)["expected"]["eligible_seconds"] == APRIL - 86400


# request counts


def count_the_rest(**values: Any) -> None:
    """Requests were counted in all the rest of April, and none failed."""
    chosen: dict[str, Any] = {"component": a_component(), "tier": a_tier("enterprise"), **values}
    rows = RequestCount.objects.filter(**chosen, replaced_at__isnull=True)
    counted = IntervalSet.of(
        (instant(row.start), instant(row.start + timedelta(seconds=row.seconds))) for row in rows
    )
    for start, end in counted.complement(instant(april(1)), MAY):
        a_count(moment(start), seconds=(end - start) // SECOND, failed=0, **chosen)


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


# one contract's trouble


def test_terms_that_cannot_be_read_block_their_own_contract_alone() -> None:
    broken, other = a_contract_with(), a_contract_with()
    Commitment.objects.create(
        version=broken.versions.get(), name="Broken", terms={"nonsense": 1}, fee_minor=1
    )
    result = close()
    assert result.drafted == [other.number]
    assert [number for number, _ in result.blocked] == [broken.number]
    assert ClosingBlock.objects.get().code == "invalid_document"


@pytest.mark.parametrize("where", [recorded, agreed], ids=["confirmed", "approved"])
def test_what_is_decided_while_the_facts_are_loaded_blocks_or_counts(
    where: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session decides just after what is proposed was looked for, or just before: never does neither see it."""
    contract = a_contract_with()
    name = "proposed_touching" if where is recorded else "exclusions_proposed_touching"
    window, exclusion = a_proposal(), a_proposed_exclusion(contract)
    look = getattr(where, name)

    def decided_in_between(**values: Any) -> Any:
        monkeypatch.setattr(where, name, look)
        if where is recorded:
            confirm(window=window, by=None, now=CLOSED)
        else:
            approve_exclusion(exclusion=exclusion, by=a_person(FINANCE_APPROVER), now=CLOSED)
        return look(**values)

    monkeypatch.setattr(where, name, decided_in_between)
    (gathered,) = closing.gather_for(month=MONTH, contracts=[contract.pk], now=CLOSED)
    waits = exclusion.reference if where is recorded else window.reference
    assert [block.subject for block in gathered.blocks] == [waits]
    decided = gathered.cases[0].windows if where is recorded else gathered.cases[0].exclusions
    assert [one.pk for one in decided] == [window.pk if where is recorded else exclusion.pk]


def _queries(contracts: int) -> int:
    made = [a_contract_with() for _ in range(contracts)]
    for contract in made[::10]:
        an_exclusion(contract)
        a_proposed_exclusion(contract, starts_at=april(20), ends_at=april(21))
    with CaptureQueriesContext(connection) as captured:
        closing.gather_for(month=MONTH, contracts=[contract.pk for contract in made], now=CLOSED)
    return len(captured)


def test_gathering_takes_the_same_queries_for_ten_contracts_and_for_a_hundred() -> None:
    an_outage()
    a_gap(april(3), april(4))
    a_count(april(5))
    an_exclusion()
    few = _queries(10)
    for day in range(6, 26):
        a_count(april(day))
        an_exclusion(starts_at=april(day), ends_at=april(day + 1))
    assert _queries(100) == few <= 30
