"""The close: every period that ends in a month is drafted once, and again only when facts or terms have changed."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import amend_contract, record_billed_amount
from reports import closing
from reports.models import ClosingBlock, ServiceCredit, Statement
from reports.operations import issue, waive
from slaservice.outages.operations import confirm, correct, withdraw
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_CLERK, OPERATOR
from tests.factories.accounts import (
    TERMS,
    a_commitment,
    a_component,
    a_contract,
    a_person,
    a_promise,
    a_tier,
    an_agreement,
)
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_missed_draft,
    a_proposal,
    an_issued,
    an_outage,
    april,
    gather_for,
)

pytestmark = pytest.mark.django_db


def close(month: str = MONTH, now: datetime = CLOSED) -> closing.CloseResult:
    return closing.close(month=month, now=now)


def result_of(statement: Statement, case: int = 0) -> dict[str, object]:
    return dict(statement.document["cases"][case]["expected"])


def test_a_month_without_outages_is_met_and_owes_nothing() -> None:
    draft = a_draft()
    assert (draft.met, draft.credit_minor, draft.number) == (True, 0, None)
    assert not ServiceCredit.objects.exists()
    line = draft.lines.get()
    assert (line.uptime_percent, line.commitment_percent, line.downtime_seconds) == (
        "100.000000",
        "999/10",
        "0",
    )


def test_a_missed_month_proposes_its_credit() -> None:
    draft = a_missed_draft()
    credit = draft.credit
    assert (draft.met, draft.credit_minor, draft.currency) == (False, 12_500, "EUR")
    assert (credit.state, credit.computed_minor, credit.amount_minor) == ("proposed", 12_500, 12_500)
    assert draft.lines.get().downtime_seconds == "7200"


def test_the_document_can_be_recomputed_by_the_rules_alone() -> None:
    draft = a_missed_draft()
    for case in draft.document["cases"]:
        assert result_json(assess(parse_case(case))) == case["expected"]


def test_a_second_close_changes_nothing() -> None:
    an_outage()
    a_contract()
    close()
    before = list(Statement.objects.values())
    second = close(now=CLOSED + timedelta(days=3))
    assert list(Statement.objects.values()) == before
    assert (len(second.drafted), len(second.redrafted), len(second.unchanged)) == (0, 0, 1)


def test_a_draft_follows_the_facts_and_its_credit_with_it() -> None:
    draft = a_missed_draft()
    window = draft.contract.versions.get().commitments.get().components.get().windows.get()
    correct(window=window, by=None, now=CLOSED, reason="it was longer", end=april(10, 23))
    assert close().redrafted == [draft.contract.number]
    draft.refresh_from_db()
    assert draft.lines.get().downtime_seconds == str(11 * 3600)
    assert (draft.credit.computed_minor, draft.credit.state) == (31_250, "proposed")


def test_a_decision_on_another_figure_is_void() -> None:
    from tests.factories.reports import an_approved

    draft = an_approved(a_missed_draft())
    withdraw(
        window=draft.contract.versions.get().commitments.get().components.get().windows.get(),
        by=None,
        now=CLOSED,
        reason="x",
    )
    close()
    assert not ServiceCredit.objects.filter(statement=draft).exists()
    assert [decision.action for decision in draft.decisions.all()] == ["approve"]


def test_only_confirmed_windows_of_the_contracts_tier_and_component_count() -> None:
    contract = a_contract()
    an_outage(tiers=[a_tier("free")])
    an_outage(component=a_component("web"))
    draft = a_draft(contract)
    assert draft.met


def test_an_outage_counts_in_the_contracts_zone() -> None:
    """23:00 UTC on 31 March is 01:00 on 1 April in Berlin, and 19:00 on 31 March in New York."""
    an_outage(datetime(2026, 3, 31, 22, 0, tzinfo=UTC), datetime(2026, 4, 1, 0, 0, tzinfo=UTC))
    berlin = a_contract(starts_on=date(2026, 3, 1))
    new_york = a_contract(agreement=an_agreement(timezone="America/New_York"), starts_on=date(2026, 3, 1))
    close()
    assert Statement.objects.get(contract=berlin).lines.get().downtime_seconds == "7200"
    assert Statement.objects.get(contract=new_york).lines.get().downtime_seconds == "0"


def test_a_period_is_closed_once_it_has_ended_in_its_own_zone() -> None:
    tokyo = a_contract(agreement=an_agreement(timezone="Asia/Tokyo"))
    new_york = a_contract(agreement=an_agreement(timezone="America/New_York"))
    in_between = datetime(2026, 4, 30, 20, 0, tzinfo=UTC)
    result = close(now=in_between)
    assert (result.drafted, result.not_ended) == ([tokyo.number], [new_york.number])
    assert closing.due(now=CLOSED, month=MONTH) == [new_york.pk]


def test_a_quarter_is_closed_with_its_last_month_only() -> None:
    quarterly = a_contract(agreement=an_agreement(period_months=3))
    assert close("2026-05", datetime(2026, 6, 5, tzinfo=UTC)).drafted == []
    assert close("2026-06", datetime(2026, 7, 5, tzinfo=UTC)).drafted == [quarterly.number]
    statement = Statement.objects.get()
    assert (statement.period_label, result_of(statement)["period_seconds"]) == (
        "April to June 2026",
        91 * 86_400,
    )


def test_a_contract_that_starts_within_a_month_is_measured_from_its_start() -> None:
    contract = a_contract(starts_on=date(2026, 4, 16))
    an_outage()
    draft = a_draft(contract)
    assert draft.met
    assert result_of(draft)["eligible_seconds"] == 15 * 86_400


def test_a_contract_that_ended_has_a_last_statement_and_no_more() -> None:
    contract = a_contract(ends_before=date(2026, 4, 11))
    close()
    assert Statement.objects.get(contract=contract).lines.get().uptime_percent == "100.000000"
    assert close("2026-05", datetime(2026, 6, 5, tzinfo=UTC)).drafted == []


def test_an_amendment_within_a_period_splits_it_and_shares_the_fee_by_seconds() -> None:
    contract = a_contract()
    an_outage(april(10, 12), april(10, 14))
    an_outage(april(20, 12), april(20, 14))
    stricter = a_promise(terms={**TERMS, "commitment_percent": "99.99"}, fee="2500.00")
    amend_contract(
        contract=contract,
        starts_on=date(2026, 4, 16),
        agreement=an_agreement(promises=[stricter]),
        by=None,
        now=CLOSED,
    )
    draft = a_draft(contract)
    first, second = draft.document["cases"]
    assert [case["terms"]["commitment_percent"] for case in (first, second)] == ["999/10", "9999/100"]
    assert [case["expected"]["downtime_seconds"] for case in (first, second)] == ["7200", "7200"]
    assert [case["input"]["fee"] for case in (first, second)] == ["625", "1250"]
    assert first["input"]["period"]["end"] == second["input"]["period"]["start"] == "2026-04-15T22:00:00Z"


def test_a_billed_amount_is_the_fee_where_none_is_agreed_and_without_it_the_contract_is_blocked() -> None:
    contract = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    blocked = close()
    assert blocked.blocked == [
        (contract.number, "Platform: no fee is agreed and no amount was billed for April 2026.")
    ]
    assert not Statement.objects.exists()
    record_billed_amount(
        commitment=a_commitment(contract),
        period_start=datetime(2026, 3, 31, 22, 0, tzinfo=UTC),
        amount="777.00",
        by=None,
        now=CLOSED,
    )
    assert close().drafted == [contract.number]
    assert Statement.objects.get().document["cases"][0]["input"]["fee"] == "777"
    assert ClosingBlock.objects.get().resolved_at == CLOSED


def test_a_window_that_nobody_decided_on_blocks_the_contracts_that_it_touches() -> None:
    touched = a_contract()
    untouched = a_contract(agreement=an_agreement(tier="free"))
    proposal = a_proposal()
    result = close()
    assert result.drafted == [untouched.number]
    assert [contract for contract, _ in result.blocked] == [touched.number]
    assert proposal.reference in result.blocked[0][1]
    confirm(window=proposal, by=None, now=CLOSED)
    assert close().drafted == [touched.number]


def test_what_blocks_can_be_waived_with_a_reason_where_that_makes_sense() -> None:
    contract = a_contract()
    a_proposal()
    close()
    block = ClosingBlock.objects.get()
    with pytest.raises(Refusal, match="Say why"):
        waive(block=block, reason=" ", by=a_person(FINANCE_CLERK), now=CLOSED)
    with pytest.raises(Refusal) as refused:
        waive(block=block, reason="no impact", by=a_person(OPERATOR), now=CLOSED)
    assert refused.value.code == "not_permitted"
    waive(block=block, reason="no impact", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert close().drafted == [contract.number]


def test_a_missing_fee_cannot_be_waived() -> None:
    a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    close()
    with pytest.raises(Refusal, match="put right"):
        waive(block=ClosingBlock.objects.get(), reason="please", by=a_person(FINANCE_CLERK), now=CLOSED)


def test_a_severity_that_the_terms_do_not_weigh_blocks_by_name() -> None:
    contract = a_contract()
    an_outage(severity="brownout")
    result = close()
    assert result.blocked[0][0] == contract.number
    assert "'brownout' has no weight in the terms" in result.blocked[0][1]


def test_terms_that_judge_by_what_nobody_records_block_instead_of_crediting_all_of_it() -> None:
    terms = {**TERMS, "base": {"affected_user_share": True}}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)]))
    ((number, sentence),) = close().blocked
    assert number == contract.number
    assert "share of users affected, which is not recorded" in sentence
    assert not Statement.objects.exists()


def test_an_outage_that_is_still_open_is_clipped_and_warned_of() -> None:
    contract = a_contract()
    next_morning = datetime(2026, 5, 1, 9, tzinfo=UTC)
    an_outage(april(30, 20), still_open=True, now=next_morning)
    result = close(now=next_morning)
    assert [name for name, _ in result.warnings] == [contract.number]
    assert Statement.objects.get().lines.get().downtime_seconds == "7200"


def test_a_correction_after_the_issue_drafts_a_revision_and_leaves_the_issued_one_alone() -> None:
    issued = an_issued(statement=a_missed_draft())
    body = issued.body
    window = issued.contract.versions.get().commitments.get().components.get().windows.get()
    correct(window=window, by=None, now=CLOSED, reason="it was longer", end=april(10, 23))
    assert close().drafted == [issued.contract.number]
    revision = Statement.objects.get(contract=issued.contract, state=Statement.DRAFT)
    assert (revision.revision, revision.supersedes) == (2, issued)
    assert revision.document["identity"]["supersedes"] == issued.number
    assert revision.document["identity"]["already_granted"] == "125.00"
    assert (revision.credit_minor, revision.credit.computed_minor) == (31_250, 18_750)
    issued.refresh_from_db()
    assert issued.body == body


def test_a_credit_already_granted_does_not_shrink() -> None:
    issued = an_issued(statement=a_missed_draft())
    window = issued.contract.versions.get().commitments.get().components.get().windows.get()
    withdraw(window=window, by=None, now=CLOSED, reason="it was a test")
    close()
    revision = Statement.objects.get(contract=issued.contract, state=Statement.DRAFT)
    assert revision.credit_minor == 0
    assert not ServiceCredit.objects.filter(statement=revision).exists()


def test_nothing_changes_after_the_issue_when_nothing_changed() -> None:
    issued = an_issued(statement=a_missed_draft())
    assert close().unchanged == [issued.contract.number]
    assert Statement.objects.count() == 1


def test_what_was_issued_is_the_history_of_the_next_period() -> None:
    twice = {**TERMS, "credit": {**TERMS["credit"], "gate": {"kind": "consecutive_failures", "count": 2}}}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=twice)]))
    an_outage()
    an_outage(
        datetime(2026, 5, 10, 12, tzinfo=UTC),
        datetime(2026, 5, 10, 14, tzinfo=UTC),
        now=datetime(2026, 6, 1, tzinfo=UTC),
    )
    an_issued(contract)
    close("2026-05", datetime(2026, 6, 5, tzinfo=UTC))
    may = Statement.objects.get(month="2026-05")
    assert may.document["cases"][0]["input"]["history"] == [False]
    assert may.credit_minor == 12_500


def test_a_cap_over_a_contract_year_counts_what_was_issued_before() -> None:
    capped = {**TERMS, "cap": {"kind": "amount", "value": "200.00", "per": "contract_year"}}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=capped)]))
    an_outage()
    an_outage(
        datetime(2026, 5, 10, 12, tzinfo=UTC),
        datetime(2026, 5, 10, 14, tzinfo=UTC),
        now=datetime(2026, 6, 1, tzinfo=UTC),
    )
    an_issued(contract)
    close("2026-05", datetime(2026, 6, 5, tzinfo=UTC))
    may = Statement.objects.get(month="2026-05")
    assert (may.credit_minor, may.document["cases"][0]["input"]["previously_credited"]) == (7_500, "125")


@pytest.mark.parametrize("month", ["2026-13", "2026-4", "april", "", "1999-01", "２０２６-04"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(Refusal, match="not a month"):
        close(month)


def test_a_draft_is_not_issued_while_its_close_is_blocked() -> None:
    draft, clerk = a_draft(), a_person(FINANCE_CLERK)
    proposal = a_proposal()
    with pytest.raises(Refusal) as refused:
        issue(statement=draft, by=clerk, now=CLOSED)
    assert refused.value.code == "close_is_blocked"
    assert proposal.reference in refused.value.sentence
    withdraw(window=proposal, by=None, now=CLOSED, reason="Nothing was down")
    assert issue(statement=draft, by=clerk, now=CLOSED).state == Statement.ISSUED


def test_what_is_issued_says_what_is_known_now() -> None:
    draft, clerk = a_draft(), a_person(FINANCE_CLERK)
    an_outage()
    with pytest.raises(Refusal) as refused:
        issue(statement=draft, by=clerk, now=CLOSED)
    assert refused.value.code == "draft_changed"
    anew = Statement.objects.get(pk=draft.pk)
    assert (anew.state, anew.met) == (Statement.DRAFT, False)
    assert draft.digest != anew.digest
    with pytest.raises(Refusal) as waits:
        issue(statement=anew, by=clerk, now=CLOSED)
    assert waits.value.code == "credit_waits"


def test_who_may_not_close_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        closing.close(month=MONTH, now=CLOSED, by=a_person(OPERATOR))
    assert refused.value.code == "not_permitted"


def test_the_body_is_canonical_json_and_the_digest_its_own() -> None:
    from slaservice.rules.documents import canonical, digest

    draft = a_missed_draft()
    assert canonical(json.loads(draft.body)).decode() == draft.body
    assert digest(json.loads(draft.body)) == draft.digest


def queries_of_a_close(contracts: int) -> int:
    made = [a_contract() for _ in range(contracts)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        gather_for(month=MONTH, contracts=[contract.pk for contract in made], now=CLOSED)
    return len(queries)


def test_gathering_takes_the_same_queries_for_two_contracts_and_for_twenty() -> None:
    an_outage()
    few = queries_of_a_close(2)
    assert queries_of_a_close(20) == few
