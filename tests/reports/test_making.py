"""Documents: made once, by whoever comes first, the same whenever they are made again, never served damaged, and none that
cannot be made keeps another from being made.
"""

import errno
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from reports import making, store, tasks
from reports.apart import Busy, Limits, Stopped, apart
from reports.models import MakingAttempt, Statement, StatementFile
from slaservice.rules.refusal import Refusal
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued

pytestmark = pytest.mark.django_db


def test_an_issued_statement_without_a_document_is_owed_one_until_it_is_made(documents_dir: Path) -> None:
    issued = an_issued()
    assert making.owed(now=CLOSED) == [issued.pk]
    made = making.make(statement=issued, now=CLOSED)
    assert making.owed(now=CLOSED) == []
    assert store.path_of(made.sha256).stat().st_size == made.size
    assert making.make(statement=issued, now=CLOSED + timedelta(days=1)) == made


def test_a_draft_has_no_document() -> None:
    with pytest.raises(Refusal, match="Only an issued"):
        making.make(statement=a_draft(), now=CLOSED)


def test_the_same_statement_gives_the_same_bytes(documents_dir: Path) -> None:
    issued = an_issued(statement=a_missed_draft())
    assert making.render(issued) == making.render(issued)


def test_a_lost_file_and_a_damaged_one_are_made_again_and_a_damaged_one_is_told_of(
    documents_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    issued = an_issued()
    content = making.pdf(statement=issued, now=CLOSED)
    path = store.path_of(StatementFile.objects.get().sha256)
    path.unlink()
    assert making.pdf(statement=issued, now=CLOSED) == content
    assert path.read_bytes() == content
    assert caplog.messages == []
    path.write_bytes(content[:-1] + b"?")
    assert making.pdf(statement=issued, now=CLOSED) == content
    assert path.read_bytes() == content
    assert f"{path} is not what its name says" in caplog.text


def test_a_file_that_comes_out_otherwise_than_the_kept_one_is_never_served(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    issued = an_issued()
    content = making.pdf(statement=issued, now=CLOSED)
    path = store.path_of(StatementFile.objects.get().sha256)
    path.write_bytes(b"damaged")
    monkeypatch.setattr(making, "render", lambda statement: content + b" ")
    with pytest.raises(Refusal) as refused:
        making.pdf(statement=issued, now=CLOSED)
    assert refused.value.code == "document_differs"
    assert path.read_bytes() == b"damaged"
    assert "restore it from a backup" in caplog.text


def breaks(statement: Statement) -> bytes:
    """How a document is made that takes too long."""
    raise Refusal("document_not_made", f"{statement}") from Stopped("took longer than 60 seconds")


def test_what_cannot_be_made_is_parked_and_the_others_are_made(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = an_issued(statement=a_draft(a_contract())), an_issued(statement=a_draft(a_contract()))
    render = making.render
    monkeypatch.setattr(making, "render", lambda one: breaks(one) if one == broken else render(one))
    assert making.owed(now=CLOSED) == [broken.pk, fine.pk]
    for owed in making.owed(now=CLOSED):
        tasks.make_document(owed)
    parked = MakingAttempt.objects.get()
    assert (parked.statement, parked.attempts, parked.problem) == (broken, 1, "took longer than 60 seconds")
    assert StatementFile.objects.get().statement == fine
    assert making.owed(now=parked.not_before - timedelta(seconds=1)) == []
    assert making.owed(now=parked.not_before) == [broken.pk]


def test_a_parked_one_waits_longer_each_time_and_is_let_go_once_it_is_made(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, waits, now = an_issued(), [], CLOSED
    with monkeypatch.context() as patched:
        patched.setattr(making, "render", breaks)
        for _ in range(7):
            with pytest.raises(Refusal, match="SLA"):
                making.make(statement=issued, now=now)
            with pytest.raises(Refusal, match="it is tried again at"):
                making.make(statement=issued, now=now)
            again = MakingAttempt.objects.get().not_before
            waits.append((again - now) // timedelta(minutes=1))
            now = again
    assert waits == [1, 5, 15, 60, 360, 360, 360]
    making.make(statement=issued, now=now)
    assert not MakingAttempt.objects.exists()


def test_a_document_that_hangs_or_cannot_be_drawn_is_refused_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    issued = an_issued()
    impatient = Limits(waiting=0.001)
    monkeypatch.setattr(making, "apart", lambda work: apart(work, impatient))
    with pytest.raises(Refusal) as refused:
        making.render(issued)
    assert refused.value.code == "document_not_made"
    assert "took longer than 0.001 seconds" in caplog.text
    assert "longer" not in refused.value.sentence


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("slaservice.store.os.fsync", full)
    issued = an_issued()
    with pytest.raises(OSError, match="No space"):
        making.make(statement=issued, now=CLOSED)
    assert not StatementFile.objects.exists()
    assert [file for file in documents_dir.rglob("*") if file.is_file()] == []
    assert "cannot be written to DOCUMENTS_DIR" in caplog.text


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def counted(monkeypatch: pytest.MonkeyPatch, makes: Callable[[Statement], bytes]) -> list[Statement]:
    """Every statement that is drawn from now on, by `makes`."""
    drawn: list[Statement] = []

    def draw(statement: Statement) -> bytes:
        drawn.append(statement)
        return makes(statement)

    monkeypatch.setattr(making, "render", draw)
    return drawn


def test_a_full_disk_does_not_have_a_document_drawn_again_and_again(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = an_issued()
    drawn = counted(monkeypatch, making.render)
    with monkeypatch.context() as patched:
        patched.setattr("slaservice.store.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            making.make(statement=issued, now=CLOSED)
        with pytest.raises(Refusal, match="it is tried again at"):
            making.make(statement=issued, now=CLOSED)
    assert drawn == [issued]
    parked = MakingAttempt.objects.get()
    assert "No space left" in parked.problem
    assert making.owed(now=CLOSED) == []
    making.make(statement=issued, now=parked.not_before)
    assert not MakingAttempt.objects.exists()


def test_a_failure_of_any_kind_parks_and_is_told_to_who_asked(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = an_issued()

    def no_library() -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr("reports.pdf.render.warm", no_library)
    with pytest.raises(OSError, match="libpango"):
        tasks.make_document(issued.pk)
    assert "libpango" in MakingAttempt.objects.get().problem


def test_a_ring_for_a_document_that_nobody_heard_expires() -> None:
    assert tasks.make_document.expires == tasks.sign_document.expires == 60


def test_the_next_turn_counts_from_when_the_last_ended(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, clock = an_issued(), [1000.0]
    monkeypatch.setattr("reports.making.time.monotonic", lambda: clock[0])

    def slow(statement: Statement) -> bytes:
        clock[0] += 59
        return breaks(statement)

    monkeypatch.setattr(making, "render", slow)
    with pytest.raises(Refusal):
        making.make(statement=issued, now=CLOSED)
    assert MakingAttempt.objects.get().not_before == CLOSED + timedelta(minutes=1, seconds=59)


def test_who_merely_had_to_wait_is_not_parked(documents_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = an_issued()

    def busy(_: object) -> bytes:
        raise Busy("waited longer than 60 seconds for its turn")

    monkeypatch.setattr(making, "apart", busy)
    with pytest.raises(Refusal, match="has to wait for others") as refused:
        making.make(statement=issued, now=CLOSED)
    assert refused.value.code == "document_not_made"
    assert making.owed(now=CLOSED) == [issued.pk]


def test_what_another_host_has_made_meanwhile_is_not_parked(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, render = an_issued(), making.render

    def elsewhere_meanwhile(statement: Statement) -> bytes:
        with monkeypatch.context() as there:
            there.setattr(making, "render", render)
            making.make(statement=statement, now=CLOSED)
        return breaks(statement)

    monkeypatch.setattr(making, "render", elsewhere_meanwhile)
    monkeypatch.setattr(store, "alone", lambda _: nullcontext())
    with pytest.raises(Refusal, match="SLA"):
        making.make(statement=issued, now=CLOSED)
    assert StatementFile.objects.count() == 1
    assert not MakingAttempt.objects.exists()


def test_a_lost_document_that_cannot_be_made_again_is_parked_too_until_it_can(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = an_issued()
    content = making.pdf(statement=issued, now=CLOSED)
    store.path_of(StatementFile.objects.get().sha256).unlink()
    with monkeypatch.context() as patched:
        drawn = counted(patched, breaks)
        for why in ("SLA", "it is tried again at", "it is tried again at"):
            with pytest.raises(Refusal, match=why):
                making.pdf(statement=issued, now=CLOSED)
    assert drawn == [issued]
    assert making.pdf(statement=issued, now=MakingAttempt.objects.get().not_before) == content
    assert not MakingAttempt.objects.exists()


def test_one_that_comes_out_otherwise_is_not_drawn_for_everybody_who_asks(
    documents_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = an_issued()
    content = making.pdf(statement=issued, now=CLOSED)
    path = store.path_of(StatementFile.objects.get().sha256)
    path.unlink()
    drawn = counted(monkeypatch, lambda _: content + b" ")
    for _ in range(3):
        with pytest.raises(Refusal):
            making.pdf(statement=issued, now=CLOSED)
    assert drawn == [issued]
    path.write_bytes(content)  # a backup is handed out at once
    assert making.pdf(statement=issued, now=CLOSED) == content


@pytest.mark.parametrize("broken", ["pathlib.Path.mkdir", "slaservice.store.os.fsync"])
def test_a_lost_document_is_handed_out_even_where_it_cannot_be_kept(
    broken: str, documents_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    issued = an_issued()
    content = making.pdf(statement=issued, now=CLOSED)
    path = store.path_of(StatementFile.objects.get().sha256)
    path.unlink()
    path.parent.rmdir()
    with monkeypatch.context() as patched:
        patched.setattr(broken, full)
        assert making.pdf(statement=issued, now=CLOSED) == content
    assert not path.exists()
    assert not MakingAttempt.objects.exists()
    assert "cannot be written to DOCUMENTS_DIR" in caplog.text


LOADED = """
import django, sys
django.setup()
from reports.pdf import render
from tests.reports.pdf import kinds, samples
documents = [kinds.missed(), kinds.yen()]
render.warm()
before = set(sys.modules)
for document in documents:
    for language in render.LANGUAGES:
        document["identity"]["customer"]["language"] = language
        render.render(document, **samples.printed(document))
print(sorted(set(sys.modules) - before))
"""


def test_all_that_draws_is_loaded_before_a_process_is_begun() -> None:
    """One that had to import could wait for ever for a lock that was held when it was forked."""
    root = Path(__file__).parents[2]
    there = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=root, check=True, capture_output=True, text=True
    )
    assert there.stdout == "[]\n"


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
