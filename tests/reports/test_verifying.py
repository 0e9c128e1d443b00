"""Issued statements hold witnesses of history, and history of them: `manage.py verify_history` hears both."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from reports import verifying
from reports.models import Statement
from slaservice.history.anchors import anchor
from slaservice.history.models import Entry, Seal
from slaservice.history.queries import latest_seal
from slaservice.history.sealing import seal
from slaservice.history.verifying import verify
from slaservice.rules.documents import canonical, digest, digest_of
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, an_issued
from tests.history.tampering import past_the_guards

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(ANCHORS_DIR=tmp_path / "anchors", REDIS_URL=""):
        yield tmp_path / "anchors"


def verified(**options: object) -> tuple[str, str]:
    """What the command says, and what it complains of."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_history", stdout=out, stderr=err, **options)
    except CommandError as failed:
        return out.getvalue(), f"{err.getvalue()}{failed}"
    return out.getvalue(), ""


def test_an_issued_statement_names_the_seal_that_was_the_latest() -> None:
    draft = a_draft()
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):  # elsewhere the workers seal
        seal(now=timezone.now())
        last = latest_seal()
        issued = an_issued(statement=draft)
    assert last
    assert issued.document["identity"]["anchor"] == {"seq": last.seq, "hash": last.hash}


def test_without_workers_what_happened_before_is_sealed_as_a_statement_is_issued() -> None:
    issued = an_issued()
    named = issued.document["identity"]["anchor"]
    assert Seal.objects.get(seq=named["seq"]).hash == named["hash"]
    assert named["seq"] == latest_seal().seq  # type: ignore[union-attr]
    assert not Entry.objects.exclude(action="statements.issue").filter(seal__isnull=True).exists()


def test_where_nothing_was_sealed_yet_a_statement_names_nothing() -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        assert an_issued().document["identity"]["anchor"] is None
    assert list(verifying.witnesses()) == []


def test_history_that_nobody_touched_is_told_so_with_its_counts(folder: Path) -> None:
    an_issued()
    seal(now=timezone.now())
    anchor(now=timezone.now())
    said, complaints = verified()
    assert complaints == ""
    assert said == f"{Seal.objects.count()} seals in order, 2 witnesses heard.\n"
    assert verified(anchors=folder) == (said, "")


def test_a_torn_line_among_the_anchors_hides_no_fault_of_the_chain(folder: Path) -> None:
    issued = an_issued()
    seal(now=timezone.now())
    path = anchor(now=timezone.now())
    assert path
    path.write_bytes(b'{"seq": 1, "ha\n' + path.read_bytes())
    with past_the_guards():
        Entry.objects.filter(action="statements.issue").update(reason="another")
        said, complaints = verified()
    first, second, *_ = complaints.splitlines()
    assert "does not fit entry" in first
    assert second == f"{path}: line 1 is no anchor."
    assert said.endswith("2 witnesses heard.\n")
    assert issued.number


def test_a_tail_that_was_cut_is_noticed_by_the_statement_that_the_customer_has() -> None:
    an_issued(statement=a_draft(a_contract()))
    second = an_issued(statement=a_draft(a_contract()))
    last = second.document["identity"]["anchor"]["seq"]
    with past_the_guards():
        gone = list(Seal.objects.filter(seq__gte=last).values_list("entry", flat=True))
        Seal.objects.filter(seq__gte=last)._raw_delete("default")
        Entry.objects.filter(pk__in=gone)._raw_delete("default")
        faults = verify(now=CLOSED, witnesses=verifying.witnesses()).faults
    assert [fault.sentence for fault in faults] == [
        f"Statement {second.number} names seal {last}, which is missing: the end of history was cut off."
    ]


def rewritten(statement: Statement, *, whole: bool) -> None:
    """As the owner of the database would: another credit, and where `whole`, a digest to fit."""
    document = statement.document
    document["total"]["credit_amount"] = "9999.00"
    values = {"body": canonical(document).decode()}
    if whole:
        values["digest"] = digest(document)
    Statement.objects.filter(pk=statement.pk).update(**values)


@pytest.mark.parametrize(
    ("whole", "says"),
    [
        (False, "does not have the digest that stands beside it."),
        (True, "is not the one that history says was issued."),
    ],
)
def test_an_issued_statement_that_was_rewritten_is_noticed(whole: bool, says: str) -> None:
    issued = an_issued()
    with past_the_guards():
        rewritten(issued, whole=whole)
        said, complaints = verified()
    assert f"Statement {issued.number} {says}" in complaints
    assert "History is not as it was written: 1 faults." in complaints
    assert "seals in order" in said


def test_a_statement_stays_whole_when_the_engine_has_another_version() -> None:
    issued = an_issued()
    assert issued.document["identity"]["engine"]
    with past_the_guards():
        document = issued.document
        document["identity"]["engine"] = "0.0.1"
        body = canonical(document)
        Statement.objects.filter(pk=issued.pk).update(
            body=body.decode(), digest=digest_of(body, engine="0.0.1")
        )
        (fault,) = verifying.altered()
    assert "is not the one that history says" in fault.sentence, "and not that its digest is wrong"


def test_a_folder_of_anchors_that_is_not_there_is_said() -> None:
    an_issued()
    assert "There is no folder" in verified(anchors=Path("/nowhere"))[1]


def test_an_anchor_that_cannot_be_read_is_named(folder: Path) -> None:
    folder.mkdir()
    (folder / "2026-05.jsonl").write_text("no anchor\n")
    assert "line 1 is no anchor." in verified()[1]
