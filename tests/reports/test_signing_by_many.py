"""Several who sign, and an authority that fails: none undoes what another did, and none waits for what fails for all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from reports import signing
from reports.models import SigningAttempt, Statement, StatementFile
from reports.models.documents import LEASE
from reports.pdf import signature
from reports.pdf.signature import CannotSign
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, an_issued
from tests.factories.signing import a_pair, a_stamp
from tests.factories.signing import signing as signs_with
from tests.lying_page import lying_page

pytestmark = pytest.mark.django_db

LATER = CLOSED + LEASE + timedelta(seconds=1)
"""When the lease of an attempt that began at CLOSED is over."""


@pytest.fixture(autouse=True)
def key(settings: Any, documents_dir: Path) -> None:
    signs_with(settings, a_pair())


def one_more() -> Statement:
    return an_issued(statement=a_draft(a_contract()), now=CLOSED)


def test_who_fails_after_another_has_signed_has_what_that_one_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    issued, whole = one_more(), signature.sign
    others: list[StatementFile | None] = []

    def slow(content: bytes, **how: Any) -> None:
        monkeypatch.setattr(signature, "sign", whole)
        others.append(signing.sign(statement=issued, now=LATER))
        raise CannotSign("It took too long.")

    monkeypatch.setattr(signature, "sign", slow)
    assert signing.sign(statement=issued, now=CLOSED) == others[0] is not None
    assert not SigningAttempt.objects.exists()
    assert "took longer than its lease: It took too long." in caplog.text


def test_who_fails_late_leaves_anothers_lease_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = one_more()

    def slow(content: bytes, **how: Any) -> None:
        assert signing._taken(issued, LATER) == 2
        raise CannotSign("It took too long.")

    monkeypatch.setattr(signature, "sign", slow)
    assert signing.sign(statement=issued, now=CLOSED) is None
    row = SigningAttempt.objects.get()
    assert (row.attempts, row.not_before, row.problem) == (2, LATER + LEASE, "")


def test_after_the_authority_failed_the_others_are_left_for_a_minute(settings: Any) -> None:
    first, second = one_more(), one_more()
    with lying_page() as page:
        page.answers("/stamp", 503)
        settings.TIMESTAMP_URL = f"{page.url}/stamp"
        assert signing.sign(statement=first, now=CLOSED) is None
        just_before = CLOSED + signing.REST - timedelta(seconds=1)
        assert signing.owed(now=just_before) == []
        assert signing.sign(statement=second, now=just_before) is None
        assert len(page.posted) == 1
        page.acts["/stamp"] = lambda handler: handler.say(200, a_stamp(page.posted[-1][1]))
        then = CLOSED + signing.REST
        assert signing.owed(now=then) == [first.pk, second.pk]
        assert signing.sign(statement=second, now=then) is not None


def test_a_key_that_fails_leaves_the_others_their_turn(settings: Any) -> None:
    first, second = one_more(), one_more()
    settings.SIGNING_KEY = "no key"
    signing.sign(statement=first, now=CLOSED)
    assert signing.owed(now=CLOSED) == [second.pk]


def test_the_command_counts_as_failed_only_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken, mine = one_more(), one_more()
    SigningAttempt.objects.create(statement=taken, attempts=1, not_before=CLOSED, problem="Then it failed.")
    whole = signing.owed

    def then_taken(**how: Any) -> list[int]:
        found = whole(**how)
        signing._taken(taken, CLOSED)  # by a worker, once
        return found

    monkeypatch.setattr(signing, "owed", then_taken)
    with time_machine.travel(CLOSED, tick=False):
        call_command("sign_statements")
    assert "1 signed, 0 failed, 1 left to others or for later.\n" in capsys.readouterr().out
    assert StatementFile.objects.get(kind="signed").statement == mine


def test_the_command_leaves_the_others_where_the_authority_fails(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        one_more()
    with lying_page() as page, time_machine.travel(CLOSED, tick=False):
        page.answers("/stamp", 503)
        settings.TIMESTAMP_URL = f"{page.url}/stamp"
        with pytest.raises(SystemExit):
            call_command("sign_statements")
    assert "0 signed, 1 failed, 2 left to others or for later.\n" in capsys.readouterr().out
    assert len(page.posted) == 1
