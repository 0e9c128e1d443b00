"""Signatures: a step of its own that holds nothing up, tried again later each time, and never replaced once it is kept."""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from reports import making, signing, store, tasks
from reports.checks import signing_key_can_sign
from reports.models import SigningAttempt, Statement, StatementFile
from reports.models.documents import BACK_OFF, LEASE
from reports.verification.signature import read
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, an_issued
from tests.factories.signing import NAME, a_pair
from tests.factories.signing import signing as signs_with
from tests.lying_page import lying_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key(settings: Any, documents_dir: Path) -> None:
    signs_with(settings, a_pair())


def sign(statement: Statement, now: datetime = CLOSED) -> StatementFile | None:
    return signing.sign(statement=statement, now=now)


def handed_out(statement: Statement) -> bytes:
    return making.pdf(statement=statement, now=CLOSED)


def test_an_issued_statement_is_owed_a_signature_until_it_has_one() -> None:
    issued = an_issued()
    a_draft(a_contract())
    assert signing.owed(now=CLOSED) == [issued.pk]
    made = sign(issued)
    assert made is not None
    assert (made.kind, made.certificate, made.made_at) == ("signed", a_pair().fingerprint, CLOSED)
    assert signing.owed(now=CLOSED) == []


def test_who_asks_for_the_pdf_gets_the_signed_one_as_soon_as_there_is_one() -> None:
    issued = an_issued()
    plain = handed_out(issued)
    assert read(plain)["count"] == 0
    sign(issued)
    given = handed_out(issued)
    assert given.startswith(plain)
    said = read(given)
    assert (said["count"], said["faults"], said["certificate"]) == (1, [], a_pair().fingerprint)
    assert NAME in said["signer"]


def test_what_is_signed_once_is_never_signed_again() -> None:
    issued = an_issued()
    first, again = sign(issued), sign(issued, CLOSED + timedelta(days=1))
    assert first == again
    assert StatementFile.objects.filter(kind="signed").count() == 1
    assert SigningAttempt.objects.count() == 0


def test_without_a_key_nothing_is_owed_and_nothing_signed(settings: Any) -> None:
    settings.SIGNING_KEY = ""
    issued = an_issued()
    assert (signing.owed(now=CLOSED), sign(issued)) == ([], None)
    assert not StatementFile.objects.filter(kind="signed").exists()
    assert not SigningAttempt.objects.exists()


def test_a_key_that_fails_holds_up_neither_issuing_nor_the_pdf_and_is_said(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SIGNING_KEY = "no key"
    issued = an_issued()
    assert sign(issued) is None
    assert handed_out(issued).startswith(b"%PDF-")
    attempt = SigningAttempt.objects.get()
    assert "SIGNING_KEY cannot be read" in attempt.problem
    assert f"{issued} is not signed, attempt 1: SIGNING_KEY cannot be read" in caplog.text


def test_what_failed_is_tried_again_later_each_time_and_signed_when_the_key_is_right(settings: Any) -> None:
    settings.SIGNING_KEY = "no key"
    issued, now = an_issued(), CLOSED
    for wait in (*BACK_OFF, BACK_OFF[-1]):
        assert signing.owed(now=now) == [issued.pk]
        assert sign(issued, now) is None
        assert SigningAttempt.objects.get().not_before == now + wait
        assert signing.owed(now=now + wait - timedelta(seconds=1)) == []
        now += wait
    signs_with(settings, a_pair())
    assert sign(issued, now) is not None
    assert SigningAttempt.objects.count() == 0


def test_one_that_fails_does_not_keep_the_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = an_issued(statement=a_draft(a_contract())), an_issued(statement=a_draft(a_contract()))
    plain = making.unsigned

    def of_one(*, statement: Statement, now: datetime) -> bytes:
        return b"no PDF at all" if statement == bad else plain(statement=statement, now=now)

    monkeypatch.setattr(making, "unsigned", of_one)
    assert [sign(bad), sign(good) is not None] == [None, True]
    assert SigningAttempt.objects.get().statement == bad


def test_while_one_worker_signs_another_leaves_it_alone() -> None:
    issued = an_issued()
    SigningAttempt.objects.create(statement=issued, attempts=1, not_before=CLOSED + LEASE)
    assert sign(issued) is None
    assert sign(issued, CLOSED + LEASE) is not None  # it died: its lease is over


def test_an_authority_that_does_not_answer_leaves_the_pdf_without_a_signature(settings: Any) -> None:
    with lying_page() as page:
        page.answers("/stamp", 503)
        signs_with(settings, a_pair(), TIMESTAMP_URL=f"{page.url}/stamp")
        issued = an_issued()
        assert sign(issued) is None
    assert "503" in SigningAttempt.objects.get().problem
    assert read(handed_out(issued))["count"] == 0


def test_what_would_not_verify_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "reports.verification.signature.read", lambda content: {"count": 1, "faults": ["Torn."]}
    )
    assert sign(an_issued()) is None
    assert SigningAttempt.objects.get().problem == "What was signed does not verify. Torn."


@pytest.mark.parametrize("how", ["lost", "damaged"])
def test_a_signed_file_that_is_lost_or_damaged_is_named_and_not_made_anew(
    how: str, caplog: pytest.LogCaptureFixture
) -> None:
    issued = an_issued()
    made = sign(issued)
    assert made is not None
    path = store.path_of(made.sha256)
    path.unlink() if how == "lost" else path.write_bytes(b"%PDF-1.7 something else")
    with caplog.at_level(logging.ERROR):
        assert handed_out(issued) == making.unsigned(statement=issued, now=CLOSED)
    assert f"restore {made.sha256}.pdf from a backup" in caplog.text
    assert (sign(issued), signing.owed(now=CLOSED)) == (made, [])


def test_after_another_key_took_its_place_old_signatures_stay_and_name_theirs(settings: Any) -> None:
    old = an_issued(statement=a_draft(a_contract()))
    sign(old)
    signs_with(settings, a_pair("second"), a_pair())
    new = an_issued(statement=a_draft(a_contract()))
    sign(new)
    named = dict(StatementFile.objects.filter(kind="signed").values_list("statement", "certificate"))
    assert named == {old.pk: a_pair().fingerprint, new.pk: a_pair("second").fingerprint}


def test_the_sweep_and_whoever_made_the_pdf_ring_for_the_signature(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    settings.REDIS_URL = "redis://somewhere"
    monkeypatch.setattr(tasks.sign_document, "delay", rung.append)
    monkeypatch.setattr(tasks.make_document, "delay", lambda _: None)
    issued = an_issued()
    tasks.make_document(issued.pk)
    tasks.sweep()
    assert rung == [issued.pk, issued.pk]
    tasks.sign_document(issued.pk)
    tasks.sweep()
    assert len(rung) == 2


def test_without_workers_whoever_made_the_pdf_signs_it(settings: Any) -> None:
    settings.REDIS_URL = ""
    issued = an_issued()
    tasks.make_document(issued.pk)
    assert StatementFile.objects.filter(statement=issued, kind="signed").exists()


def test_without_a_key_making_rings_for_no_signature(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SIGNING_KEY = ""
    monkeypatch.setattr(tasks.sign_document, "delay", lambda _: pytest.fail("rung"))
    issued = an_issued()
    tasks.make_document(issued.pk)
    tasks.sweep()


def test_a_check_says_beforehand_that_a_key_cannot_sign(settings: Any) -> None:
    with time_machine.travel(CLOSED, tick=False):
        assert signing_key_can_sign(None) == []
        settings.SIGNING_KEY = "no key"
        (warning,) = signing_key_can_sign(None)
        assert "SIGNING_KEY cannot be read" in warning.msg
        settings.SIGNING_KEY = ""
        assert signing_key_can_sign(None) == []
    signs_with(settings, a_pair())
    with time_machine.travel(CLOSED + timedelta(days=3650), tick=False):
        assert "valid from 2026-01-01" in signing_key_can_sign(None)[0].msg


@pytest.mark.parametrize(("kind", "certificate"), [("signed", ""), ("pdf", "a" * 64)])
def test_a_signed_file_names_its_certificate_and_no_other_does(kind: str, certificate: str) -> None:
    file = StatementFile(statement=an_issued(), kind=kind, sha256="0" * 64, size=1, made_at=CLOSED)
    file.certificate = certificate
    with pytest.raises(IntegrityError, match="a_signed_file_and_no_other_names_its_certificate"):
        StatementFile.objects.bulk_create([file])


def test_the_command_signs_what_is_owed(capsys: pytest.CaptureFixture[str]) -> None:
    an_issued(now=CLOSED)
    call_command("sign_statements")
    assert capsys.readouterr().out == "1 signed, 0 failed.\n"
    assert StatementFile.objects.filter(kind="signed").exists()


def test_the_command_names_what_failed_and_why(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    issued = an_issued(now=CLOSED)
    settings.SIGNING_KEY = "no key"
    with pytest.raises(SystemExit):
        call_command("sign_statements")
    said = capsys.readouterr().out
    assert "0 signed, 1 failed." in said
    assert f"{issued}: SIGNING_KEY cannot be read" in said


def test_the_command_without_a_key_says_what_is_missing(settings: Any) -> None:
    settings.SIGNING_KEY = ""
    with pytest.raises(CommandError, match="SIGNING_KEY and SIGNING_CERTIFICATES"):
        call_command("sign_statements")
