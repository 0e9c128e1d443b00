"""Where a statement went: fetched, downloaded, mailed, handed over; a mail is owed until it is out, and never lost between."""

from collections.abc import Callable
from datetime import timedelta
from email.message import Message
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client

from reports import closing, making, operations, sending, store, tasks
from reports.models import Delivery, Statement
from reports.models.deliveries import BACK_OFF, MOST_ATTEMPTS
from slaservice.history.models import Entry
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import a_contract, a_customer, a_key, a_person, history_of
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_missed_draft,
    an_approved,
    an_issued,
    an_outage,
    april,
)

pytestmark = pytest.mark.django_db


def asked(statement: Statement, *recipients: str) -> list[Delivery]:
    return operations.mail(
        statement=statement,
        recipients=recipients or ["sla@acme.example"],
        by=a_person(FINANCE_CLERK),
        now=CLOSED,
    )


def attempt(delivery: Delivery, **after: float) -> bool:
    return sending.send(delivery=delivery.pk, now=CLOSED + timedelta(**after))


def test_a_download_is_kept_once_for_a_person() -> None:
    issued = an_issued()
    one, other = a_person(AUDITOR), a_person(FINANCE_CLERK)
    for person in (one, one, other):
        client = Client()
        client.force_login(person)
        assert client.get(f"/admin/reports/statement/{issued.pk}/pdf/").content.startswith(b"%PDF-")
    kept = issued.deliveries.order_by("pk").values_list("channel", "by", "recipient")
    assert list(kept) == [("download", one.pk, one.username), ("download", other.pk, other.username)]


def test_who_asks_for_a_paper_that_cannot_be_made_the_same_again_is_told_so_and_has_nothing(
    monkeypatch: pytest.MonkeyPatch, documents_dir: Any
) -> None:
    issued = an_issued()
    made = making.make(statement=issued, now=CLOSED)
    store.path_of(made.sha256).unlink()
    monkeypatch.setattr(making, "render", lambda statement: b"%PDF- of another kind")
    client = Client()
    client.force_login(a_person(FINANCE_CLERK))
    answer = client.get(f"/admin/reports/statement/{issued.pk}/pdf/", follow=True)
    assert answer.redirect_chain == [(f"/admin/reports/statement/{issued.pk}/change/", 302)]
    assert "cannot be made the same again" in answer.content.decode()
    assert not Delivery.objects.exists()


def test_a_downloaded_draft_is_no_delivery() -> None:
    client = Client()
    client.force_login(a_person(FINANCE_CLERK))
    client.get(f"/admin/reports/statement/{a_draft().pk}/pdf/")
    assert not Delivery.objects.exists()


def test_a_customers_key_has_fetched_a_statement_once_whatever_it_fetched_of_it() -> None:
    customer = a_customer()
    issued = an_issued(statement=a_draft(a_contract(customer)))
    key, text = a_key(customer)
    program = Client(headers={"authorization": f"Bearer {text}"})
    for part in ("document", "pdf", "document"):
        assert program.get(f"/api/v1/statements/{issued.public_id}/{part}").status_code == 200
    (delivery,) = Delivery.objects.all()
    assert (delivery.channel, delivery.key, delivery.statement) == ("api", key, issued)
    assert delivery.sent_at is not None


def test_what_a_key_may_not_have_is_no_delivery() -> None:
    issued = an_issued()
    program = Client(headers={"authorization": f"Bearer {a_key(a_customer())[1]}"})
    assert program.get(f"/api/v1/statements/{issued.public_id}/pdf").status_code == 404
    assert not Delivery.objects.exists()


def test_a_statement_is_read_even_where_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database is locked")

    customer = a_customer()
    issued = an_issued(statement=a_draft(a_contract(customer)))
    program = Client(headers={"authorization": f"Bearer {a_key(customer)[1]}"})
    monkeypatch.setattr(Delivery.objects, "bulk_create", refuse)
    answer = program.get(f"/api/v1/statements/{issued.public_id}/document")
    assert answer.content.decode() == issued.body
    assert "could not be kept" in caplog.text
    assert not Delivery.objects.exists()


def test_a_hand_over_names_who_has_it_and_in_whose_name_it_was_recorded() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    issued = an_issued(a_contract(a_customer(account_manager=manager)))
    delivery = operations.hand_over(
        statement=issued,
        recipient=" Jane Roe ",
        note="in the review meeting",
        on_behalf_of="Jane Roe, Acme",
        by=manager,
        now=CLOSED,
    )
    assert (delivery.channel, delivery.recipient, delivery.sent_at) == ("hand", "Jane Roe", CLOSED)
    entry = history_of(issued)[-1]
    assert (entry["action"], entry["actor_id"], entry["reason"]) == (
        "deliveries.record",
        manager.pk,
        "in the review meeting",
    )
    assert entry["data"]["delivery"] == delivery.public_id
    assert Entry.objects.get(action="deliveries.record").on_behalf_of == "Jane Roe, Acme"


def test_a_draft_is_delivered_to_nobody() -> None:
    draft, clerk = a_draft(), a_person(FINANCE_CLERK)
    hand_over: dict[str, Any] = {"recipient": "Jane", "note": "", "by": clerk, "now": CLOSED}
    for refused in (
        lambda: operations.mail(statement=draft, recipients=["a@b.example"], by=clerk, now=CLOSED),
        lambda: operations.hand_over(statement=draft, **hand_over),
        lambda: operations.record_download(statement=draft, by=clerk, now=CLOSED),
    ):
        with pytest.raises(Refusal, match="Only an issued"):
            refused()


def test_an_account_manager_delivers_to_customers_in_their_care_alone() -> None:
    issued, stranger = an_issued(), a_person(ACCOUNT_MANAGER)
    with pytest.raises(Refusal, match="somebody else's care"):
        operations.mail(statement=issued, recipients=["a@b.example"], by=stranger, now=CLOSED)
    with pytest.raises(Refusal, match="somebody else's care"):
        operations.hand_over(statement=issued, recipient="Jane", note="", by=stranger, now=CLOSED)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("role", [OPERATOR, FINANCE_APPROVER, AUDITOR])
def test_who_may_not_record_deliveries_neither_mails_nor_hands_over(role: str) -> None:
    issued, person = an_issued(), a_person(role)
    with pytest.raises(Refusal, match="is for"):
        operations.mail(statement=issued, recipients=["a@b.example"], by=person, now=CLOSED)
    with pytest.raises(Refusal, match="is for"):
        operations.hand_over(statement=issued, recipient="Jane", note="", by=person, now=CLOSED)


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        ["  "],
        ["nobody"],
        ["Jane <jane@acme.example>"],
        ["jane@acme.example\nBcc: all@acme.example"],
        ["jane@acme.example\r\nSubject: hello"],
        ["jane@acme.example", "jane@"],
        ['"\x01"@acme.example'],
        [f"{'a' * 250}@acme.example"],
        [f"jane{number}@acme.example" for number in range(21)],
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_owed(recipients: list[str]) -> None:
    with pytest.raises(Invalid):
        operations.mail(statement=an_issued(), recipients=recipients, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert not Delivery.objects.exists()


def test_asking_for_a_mail_owes_it_and_sends_nothing_yet() -> None:
    issued = an_issued()
    deliveries = asked(issued, "a@acme.example", "b@acme.example", "a@acme.example")
    assert [one.recipient for one in deliveries] == ["a@acme.example", "b@acme.example"]
    assert sending.owed(now=CLOSED) == [one.pk for one in deliveries]
    assert outbox.outbox == []
    with pytest.raises(Refusal, match="on its way"):
        asked(issued, "b@acme.example")


def restated(issued: Statement) -> Statement:
    an_outage(april(12, 1), april(12, 9))
    closing.close_chunk(month=MONTH, contracts=[issued.contract_id], now=CLOSED)
    restatement = an_approved(Statement.objects.get(state="draft"))
    return operations.issue(statement=restatement, by=a_person(FINANCE_CLERK), now=CLOSED)


def test_what_another_revision_took_the_place_of_is_not_mailed_any_more() -> None:
    issued = an_issued()
    restated(issued)
    issued = Statement.objects.get(pk=issued.pk)
    with pytest.raises(Refusal, match="superseded"):
        asked(issued)


def sent() -> list[Message]:
    return [message.message() for message in outbox.outbox]


def test_a_mail_carries_the_paper_and_says_in_a_few_lines_what_it_says(documents_dir: Any) -> None:
    issued = an_issued(statement=a_missed_draft())
    (delivery,) = asked(issued)
    assert attempt(delivery)
    (message,) = outbox.outbox
    assert message.to == ["sla@acme.example"]
    for words in (issued.number, "99.722 %", "99.900 %", "EUR 125.00", issued.digest, "missed by"):
        assert str(words) in message.body, words
    ((name, content, kind),) = message.attachments
    assert (name, kind) == (f"{issued.number}.pdf", "application/pdf")
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")
    assert sent()[0]["Message-ID"] == f"<{delivery.public_id}@127.0.0.1>"
    delivery.refresh_from_db()
    assert (delivery.sent_at, delivery.problem) == (CLOSED, "")


def test_a_mail_that_is_out_is_not_sent_again(documents_dir: Any) -> None:
    (delivery,) = asked(an_issued())
    assert attempt(delivery)
    assert not attempt(delivery, days=1)
    assert sending.owed(now=CLOSED + timedelta(days=1)) == []
    assert len(outbox.outbox) == 1


Fails = Callable[[BaseException], None]


@pytest.fixture
def server_fails(monkeypatch: pytest.MonkeyPatch) -> Fails:
    def failing(problem: BaseException) -> None:
        def send(self: EmailMessage, fail_silently: bool = False) -> int:
            assert not connection.in_atomic_block or connection.savepoint_ids == [], (
                "sent within a transaction"
            )
            raise problem

        monkeypatch.setattr(EmailMessage, "send", send)

    return failing


def test_a_mail_that_fails_is_tried_again_later_and_given_up_in_the_end(server_fails: Fails) -> None:
    server_fails(SMTPServerDisconnected("Connection unexpectedly closed"))
    (delivery,) = asked(an_issued())
    now = CLOSED
    for wait in [*BACK_OFF, BACK_OFF[-1]]:
        assert sending.owed(now=now) == [delivery.pk]
        assert not sending.send(delivery=delivery.pk, now=now)
        assert sending.owed(now=now + wait - timedelta(seconds=1)) == []
        now += wait
    delivery.refresh_from_db()
    assert delivery.given_up
    assert (delivery.attempts, delivery.sent_at) == (MOST_ATTEMPTS, None)
    assert "Connection unexpectedly closed" in delivery.problem
    assert sending.owed(now=now + timedelta(days=30)) == []
    assert not sending.send(delivery=delivery.pk, now=now + timedelta(days=30))


def test_who_was_given_up_can_be_mailed_anew(server_fails: Fails) -> None:
    issued = an_issued()
    (delivery,) = asked(issued)
    Delivery.objects.filter(pk=delivery.pk).update(attempts=MOST_ATTEMPTS, problem="no such host")
    assert len(asked(issued)) == 1


def test_of_two_workers_one_sends(monkeypatch: pytest.MonkeyPatch, documents_dir: Any) -> None:
    (delivery,) = asked(an_issued())
    whole, others = sending._message, []

    def meanwhile(*args: Any) -> EmailMessage:
        others.append(attempt(delivery))
        return whole(*args)

    monkeypatch.setattr(sending, "_message", meanwhile)
    assert attempt(delivery)
    assert others == [False]
    assert len(outbox.outbox) == 1


def test_a_worker_that_dies_after_sending_sends_again_under_the_same_message_id(
    monkeypatch: pytest.MonkeyPatch, documents_dir: Any
) -> None:
    (delivery,) = asked(an_issued())
    whole = EmailMessage.send

    def dying(self: EmailMessage, fail_silently: bool = False) -> int:
        whole(self)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", dying)
        with pytest.raises(SystemExit):
            attempt(delivery)
    assert not attempt(delivery, minutes=14)
    assert attempt(delivery, minutes=15)
    first, second = (message["Message-ID"] for message in sent())
    assert first == second


def test_a_run_that_begins_while_another_sends_does_not_send_the_same(
    monkeypatch: pytest.MonkeyPatch, documents_dir: Any
) -> None:
    """Each attempt takes ten minutes; the second run begins while the first is busy with its second mail."""
    issued = an_issued()
    with time_machine.travel(CLOSED, tick=False) as clock:
        asked(issued, "a@acme.example", "b@acme.example")
        whole, began = EmailMessage.send, []

        def slow(self: EmailMessage, fail_silently: bool = False) -> int:
            began.append(self)
            clock.shift(timedelta(minutes=10))
            if len(began) == 2:
                call_command("send_mail")
            return whole(self)

        monkeypatch.setattr(EmailMessage, "send", slow)
        call_command("send_mail")
    assert sorted(message.to[0] for message in outbox.outbox) == ["a@acme.example", "b@acme.example"]


def test_what_was_superseded_since_it_was_asked_for_is_not_mailed_any_more() -> None:
    issued = an_issued()
    (delivery,) = asked(issued)
    restatement = restated(issued)
    assert not attempt(delivery)
    delivery.refresh_from_db()
    assert delivery.given_up
    assert delivery.problem == f"superseded by {restatement.number}"
    assert outbox.outbox == []
    assert sending.owed(now=CLOSED + timedelta(days=30)) == []


def test_an_address_is_the_same_in_capitals_or_not() -> None:
    issued = an_issued()
    assert len(asked(issued, "sla@acme.example", "SLA@Acme.example")) == 1
    with pytest.raises(Refusal, match="on its way"):
        asked(issued, "Sla@ACME.example")


def test_the_database_knows_that_an_address_is_owed_a_statement_once() -> None:
    issued = an_issued()
    asked(issued, "sla@acme.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.bulk_create(
            [Delivery(statement=issued, channel="email", recipient="SLA@acme.example", asked_at=CLOSED)]
        )


def test_the_beat_rings_for_each_mail_that_is_owed(
    monkeypatch: pytest.MonkeyPatch, documents_dir: Any
) -> None:
    asked(an_issued(), "a@acme.example", "b@acme.example")
    monkeypatch.setattr(tasks.send_mail, "delay", tasks.send_mail)
    tasks.ring_for_mail()
    tasks.ring_for_mail()
    assert sorted(message.to[0] for message in outbox.outbox) == ["a@acme.example", "b@acme.example"]


def test_an_account_manager_mails_on_the_page_and_sees_where_statements_in_care_went() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    own = an_issued(statement=a_draft(a_contract(a_customer("In Care", account_manager=manager))))
    other = an_issued(statement=a_draft(a_contract(a_customer("Somebody Else"))))
    asked(other, "else@other.example")
    client = Client()
    client.force_login(manager)
    typed = {"recipients": "a@acme.example, b@acme.example", "on_behalf_of": "Jane Roe, Acme"}
    client.post(f"/admin/reports/statement/{own.pk}/mail/", typed)
    client.post(
        f"/admin/reports/statement/{own.pk}/hand_over/", {"recipient": "Jane Roe", "note": "by letter"}
    )
    assert client.post(f"/admin/reports/statement/{other.pk}/mail/", typed).status_code in {302, 404}
    assert sorted(own.deliveries.values_list("recipient", flat=True)) == [
        "Jane Roe",
        "a@acme.example",
        "b@acme.example",
    ]
    listed = client.get("/admin/reports/delivery/").content.decode()
    assert "a@acme.example" in listed
    assert "else@other.example" not in listed
    assert other.deliveries.count() == 1
    assert client.get("/admin/reports/delivery/add/").status_code == 403


def test_a_wrong_address_is_named_on_the_form() -> None:
    issued = an_issued()
    client = Client()
    client.force_login(a_person(FINANCE_CLERK))
    answer = client.post(
        f"/admin/reports/statement/{issued.pk}/mail/", {"recipients": "a@acme.example\nnobody"}
    )
    assert "&#x27;nobody&#x27; is no address for mail." in answer.content.decode()
    assert not Delivery.objects.exists()
