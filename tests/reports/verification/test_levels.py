"""Three levels, each in words: whatever was done to a file is found at the level that promises it."""

import hashlib
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reports import making, signing, store
from reports.models import Statement
from reports.pdf import signature
from reports.verification import examining, levels, register
from reports.verification.levels import Report
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued
from tests.factories.restatements import LATE, after, down, draft_of, follow, issue_draft, issue_month, longer
from tests.factories.signing import NAME, a_pair
from tests.factories.signing import signing as signs_with
from tests.reports.verification import tampering
from tests.reports.verification.tampering import Change

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key(settings: Any, documents_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process here, which is quicker; test_examining.py has them read apart."""
    signs_with(settings, a_pair())
    monkeypatch.setattr(levels, "examine", examining.examined)


def report(content: bytes, *pinned: str) -> Report:
    return levels.verify(io.BytesIO(content), pinned=pinned or [a_pair().fingerprint])


def outcomes(content: bytes) -> list[str]:
    return [level.outcome for level in report(content).levels]


def words(content: bytes) -> str:
    return " ".join(level.says for level in report(content).levels)


def a_signed(statement: Statement | None = None) -> bytes:
    """The signed PDF of a missed April, that owes EUR 125.00."""
    issued = an_issued(statement=statement or a_missed_draft())
    signing.sign(statement=issued, now=CLOSED)
    return making.pdf(statement=issued, now=CLOSED)


def another_total(content: bytes) -> bytes:
    """The same document, but for what it owes."""
    document = json.loads(tampering.annex_of(content))
    document["total"]["credit_amount"] = "925.00"
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


# what is ours


def test_a_signed_file_as_we_made_it_is_right_at_every_level() -> None:
    found = report(a_signed())
    assert [level.outcome for level in found.levels] == ["ours", "valid", "right"]
    assert (found.right, found.statement, found.superseded_by) == (True, "SLA-2026-00001", None)
    said = " ".join(level.says for level in found.levels)
    for part in (
        "byte for byte",
        "the signed PDF",
        "That statement is current",
        "covers the whole file",
        "1 cases: 1 as expected",
    ):
        assert part in said
    assert all(level.shows and level.does_not_show for level in found.levels)


def test_a_file_without_a_signature_is_ours_all_the_same_and_a_signed_copy_is_named() -> None:
    issued = an_issued()
    plain = making.pdf(statement=issued, now=CLOSED)
    assert outcomes(plain) == ["ours", "missing", "right"]
    assert "signed copy" not in words(plain)
    signing.sign(statement=issued, now=CLOSED)
    assert report(plain).right
    assert "There is a signed copy of SLA-2026-00001" in words(plain)


def test_what_was_superseded_is_ours_and_says_by_what() -> None:
    contract, window = a_contract(), down("2026-04")
    first = issue_month(contract, "2026-04", now=after("2026-04"))
    longer(window, 8)
    follow()
    second = issue_draft(draft_of(contract, "2026-04"), now=LATE)
    old, new = (report(making.pdf(statement=one, now=LATE)) for one in (first, second))
    assert (old.right, old.superseded_by, new.right, new.superseded_by) == (True, second.number, True, None)
    assert f"That statement was superseded by {second.number}" in old.levels[0].says


def test_nothing_of_ours_is_unknown() -> None:
    draft = making.render(a_draft())
    for content in (b"", b"no PDF", draft):
        assert report(content).levels[0].outcome == "unknown"
        assert not report(content).right


def test_a_signed_copy_that_was_lost_is_not_recommended() -> None:
    issued = an_issued()
    row = signing.sign(statement=issued, now=CLOSED)
    assert row is not None
    plain = making.unsigned(statement=issued, now=CLOSED)
    assert "There is a signed copy" in words(plain)
    store.path_of(row.sha256).unlink()
    assert "signed copy" not in words(plain)


def test_what_is_ours_stays_ours_where_reading_it_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    content = a_signed()
    monkeypatch.setattr(levels, "examine", lambda _: {"failed": "Reading it took too long."})
    assert outcomes(content) == ["ours", "unexamined", "unexamined"]
    assert report(content).right and not report(content + b"%").right


def test_a_document_that_states_nothing_is_not_right() -> None:
    content = a_signed()
    document = json.loads(tampering.annex_of(content))
    for part in ("cases", "total"):
        said_nothing = json.dumps({**document, part: type(document[part])()}).encode()
        found = report(tampering.with_annex(content, said_nothing)).levels[2]
        assert (found.outcome, part in found.says) == ("wrong", True)


# what was done to it: register, signature, figures

RESIGNED = "by somebody else under the same name"

CHANGED: dict[str, tuple[Change, list[str]]] = {
    "one byte more": (lambda content: content + b"\n", ["altered", "broken", "right"]),
    "saved by another program": (tampering.saved_anew, ["altered", "broken", "right"]),
    "a page appended": (tampering.a_page_appended, ["altered", "broken", "right"]),
    "another total on the page": (
        partial(tampering.with_text, old="125.00", new="925.00"),
        ["altered", "broken", "right"],
    ),
    "another total in the document": (
        lambda content: tampering.with_annex(content, another_total(content)),
        ["altered", "broken", "wrong"],
    ),
    "no document": (lambda content: tampering.with_annex(content, b"{}"), ["altered", "broken", "missing"]),
    "an update after the signature": (tampering.updated_after, ["altered", "broken", "right"]),
    "the signature taken out": (tampering.without_signature, ["altered", "missing", "right"]),
    "the signature cut off": (tampering.before_signature, ["ours", "missing", "right"]),
    "cut in the middle": (lambda content: content[: len(content) // 2], ["unknown", "broken", "missing"]),
    RESIGNED: (
        lambda content: (
            signature.sign(
                tampering.before_signature(content), key=a_pair("forger").to_sign(), at=CLOSED, name=NAME
            ).content
        ),
        ["altered", "foreign", "right"],
    ),
}


@pytest.mark.parametrize("what", CHANGED)
def test_each_change_is_found_at_the_level_that_promises_it(what: str) -> None:
    change, expected = CHANGED[what]
    changed = change(a_signed())
    assert outcomes(changed) == expected
    assert report(changed).right is (expected[0] == "ours")


def test_a_document_of_another_statement_is_recognised_as_that_ones_and_not_as_the_papers() -> None:
    paper = a_signed()
    other = an_issued(statement=a_draft(a_contract()))
    swapped = tampering.with_annex(paper, other.body.encode())
    assert outcomes(swapped) == ["altered", "broken", "right"]
    assert f"the document in it is that of statement {other.number}" in words(swapped)


def test_a_forgers_name_is_no_proof_and_his_certificate_is_shown() -> None:
    change, _ = CHANGED[RESIGNED]
    said = words(change(a_signed()))
    assert NAME in said and a_pair("forger").fingerprint in said
    assert "not by a key that is known here" in said


def test_a_key_that_is_pinned_no_longer_is_trusted_no_longer() -> None:
    content = a_signed()
    found = report(content, a_pair("second").fingerprint)
    assert ([level.outcome for level in found.levels], found.right) == (["ours", "foreign", "right"], False)
    assert report(content, a_pair("second").fingerprint, a_pair().fingerprint).right


def test_where_no_certificate_is_pinned_a_signature_shows_nothing_of_who() -> None:
    found = levels.verify(io.BytesIO(a_signed()), pinned=[])
    assert (found.levels[1].outcome, found.right) == ("unpinned", True)
    assert "SIGNING_CERTIFICATES is empty" in found.levels[1].says


def test_a_mark_without_a_document_says_which_it_was() -> None:
    changed = tampering.with_annex(a_signed(), b"{}")
    assert "bears the mark of statement SLA-2026-00001" in words(changed)


def test_every_flipped_bit_is_seen_by_the_register_and_by_the_signature_where_it_covers() -> None:
    content = a_signed()
    starts = content.index(b"/Contents <") + len(b"/Contents <")
    own = range(starts, content.index(b">", starts))
    for at, changed in tampering.flipped(content, 60, seed=1):
        assert register.known(hashlib.sha256(changed).hexdigest()) is None
        found = examining.examined(changed)
        if at not in own:
            assert (
                "unread" in found["signature"]
                or not found["signature"]["count"]
                or found["signature"]["faults"]
            )


# whoever has no pyHanko


def test_without_pyhanko_the_other_levels_answer_and_the_signature_is_not_examined() -> None:
    found = levels._signature({"unread": "pyHanko is not installed here.", "able": False}, None, [])
    assert (found.outcome, "pyHanko" in found.says) == ("unexamined", True)
