"""A correction after the issue: which months are restated, by how much, and what of it is granted or taken back.

April, May and June are issued, then April turns out otherwise. What is issued never changes; what follows is drafted.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from accounts.operations import amend_contract
from reports import operations
from reports.models import ServiceCredit
from reports.operations import expire, issue
from reports.queries import due_for_review
from slaservice.outages.operations import correct, withdraw
from slaservice.rules.__main__ import main
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.money import held_by
from tests.factories.reports import CLOSED, MONTH, a_draft, an_outage, april
from tests.factories.restatements import (
    LATE,
    a_contract_with,
    down,
    draft_of,
    drafted,
    follow,
    issue_draft,
    issue_month,
    issued_bodies,
    longer,
    the_tenth,
)

pytestmark = pytest.mark.django_db


# One month


def test_a_restatement_names_what_it_supersedes_and_carries_the_difference() -> None:
    window, contract = down(MONTH), a_contract()
    issued = issue_month(contract, MONTH, now=CLOSED)
    before = issued_bodies()
    longer(window, 11)
    follow()
    restatement = draft_of(contract, MONTH)
    assert issued_bodies() == before
    assert (restatement.revision, restatement.supersedes) == (2, issued)
    assert restatement.document["identity"]["supersedes"] == issued.number
    assert restatement.document["difference"] == {
        "of": issued.number,
        "cases": [
            {
                "id": "Platform",
                "before": {
                    "downtime_seconds": "7200",
                    "uptime_percent": "99.722222",
                    "credit_amount": "125.00",
                },
                "after": {
                    "downtime_seconds": "39600",
                    "uptime_percent": "98.472222",
                    "credit_amount": "312.50",
                },
            }
        ],
        "currency": "EUR",
        "owed_before": "125.00",
        "owed_after": "312.50",
        "granted": "125.00",
        "clawback": "never",
        "to_grant": "187.50",
    }
    assert drafted(contract) == {MONTH: (2, 31_250, 18_750)}


def test_the_rules_alone_accept_a_restatements_document_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window, contract = down(MONTH), a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    restatement = issue_draft(draft_of(contract, MONTH), now=LATE)
    file = tmp_path / "statement.json"
    file.write_text(restatement.body)
    assert main(["check", str(file)]) == 0
    assert "0 differences" in capsys.readouterr().out
    file.write_text(json.dumps(json.loads(restatement.body) | {"difference": {}}))
    assert main(["check", str(file)]) == 2


def test_a_draft_that_restates_nothing_carries_no_difference() -> None:
    assert "difference" not in a_draft().document


def test_a_credit_difference_goes_through_approval_again() -> None:
    window, contract = down(MONTH), a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    restatement = draft_of(contract, MONTH)
    with pytest.raises(Refusal) as refused:
        issue(statement=restatement, by=a_person(FINANCE_CLERK), now=LATE)
    assert refused.value.code == "credit_waits"
    issued = issue_draft(restatement, now=LATE)
    granted = [credit.granted_minor for credit in ServiceCredit.objects.order_by("statement__revision")]
    assert granted == [12_500, 18_750]
    assert issued.document["identity"]["already_granted"] == "125.00"


def test_by_default_what_was_granted_stays_granted() -> None:
    window, contract = down(MONTH), a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    withdraw(window=window, by=None, now=LATE, reason="it was a test")
    follow()
    assert drafted(contract) == {MONTH: (2, 0, 0)}
    assert draft_of(contract, MONTH).document["difference"]["to_grant"] == "0.00"


@pytest.mark.parametrize(("hours", "owed", "difference"), [(0, 0, -31_250), (2, 12_500, -18_750)])
def test_where_the_contract_says_so_a_correction_takes_back(hours: int, owed: int, difference: int) -> None:
    window, contract = down(MONTH, 11), a_contract_with({"clawback": "next_period"})
    issue_month(contract, MONTH, now=CLOSED)
    if hours:
        longer(window, hours)
    else:
        withdraw(window=window, by=None, now=LATE, reason="it was a test")
    follow()
    assert drafted(contract) == {MONTH: (2, owed, difference)}
    issue_draft(draft_of(contract, MONTH), now=LATE)
    assert sum(credit.granted_minor for credit in ServiceCredit.objects.all()) == owed


def test_clawback_is_as_the_contract_said_at_the_periods_end() -> None:
    window, contract = down(MONTH, 11), a_contract_with({"clawback": "next_period"})
    issue_month(contract, MONTH, now=CLOSED)
    amend_contract(
        contract=contract, starts_on=date(2026, 5, 1), agreement=an_agreement(), by=None, now=CLOSED
    )
    longer(window, 2)
    follow()
    assert drafted(contract)[MONTH] == (2, 12_500, -18_750)


def test_a_third_revision_counts_what_both_before_it_granted() -> None:
    window, contract = down(MONTH), a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    issue_draft(draft_of(contract, MONTH), now=LATE)
    an_outage(april(20, 0), april(22, 0), now=LATE)
    follow()
    assert drafted(contract) == {MONTH: (3, 125_000, 125_000 - 31_250)}
    difference = draft_of(contract, MONTH).document["difference"]
    assert (difference["granted"], difference["owed_before"], difference["of"]) == (
        "312.50",
        "312.50",
        "SLA-2026-00002",
    )


def test_what_was_rejected_is_not_counted_as_granted() -> None:
    window, contract = down(MONTH), a_contract()
    draft = a_draft(contract)
    operations.reject(credit=draft.credit, reason="paid already", by=a_person(FINANCE_APPROVER), now=CLOSED)
    issue_draft(draft, now=CLOSED)
    longer(window, 11)
    follow()
    assert drafted(contract) == {MONTH: (2, 31_250, 31_250)}


def test_what_was_granted_and_then_expired_is_not_granted_again() -> None:
    window, contract = down(MONTH), a_contract()
    issued = issue_month(contract, MONTH, now=CLOSED)
    expire(credit=issued.credit, reason="the customer left", by=a_person(FINANCE_CLERK), now=CLOSED)
    longer(window, 11)
    follow()
    assert drafted(contract) == {MONTH: (2, 31_250, 18_750)}
    assert issue_draft(draft_of(contract, MONTH), now=LATE).document["difference"]["granted"] == "125.00"


def test_a_correction_that_is_taken_back_leaves_nothing_to_issue() -> None:
    window, contract = down(MONTH), a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    corrected = contract.versions.get().commitments.get().components.get().windows.get(state="confirmed")
    correct(window=corrected, by=None, now=LATE, reason="it was right", end=the_tenth(MONTH, 14))
    follow()
    assert drafted(contract) == {MONTH: (2, 12_500, 0)}
    # The restated window has another name: that alone is a difference.
    assert issue_draft(draft_of(contract, MONTH), now=LATE).revision == 2


def test_a_restatement_that_says_what_is_issued_is_not_issued() -> None:
    contract = a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    window = down(MONTH, now=LATE)
    follow()
    assert list(due_for_review(LATE)) == [draft_of(contract, MONTH)]
    withdraw(window=window, by=None, now=LATE, reason="wrong component")
    follow()
    with pytest.raises(Refusal) as refused:
        issue(statement=draft_of(contract, MONTH), by=a_person(FINANCE_CLERK), now=LATE)
    assert refused.value.code == "nothing_to_restate"
    assert not due_for_review(LATE).exists()


# Terms


def test_an_amendment_within_an_issued_month_restates_it_in_two_parts() -> None:
    contract = a_contract()
    down(MONTH)
    an_outage(april(20, 12), april(20, 14))
    issued = issue_month(contract, MONTH, now=CLOSED)
    assert issued.credit_minor == 12_500
    stricter = a_promise(terms={**TERMS, "commitment_percent": "99.99"}, fee="2500.00")
    amend_contract(
        contract=contract,
        starts_on=date(2026, 4, 16),
        agreement=an_agreement(promises=[stricter]),
        by=None,
        now=LATE,
    )
    follow()
    # Either half was down for 2 of 360 hours: 10 % of half of 1,250.00 and of half of 2,500.00.
    assert drafted(contract) == {MONTH: (2, 18_750, 6_250)}
    document = draft_of(contract, MONTH).document
    assert [(one["id"], one["before"] is None, one["after"] is None) for one in document["difference"]["cases"]] == [
        ("Platform (version 1)", True, False),
        ("Platform (version 2)", True, False),
        ("Platform", False, True),
    ]  # fmt: skip
    assert document["identity"]["contract"]["versions"] == [
        {"number": 1, "start": "2026-03-31T22:00:00Z", "end": "2026-04-15T22:00:00Z"},
        {"number": 2, "start": "2026-04-15T22:00:00Z", "end": "2026-04-30T22:00:00Z"},
    ]


def test_a_month_that_was_granted_in_another_currency_is_blocked_by_name() -> None:
    contract = a_contract(starts_on=date(2026, 3, 1))
    down(MONTH)
    issued = issue_month(contract, MONTH, now=CLOSED)
    version = contract.versions.get()
    amend_contract(
        contract=contract,
        starts_on=date(2026, 4, 1),
        agreement=an_agreement(currency="USD"),
        by=None,
        now=LATE,
    )
    follow()
    assert version.currency == issued.currency == "EUR"
    (block,) = contract.closing_blocks.all()
    assert (block.code, drafted(contract)) == ("mixed_currencies", {})


def test_a_restatement_that_says_what_is_issued_asks_nobody_to_decide() -> None:
    contract = a_contract()
    down(MONTH)
    draft = a_draft(contract)
    operations.adjust(
        credit=draft.credit, amount="60", reason="agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    issue_draft(draft, now=CLOSED)
    another = an_outage(april(20, 1), april(20, 2), now=LATE)
    follow()
    restatement = draft_of(contract, MONTH)
    operations.approve(credit=restatement.credit, by=a_person(FINANCE_APPROVER), now=LATE)
    withdraw(window=another, by=None, now=LATE, reason="wrong component")
    follow()
    assert drafted(contract) == {MONTH: (2, 12_500, 0)}
    assert held_by(restatement) == {}
    assert not ServiceCredit.objects.filter(statement=restatement).exists()
