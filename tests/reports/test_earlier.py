"""What earlier periods count for in later ones, above all those that two versions of a contract share."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Contract
from accounts.operations import amend_contract
from reports import closing
from reports.models import ServiceCredit, Statement
from reports.operations.caps import rooms_of
from reports.rehearsal import rehearse_amendment
from slaservice.outages.models import OutageWindow
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.money import AUTUMN, an_approval
from tests.factories.reports import MONTH, a_count, an_outage, april
from tests.factories.restatements import after, draft_of, issue_month

pytestmark = pytest.mark.django_db

MAY = "2026-05"
TWICE = {**TERMS["credit"], "gate": {"kind": "consecutive_failures", "count": 2}}
CARRY = {"amount": "200.00", "op": ">=", "below": "carry"}


def agreed(**terms: Any) -> Any:
    """1,200.00 a month of UTC: half of April is 600.00."""
    return an_agreement(timezone="UTC", promises=[a_promise(terms={**TERMS, **terms}, fee="1200.00")])


def split_in_april(then: dict[str, Any] | None = None, **terms: Any) -> Contract:
    """A contract whose second version begins in the middle of April."""
    contract = a_contract(agreement=agreed(**terms), starts_on=date(2026, 1, 1))
    amend_contract(
        contract=contract,
        starts_on=date(2026, 4, 16),
        agreement=agreed(**(then or terms)),
        by=None,
        now=AUTUMN,
    )
    return contract


def down(start: datetime, hours: int = 2) -> OutageWindow:
    """Two hours of half a month, or of a month, owe 10 %; eight of half a month 25 %."""
    return an_outage(start, start + timedelta(hours=hours), now=AUTUMN)


def inputs_of(statement: Statement, name: str) -> list[Any]:
    """A field of each case's input; the document says what its input comes to."""
    cases = statement.document["cases"]
    for case in cases:
        assert result_json(assess(parse_case(case))) == case["expected"]
    return [case["input"][name] for case in cases]


def closed(contract: Contract, month: str) -> Statement:
    closing.close_chunk(month=month, contracts=[contract.pk], now=AUTUMN)
    return draft_of(contract, month)


def credits_of(statement: Statement) -> list[int]:
    return list(statement.lines.values_list("credit_minor", flat=True))


# history


@pytest.mark.parametrize("missed", [april(5), april(20)], ids=["first part", "last part"])
def test_a_period_of_two_versions_is_one_earlier_period_and_missed_where_a_part_was(missed: datetime) -> None:
    contract = split_in_april(credit=TWICE, terminate=[{"below": "99.5", "n": 1, "m": 3}])
    down(missed, hours=8)
    down(datetime(2026, 5, 10, tzinfo=UTC))
    issue_month(contract, MONTH, now=AUTUMN)
    may = closed(contract, MAY)
    lowest = Fraction(100 * (15 * 24 - 8), 15 * 24)
    assert inputs_of(may, "history") == [[False]]
    assert inputs_of(may, "uptime_history") == [[str(lowest)]]
    # The second miss in a row.
    assert may.credit_minor == 12_000


def test_a_part_in_which_nothing_was_promised_does_not_speak_for_its_period() -> None:
    closed_for_good = {"timezone": "UTC", "weekly": {}}
    contract = split_in_april(
        {"credit": TWICE, "terminate": [{"below": "99.5", "n": 1, "m": 3}]}, service_hours=closed_for_good
    )
    down(april(20))
    issue_month(contract, MONTH, now=AUTUMN)
    lowest = Fraction(100 * (15 * 24 - 2), 15 * 24)
    assert inputs_of(closed(contract, MAY), "uptime_history") == [[str(lowest)]]


def test_a_dry_run_knows_a_split_period_as_one_earlier_period_too() -> None:
    contract = split_in_april(credit=TWICE)
    down(april(5)), down(datetime(2026, 5, 10, tzinfo=UTC))
    found = rehearse_amendment(contract=contract, agreement=agreed(credit=TWICE), by=None, now=after(MAY))
    may = found.rows[-1]
    assert may.governed and may.proposed
    assert (str(may.governed.owed), str(may.proposed.owed)) == ("120.00", "120.00")


# money


@pytest.mark.parametrize("per", ["contract_year", "contract"])
def test_the_parts_of_a_period_share_an_amount_over_a_window_and_later_months_what_they_left(
    per: str,
) -> None:
    """Each part owes 60.00 of 150.00, so May, which owes 120.00, has 30.00 left."""
    contract = split_in_april(cap={"kind": "amount", "value": "150", "per": per})
    down(april(5)), down(april(20)), down(datetime(2026, 5, 10, tzinfo=UTC))
    split = issue_month(contract, MONTH, now=AUTUMN)
    assert (inputs_of(split, "previously_credited"), credits_of(split)) == (["0", "60"], [6_000, 6_000])
    may = closed(contract, MAY)
    assert (inputs_of(may, "previously_credited"), may.credit_minor) == (["120"], 3_000)


def test_two_parts_owe_no_more_than_the_amount_that_the_window_has_left() -> None:
    contract = split_in_april(cap={"kind": "amount", "value": "100", "per": "contract_year"})
    down(april(5)), down(april(20))
    split = closed(contract, MONTH)
    assert credits_of(split) == [6_000, 4_000]
    # What the close owes is what finance may grant.
    assert an_approval(ServiceCredit.objects.get(statement=split)).granted_minor == 10_000


def test_what_both_parts_were_granted_is_taken_from_a_window_when_the_next_month_is_approved() -> None:
    """May was computed while nothing of April was issued."""
    contract = split_in_april(cap={"kind": "amount", "value": "150", "per": "contract_year"})
    down(april(5)), down(april(20)), down(datetime(2026, 5, 10, tzinfo=UTC))
    split, may = (ServiceCredit.objects.get(statement=closed(contract, month)) for month in (MONTH, MAY))
    assert (split.amount_minor, may.amount_minor) == (12_000, 12_000)
    an_approval(split)
    with pytest.raises(Refusal, match=r"it leaves EUR 30\.00 for this credit"):
        an_approval(may)


def test_each_part_adds_the_percentage_of_its_own_base_to_a_window() -> None:
    """20 % of 600.00 for each part: nothing of the first part's 120.00 is taken from the second's."""
    contract = split_in_april(cap={"kind": "percent_of_base", "value": "20", "per": "contract_year"})
    down(april(5), hours=8), down(april(20), hours=8)
    split = closed(contract, MONTH)
    assert credits_of(split) == [12_000, 12_000]
    assert an_approval(ServiceCredit.objects.get(statement=split)).granted_minor == 24_000


def test_what_one_part_leaves_of_its_own_percentage_is_not_the_others() -> None:
    contract = split_in_april(cap={"kind": "percent_of_base", "value": "20", "per": "contract_year"})
    down(april(20), hours=8)
    split = closed(contract, MONTH)
    assert (inputs_of(split, "previously_credited"), credits_of(split)) == (["0", "0"], [0, 12_000])


def test_what_was_credited_before_is_taken_from_the_percentages_of_both_parts_once() -> None:
    """March took 120.00 of the year's 20 %: all that the first part of April may owe, and nothing of the second's."""
    contract = split_in_april(cap={"kind": "percent_of_base", "value": "20", "per": "contract_year"})
    down(datetime(2026, 3, 10, tzinfo=UTC)), down(april(5), hours=8), down(april(20), hours=8)
    march = issue_month(contract, "2026-03", now=AUTUMN)
    assert march.credit_minor == 12_000
    split = closed(contract, MONTH)
    assert (inputs_of(split, "previously_credited"), credits_of(split)) == (["120", "0"], [0, 12_000])
    assert an_approval(ServiceCredit.objects.get(statement=split)).granted_minor == 12_000


def test_carried_money_goes_from_part_to_part_and_is_paid_once() -> None:
    """March carries 120.00 into the first part, which adds 60.00 and hands 180.00 on; the second makes it 240.00."""
    contract = split_in_april(minimum_issue=CARRY)
    down(datetime(2026, 3, 10, tzinfo=UTC)), down(april(5)), down(april(20))
    issue_month(contract, "2026-03", now=AUTUMN)
    split = issue_month(contract, MONTH, now=AUTUMN)
    assert inputs_of(split, "carried_forward") == ["120", "180"]
    assert (credits_of(split), split.credit_minor) == ([0, 24_000], 24_000)
    assert inputs_of(closed(contract, MAY), "carried_forward") == ["0"]


def test_what_the_last_part_of_a_period_carries_goes_on_to_the_next_month() -> None:
    contract = split_in_april(minimum_issue=CARRY)
    down(april(5)), down(april(20)), down(datetime(2026, 5, 10, tzinfo=UTC))
    split = issue_month(contract, MONTH, now=AUTUMN)
    assert list(split.lines.values_list("carried", flat=True)) == ["60", "120"]
    may = closed(contract, MAY)
    assert (inputs_of(may, "carried_forward"), may.credit_minor) == (["120"], 24_000)


def test_money_that_waits_in_one_currency_is_not_paid_in_another() -> None:
    contract = a_contract(agreement=agreed(minimum_issue=CARRY))
    down(april(5)), down(datetime(2026, 5, 10, tzinfo=UTC))
    yen = an_agreement(
        timezone="UTC",
        currency="JPY",
        promises=[a_promise(terms={**TERMS, "minimum_issue": CARRY}, fee="1500")],
    )
    amend_contract(contract=contract, starts_on=date(2026, 5, 1), agreement=yen, by=None, now=AUTUMN)
    april_ = issue_month(contract, MONTH, now=AUTUMN)
    assert april_.lines.get().carried == "120"
    assert inputs_of(closed(contract, MAY), "carried_forward") == ["0"]


@pytest.mark.parametrize(("per", "taken"), [("contract_year", "0"), ("contract", "120")])
def test_a_contract_year_begins_with_its_cap_unused(per: str, taken: str) -> None:
    """April is the last month of the first year, May the first of the second."""
    capped = agreed(cap={"kind": "amount", "value": "150", "per": per})
    contract = a_contract(agreement=capped, starts_on=date(2025, 5, 1))
    down(april(5)), down(datetime(2026, 5, 10, tzinfo=UTC))
    issue_month(contract, MONTH, now=AUTUMN)
    assert inputs_of(closed(contract, MAY), "previously_credited") == [taken]


def test_what_was_credited_in_one_currency_takes_nothing_of_a_cap_in_another() -> None:
    cap = {"kind": "percent_of_base", "value": "20", "per": "contract"}
    contract = a_contract(agreement=agreed(cap=cap))
    down(april(5)), down(datetime(2026, 5, 10, tzinfo=UTC))
    yen = an_agreement(
        timezone="UTC", currency="JPY", promises=[a_promise(terms={**TERMS, "cap": cap}, fee="1500")]
    )
    amend_contract(contract=contract, starts_on=date(2026, 5, 1), agreement=yen, by=None, now=AUTUMN)
    assert issue_month(contract, MONTH, now=AUTUMN).credit_minor == 12_000
    assert inputs_of(closed(contract, MAY), "previously_credited") == ["0"]


# figures of many digits


METERED = {"type": "metered", "quantity": "lost_seconds", "step": "period", "round": "exact", "rate": "1000"}


def test_figures_of_many_digits_are_read_again_by_the_month_after() -> None:
    """Unlike totals of a few dozen request intervals make denominators far beyond the 40 digits that people may write."""
    contract = a_contract(
        agreement=agreed(
            signal={**TERMS["signal"], "source": "both"},
            credit={**TERMS["credit"], "rules": [METERED]},
            cap={"kind": "amount", "value": "900", "per": "contract_year"},
            terminate=[{"below": "99", "n": 1, "m": 3}],
            minimum_issue={**CARRY, "amount": "20.00"},
        )
    )
    for hour in range(48):
        start = april(5) + timedelta(hours=hour)
        a_count(start, total=1009 + 2 * hour)
        a_count(start + timedelta(days=30), total=1009 + 2 * hour, now=AUTUMN)
    line = issue_month(contract, MONTH, now=AUTUMN).lines.get()
    assert min(len(line.judged_percent), len(line.carried), len(line.downtime_seconds)) > 80
    may = closed(contract, MAY)
    assert inputs_of(may, "uptime_history") == [[line.judged_percent]]
    assert inputs_of(may, "carried_forward") == [line.carried]
    assert rooms_of(Statement.objects.select_related("contract").get(pk=may.pk))
    assert may.credit_minor > 2_000
    # The pages that show such figures: what a decision rests on, and the list of credits that wait.
    pages = [
        reverse("admin:reports_statement_change", args=[may.pk]),
        reverse("admin:reports_servicecredit_changelist"),
    ]
    client = Client()
    client.force_login(a_person(FINANCE_APPROVER))
    assert [client.get(page).status_code for page in pages] == [200, 200]
