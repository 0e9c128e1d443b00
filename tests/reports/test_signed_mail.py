"""A mail carries the signed file: it waits for it, and not for ever."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from reports import making, operations, sending, signing
from reports.models import Delivery, Statement
from reports.verification.signature import read
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import a_person
from tests.factories.reports import CLOSED, an_issued
from tests.factories.signing import a_pair
from tests.factories.signing import signing as signs_with

pytestmark = pytest.mark.django_db

NOT_YET = "The PDF is not signed yet"


@pytest.fixture(autouse=True)
def key(settings: Any, documents_dir: Path) -> None:
    signs_with(settings, a_pair())


def asked(statement: Statement) -> int:
    clerk = a_person(FINANCE_CLERK)
    (row,) = operations.mail(statement=statement, recipients=["a@example.com"], by=clerk, now=CLOSED)
    return row.pk


def sent(delivery: int, now: datetime) -> bool:
    owed = delivery in sending.owed(now=now)
    done = sending.send(delivery=delivery, now=now)
    assert owed == done
    return done


def signatures() -> int:
    (message,) = mail.outbox
    content = message.attachments[0][1]
    assert isinstance(content, bytes)
    return int(read(content)["count"])


def test_a_mail_waits_for_the_signature_and_carries_the_signed_file() -> None:
    issued = an_issued(now=CLOSED)
    delivery = asked(issued)
    assert not sent(delivery, CLOSED)
    assert Delivery.objects.get().attempts == 0
    signing.sign(statement=issued, now=CLOSED)
    assert sent(delivery, CLOSED)
    assert signatures() == 1
    assert mail.outbox[0].attachments[0][1] == making.pdf(statement=issued, now=CLOSED)
    assert NOT_YET not in mail.outbox[0].body


def test_an_hour_after_issue_it_goes_without_and_says_so() -> None:
    delivery = asked(an_issued(now=CLOSED))
    assert not sent(delivery, CLOSED + signing.AWAITED - timedelta(seconds=1))
    assert sent(delivery, CLOSED + signing.AWAITED)
    assert signatures() == 0
    assert NOT_YET in mail.outbox[0].body


def test_where_nothing_is_signed_a_mail_neither_waits_nor_says_so(settings: Any) -> None:
    settings.SIGNING_KEY = ""
    assert sent(asked(an_issued(now=CLOSED)), CLOSED)
    assert NOT_YET not in mail.outbox[0].body
