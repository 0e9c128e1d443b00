"""Reading files that nobody knows: whatever they hold, there is an answer, within a little time and memory."""

import io
import resource
import time
import zlib
from collections.abc import Callable
from random import Random

import pikepdf
import pytest

from reports.pdf import signature
from reports.verification import annex, examining
from reports.verification.examining import examine, examined
from tests.factories.signing import NAME, SIGNED_AT, a_pair
from tests.reports.pdf import kinds
from tests.reports.verification import tampering


def pdf() -> bytes:
    return kinds.pdf("missed")


def a_signed() -> bytes:
    return signature.sign(pdf(), key=a_pair().to_sign(), at=SIGNED_AT, name=NAME).content


def test_another_process_finds_what_this_one_does() -> None:
    content = a_signed()
    found = examine(content)
    assert found == examined(content)
    assert (found["signature"]["certificate"], found["figures"]["right"]) == (a_pair().fingerprint, True)
    assert found["figures"]["number"] == "None"  # a sample: nobody issued it


def a_bomb(size: int) -> bytes:
    """An attachment that unpacks to `size` bytes."""
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        for spec in opened.Root.AF:
            if str(spec.UF) == "statement.json":
                pressed = zlib.compressobj(9)
                zeros = b"".join(pressed.compress(b" " * (1 << 20)) for _ in range(size >> 20))
                spec.EF.F.write(zeros + pressed.flush(), filter=pikepdf.Name.FlateDecode)
        return tampering.saved(opened)


def a_bomb_of_objects(size: int) -> bytes:
    """A table of where the objects stand that unpacks to `size` bytes."""
    packed = zlib.compress(b"\0" * size, 9)
    head = b"%PDF-1.7\n"
    table = b"1 0 obj\n<</Type/XRef/W[1 2 1]/Size %d/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n" % (
        size // 4,
        len(packed),
    )
    return head + table + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def nested(depth: int) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n" + b"[" * depth + b"]" * depth + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def in_a_circle() -> bytes:
    """The list of attachments is a child of itself."""
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        tree = opened.make_indirect(pikepdf.Dictionary())
        tree.Kids = pikepdf.Array([tree])
        opened.Root.Names.EmbeddedFiles = tree
        del opened.Root.AF
        return tampering.saved(opened)


def encrypted() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        return tampering.saved(opened, encryption=pikepdf.Encryption(owner="a", user="b"))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: b"hello",
    "a head alone": lambda: b"%PDF-1.7\n",
    "noise": lambda: Random(4).randbytes(200_000),
    "a head and noise": lambda: b"%PDF-1.7\n" + Random(5).randbytes(200_000),
    "half": lambda: a_signed()[: len(pdf()) // 2],
    "encrypted": encrypted,
    "an attachment of a gigabyte": lambda: a_bomb(1 << 30),
    "a table of a gigabyte": lambda: a_bomb_of_objects(1 << 30),
    "deeply nested": lambda: nested(200_000),
    "in a circle": in_a_circle,
    "a document that is no JSON": lambda: tampering.with_annex(pdf(), b"{"),
    "a document that is no statement's": lambda: tampering.with_annex(pdf(), b'{"cases": 3}'),
    "a document nested deeply": lambda: tampering.with_annex(pdf(), b"[" * 100_000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_it_is_there_is_an_answer_and_nothing_is_found_right(what: str) -> None:
    started = time.monotonic()
    found = examine(HOSTILE[what]())
    assert time.monotonic() - started < 60
    figures, signed = found.get("figures", {}), found.get("signature", {})
    assert not figures.get("right")
    assert "unread" in signed or not signed.get("count")
    assert found.get("failed") or figures.get("none")


def test_more_than_any_file_of_ours_has_is_not_read() -> None:
    assert "is not read" in examine(b"%PDF-1.7" + b" " * examining.MOST_BYTES)["failed"]


def test_reading_that_takes_too_long_or_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "_SECONDS", 0.05)
    assert "took too long" in examine(pdf())["failed"]


def test_the_process_that_reads_has_limits() -> None:
    import json
    import subprocess
    import sys

    code = (
        "import json, resource\nfrom reports.verification import examining\nexamining._limited()\n"
        "print(json.dumps([resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=examining._ROOT)
    (memory, _), (seconds, _) = json.loads(done.stdout)
    assert 0 < memory <= 2_000_000_000 and 0 < seconds <= 120
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] != seconds  # this process has none


def test_a_process_that_is_ended_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it would keep on a disk stays there when it is ended: it keeps nothing."""
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert examining._figures(pdf())["right"] is True


# the document in it


def test_of_two_different_documents_none_is_taken() -> None:
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        opened.attachments["other.json"] = b"{}"
        twice = tampering.saved(opened)
    with pytest.raises(annex.NoDocument, match="2 documents are attached"):
        annex.document_in(twice)


def test_a_document_that_only_one_of_the_two_lists_names_is_found() -> None:
    document = tampering.annex_of(pdf())
    for gone in ("AF", "Names"):
        with pikepdf.open(io.BytesIO(pdf())) as opened:
            del opened.Root[f"/{gone}"]
            assert annex.document_in(tampering.saved(opened)) == document


def test_a_crowd_of_attachments_is_not_read() -> None:
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        for number in range(annex.MOST_ATTACHMENTS):
            opened.attachments[f"{number}.txt"] = b"x"
        crowd = tampering.saved(opened)
    with pytest.raises(annex.NoDocument, match="attachments"):
        annex.document_in(crowd)
