"""Issuing: what is due and decided, by a person; what needs nobody, by itself. The document says all that it was issued on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts.operations import amend_contract
from reports import closing, queries, tasks
from reports.models import ClosingBlock, NumberSeries, ServiceCredit, Statement
from reports.operations import issue, issue_by_themselves, issuing, waive
from slaservice.history import sealing
from slaservice.history.models import Seal
from slaservice.outages.operations import withdraw
from slaservice.rules import ENGINE_VERSION
from slaservice.rules.documents import canonical, digest
from slaservice.rules.periods import TZDATA_VERSION
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement, history_of
from tests.factories.reports import CLOSED, MONTH, a_draft, a_missed_draft, a_proposal, an_issued, an_outage
from tests.factories.restatements import LATE, after, down, draft_of, follow, issue_month

pytestmark = pytest.mark.django_db

CLAIMED = {"by": "customer", "deadline": {"n": 60, "unit": "days", "anchor": "period_end"}}


def refusal_of(statement: Statement, *, now: datetime = CLOSED) -> str:
    with pytest.raises(Refusal) as refused:
        issue(statement=statement, by=a_person(FINANCE_CLERK), now=now)
    return refused.value.code


# When


def test_nothing_is_issued_before_its_settling_time_is_over() -> None:
    draft = a_draft(a_contract(settling_days=10))
    assert refusal_of(draft) == "still_settling"
    assert not NumberSeries.objects.exists()
    due = datetime(2026, 5, 10, 22, tzinfo=UTC)
    assert refusal_of(draft, now=due - timedelta(microseconds=1)) == "still_settling"
    assert issue(statement=draft, by=a_person(FINANCE_CLERK), now=due).state == Statement.ISSUED


def test_what_was_corrected_after_its_settling_time_settles_no_second_time() -> None:
    contract = a_contract(settling_days=1)
    issue_month(contract, MONTH, now=CLOSED)
    down(MONTH, now=LATE)
    follow()
    assert draft_of(contract, MONTH).status(LATE) == "due for review"


# A credit that is to be claimed


def a_claimable() -> Statement:
    terms = {**TERMS, "claim": CLAIMED}
    return a_missed_draft(a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)])))


def test_a_statement_whose_credit_is_to_be_claimed_is_issued_and_says_until_when() -> None:
    issued = issue(statement=a_claimable(), by=a_person(FINANCE_CLERK), now=CLOSED)
    credit = ServiceCredit.objects.get(statement=issued)
    assert (credit.state, credit.amount_minor) == ("claimable", 12_500)
    identity = issued.document["identity"]
    assert identity["claim"] == {"amount": "125.00", "currency": "EUR", "until": "2026-06-29T22:00:00Z"}
    assert identity["decision"] is None


def test_a_credit_that_waits_for_finance_keeps_its_statement_from_being_issued() -> None:
    assert refusal_of(a_missed_draft()) == "credit_waits"


# What it says


def test_what_is_issued_says_what_it_was_judged_by() -> None:
    """Names and addresses as they were, versions of engine, terms and zones' rules, bounds in UTC, number."""
    contract = a_contract()
    identity = an_issued(contract).document["identity"]
    assert identity["customer"]["name"] == contract.customer.name
    assert identity["period"] == {
        "label": "April 2026",
        "start": "2026-03-31T22:00:00Z",
        "end": "2026-04-30T22:00:00Z",
        "timezone": "Europe/Berlin",
        "months": 1,
    }
    assert (identity["engine"], identity["tzdata"]) == (ENGINE_VERSION, TZDATA_VERSION)
    assert identity["contract"]["version"] == 1
    assert (identity["number"], identity["issued_at"]) == ("SLA-2026-00001", "2026-05-05T09:00:00Z")


def test_what_is_issued_names_the_end_of_history_as_a_witness() -> None:
    draft = a_draft()
    sealing.seal(now=CLOSED)
    issued = issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    seal = Seal.objects.get(seq=issued.document["identity"]["anchor"]["seq"])
    assert issued.document["identity"]["anchor"]["hash"] == seal.hash
    assert Seal.objects.filter(seq__gt=seal.seq).count() == 0


def test_both_versions_of_a_month_that_was_amended_are_shown() -> None:
    contract = a_contract()
    stricter = a_promise(terms={**TERMS, "commitment_percent": "99.99"})
    amend_contract(
        contract=contract,
        starts_on=date(2026, 4, 16),
        agreement=an_agreement(promises=[stricter]),
        by=None,
        now=CLOSED,
    )
    document = an_issued(contract).document
    assert [case["terms"]["commitment_percent"] for case in document["cases"]] == ["999/10", "9999/100"]
    versions = document["identity"]["contract"]["versions"]
    assert [(one["number"], one["start"]) for one in versions] == [
        (1, "2026-03-31T22:00:00Z"),
        (2, "2026-04-15T22:00:00Z"),
    ]


def test_the_digest_is_of_the_issued_document() -> None:
    issued = an_issued()
    assert issued.digest == digest(issued.document)
    assert issued.body == canonical(issued.document).decode()


# By itself


def due_by_themselves(now: datetime = CLOSED) -> list[int]:
    return list(queries.issuable_by_themselves(now).values_list("pk", flat=True))


def test_a_statement_without_a_miss_issues_by_itself_when_it_is_due() -> None:
    draft = a_draft(a_contract(settling_days=10))
    assert due_by_themselves() == []
    later = CLOSED + timedelta(days=6)
    assert due_by_themselves(later) == [draft.pk]
    (issued,) = issue_by_themselves(statements=[draft.pk], now=later)
    assert (issued.state, issued.issued_by, issued.number) == ("issued", None, "SLA-2026-00001")
    assert [(one["action"], one["actor_id"]) for one in history_of(issued)][-1] == ("statements.issue", None)


def not_allowed() -> Statement:
    return a_draft(a_contract(issues_by_itself=False))


def missed_without_a_credit() -> Statement:
    free = {**TERMS, "credit": {"rules": []}, "cap": None}
    return a_missed_draft(a_contract(agreement=an_agreement(promises=[a_promise(terms=free)])))


def with_a_credit_although_met() -> Statement:
    """These terms pay for every outage, whether or not the target is missed."""
    always = {**TERMS["credit"], "gate": {"kind": "always"}}
    always["rules"] = [
        {
            "type": "brackets",
            "quantity": "uptime_percent",
            "ranges": [{"from": "90", "from_closed": True, "to": "100", "to_closed": False, "credit": "5"}],
        }
    ]
    terms = {**TERMS, "commitment_percent": "90", "credit": always}
    return a_missed_draft(a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)])))


def waived() -> Statement:
    contract = a_contract()
    proposal = a_proposal()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    block = ClosingBlock.objects.get()
    waive(block=block, reason="no impact", by=a_person(FINANCE_CLERK), now=CLOSED)
    draft = a_draft(contract)
    withdraw(window=proposal, by=None, now=CLOSED, reason="Nothing was down")
    return draft


def a_restatement() -> Statement:
    """Met before and after: the customer never learns that a window was moved unless a person looks at it."""
    contract = a_contract()
    an_issued(contract)
    an_outage(severity="degraded_performance")
    return a_draft(contract)


def blocked() -> Statement:
    draft = a_draft()
    a_proposal()
    closing.close_chunk(month=MONTH, contracts=[draft.contract_id], now=CLOSED)
    return draft


def after_one_that_waits() -> Statement:
    contract = a_contract(starts_on=date(2026, 3, 1))
    start = datetime(2026, 3, 10, 12, tzinfo=UTC)
    an_outage(start, start + timedelta(hours=2))
    closing.close_chunk(month="2026-03", contracts=[contract.pk], now=CLOSED)
    return a_draft(contract)


@pytest.mark.parametrize(
    "draft",
    [
        not_allowed,
        missed_without_a_credit,
        with_a_credit_although_met,
        a_missed_draft,
        waived,
        a_restatement,
        blocked,
        after_one_that_waits,
    ],
    ids=lambda draft: draft.__name__,
)
def test_a_person_looks_at_whatever_is_not_plain(draft: Callable[[], Statement]) -> None:
    statement = draft()
    plain = a_draft(a_contract(agreement=an_agreement(tier="free")))
    assert due_by_themselves() == [plain.pk]
    issued = issue_by_themselves(statements=[statement.pk, plain.pk], now=CLOSED)
    assert [one.pk for one in issued] == [plain.pk]
    assert Statement.objects.get(pk=statement.pk).state == Statement.DRAFT


def test_what_turns_out_to_be_missed_meanwhile_does_not_issue_by_itself() -> None:
    draft = a_draft()
    an_outage()
    assert due_by_themselves() == [draft.pk]
    assert issue_by_themselves(statements=[draft.pk], now=CLOSED) == []
    anew = Statement.objects.get(pk=draft.pk)
    assert (anew.state, anew.met, anew.credit.state) == ("draft", False, "proposed")


def test_a_refusal_of_one_is_logged_by_its_name_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = a_draft(), a_draft()
    issue_one = issuing._issue

    def refusing(statement: Statement, **values: object) -> Statement:
        if statement.pk == first.pk:
            raise Refusal("draft_changed", "The draft was computed anew.")
        return issue_one(statement, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(issuing, "_issue", refusing)
    issued = issue_by_themselves(statements=[first.pk, second.pk], now=CLOSED)
    assert [one.pk for one in issued] == [second.pk]
    assert [record.getMessage() for record in caplog.records] == [
        f"{first} does not issue by itself: The draft was computed anew."
    ]


def test_the_beat_rings_for_what_may_issue_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[list[int]] = []
    monkeypatch.setattr(tasks.issue_by_themselves, "delay", rung.append)
    drafts = [a_draft().pk for _ in range(3)]
    monkeypatch.setattr(closing, "CHUNK", 2)
    with time_machine.travel(CLOSED, tick=False):
        tasks.issue_due()
        assert rung == [drafts[:2], drafts[2:]]
        for chunk in rung:
            tasks.issue_by_themselves(chunk)
        rung.clear()
        tasks.issue_due()
    assert rung == []
    numbers = Statement.objects.order_by("pk").values_list("number", flat=True)
    assert list(numbers) == ["SLA-2026-00001", "SLA-2026-00002", "SLA-2026-00003"]


def test_months_issue_one_after_the_other() -> None:
    contract = a_contract()
    for month in (MONTH, "2026-05"):
        closing.close_chunk(month=month, contracts=[contract.pk], now=after("2026-05"))
    assert due_by_themselves(after("2026-05")) == [draft_of(contract, MONTH).pk]
    issue_by_themselves(statements=due_by_themselves(after("2026-05")), now=after("2026-05"))
    assert due_by_themselves(after("2026-05")) == [draft_of(contract, "2026-05").pk]
