"""What a decision would do to which statements is what the close then says."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract
from reports import closing
from reports.effects import Change, Effect, Effects, Fact, effects_of
from reports.models import Statement
from slaservice.outages import operations
from slaservice.outages.models import Maintenance, OutageWindow
from tests.factories.accounts import TERMS, a_component, a_contract, a_promise, a_tier, an_agreement
from tests.factories.outages import a_maintenance, a_planned_maintenance
from tests.factories.reports import CLOSED, MONTH, a_draft, a_proposal, an_issued, an_outage, april

pytestmark = pytest.mark.django_db


def effects(*changes: Change, most: int = 6) -> list[Effects]:
    return effects_of([_loaded(change) for change in changes], now=CLOSED, most=most)


def effect_of(added: Fact | None = None, removed: Fact | None = None) -> Effect:
    (found,) = effects(Change([added] if added else [], [removed] if removed else []))
    (row,) = found.rows
    return row


def _loaded(change: Change) -> Change:
    return Change([_fresh(fact) for fact in change.added], [_fresh(fact) for fact in change.removed])


def _fresh(fact: Fact) -> Any:
    model: Any = OutageWindow if isinstance(fact, OutageWindow) else Maintenance
    return model.objects.select_related("component").prefetch_related("tiers").get(pk=fact.pk)


def closed(contract: Contract) -> tuple[int, str, str]:
    """Credit, downtime and judged percent of the drafted statement."""
    draft = a_draft(contract)
    line = draft.lines.get()
    return draft.credit_minor, line.downtime_seconds, line.judged_percent


def credits_of(row: Effect) -> tuple[int | None, int | None]:
    return (
        row.before.credit.minor if row.before.credit else None,
        row.after.credit.minor if row.after.credit else None,
    )


def test_the_effect_of_a_proposal_is_what_the_close_says_once_it_is_confirmed() -> None:
    contract = a_contract()
    an_outage(april(3, 1), april(3, 1, 30))
    before = closed(contract)
    proposal = a_proposal()
    row = effect_of(proposal)
    operations.confirm(window=proposal, by=None, now=CLOSED)
    after = closed(contract)
    assert credits_of(row) == (before[0], after[0]) == (0, 12_500)
    for figures, (_, downtime, judged) in ((row.before, before), (row.after, after)):
        line = figures.lines["Platform"]
        assert (str(line.downtime), str(line.judged)) == (downtime, judged)
    assert row.difference is not None
    assert (row.plan.contract, row.plan.month, row.difference.minor) == (contract, MONTH, 12_500)


def test_nothing_is_written() -> None:
    a_contract()
    proposal = a_proposal()
    with CaptureQueriesContext(connection) as queries:
        effect_of(proposal)
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_a_correction_is_weighed_against_what_it_replaces() -> None:
    contract = a_contract()
    window = an_outage()
    longer = operations.windows.facts_of(window)
    row = effect_of(
        a_proposal(april(10, 12), april(10, 23), external_id="other"),
        removed=window,
    )
    assert (longer.end, credits_of(row)) == (april(10, 14), (12_500, 31_250))
    assert row.after.lines["Platform"].downtime == 11 * 3600
    assert row.plan.contract == contract


def test_withdrawing_a_confirmed_window_gives_its_credit_back() -> None:
    a_contract()
    assert credits_of(effect_of(removed=an_outage())) == (12_500, 0)


def test_maintenance_that_excuses_an_outage_lowers_the_credit() -> None:
    excusing = {**TERMS, "exclude": {"categories": ["scheduled_maintenance"]}}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=excusing)]))
    an_outage(april(20, 2), april(20, 4))
    row = effect_of(a_planned_maintenance(now=CLOSED))
    assert row.plan.contract == contract
    assert credits_of(row) == (12_500, 0)


def test_only_contracts_of_its_component_and_tier_that_were_in_force_are_touched() -> None:
    touched = a_contract()
    a_contract(agreement=an_agreement(tier="free"))
    a_contract(agreement=an_agreement(promises=[a_promise(components=["web"])]))
    a_contract(ends_before=date(2026, 4, 5))
    a_contract(starts_on=date(2026, 4, 20))
    assert effect_of(a_proposal()).plan.contract == touched


def test_changes_that_are_weighed_together_touch_each_its_own_contracts() -> None:
    api, free = a_contract(), a_contract(agreement=an_agreement(tier="free"))
    web = a_contract(agreement=an_agreement(promises=[a_promise(components=["web"])]))
    later = a_contract(starts_on=date(2026, 4, 20))
    ended = a_contract(ends_before=date(2026, 4, 15))
    found = effects(
        Change([a_proposal()]),
        Change([a_proposal(component=a_component("web"))]),
        Change([a_proposal(tiers=[a_tier("free")])]),
        Change([a_proposal(april(25, 1), april(25, 2))]),
    )
    touched = [[row.plan.contract for row in one.rows] for one in found]
    assert touched == [[api, ended], [web], [free], [api, later]]
    assert [one.others for one in found] == [0, 0, 0, 0]


def test_a_window_across_the_edge_of_two_months_touches_both() -> None:
    a_contract(starts_on=date(2026, 3, 1))
    proposal = a_proposal(datetime(2026, 3, 31, 12, tzinfo=UTC), april(1, 12))
    (found,) = effects(Change([proposal]))
    assert [row.plan.month for row in found.rows] == ["2026-03", "2026-04"]
    assert sum(row.after.lines["Platform"].downtime for row in found.rows) == 24 * 3600


def test_a_run_outside_the_period_that_the_window_connects_to_is_judged_whole() -> None:
    """Ten minutes are needed; five before midnight were too short until five after are confirmed."""
    lasting = {
        **TERMS,
        "shape": {"min_run": {"seconds": 600, "op": ">=", "test_on": "merged", "straddle": "whole_run"}},
    }
    contract = a_contract(
        agreement=an_agreement(timezone="UTC", promises=[a_promise(terms=lasting)]),
        starts_on=date(2026, 3, 1),
    )
    an_outage(datetime(2026, 3, 31, 23, 54, tzinfo=UTC), april(1, 0, 0))
    proposal = a_proposal(april(1, 0, 0), april(1, 0, 5))
    row = effect_of(proposal)
    operations.confirm(window=proposal, by=None, now=CLOSED)
    assert str(row.after.lines["Platform"].downtime) == closed(contract)[1] == "300"


def test_several_changes_are_weighed_together_and_each_by_itself() -> None:
    a_contract()
    one, other = a_proposal(april(3, 1), april(3, 1, 30)), a_proposal(april(4, 1), april(4, 1, 30))
    first, second, both = effects(Change([one]), Change([other]), Change([one, other]))
    assert [credits_of(found.rows[0])[1] for found in (first, second, both)] == [0, 0, 12_500]
    assert [str(total) for total in both.totals] == ["125.00"]


def test_a_bounded_number_of_contracts_is_computed_and_the_others_are_counted() -> None:
    numbers = [a_contract().number for _ in range(5)]
    (found,) = effects(Change([a_proposal()]), most=2)
    assert [row.plan.contract.number for row in found.rows] == numbers[:2]
    assert found.others == 3


def test_an_outage_that_lasts_for_months_is_computed_for_the_first_periods_and_says_so() -> None:
    a_contract()
    lasting = a_proposal(
        april(20, 12), datetime(2026, 9, 2, tzinfo=UTC), now=datetime(2026, 10, 1, tzinfo=UTC)
    )
    (found,) = effects(Change([lasting]))
    assert [row.plan.month for row in found.rows] == ["2026-04", "2026-05", "2026-06"]
    assert found.more_periods == 3


def test_the_period_says_whether_it_is_issued_or_still_runs() -> None:
    issued = an_issued()
    row = effect_of(a_proposal())
    assert (row.issued, row.ended) == (issued, True)
    may = datetime(2026, 5, 2, 12, tzinfo=UTC)
    row = effect_of(a_proposal(may, datetime(2026, 5, 2, 13, tzinfo=UTC)))
    assert (row.issued, row.ended) == (None, False)


def test_what_keeps_the_credit_from_being_worked_out_is_said() -> None:
    a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    row = effect_of(a_proposal())
    assert row.difference is None
    assert "no fee is agreed" in row.before.obstacle


def test_a_severity_that_the_terms_do_not_weigh_is_an_obstacle_only_afterwards() -> None:
    a_contract()
    row = effect_of(a_proposal(severity="brownout"))
    assert row.before.obstacle == ""
    assert "'brownout' has no weight" in row.after.obstacle


def test_a_window_that_touches_no_contract_touches_none() -> None:
    a_contract()
    (found,) = effects(Change([a_proposal(tiers=[a_tier("free")], component=a_component("web"))]))
    assert (found.rows, found.others) == ([], 0)


def test_confirmed_maintenance_can_be_weighed_as_withdrawn() -> None:
    a_contract()
    (found,) = effects(Change(removed=[a_maintenance(now=CLOSED)]))
    assert credits_of(found.rows[0]) == (0, 0)


def queries_of(changes: int) -> int:
    proposals = [a_proposal(april(day + 1, 3), april(day + 1, 4)) for day in range(changes)]
    loaded = [_loaded(Change([proposal])) for proposal in proposals]
    with CaptureQueriesContext(connection) as queries:
        effects_of(loaded, now=CLOSED)
    return len(queries)


def test_many_changes_take_the_queries_of_few() -> None:
    for _ in range(8):
        a_contract()
    assert queries_of(2) == queries_of(20)


def test_the_close_agrees_for_every_contract_of_a_chunk() -> None:
    contracts = [a_contract(agreement=an_agreement(timezone=zone)) for zone in ("UTC", "Asia/Tokyo")]
    proposal = a_proposal(datetime(2026, 4, 30, 14, tzinfo=UTC), datetime(2026, 4, 30, 18, tzinfo=UTC))
    (found,) = effects(Change([proposal]))
    expected = {
        (row.plan.contract.number, row.plan.month): credits_of(row)[1]
        for row in found.rows
        if row.plan.month == MONTH
    }
    operations.confirm(window=proposal, by=None, now=CLOSED)
    closing.close(month=MONTH, now=CLOSED)
    drafts = Statement.objects.filter(contract__in=contracts).select_related("contract")
    assert {(one.contract.number, one.month): one.credit_minor for one in drafts} == expected
