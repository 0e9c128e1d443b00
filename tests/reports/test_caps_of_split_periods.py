"""A cap for a period holds over a month that an amendment splits: in the draft, in what finance grants, in the document alone."""

from datetime import date, datetime
from pathlib import Path

import pytest

from accounts.models import Contract
from accounts.operations import amend_contract
from reports import closing
from reports.models import ServiceCredit, Statement
from reports.operations import adjust
from slaservice.rules.__main__ import main
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.money import AUTUMN, an_approval
from tests.factories.reports import MONTH, an_outage, april
from tests.factories.restatements import draft_of, issue_month

pytestmark = pytest.mark.django_db


def a_split_april(value: str) -> Contract:
    """600.00 for each half of April, with so much money at most a month; two hours down in each half owe 60.00."""
    terms = {**TERMS, "cap": {"kind": "amount", "value": value}}
    agreement = an_agreement(timezone="UTC", promises=[a_promise(terms=terms, fee="1200.00")])
    contract = a_contract(agreement=agreement, starts_on=date(2026, 1, 1))
    amend_contract(contract=contract, starts_on=date(2026, 4, 16), agreement=agreement, by=None, now=AUTUMN)
    for day in (5, 20):
        an_outage(april(day, 12), april(day, 14), now=AUTUMN)
    return contract


def closed(contract: Contract) -> Statement:
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=AUTUMN)
    return draft_of(contract, MONTH)


def test_both_parts_together_owe_no_more_than_the_amount_for_the_month() -> None:
    draft = closed(a_split_april("100"))
    assert list(draft.lines.values_list("credit_minor", flat=True)) == [6_000, 4_000]
    assert draft.credit_minor == 10_000


def test_the_month_before_takes_nothing_of_it() -> None:
    contract = a_split_april("100")
    an_outage(
        datetime.fromisoformat("2026-03-10T12:00Z"), datetime.fromisoformat("2026-03-10T14:00Z"), now=AUTUMN
    )
    assert issue_month(contract, "2026-03", now=AUTUMN).credit_minor == 10_000
    assert closed(contract).credit_minor == 10_000


def test_finance_grants_what_the_month_is_capped_at_and_not_a_cent_more() -> None:
    credit = ServiceCredit.objects.get(statement=closed(a_split_april("100")))
    with pytest.raises(Refusal, match=r"is EUR 100\.00: it leaves EUR 100\.00 for this credit"):
        adjust(credit=credit, amount="100.01", reason="x", by=a_person(FINANCE_CLERK), now=AUTUMN)
    assert an_approval(credit).granted_minor == 10_000


def test_the_documents_own_check_finds_it_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "document.json"
    path.write_text(closed(a_split_april("100")).body)
    assert main(["check", str(path)]) == 0
    assert "2 cases: 2 as expected" in capsys.readouterr().out
