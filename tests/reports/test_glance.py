"""The month at a glance: every figure is counted by currency and leads to the list that it counts; what runs up is reckoned."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from reports import closing, exposure
from reports.glance import Glance, glance, last_month
from reports.models import ClosingBlock, Exposure
from slaservice.rules.money import Money
from slaservice.rules.workflow import (
    ACCOUNT_MANAGER,
    ADMINISTRATOR,
    AUDITOR,
    FINANCE_APPROVER,
    FINANCE_CLERK,
    OPERATOR,
)
from tests.factories.accounts import (
    TERMS,
    a_component,
    a_contract,
    a_customer,
    a_person,
    a_promise,
    an_agreement,
)
from tests.factories.outages import a_maintenance
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_gap,
    a_missed_draft,
    a_proposal,
    an_approved,
    an_issued,
    an_outage,
    april,
)

pytestmark = pytest.mark.django_db

PAGE = "/admin/reports/monthataglance/"
NOON = april(10, 12)


def seen(*, month: str = MONTH, now: datetime = CLOSED, user: Any = None) -> Glance:
    return glance(month, user=user or a_person(FINANCE_CLERK), now=now)


def reckoned(now: datetime = NOON, *, user: Any = None) -> Any:
    exposure.reckon(now=now)
    return seen(now=now, user=user).running


def as_a(*roles: str) -> Client:
    client = Client()
    client.force_login(a_person(*roles))
    return client


# the close


def test_contracts_are_closed_blocked_not_closed_or_not_ended_and_never_two_of_them() -> None:
    a_draft(a_contract())
    forgotten = a_contract()
    no_fee = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    a_contract(starts_on=date(2026, 5, 1))
    closing.close_chunk(month=MONTH, contracts=[no_fee.pk], now=CLOSED)
    found = seen()
    assert (found.ended, found.closed, found.blocked, found.not_closed, found.not_ended) == (3, 1, 1, 1, 0)
    assert list(found.named) == [forgotten]
    (block,) = found.blocks
    assert (block.code, block.contracts, block.contract) == ("no_fee", 1, no_fee.pk)
    assert seen(now=april(20)).not_ended == 3


@pytest.mark.parametrize(
    "values",
    [
        {"timezone": "Pacific/Auckland"},
        {"timezone": "America/Los_Angeles"},
        {"period_months": 3},
        {"period_months": 3, "first_month": 2},  # signed in its last month
        {"period_months": 12},
    ],
)
def test_a_period_counts_in_the_month_in_which_the_close_finds_it(values: dict[str, Any]) -> None:
    a_contract(agreement=an_agreement(**values))
    later = datetime.fromisoformat("2027-02-01T00:00:00Z")
    months = [f"2026-{number:02}" for number in range(2, 13)]
    counted = [seen(month=month, now=later).ended for month in months]
    assert counted == [len(closing.contracts_with_periods(month)) for month in months]
    assert 1 in counted


def test_a_contract_that_ended_within_the_month_still_has_its_period() -> None:
    a_contract(ends_before=date(2026, 4, 20))
    assert (seen().ended, seen(month="2026-05", now=april(30) + timedelta(days=60)).ended) == (1, 0)


def test_a_waived_block_blocks_no_more_and_the_contract_is_not_closed_yet() -> None:
    contract = a_contract()
    a_proposal()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    assert (seen().blocked, seen().not_closed) == (1, 0)
    ClosingBlock.objects.update(waived_at=CLOSED, waived_by=a_person(FINANCE_CLERK), waiver="a test")
    assert (seen().blocked, seen().not_closed) == (0, 1)


def test_statements_are_counted_by_where_they_stand_today() -> None:
    an_issued()
    an_issued()
    a_draft()
    a_draft(a_contract(settling_days=30))
    assert seen().statuses == {"settling": 1, "due": 1, "issued": 2, "superseded": 0}
    assert seen(now=CLOSED + timedelta(days=40)).statuses["due"] == 2


def test_credits_are_summed_by_state_and_currency_and_never_across() -> None:
    an_outage()
    yen = an_agreement(currency="JPY", promises=[a_promise(fee="10000")])
    a_draft()
    an_approved(a_draft())
    a_draft(a_contract(agreement=yen))
    a_draft(a_contract(agreement=yen))
    assert [(one.state, one.count, one.amount) for one in seen().credits] == [
        ("proposed", 1, Money(12_500, "EUR")),
        ("proposed", 2, Money(2_000, "JPY")),
        ("approved", 1, Money(12_500, "EUR")),
    ]


def test_an_account_manager_sees_the_figures_of_customers_in_care() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    own = a_contract(a_customer(account_manager=manager))
    an_outage()
    for contract in (own, a_contract()):
        a_draft(contract)
    an_outage(april(20), still_open=True)
    exposure.reckon(now=april(20, 9))
    found, whole = seen(user=manager), seen()
    assert (found.ended, found.closed, whole.ended, whole.closed) == (1, 1, 2, 2)
    assert (found.credits[0].count, whole.credits[0].count) == (1, 2)
    assert found.running is not None
    assert whole.running is not None
    assert (found.running.owed[0][0], whole.running.owed[0][0]) == (1, 2)
    assert {costs.contract for one in found.running.outages for costs in one.top} <= {own}


# what runs up


def test_what_the_running_month_owes_is_judged_over_the_whole_of_it() -> None:
    """Two hours of April's 30 days are 99.72 %: 10 %. Over the ten days so far they would be 99.17 %, and 25 % from 99 % on."""
    a_contract()
    an_outage(april(1), april(1, 2))
    running = reckoned(now=april(2))
    assert running.owed == [(1, Money(12_500, "EUR"))]


def test_an_open_outage_counts_until_now_and_not_to_the_end_of_the_month() -> None:
    a_contract()
    an_outage(april(10, 11), still_open=True)
    assert reckoned(NOON).owed == [(1, Money(12_500, "EUR"))]  # an hour of 30 days: 99.861 %
    assert reckoned(april(10, 11, 30)).owed == []  # half an hour: 99.93 %, met


def test_what_lies_in_the_future_owes_nothing_yet() -> None:
    a_contract()
    an_outage(april(12), april(13))
    running = reckoned(NOON)
    assert (running.owed, running.obstacles) == ([], 0)


@pytest.mark.parametrize("still", [True, False])
def test_one_more_hour_of_an_open_outage_costs_the_difference(still: bool) -> None:
    """At 7 hours of 30 days uptime is 99.03 %, an hour later 98.9 %: 10 % becomes 25 %."""
    contract = a_contract()
    an_outage(april(10, 5), None if still else april(10, 12), still_open=still)
    running = reckoned(NOON)
    assert running.owed == [(1, Money(12_500, "EUR"))]
    if not still:
        assert running.outages == []
        return
    (risk,) = running.outages
    assert (risk.contracts, risk.amounts) == (1, [Money(18_750, "EUR")])
    assert [(one.contract, one.amount) for one in risk.top] == [(contract, Money(18_750, "EUR"))]
    assert running.at_risk == [Money(18_750, "EUR")]


def test_each_open_outage_is_weighed_by_itself() -> None:
    """While one lasts an hour longer, the other ends now: of a contract with both, each alone decides what its hour costs."""
    both = [a_promise(), a_promise(name="Web", components=["web"], fee="100.00")]
    a_contract(agreement=an_agreement(promises=both))
    an_outage(april(10, 5), still_open=True)
    an_outage(april(10, 6), still_open=True, component=a_component("web"))
    running = reckoned(NOON)
    assert [one.amounts for one in running.outages] == [[Money(18_750, "EUR")], []]


def test_a_proposed_open_outage_is_at_risk_but_owes_nothing() -> None:
    a_contract()
    a_proposal(april(10, 5), still_open=True)
    running = reckoned(NOON)
    assert running.owed == []
    (risk,) = running.outages
    assert (risk.outage.state, risk.amounts) == ("proposed", [Money(18_750, "EUR")])


def test_contracts_that_nothing_failed_for_are_not_worked_out() -> None:
    a_contract()
    a_contract(agreement=an_agreement(tier="other"))
    a_contract(agreement=an_agreement(promises=[a_promise(components=["web"])]))
    assert reckoned(NOON).worked_out == 0
    a_maintenance(start=april(9), end=april(9, 2))
    assert reckoned(NOON).worked_out == 0
    an_outage(april(9), april(9, 2))
    assert reckoned(NOON).worked_out == 1


def test_terms_that_pay_without_a_failure_are_worked_out() -> None:
    rule = {"type": "metered", "quantity": "lost_seconds", "step": "3600", "rate": "1"}
    terms = {**TERMS, "credit": {"gate": {"kind": "always"}, "rules": [rule]}}
    a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)]))
    assert reckoned(NOON).worked_out == 1


def test_time_that_was_not_measured_and_counts_as_down_owes() -> None:
    a_contract(agreement=an_agreement(promises=[a_promise(terms={**TERMS, "no_data": "as_down"})]))
    a_gap(april(10, 10), None)
    assert reckoned(NOON).owed == [(1, Money(12_500, "EUR"))]


def test_a_quarter_remembers_the_outage_of_its_first_month() -> None:
    a_contract(agreement=an_agreement(period_months=3))
    an_outage(april(1), april(2))
    assert reckoned(april(30) + timedelta(days=20)).owed == [
        (1, Money(31_250, "EUR"))
    ]  # 24 h of 91 days: 98.9 %
    assert reckoned(april(30) + timedelta(days=80)).owed == []


def test_what_cannot_be_worked_out_is_said_and_not_counted_as_nothing() -> None:
    a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    an_outage(april(9), april(9, 2))
    running = reckoned(NOON)
    assert (running.owed, running.obstacles) == ([], 1)
    assert "no fee is agreed" in running.an_obstacle


def test_only_the_last_reckoning_is_kept_and_shown_with_its_instant() -> None:
    a_contract()
    an_outage(april(9), april(9, 2))
    exposure.reckon(now=april(9, 1))
    assert reckoned(NOON).at == NOON
    assert Exposure.objects.count() == 1


# the page


def shown(client: Client, **asked: str) -> str:
    response = client.get(PAGE, asked)
    assert response.status_code == 200
    return str(response.content.decode())


def test_every_figure_leads_to_a_list_of_as_many() -> None:
    a_missed_draft()
    an_approved(a_draft())
    an_issued()
    a_draft(a_contract(settling_days=90))
    no_fee = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    closing.close_chunk(month=MONTH, contracts=[no_fee.pk], now=CLOSED)
    client = as_a(FINANCE_CLERK)
    response = client.get(PAGE, {"month": MONTH})
    figures = [*response.context["contracts"], *response.context["statements"], *response.context["credits"]]
    led = [one for one in figures if one.address.startswith("/")]
    assert len(led) >= 8
    for one in led:
        assert client.get(one.address).context["cl"].result_count == one.count, one


def test_what_blocks_leads_to_its_waiver_and_to_where_it_is_put_right() -> None:
    contract = a_contract()
    a_proposal()
    no_fee = a_contract(agreement=an_agreement(tier="other", promises=[a_promise(fee=None)]))
    closing.close_chunk(month=MONTH, contracts=[contract.pk, no_fee.pk], now=CLOSED)
    client = as_a(FINANCE_CLERK)
    reasons = client.get(PAGE, {"month": MONTH}).context["reasons"]
    names = {name: url for one in reasons for url, name in one.links}
    assert set(names) == {"Waive", "Put right", "Show", "Record the amount"}
    for url in names.values():
        assert client.get(url).status_code == 200
    assert client.get(names["Waive"]).context["cl"].result_count == 1


def test_the_last_month_that_ended_is_shown_unless_another_is_chosen() -> None:
    assert last_month(date(2026, 3, 31)) == "2026-02"
    assert last_month(date(2026, 1, 1)) == "2025-12"
    client = as_a(AUDITOR)
    assert f'value="{last_month(timezone.now().date())}"' in shown(client)
    assert 'value="2026-04"' in shown(client, month="2026-04")
    assert "is not a month" in client.get(PAGE, {"month": "soon"}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (FINANCE_CLERK, 200),
        (FINANCE_APPROVER, 200),
        (ACCOUNT_MANAGER, 200),
        (AUDITOR, 200),
        (OPERATOR, 403),
        (ADMINISTRATOR, 403),
    ],
)
def test_the_page_is_for_those_who_see_statements(role: str, status: int) -> None:
    assert as_a(role).get(PAGE).status_code == status


@override_settings(REDIS_URL="")
def test_who_closes_may_have_it_reckoned_anew() -> None:
    assert as_a(AUDITOR).post(PAGE).status_code == 403
    assert not Exposure.objects.exists()
    as_a(FINANCE_CLERK).post(PAGE)
    assert Exposure.objects.count() == 1


@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_where_workers_reckon_no_request_rings_for_them() -> None:
    clerk = as_a(FINANCE_CLERK)
    assert "Reckon now" not in shown(clerk)
    clerk.post(PAGE)
    assert not Exposure.objects.exists()


def test_an_old_reckoning_is_called_old() -> None:
    exposure.reckon(now=timezone.now() - timedelta(hours=1))
    assert "older than usual" in shown(as_a(AUDITOR))
    exposure.reckon(now=timezone.now())
    assert "older than usual" not in shown(as_a(AUDITOR))


def test_the_page_takes_the_same_queries_for_10_contracts_and_for_100() -> None:
    an_outage()
    an_outage(CLOSED - timedelta(hours=3), still_open=True)
    client = as_a(FINANCE_CLERK)
    counts = []
    for more in (10, 90):
        for _ in range(more):
            a_draft(a_contract())
        exposure.reckon(now=CLOSED)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(PAGE, {"month": MONTH})
        counts.append(len(queries))
        assert page.context["running"]["outages"][0].contracts == f"{sum((10, 90)[: len(counts)])} contracts"
    assert counts[0] == counts[1] <= 25
