"""Whatever is done to a statement's PDF is found, at the level that promises it: by the thousand, and by one who means it.

The register promises every bit. A signature promises every byte but the digits that it consists of. The figures promise that
nobody changed facts, terms or results so that they no longer fit each other.
"""

import hashlib
import io
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reports import making, signing
from reports.models import Statement
from reports.verification import examining, levels, register
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued
from tests.factories.signing import a_pair
from tests.factories.signing import signing as signs_with
from tests.reports.verification import tampering
from tests.reports.verification.test_levels import CHANGED, another_total

pytestmark = pytest.mark.django_db

FLIPS = 10_000


@pytest.fixture
def issued(settings: Any, documents_dir: Path) -> Statement:
    signs_with(settings, a_pair())
    statement = an_issued(statement=a_missed_draft())
    signing.sign(statement=statement, now=CLOSED)
    return statement


@pytest.fixture
def signed(issued: Statement) -> bytes:
    return making.pdf(statement=issued, now=CLOSED)


def known(content: bytes) -> register.Known | None:
    return register.known(hashlib.sha256(content).hexdigest(), mark=register.mark_of(content))


@pytest.mark.parametrize("kind", ["signed", "unsigned"])
def test_ten_thousand_flipped_bits_are_all_seen_by_the_register(issued: Statement, kind: str) -> None:
    which = making.pdf if kind == "signed" else making.unsigned
    content = which(statement=issued, now=CLOSED)
    assert known(content) is not None and known(content).by == "file"  # type: ignore[union-attr]
    seen = Counter(
        "not ours" if (found := known(changed)) is None else found.by
        for _, changed in tampering.flipped(content, FLIPS, seed=2026)
    )
    assert seen["file"] == 0
    assert seen.total() == FLIPS


def test_flipped_bits_are_seen_by_the_signature_wherever_it_covers_and_never_end_the_reading(
    signed: bytes,
) -> None:
    starts = signed.index(b"/Contents <") + len(b"/Contents <")
    own = range(starts, signed.index(b">", starts))
    for at, changed in tampering.flipped(signed, FLIPS, seed=11):
        found = examining.examined(changed)
        signature = found["signature"]
        good = not signature.get("unread") and signature["count"] == 1 and not signature["faults"]
        assert not good or at in own, f"byte {at}"


def test_every_byte_of_the_signatures_own_place_that_does_not_matter_is_told_by_the_register(
    signed: bytes,
) -> None:
    """Upper case for lower case within the digits: the same signature, so it stays good; the file is not ours all the same."""
    starts = signed.index(b"/Contents <") + len(b"/Contents <")
    at = next(at for at in range(starts, len(signed)) if signed[at : at + 1].isalpha())
    letter = signed[at : at + 1]
    changed = signed[:at] + letter.swapcase() + signed[at + 1 :]
    report = levels.verify(io.BytesIO(changed), pinned=[a_pair().fingerprint])
    assert [level.outcome for level in report.levels] == ["altered", "valid", "right"]
    assert not report.right


def test_flipped_bits_of_the_document_are_found_by_its_digest_though_not_always_by_its_figures(
    signed: bytes,
) -> None:
    """A changed name recomputes; its digest is another. A changed figure does not recompute."""
    document, outcomes = tampering.annex_of(signed), Counter[str]()
    for _, changed in tampering.flipped(document, 300, seed=3):
        found = examining._figures(tampering.with_annex(signed, changed))
        assert found.get("digest") != hashlib.sha256(document).hexdigest()
        if "digest" in found:
            assert register.known("0" * 64, digest=found["digest"]) is None
        outcomes["none" if "none" in found else "right" if found["right"] else "wrong"] += 1
    assert outcomes["wrong"] > 0 and outcomes.total() == 300


@pytest.mark.parametrize("what", CHANGED)
def test_each_way_to_change_a_file_is_found_by_a_process_apart(what: str, signed: bytes) -> None:
    change, expected = CHANGED[what]
    report = levels.verify(io.BytesIO(change(signed)), pinned=[a_pair().fingerprint])
    assert [level.outcome for level in report.levels] == expected
    assert report.right is (expected[0] == "ours")


def test_every_figure_that_is_raised_in_the_document_does_not_recompute(signed: bytes) -> None:
    changed = tampering.with_annex(signed, another_total(signed))
    found = examining._figures(changed)
    assert found["right"] is False
    assert "total.credit_amount" in " ".join(found["lines"])


def test_the_document_of_one_statement_never_passes_on_the_paper_of_another(signed: bytes) -> None:
    chance = Random(5)
    others = [an_issued(statement=a_draft(a_contract())) for _ in range(20)]
    for other in chance.sample(others, 20):
        report = levels.verify(
            io.BytesIO(tampering.with_annex(signed, other.body.encode())), pinned=[a_pair().fingerprint]
        )
        assert (report.right, report.levels[0].outcome, report.levels[1].outcome) == (
            False,
            "altered",
            "broken",
        )
