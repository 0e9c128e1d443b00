"""The ledger of postings: every change of a credit posts the difference, and the balances say what the credits say."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from reports.models import Posting, ServiceCredit, Statement
from reports.operations import adjust, apply, approve, reject
from reports.postings import Balance, Change, balances, post, post_many
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_customer, a_person, a_promise, an_agreement
from tests.factories.money import AUTUMN, a_granted, held_by, missed_months
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued, an_outage, april

pytestmark = pytest.mark.django_db


def moved(statement: Statement) -> list[tuple[str, str, str, int]]:
    postings = Posting.objects.filter(statement=statement).order_by("pk")
    return list(postings.values_list("deed", "debit_account", "credit_account", "amount_minor"))


def test_the_close_accrues_what_is_owed_on_the_last_day_of_the_period() -> None:
    draft = a_missed_draft()
    assert moved(draft) == [("draft", "contra_revenue", "accrued", 12_500)]
    posting = Posting.objects.get()
    assert (posting.effective_on, posting.currency, posting.by) == (date(2026, 4, 30), "EUR", None)
    assert (posting.contract, posting.customer) == (draft.contract, draft.contract.customer)


def test_a_credit_leaves_its_whole_way_in_the_books() -> None:
    draft = a_missed_draft()
    clerk = a_person(FINANCE_CLERK)
    credit = adjust(credit=draft.credit, amount="100", reason="x", by=clerk, now=CLOSED)
    an_issued(statement=draft)
    credit.refresh_from_db()
    apply(credit=credit, billing_reference="CN-1", by=clerk, now=CLOSED)
    assert moved(draft) == [
        ("draft", "contra_revenue", "accrued", 12_500),
        ("adjust", "accrued", "contra_revenue", 2_500),
        ("approve", "accrued", "payable", 10_000),
        ("apply", "payable", "applied", 10_000),
    ]
    assert Posting.objects.latest("pk").by == clerk


def test_a_deed_is_posted_on_its_day_in_the_vendors_zone(settings: object) -> None:
    settings.VENDOR_TIME_ZONE = "Pacific/Auckland"  # type: ignore[attr-defined]
    evening = CLOSED.replace(hour=20)
    reject(credit=a_missed_draft().credit, reason="x", by=a_person(FINANCE_APPROVER), now=evening)
    assert Posting.objects.get(deed="reject").effective_on == date(2026, 5, 6)


def test_a_draft_that_is_computed_anew_posts_the_difference() -> None:
    draft = a_missed_draft()
    an_outage(april(20, 12), april(20, 22))
    a_draft(draft.contract)
    assert moved(draft) == [
        ("draft", "contra_revenue", "accrued", 12_500),
        ("draft", "contra_revenue", "accrued", 18_750),
    ]
    assert held_by(draft) == {"contra_revenue": -31_250, "accrued": 31_250}


def test_nothing_is_posted_where_nothing_changed() -> None:
    draft = a_missed_draft()
    assert (
        post(statement=draft, state="proposed", amount_minor=12_500, deed="draft", by=None, now=CLOSED) == []
    )


def test_many_changes_take_two_queries() -> None:
    for _ in range(3):
        a_draft(a_contract())
    statements = list(Statement.objects.select_related("contract"))
    for changed in (statements[:1], statements):
        changes = [Change(one, "proposed", 500, date(2026, 4, 30)) for one in changed]
        with CaptureQueriesContext(connection) as queries:
            post_many(changes, deed="draft", by=None, now=CLOSED)
        assert len(queries) == 2
    assert [held_by(one) for one in statements] == [{"contra_revenue": -500, "accrued": 500}] * 3


def test_what_was_posted_in_another_currency_is_let_go() -> None:
    draft = a_missed_draft()
    draft.currency = "JPY"
    post(statement=draft, state="proposed", amount_minor=700, deed="draft", by=None, now=CLOSED)
    assert balances(Posting.objects.all()) == [
        Balance(0, "EUR", {"contra_revenue": 0, "accrued": 0, "payable": 0, "applied": 0, "expired": 0}),
        Balance(0, "JPY", {"contra_revenue": -700, "accrued": 700, "payable": 0, "applied": 0, "expired": 0}),
    ]


def test_balances_are_by_customer_and_currency_and_never_mixed() -> None:
    customer = a_customer()
    euros, yen = (
        a_contract(customer, agreement=an_agreement(currency=currency, promises=[a_promise(fee="1250")]))
        for currency in ("EUR", "KWD")
    )
    an_outage()
    a_draft(euros)
    an_issued(statement=a_draft(yen))
    found = {
        one.currency: {k: v for k, v in one.accounts.items() if v}
        for one in balances(Posting.objects.all(), by="customer")
    }
    assert found == {
        "EUR": {"contra_revenue": -12_500, "accrued": 12_500},
        "KWD": {"contra_revenue": -125_000, "payable": 125_000},
    }


def test_the_sum_over_a_contract_is_what_its_credits_say() -> None:
    contract = a_contract()
    first, second, third = missed_months(contract, 3)
    approve(credit=first, by=a_person(FINANCE_APPROVER), now=AUTUMN)
    reject(credit=second, reason="x", by=a_person(FINANCE_APPROVER), now=AUTUMN)
    (balance,) = balances(Posting.objects.filter(contract=contract), by="contract")
    assert balance.of == contract.pk
    assert {k: v for k, v in balance.accounts.items() if v} == {
        "contra_revenue": -25_000,
        "payable": first.amount_minor,
        "accrued": third.amount_minor,
    }


def test_the_database_keeps_every_posting() -> None:
    a_missed_draft()
    runs: list[Callable[[], object]] = [
        lambda: Posting.objects.update(amount_minor=1),
        lambda: Posting.objects.all()._raw_delete("default"),
    ]
    for run in runs:
        with pytest.raises(IntegrityError), transaction.atomic():
            run()


def test_the_database_takes_no_posting_that_moves_nothing_or_nowhere() -> None:
    posting = Posting.objects.filter(statement=a_missed_draft()).get()
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"amount_minor": 0}, "a_posting_moves_something"),
        ({"amount_minor": -1}, "a_posting_moves_something"),
        ({"credit_account": "contra_revenue"}, "a_posting_moves_between_two_accounts"),
        ({"credit_account": "cash"}, "a_posting_moves_between_two_accounts"),
    ]
    posting.pk = None
    for changes, constraint in wrongs:
        wrong = Posting(**{f.attname: getattr(posting, f.attname) for f in Posting._meta.fields} | changes)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Posting.objects.bulk_create([wrong])


def test_a_granted_credit_is_payable() -> None:
    credit = a_granted()
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "payable": 12_500}
    assert ServiceCredit.objects.get() == credit
