"""What the close judges by beside outages: exclusions and gaps of the measurement; each in its own contract only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import queries as agreed
from accounts.models import Commitment
from accounts.operations import approve_exclusion, end_exclusion
from reports.models import ClosingBlock, Statement
from reports.operations import waive
from slaservice.outages import queries as recorded
from slaservice.outages.operations import confirm, record_gap, record_maintenance
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import (
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
    a_gap,
    a_proposal,
    an_issued,
    an_outage,
    april,
    gather_for,
)
from tests.reports.gathered import APRIL, a_contract_with, case_of, close, downtime_of

pytestmark = pytest.mark.django_db


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
    (gathered,) = gather_for(month=MONTH, contracts=[contract.pk], now=CLOSED)
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
        gather_for(month=MONTH, contracts=[contract.pk for contract in made], now=CLOSED)
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
