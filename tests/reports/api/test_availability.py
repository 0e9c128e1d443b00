"""A customer asks how its commitments stand: by the statement where there is one, else by the one engine, never by a draft."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Contract, Customer
from accounts.operations import amend_contract, end_exclusion
from reports import closing
from reports.exposure import reckon
from reports.models import ClosingBlock, ExposureLine, Statement
from reports.operations import waive
from slaservice.outages.operations import correct, withdraw
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import (
    TERMS,
    a_contract,
    a_customer,
    a_person,
    a_promise,
    an_agreement,
    an_exclusion,
)
from tests.factories.outages import a_maintenance
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_count,
    a_draft,
    a_missed_draft,
    a_proposal,
    an_issued,
    an_outage,
    april,
)
from tests.reports.api.calling import Json, caller, read

pytestmark = pytest.mark.django_db

AVAILABILITY = "/api/v1/availability"
APRIL = f"{AVAILABILITY}?month=2026-04"
MIDDLE = datetime(2026, 4, 15, 22, tzinfo=UTC)
"""Half of April has gone by in Berlin."""


@contextmanager
def at(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


def a_reader(customer: Customer) -> Client:
    """A program that may read availability."""
    return caller(customer, "availability:read")


def results(client: Client, address: str = AVAILABILITY) -> list[Json]:
    return list(read(client, address)["results"])


def only(client: Client, address: str = AVAILABILITY) -> Json:
    (one,) = results(client, address)
    return one


def refused(client: Client, address: str) -> tuple[int, str, list[str]]:
    response = client.get(address)
    told = json.loads(response.content)
    return response.status_code, told["code"], [one["path"] for one in told.get("errors", [])]


def test_an_ended_month_with_a_statement_shows_the_statements_figures() -> None:
    statement = an_issued(statement=a_missed_draft())
    client = a_reader(statement.contract.customer)
    correct(
        window=statement.contract.versions.get().commitments.get().components.get().windows.get(),
        by=None,
        now=CLOSED + timedelta(days=1),
        reason="longer",
        end=april(10, 23),
    )
    assert only(client, APRIL) == {
        "contract": statement.contract.number,
        "contract_id": statement.contract.public_id,
        "commitment": "Platform",
        "components": ["api"],
        "target_percent": "99.9",
        "period": "April 2026",
        "start": "2026-03-31T22:00:00Z",
        "end": "2026-04-30T22:00:00Z",
        "provisional": False,
        "as_of": None,
        "statement": {"id": statement.public_id, "number": statement.number, "revision": 1},
        "figures": {
            "uptime_percent": "99.722222",
            "uptime_percent_exact": "1795/18",
            "measured_percent": "99.722222",
            "met": False,
            "standing": "breached",
            "downtime_seconds": "7200",
            "measured_downtime_seconds": "7200",
            "excluded_seconds": "0",
            "excluded_percent": "0.000000",
            "uncounted_seconds": "0",
            "allowance": {"seconds": "2592", "used": "7200", "left": "-4608"},
        },
        "credit": {"currency": "EUR", "amount": "125.00"},
    }


def test_a_draft_is_nothing_but_the_engines_answer_is_the_same() -> None:
    draft = a_missed_draft()
    client = a_reader(draft.contract.customer)
    before = only(client, APRIL)
    assert before["statement"] is None
    issued = an_issued(statement=draft)
    after = only(client, APRIL)
    assert after == {**before, "statement": after["statement"]}
    assert after["statement"]["id"] == issued.public_id


def test_what_is_computed_equals_what_the_close_would_say_bit_by_bit() -> None:
    """With maintenance, an exclusion and a partial outage beside each other."""
    contract = a_contract()
    an_outage()
    an_outage(april(20, 1), april(20, 6), severity="partial_outage")
    a_maintenance(now=CLOSED, announced_at=april(13, 9))
    an_exclusion(contract, starts_at=april(10, 12), ends_at=april(10, 13))
    shown = only(a_reader(contract.customer), APRIL)["figures"]
    (case,) = a_draft(contract).document["cases"]
    for name in ("uptime_percent", "measured_percent", "downtime_seconds", "excluded_seconds"):
        assert shown[name] == case["expected"][name]
    assert shown["allowance"]["seconds"] == case["expected"]["allowed_downtime_seconds"]
    assert Fraction(shown["excluded_seconds"]) > 0


def test_a_running_month_is_measured_up_to_now_and_marked() -> None:
    contract = a_contract()
    an_outage(now=april(11))
    with at(MIDDLE):
        shown = only(a_reader(contract.customer))
    assert (shown["provisional"], shown["as_of"]) == (True, "2026-04-15T22:00:00Z")
    assert (shown["period"], shown["end"]) == ("April 2026", "2026-04-30T22:00:00Z")
    # Two hours of fifteen days; but the allowance is the whole month's.
    assert shown["figures"]["uptime_percent"] == "99.444444"
    assert shown["figures"]["allowance"] == {"seconds": "2592", "used": "7200", "left": "-4608"}
    assert shown["credit"] == {"currency": "EUR", "amount": "125.00"}


def test_the_credit_so_far_is_what_the_exposure_says() -> None:
    contract = a_contract()
    an_outage(now=april(11))
    with at(MIDDLE):
        shown = only(a_reader(contract.customer))
    reckon(now=MIDDLE)
    line = ExposureLine.objects.get(contract=contract, outage=None)
    assert shown["credit"]["amount"] == f"{line.amount_minor / 100:.2f}"


@pytest.mark.parametrize(
    ("minutes", "standing"), [(34, "met"), (35, "at_risk"), (43, "at_risk"), (44, "breached")]
)
def test_standing_supposes_that_nothing_fails_any_more(minutes: int, standing: str) -> None:
    contract = a_contract()
    an_outage(april(10, 12), april(10, 12, minutes), now=april(11))
    with at(MIDDLE):
        figures = only(a_reader(contract.customer))["figures"]
    assert figures["standing"] == standing
    assert figures["met"] is (minutes < 22)  # by half a month's time alone


def test_an_open_outage_counts_up_to_now() -> None:
    contract = a_contract()
    an_outage(april(10, 12), still_open=True, now=april(10, 13))
    with at(april(10, 15)):
        figures = only(a_reader(contract.customer))["figures"]
    assert figures["downtime_seconds"] == "10800"


def test_as_known_then_neither_later_facts_nor_later_statements_count() -> None:
    contract = a_contract()
    window = an_outage(now=april(11))
    correct(window=window, by=None, now=CLOSED, reason="longer", end=april(10, 20))
    client = a_reader(contract.customer)
    issued = an_issued(contract, now=CLOSED + timedelta(hours=1))
    early = only(client, f"{APRIL}&known_at=2026-05-02T00:00:00Z")
    assert (early["statement"], early["provisional"]) == (None, False)
    assert early["figures"]["downtime_seconds"] == "7200"
    late = only(client, f"{APRIL}&known_at=2026-05-05T10:00:00Z")
    assert late["statement"]["number"] == issued.number
    assert late["figures"]["downtime_seconds"] == "28800"
    running = only(client, f"{APRIL}&known_at=2026-04-15T22:00:00Z")
    assert (running["provisional"], running["as_of"]) == (True, "2026-04-15T22:00:00Z")
    assert running["figures"]["uptime_percent"] == "99.444444"
    assert only(client, f"{APRIL}&known_at=2026-04-10T23:00:00Z")["figures"]["downtime_seconds"] == "0"


def test_as_known_then_an_exclusion_that_was_ended_since_still_excludes() -> None:
    contract = a_contract()
    an_outage(now=april(11))
    exclusion = an_exclusion(contract, now=april(12))
    end_exclusion(
        exclusion=exclusion,
        stops_at=exclusion.starts_at,
        by=a_person("finance approver"),
        now=CLOSED,
        reason="Not theirs",
    )
    client = a_reader(contract.customer)
    assert only(client, f"{APRIL}&known_at=2026-05-02T00:00:00Z")["figures"]["downtime_seconds"] == "3600"
    assert only(client, APRIL)["figures"]["downtime_seconds"] == "7200"


def test_as_known_then_maintenance_that_was_recorded_since_excuses_nothing() -> None:
    contract = a_contract()
    an_outage(now=april(11))
    a_maintenance(april(10, 12), april(10, 13), now=CLOSED, announced_at=april(2))
    client = a_reader(contract.customer)
    assert only(client, f"{APRIL}&known_at=2026-05-02T00:00:00Z")["figures"]["downtime_seconds"] == "7200"
    assert only(client, APRIL)["figures"]["downtime_seconds"] == "3600"


def test_as_known_then_a_cap_is_used_up_by_what_was_issued_by_then() -> None:
    terms = {**TERMS, "cap": {"kind": "amount", "value": "150", "per": "contract_year"}}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)]))
    for start in (april(10, 12), datetime(2026, 5, 1, 12, tzinfo=UTC)):
        an_outage(start, start + timedelta(hours=2), now=datetime(2026, 5, 2, tzinfo=UTC))
    an_issued(contract)
    client = a_reader(contract.customer)
    before = only(client, f"{AVAILABILITY}?month=2026-05&known_at=2026-05-05T08:59:59Z")
    after = only(client, f"{AVAILABILITY}?month=2026-05&known_at=2026-05-05T09:00:00Z")
    assert (before["credit"]["amount"], after["credit"]["amount"]) == ("125.00", "25.00")


def test_the_restatement_takes_over_once_it_is_issued() -> None:
    issued = an_issued(statement=a_missed_draft())
    window = issued.contract.versions.get().commitments.get().components.get().windows.get()
    client = a_reader(issued.contract.customer)
    correct(window=window, by=None, now=CLOSED + timedelta(hours=1), reason="longer", end=april(10, 20))
    closing.close(month=MONTH, now=CLOSED + timedelta(hours=2))
    assert only(client, APRIL)["statement"]["revision"] == 1
    draft = Statement.objects.get(contract=issued.contract, state="draft")
    an_issued(statement=draft, now=CLOSED + timedelta(hours=3))
    assert only(client, APRIL)["statement"]["revision"] == 2
    assert only(client, f"{APRIL}&known_at=2026-05-05T10:00:00Z")["statement"]["revision"] == 1


def test_a_stretch_is_measured_by_itself_and_owes_nothing() -> None:
    contract = a_contract()
    an_outage()
    shown = only(
        a_reader(contract.customer), f"{AVAILABILITY}?from=2026-04-10T00:00:00Z&until=2026-04-11T00:00:00Z"
    )
    assert (shown["period"], shown["credit"], shown["statement"]) == (None, None, None)
    assert (shown["start"], shown["end"]) == ("2026-04-10T00:00:00Z", "2026-04-11T00:00:00Z")
    assert shown["figures"]["uptime_percent"] == "91.666666"
    assert shown["figures"]["allowance"]["seconds"] == "86.4"
    assert shown["provisional"] is False


def test_a_stretch_is_cut_by_what_governed_it() -> None:
    contract = a_contract()
    better = an_agreement(promises=[a_promise(terms={**TERMS, "commitment_percent": "99.99"})])
    amend_contract(contract=contract, starts_on=date(2026, 5, 1), agreement=better, by=None, now=CLOSED)
    shown = results(
        a_reader(contract.customer), f"{AVAILABILITY}?from=2026-03-01T00:00:00Z&until=2026-05-02T00:00:00Z"
    )
    assert [(one["start"], one["end"], one["target_percent"]) for one in shown] == [
        ("2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z", "99.9"),
        ("2026-04-30T22:00:00Z", "2026-05-02T00:00:00Z", "99.99"),
    ]


def test_a_stretch_that_goes_on_is_measured_up_to_now() -> None:
    contract = a_contract()
    with at(MIDDLE):
        shown = only(
            a_reader(contract.customer),
            f"{AVAILABILITY}?from=2026-04-15T00:00:00Z&until=2026-04-17T00:00:00Z",
        )
        later = results(
            a_reader(contract.customer),
            f"{AVAILABILITY}?from=2026-04-16T00:00:00Z&until=2026-04-17T00:00:00Z",
        )
    assert (shown["provisional"], shown["as_of"]) == (True, "2026-04-15T22:00:00Z")
    assert later == []


def test_a_quarter_lies_over_each_of_its_months() -> None:
    contract = a_contract(agreement=an_agreement(period_months=3))
    an_outage()
    client = a_reader(contract.customer)
    for month in ("2026-04", "2026-05", "2026-06"):
        shown = only(client, f"{AVAILABILITY}?month={month}")
        assert (shown["period"], shown["end"]) == ("April to June 2026", "2026-06-30T22:00:00Z")
    assert only(client, f"{AVAILABILITY}?month=2026-07")["period"] == "July to September 2026"
    assert results(client, f"{AVAILABILITY}?month=2026-03") == []


def test_a_month_that_has_not_begun_shows_nothing() -> None:
    contract = a_contract()
    with at(MIDDLE):
        assert results(a_reader(contract.customer), f"{AVAILABILITY}?month=2026-05") == []


@pytest.mark.parametrize("month", ["2000-01", "2099-12"])
def test_the_first_and_the_last_month_are_answered(month: str) -> None:
    agreement = an_agreement(period_months=3, first_month=2)
    for customer in (a_contract().customer, a_contract(agreement=agreement).customer, a_customer()):
        assert results(a_reader(customer), f"{AVAILABILITY}?month={month}") == []


def test_the_first_and_the_last_instant_are_answered() -> None:
    for client in (a_reader(a_contract().customer), a_reader(a_customer())):
        assert results(client, f"{AVAILABILITY}?known_at=2000-01-01T00:00:00Z") == []


def test_a_month_of_two_versions_has_a_figure_for_each() -> None:
    contract = a_contract()
    an_outage(now=april(11))
    better = an_agreement(promises=[a_promise(terms={**TERMS, "commitment_percent": "99.99"})])
    amend_contract(contract=contract, starts_on=date(2026, 4, 16), agreement=better, by=None, now=april(11))
    client = a_reader(contract.customer)
    computed = results(client, APRIL)
    assert [(one["start"], one["commitment"]) for one in computed] == [
        ("2026-03-31T22:00:00Z", "Platform"),
        ("2026-04-15T22:00:00Z", "Platform"),
    ]
    an_issued(contract)
    issued = results(client, APRIL)
    assert [{**one, "statement": None} for one in issued] == computed
    with at(april(12)):
        assert len(results(client)) == 1  # the second has not begun


def test_a_fee_that_is_billed_later_keeps_the_credit_back_and_nothing_else() -> None:
    contract = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    an_outage()
    shown = only(a_reader(contract.customer), APRIL)
    assert shown["credit"] is None
    assert shown["figures"]["downtime_seconds"] == "7200"


def a_contract_by_requests() -> Contract:
    terms = {**TERMS, "signal": {**TERMS["signal"], "source": "requests"}}
    return a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)]))


def test_requests_of_which_none_were_counted_are_no_uptime() -> None:
    contract = a_contract_by_requests()
    shown = only(a_reader(contract.customer), APRIL)
    assert (shown["figures"], shown["credit"]) == (None, None)


def test_what_was_not_counted_is_told_beside_what_was() -> None:
    contract = a_contract_by_requests()
    a_count(april(10, 12))
    figures = only(a_reader(contract.customer), APRIL)["figures"]
    assert (figures["downtime_seconds"], figures["uncounted_seconds"]) == ("72", str((720 - 1) * 3600))


def test_what_was_not_counted_is_told_beside_a_statement_too() -> None:
    contract = a_contract_by_requests()
    a_count(april(10, 12))
    client = a_reader(contract.customer)
    running = only(client, APRIL)["figures"]["uncounted_seconds"]
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    waive(block=ClosingBlock.objects.get(), reason="Agreed", by=a_person(FINANCE_CLERK), now=CLOSED)
    statement = an_issued(statement=a_draft(contract))
    shown = only(client, APRIL)
    assert shown["statement"]["number"] == statement.number
    assert shown["figures"]["uncounted_seconds"] == running == str((720 - 1) * 3600)


def test_what_is_proposed_or_withdrawn_counts_for_nothing() -> None:
    contract = a_contract()
    a_proposal()
    withdraw(window=an_outage(april(12), april(13)), by=None, now=CLOSED, reason="Not ours")
    shown = only(a_reader(contract.customer), APRIL)
    assert shown["figures"]["uptime_percent"] == "100.000000"


def test_nothing_eligible_is_not_applicable() -> None:
    closed = {"timezone": "Europe/Berlin", "weekly": {"mon": [["08:00", "18:00"]]}}
    terms = {**TERMS, "service_hours": closed}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)]))
    shown = only(
        a_reader(contract.customer), f"{AVAILABILITY}?from=2026-04-11T00:00:00Z&until=2026-04-12T00:00:00Z"
    )
    figures = shown["figures"]
    assert (figures["uptime_percent"], figures["uptime_percent_exact"]) == (None, None)
    assert (figures["met"], figures["standing"]) == (True, "met")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", [("C-A", "API"), ("C-A", "Web"), ("C-B", "API")]),
        ("&contract=C-A", [("C-A", "API"), ("C-A", "Web")]),
        ("&contract={id}", [("C-B", "API")]),
        ("&contract=C-OTHER", []),
        ("&commitment=Web", [("C-A", "Web")]),
        ("&component=api", [("C-A", "API"), ("C-B", "API")]),
        ("&component=web&contract=C-B", []),
    ],
)
@pytest.mark.parametrize("issued", [False, True])
def test_answers_are_narrowed(asked: str, found: list[tuple[str, str]], issued: bool) -> None:
    customer = a_customer()
    api, web = a_promise(name="API"), a_promise(name="Web", components=["web"])
    a_contract(customer, number="C-A", agreement=an_agreement(promises=[api, web]))
    second = a_contract(customer, number="C-B", agreement=an_agreement(promises=[api]))
    a_contract(number="C-OTHER")
    if issued:
        for contract in customer.contracts.all():
            an_issued(contract)
    shown = results(a_reader(customer), APRIL + asked.format(id=second.public_id))
    assert [(one["contract"], one["commitment"]) for one in shown] == found
    assert all((one["statement"] is not None) == issued for one in shown)


@pytest.mark.parametrize(
    ("asked", "code", "paths"),
    [
        ("month=2026-4", "invalid_request", ["month"]),
        ("month=0001-01", "invalid_request", ["month"]),
        ("month=2259-11", "invalid_request", ["month"]),
        ("known_at=0001-01-01T00:00:00Z", "invalid_request", ["known_at"]),
        ("month=2026-04&from=2026-04-01T00:00:00Z&until=2026-04-02T00:00:00Z", "invalid_request", ["month"]),
        ("from=2026-04-01T00:00:00Z", "invalid_request", ["until"]),
        ("until=2026-04-01T00:00:00Z", "invalid_request", ["from"]),
        ("from=2026-04-01T00:00:00Z&until=2026-04-01T00:00:00Z", "invalid_request", ["until"]),
        ("from=0001-01-01T00:00:00Z&until=0001-01-02T00:00:00Z", "invalid_request", ["until"]),
        ("from=2026-04-01T00:00:00Z&until=2027-04-02T00:00:01Z", "span_too_long", ["until"]),
        ("state=draft", "invalid_request", ["state"]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(asked: str, code: str, paths: list[str]) -> None:
    client = a_reader(a_contract().customer)
    assert refused(client, f"{AVAILABILITY}?{asked}") == (400, code, paths)


def test_at_most_so_many_commitments_are_worked_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.availability.MOST_COMMITMENTS", 2)
    promises = [a_promise(name=name, components=[name]) for name in ("api", "web", "db")]
    contract = a_contract(agreement=an_agreement(promises=promises))
    client = a_reader(contract.customer)
    assert refused(client, APRIL)[:2] == (400, "too_many_commitments")
    assert len(results(client, f"{APRIL}&component=web")) == 1
    assert len(results(client, f"{APRIL}&commitment=db")) == 1


@pytest.mark.parametrize(("most", "answered"), [(2, True), (1, False)])
def test_at_most_so_many_request_counts_are_judged_at_once(
    most: int, answered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.availability.MOST_COUNTS", most)
    contract = a_contract_by_requests()
    a_count(april(10, 12))
    a_count(april(10, 13))
    client = a_reader(contract.customer)
    if answered:
        assert only(client, APRIL)["figures"]["downtime_seconds"] == "144"
    else:
        assert refused(client, APRIL)[:2] == (400, "too_many_request_counts")


def test_counts_that_several_commitments_judge_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that differ judge them twice, two that are alike once."""
    monkeypatch.setattr("reports.availability.MOST_COUNTS", 1)
    a_count(april(10, 12))
    customer = a_customer()
    for _ in range(2):
        a_contract(customer)
    assert len(results(a_reader(customer), APRIL)) == 2
    other = {**TERMS, "commitment_percent": "99.5"}
    a_contract(customer, agreement=an_agreement(promises=[a_promise(terms=other, name="Other")]))
    assert refused(a_reader(customer), APRIL)[:2] == (400, "too_many_request_counts")
    assert len(results(a_reader(customer), f"{APRIL}&commitment=Other")) == 1


def test_nobody_elses_commitments_are_there_and_a_key_needs_the_scope() -> None:
    contract = a_contract()
    an_issued(contract)
    assert results(a_reader(a_customer()), APRIL) == []
    assert results(a_reader(a_customer()), f"{APRIL}&contract={contract.public_id}") == []
    assert refused(caller(contract.customer), APRIL)[:2] == (403, "scope_missing")
    assert Client().get(APRIL).status_code == 401


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize(
    ("asked", "queries"),
    [
        ("month=2026-04", 19),
        ("from=2026-04-01T00:00:00Z&until=2026-05-01T00:00:00Z", 18),
    ],
)
def test_it_takes_the_same_queries_however_much_it_shows(
    asked: str, queries: int, count: int, django_assert_num_queries: Any
) -> None:
    customer = a_customer()
    for _ in range(count):
        a_contract(customer)
    an_outage()
    client = a_reader(customer)
    results(client)  # notes that the key was used, once an hour
    with django_assert_num_queries(queries):
        assert len(results(client, f"{AVAILABILITY}?{asked}")) == count


@pytest.mark.parametrize("count", [1, 6])
def test_statements_take_the_same_queries_however_many(count: int, django_assert_num_queries: Any) -> None:
    customer = a_customer()
    for _ in range(count):
        an_issued(a_contract(customer))
    client = a_reader(customer)
    results(client)
    with django_assert_num_queries(4):  # key, versions, how many commitments, statements
        assert len(results(client, APRIL)) == count
