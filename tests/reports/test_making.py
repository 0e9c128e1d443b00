"""Documents: made once, by whoever comes first, the same whenever they are made again, and never served damaged."""

from datetime import timedelta
from pathlib import Path

import pytest

from reports import making, store, tasks
from reports.models import StatementFile
from slaservice.rules.refusal import Refusal
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued

pytestmark = pytest.mark.django_db


def test_an_issued_statement_without_a_document_is_owed_one_until_it_is_made(documents_dir: Path) -> None:
    issued = an_issued()
    assert making.owed() == [issued.pk]
    made = making.make(statement=issued, now=CLOSED)
    assert making.owed() == []
    assert store.path_of(made.sha256).stat().st_size == made.size
    assert making.make(statement=issued, now=CLOSED + timedelta(days=1)) == made


def test_a_draft_has_no_document() -> None:
    with pytest.raises(Refusal, match="Only an issued"):
        making.make(statement=a_draft(), now=CLOSED)


def test_the_same_statement_gives_the_same_bytes(documents_dir: Path) -> None:
    issued = an_issued(statement=a_missed_draft())
    assert making.render(issued) == making.render(issued)


def test_a_lost_file_is_made_again_and_a_damaged_one_is_never_served(documents_dir: Path) -> None:
    issued = an_issued()
    content = making.pdf(statement=issued, now=CLOSED)
    path = store.path_of(StatementFile.objects.get().sha256)
    path.unlink()
    assert making.pdf(statement=issued, now=CLOSED) == content
    path.write_bytes(content[:-1] + b"?")
    with pytest.raises(Refusal, match="damaged"):
        making.pdf(statement=issued, now=CLOSED)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("slaservice.store.os.fsync", full)
    issued = an_issued()
    with pytest.raises(OSError, match="No space"):
        making.make(statement=issued, now=CLOSED)
    assert making.owed() == [issued.pk]
    assert [file for file in documents_dir.rglob("*") if file.is_file()] == []


def test_the_sweep_rings_for_what_is_owed_and_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks.make_document, "delay", rung.append)
    owed = an_issued(statement=a_draft(a_contract()))
    made = an_issued(statement=a_draft(a_contract()))
    making.make(statement=made, now=CLOSED)
    tasks.sweep()
    assert rung == [owed.pk]


def text_of(content: bytes) -> str:
    from tests.reports.pdf.reading import text

    return " ".join(text(content).split())


def test_the_paper_shows_what_finance_granted_beside_what_was_computed() -> None:
    from reports.operations import adjust, approve, issue
    from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
    from tests.factories.accounts import a_person

    draft = a_missed_draft()
    credit = adjust(
        credit=draft.credit, amount="100.00", reason="as agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED, reason="half a day was ours")
    shown = text_of(making.render(issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)))
    for words in ("EUR 100.00", "computed: EUR 125.00", "half a day was ours", "SLA-2026-00001"):
        assert words in shown
