"""Events: what a customer is told of is its own, may be seen by it, and is told once, in the order in which it happened."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Customer
from reports import closing, operations
from reports.models import ServiceCredit, Statement, WebhookDelivery, WebhookEvent, WebhookPosition
from reports.models.webhooks import EVENT_TYPES
from reports.webhooks import events
from slaservice.history import sealing
from slaservice.outages.operations import correct, withdraw
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import (
    NOW,
    a_contract,
    a_key,
    a_person,
    a_promise,
    an_agreement,
)
from tests.factories.money import BY_CUSTOMER, a_claim
from tests.factories.money import a_contract_with as a_claimed_contract
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_missed_draft,
    a_proposal,
    an_issued,
    an_outage,
    april,
)
from tests.factories.webhooks import SIGNED_UP, an_endpoint, followed, told
from tests.outages.test_life import a_proposed_correction

pytestmark = pytest.mark.django_db

LATER = CLOSED + timedelta(days=1)


def types(customer: Customer) -> list[str]:
    return list(WebhookEvent.objects.filter(customer=customer).order_by("pk").values_list("type", flat=True))


def a_promised_customer(tier: str = "enterprise", component: str = "api") -> Customer:
    agreement = an_agreement(tier=tier, promises=[a_promise(components=[component])])
    return a_contract(agreement=agreement).customer


def test_an_issued_statement_is_told_with_the_credit_that_was_granted_before() -> None:
    draft = a_missed_draft()
    customer = draft.contract.customer
    endpoint = an_endpoint(customer)
    operations.approve(credit=draft.credit, by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert followed(CLOSED) == 1  # the outage: an approved credit of a draft is nothing that a customer sees
    statement = operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert followed(CLOSED) == 2
    (_, outage), (issued, about), (approved, credit) = told(endpoint)
    assert (issued, approved) == ("statement.issued", "credit.approved")
    assert about == {
        "statement": statement.public_id,
        "number": "SLA-2026-00001",
        "contract": statement.contract.number,
        "period": {"label": "April 2026", "start": "2026-03-31T22:00:00Z", "end": "2026-04-30T22:00:00Z"},
        "revision": 1,
        "supersedes": None,
        "commitment_met": False,
        "credit": {"currency": "EUR", "owed": "125.00", "granted": "125.00"},
        "digest": statement.digest,
        "link": f"/api/v1/statements/{statement.public_id}",
    }
    assert (credit["amount"], credit["currency"], credit["number"]) == ("125.00", "EUR", "SLA-2026-00001")
    assert outage["component"] == "api"


def test_a_statement_without_a_miss_tells_of_no_credit() -> None:
    contract = a_contract()
    endpoint = an_endpoint(contract.customer)
    an_issued(contract)
    followed(CLOSED)
    ((kind, data),) = told(endpoint)
    assert (kind, data["credit"]["granted"], data["commitment_met"]) == ("statement.issued", "0.00", True)


def test_the_statement_is_told_before_its_credit_though_that_was_decided_first() -> None:
    draft = a_missed_draft()
    endpoint = an_endpoint(draft.contract.customer, events=["statement.issued", "credit.approved"])
    an_issued(statement=draft)
    followed(CLOSED)
    assert [kind for kind, _ in told(endpoint)] == ["statement.issued", "credit.approved"]


@pytest.mark.parametrize("meanwhile", [True, False])
def test_a_credit_that_is_claimed_is_told_when_it_is_granted(meanwhile: bool) -> None:
    """Whether history is read between the two or only afterwards."""
    contract = a_claimed_contract(claim=BY_CUSTOMER)
    endpoint = an_endpoint(contract.customer, events=["statement.issued", "credit.approved"])
    an_outage()
    statement = operations.issue(statement=a_draft(contract), by=a_person(FINANCE_CLERK), now=CLOSED)
    claim = a_claim(statement.credit)
    if meanwhile:
        followed(CLOSED)
        assert [kind for kind, _ in told(endpoint)] == ["statement.issued"]
    operations.accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=LATER)
    credit = ServiceCredit.objects.get()
    operations.approve(credit=credit, by=a_person(FINANCE_APPROVER), now=LATER)
    followed(LATER)
    assert [kind for kind, _ in told(endpoint)] == ["statement.issued", "credit.approved"]
    assert told(endpoint)[0][1]["credit"]["granted"] == "0.00"


def test_a_rejected_credit_and_a_draft_are_nobodys_business() -> None:
    draft = a_missed_draft()
    endpoint = an_endpoint(draft.contract.customer, events=["credit.approved", "statement.issued"])
    operations.reject(credit=draft.credit, reason="no", by=a_person(FINANCE_APPROVER), now=CLOSED)
    followed(CLOSED)
    assert told(endpoint) == []
    operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    followed(CLOSED)
    assert [kind for kind, _ in told(endpoint)] == ["statement.issued"]


def test_a_restatement_is_told_after_what_it_supersedes_and_waits_for_it() -> None:
    issued = an_issued(statement=a_missed_draft())
    endpoint = an_endpoint(issued.contract.customer, events=["statement.issued", "statement.restated"])
    window = issued.contract.versions.get().commitments.get().components.get().windows.get()
    correct(window=window, by=None, now=CLOSED, reason="longer", end=april(10, 23))
    closing.close(month=MONTH, now=CLOSED)
    revision = an_issued(statement=Statement.objects.get(contract=issued.contract, state="draft"))
    followed(CLOSED)
    (first, _), (second, data) = told(endpoint)
    assert (first, second) == ("statement.issued", "statement.restated")
    assert (data["revision"], data["supersedes"]) == (2, issued.number)
    assert data["statement"] == revision.public_id
    assert WebhookDelivery.objects.values("subject").distinct().count() == 1


def test_what_is_told_of_one_customer_is_told_to_no_other() -> None:
    contract = a_contract()
    other = an_endpoint(a_contract().customer, events=["statement.issued"])
    mine = an_endpoint(contract.customer, events=["statement.issued"])
    an_issued(contract)
    followed(CLOSED)
    assert [kind for kind, _ in told(mine)] == ["statement.issued"]
    assert told(other) == []
    assert WebhookEvent.objects.count() == 1


def test_an_event_is_made_once_however_often_history_is_read() -> None:
    contract = a_contract()
    endpoint = an_endpoint(contract.customer)
    an_issued(contract)
    assert [followed(CLOSED), followed(CLOSED)] == [1, 0]
    WebhookPosition.objects.update(seal=0)
    assert events.follow(now=CLOSED) == 0
    assert len(told(endpoint)) == 1


def test_events_and_position_are_written_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = a_contract()
    an_endpoint(contract.customer)
    an_issued(contract)
    sealing.seal(now=CLOSED)

    class CrashError(Exception):
        pass

    def crash(*args: object, **options: object) -> None:
        raise CrashError

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.query.QuerySet.update", crash)
        with pytest.raises(CrashError):
            events.follow(now=CLOSED)
    assert not WebhookEvent.objects.exists()
    assert events.follow(now=CLOSED) == 1


def test_history_is_read_in_batches_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BATCH", 3)
    customer = a_promised_customer()
    an_endpoint(customer)
    for hour in range(5):
        an_outage(april(10, hour), april(10, hour + 1))
    assert followed(CLOSED) == 5
    assert events.follow(now=CLOSED) == 0


def test_only_what_an_endpoint_wants_is_owed_to_it() -> None:
    contract = a_contract()
    wants = an_endpoint(contract.customer, events=["statement.issued"])
    does_not = an_endpoint(contract.customer, events=["statement.restated"])
    an_issued(contract)
    followed(CLOSED)
    assert (len(told(wants)), len(told(does_not))) == (1, 0)


def test_what_was_before_an_endpoint_is_not_told_to_it() -> None:
    contract = a_contract()
    an_issued(contract)
    endpoint = an_endpoint(contract.customer, now=CLOSED + timedelta(seconds=1))
    assert followed(LATER) == 0
    assert told(endpoint) == []


def test_a_disabled_endpoint_is_owed_nothing_and_the_event_is_kept_for_replay() -> None:
    contract = a_contract()
    endpoint = an_endpoint(contract.customer, events=["statement.issued"])
    type(endpoint).objects.update(state="disabled", why="It failed.")
    an_issued(contract)
    assert followed(CLOSED) == 1
    assert told(endpoint) == []
    assert types(contract.customer) == ["statement.issued"]


def test_where_nobody_listens_history_is_passed_by() -> None:
    an_issued()
    assert followed(CLOSED) == 0
    assert WebhookPosition.objects.get().seal > 0
    assert not WebhookEvent.objects.exists()


# outages


def test_an_outage_is_told_when_it_is_confirmed_to_those_who_were_promised_it() -> None:
    hit, other_tier, other_component = (
        an_endpoint(a_promised_customer(*what))
        for what in (("enterprise", "api"), ("team", "api"), ("enterprise", "console"))
    )
    before = an_endpoint(a_contract(starts_on=date(2026, 5, 1)).customer)
    window = a_proposal(note="internal", cause="A bad disk")
    followed(CLOSED)
    assert told(hit) == []  # only proposed
    from slaservice.outages.operations import confirm

    confirm(window=window, by=None, now=CLOSED, reason="internal")
    followed(CLOSED)
    ((kind, data),) = told(hit)
    assert kind == "outage.recorded"
    assert data == {
        "outage": window.public_id,
        "reference": window.reference,
        "state": "confirmed",
        "revision": 1,
        "component": "api",
        "severity": "major_outage",
        "start": "2026-04-10T12:00:00Z",
        "end": "2026-04-10T14:00:00Z",
        "link": f"/api/v1/outages/{window.public_id}",
    }
    assert [told(one) for one in (other_tier, other_component, before)] == [[], [], []]


def test_the_customer_finds_what_it_was_told_of_behind_the_link() -> None:
    customer = a_promised_customer()
    endpoint = an_endpoint(customer, events=["outage.recorded"])
    an_outage()
    followed(CLOSED)
    ((_, data),) = told(endpoint)
    key = a_key(customer, scopes=["incidents:read"])[1]
    found = Client(headers={"authorization": f"Bearer {key}"}).get(data["link"])
    assert (found.status_code, found.json()["id"]) == (200, data["outage"])


def test_a_correction_and_a_withdrawal_are_told_in_order() -> None:
    endpoint = an_endpoint(a_promised_customer())
    window = an_outage()
    newer = correct(window=window, by=None, now=LATER, reason="internal", end=april(10, 15))
    withdraw(window=newer, by=None, now=LATER, reason="internal")
    followed(LATER)
    shown = [(data["revision"], data["state"], data["end"][11:13]) for _, data in told(endpoint)]
    assert shown == [(1, "confirmed", "14"), (2, "confirmed", "15"), (2, "withdrawn", "15")]
    assert WebhookDelivery.objects.values("subject").distinct().count() == 1
    assert "internal" not in str(told(endpoint))


def test_whom_a_correction_does_not_touch_any_more_is_told_that_it_is_superseded() -> None:
    from tests.factories.accounts import a_tier

    both = an_endpoint(a_promised_customer())
    spared = an_endpoint(a_promised_customer("team"))
    window = an_outage(tiers=[a_tier("enterprise"), a_tier("team")])
    correct(window=window, by=None, now=LATER, reason="not theirs", tiers=[a_tier("enterprise")])
    followed(LATER)
    assert [data["state"] for _, data in told(both)] == ["confirmed", "confirmed"]
    assert [data["state"] for _, data in told(spared)] == ["confirmed", "superseded"]


def test_who_is_touched_by_a_later_correction_is_not_told_that_the_first_one_is_superseded() -> None:
    """A proposed correction in between was never confirmed."""
    endpoint = an_endpoint(a_promised_customer())
    proposal = a_proposed_correction(an_outage())
    later = max(proposal.proposed_at, LATER)
    correct(window=proposal, by=None, now=later, reason="longer", end=april(10, 16))
    followed(later)
    assert [data["state"] for _, data in told(endpoint)] == ["confirmed", "confirmed"]


def test_a_proposal_that_is_withdrawn_is_told_to_nobody() -> None:
    endpoint = an_endpoint(a_promised_customer())
    withdraw(window=a_proposal(), by=None, now=CLOSED, reason="no")
    followed(CLOSED)
    assert told(endpoint) == []


# what the database keeps


def test_an_event_never_changes_and_is_told_once() -> None:
    contract = a_contract()
    an_endpoint(contract.customer)
    an_issued(contract)
    followed(CLOSED)
    event = WebhookEvent.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEvent.objects.update(data={})
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEvent.objects.bulk_create(
            [
                WebhookEvent(
                    customer=event.customer, key=event.key, type=event.type, subject="x", data={},
                    occurred_at=NOW, made_at=NOW,
                )
            ]
        )  # fmt: skip


def test_every_type_that_may_be_wanted_is_made_by_something() -> None:
    from pathlib import Path

    made = "".join((Path(events.__file__).parent / name).read_text() for name in ("events.py", "happened.py"))
    assert [name for name in EVENT_TYPES if f'"{name}"' not in made] == []
    assert SIGNED_UP < NOW


def test_many_customers_of_one_outage_cost_no_more_queries(django_assert_max_num_queries: object) -> None:
    for _ in range(12):
        an_endpoint(a_promised_customer())
    followed(CLOSED)
    an_outage()
    sealing.seal(now=CLOSED)
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        assert events.follow(now=CLOSED) == 12
