"""The daily digest: what waits, by role, once a day and person, sent by a sweep; where nothing waits there is none."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from reports import closing, digest_mail, tasks
from reports.models import Digest
from reports.operations import adjust, make_digests
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import a_contract, a_person, a_promise, an_agreement
from tests.factories.money import a_claim, a_granted
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, a_proposal, an_outage

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 5, 8, 7, 0, tzinfo=UTC)


def finance(*roles: str, email: str = "finance@example.test") -> str:
    a_person(*roles, email=email)
    return email


def text_for(*roles: str) -> str:
    """The digest of a person with these roles; nothing where there is none."""
    person = a_person(*roles, email="finance@example.test")
    make_digests(now=MORNING)
    return "".join(Digest.objects.filter(to=person).values_list("text", flat=True))


def test_an_approver_is_told_what_waits_by_currency_and_age() -> None:
    a_missed_draft()
    a_draft(a_contract())
    a_draft(a_contract(agreement=an_agreement(currency="JPY", promises=[a_promise(fee="1250")])))
    assert text_for(FINANCE_APPROVER) == (
        "2 credits to approve, EUR 250.00, the oldest for 2 days:\n"
        "http://127.0.0.1:8000/admin/reports/servicecredit/?state=waits&currency=EUR\n\n"
        "1 credit to approve, JPY 125, the oldest for 2 days:\n"
        "http://127.0.0.1:8000/admin/reports/servicecredit/?state=waits&currency=JPY\n"
    )


def test_a_clerk_is_told_of_drafts_claims_blocks_and_what_is_to_be_applied() -> None:
    a_claim()
    a_granted()
    a_draft(a_contract())
    a_proposal()
    closing.close_chunk(month="2026-04", contracts=[a_contract().pk], now=CLOSED)
    told = text_for(FINANCE_CLERK)
    for words in (
        "draft due for review:",
        "1 claim to decide on, the oldest for 2 days:",
        "1 contract blocked from being closed:",
        "1 credit to apply to a bill, EUR 125.00, the oldest for 2 days:",
    ):
        assert words in told, told


def test_the_links_lead_to_what_the_mail_counts() -> None:
    a_missed_draft()
    a_claim()
    a_granted()
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER, email="both@example.test")
    make_digests(now=MORNING)
    client = Client()
    client.force_login(both)
    lines = Digest.objects.get(to=both).text.splitlines()
    led = {}
    for words, link in zip(lines[::3], lines[1::3], strict=True):
        listed = client.get(link.removeprefix("http://127.0.0.1:8000")).context["cl"]
        led[words.split(",")[0].rstrip(":")] = listed.result_count
    assert led == {
        "1 draft due for review": 1,
        "1 claim to decide on": 1,
        "1 credit to apply to a bill": 1,
        "1 credit to approve": 1,
    }


def test_what_is_not_due_is_not_mentioned() -> None:
    an_outage()
    a_draft(a_contract(settling_days=20))
    assert text_for(FINANCE_CLERK) == ""


@pytest.mark.parametrize("role", [OPERATOR, ACCOUNT_MANAGER, AUDITOR])
def test_only_finance_is_told(role: str) -> None:
    a_missed_draft()
    assert text_for(role) == ""


def test_nobody_is_written_to_without_an_address_or_after_they_left() -> None:
    a_missed_draft()
    finance(FINANCE_APPROVER, email="")
    a_person(FINANCE_APPROVER, email="gone@example.test", is_active=False)
    assert make_digests(now=MORNING) == 0


def test_where_nothing_waits_there_is_no_mail() -> None:
    finance(FINANCE_CLERK, FINANCE_APPROVER)
    assert make_digests(now=MORNING) == 0


def test_a_person_is_told_once_a_day() -> None:
    draft = a_missed_draft()
    finance(FINANCE_APPROVER)
    assert make_digests(now=MORNING) == 1
    adjust(credit=draft.credit, amount="1", reason="x", by=a_person(FINANCE_CLERK), now=MORNING)
    assert make_digests(now=MORNING + timedelta(hours=1)) == 0
    assert make_digests(now=MORNING + timedelta(days=1)) == 1


@pytest.mark.parametrize(
    ("at", "made"),
    [(datetime(2026, 5, 7, 21, 59, tzinfo=UTC), 0), (datetime(2026, 5, 7, 22, 0, tzinfo=UTC), 1)],
)
def test_the_day_begins_at_seven_in_the_vendors_zone(at: datetime, made: int, settings: object) -> None:
    settings.VENDOR_TIME_ZONE = "Asia/Tokyo"  # type: ignore[attr-defined]
    a_missed_draft()
    finance(FINANCE_APPROVER)
    assert make_digests(now=at) == made
    assert set(Digest.objects.values_list("day", flat=True)) <= {datetime(2026, 5, 8, tzinfo=UTC).date()}


# Sending


def a_digest() -> Digest:
    a_missed_draft()
    finance(FINANCE_APPROVER)
    make_digests(now=MORNING)
    return Digest.objects.get()


def send_all(now: datetime) -> list[bool]:
    return [digest_mail.send(digest=one, now=now) for one in digest_mail.owed(now=now)]


def test_a_digest_is_sent_once_under_an_id_of_its_own() -> None:
    digest = a_digest()
    assert mail.outbox == []
    assert send_all(MORNING) == [True]
    assert send_all(MORNING) == []
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["finance@example.test"], "What waits for you: 2026-05-08")
    assert "1 credit to approve" in str(message.body)
    assert message.extra_headers["Message-ID"] == f"<digest-2026-05-08-{digest.to_id}@127.0.0.1>"
    digest.refresh_from_db()
    assert (digest.sent_at, digest.attempts, digest.problem) == (MORNING, 1, "")


def test_a_mail_that_fails_is_tried_again_later_and_later() -> None:
    digest = a_digest()
    now = MORNING
    with patch.object(EmailMessage, "send", side_effect=ConnectionRefusedError("no server")):
        for minutes in (1, 5, 15):
            assert send_all(now) == [False]
            digest.refresh_from_db()
            assert digest.not_before == now + timedelta(minutes=minutes)
            assert digest_mail.owed(now=digest.not_before - timedelta(seconds=1)) == []
            now = digest.not_before
    assert (digest.attempts, digest.problem) == (3, "ConnectionRefusedError: no server")
    assert send_all(now) == [True]
    assert len(mail.outbox) == 1


def test_an_attempt_that_another_worker_has_taken_is_not_made_twice() -> None:
    digest = a_digest()
    with patch.object(EmailMessage, "send", side_effect=ConnectionRefusedError):
        digest_mail.send(digest=digest.pk, now=MORNING)
    assert digest_mail.send(digest=digest.pk, now=MORNING) is False
    assert mail.outbox == []


def test_a_worker_has_a_digest_to_itself_for_as_long_as_a_slow_attempt_takes() -> None:
    digest = a_digest()
    whole, others = EmailMessage.send, []

    def slow(self: EmailMessage, fail_silently: bool = False) -> int:
        others.extend(send_all(MORNING + timedelta(minutes=10)))
        return whole(self)

    with patch.object(EmailMessage, "send", slow):
        assert digest_mail.send(digest=digest.pk, now=MORNING)
    assert others == []
    assert len(mail.outbox) == 1


def test_yesterdays_digest_is_not_sent_today() -> None:
    a_digest()
    assert digest_mail.owed(now=MORNING + timedelta(days=1)) == []


def test_the_hourly_task_makes_and_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    a_missed_draft()
    finance(FINANCE_APPROVER)
    monkeypatch.setattr(tasks.send_digest, "delay", tasks.send_digest)
    with time_machine.travel(MORNING, tick=False):
        tasks.tell_finance()
        tasks.tell_finance()
    assert len(mail.outbox) == 1
