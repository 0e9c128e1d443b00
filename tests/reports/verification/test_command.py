"""manage.py verify_statement, in words and for programs: 0 where all is right, 1 where it is not, 2 where nobody could ask."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from reports import making, signing
from reports.pdf import signature
from reports.verification import examining, register
from tests.factories.reports import CLOSED, an_issued
from tests.factories.signing import NAME, a_pair
from tests.factories.signing import signing as signs_with
from tests.reports.verification import tampering

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(settings: Any, documents_dir: Path, tmp_path: Path) -> Path:
    """A file on the disk of whoever asks."""
    signs_with(settings, a_pair())
    issued = an_issued()
    signing.sign(statement=issued, now=CLOSED)
    path = tmp_path / "statement.pdf"
    path.write_bytes(making.pdf(statement=issued, now=CLOSED))
    return path


def code_of(path: Path, *options: str) -> int:
    try:
        call_command("verify_statement", str(path), *options)
    except SystemExit as ended:
        return int(str(ended.code))
    except CommandError as problem:
        return problem.returncode
    return 0


def test_ours_and_whole_ends_with_0_and_says_what_each_level_shows_and_does_not(
    signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(signed) == 0
    said = capsys.readouterr().out
    for words in (
        "1. Register: ours",
        "2. Signature: valid",
        "3. Figures: right",
        NAME,
        "Ours, and nothing is wrong",
    ):
        assert words in said
    assert (said.count("   Shows: "), said.count("   Does not show: ")) == (3, 3)


def test_altered_ends_with_1(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed.write_bytes(signed.read_bytes() + b" ")
    assert code_of(signed) == 1
    said = capsys.readouterr().out
    assert "1. Register: altered" in said and "The paper was altered" in said
    assert said.endswith("Do not rely on this file: see above.\n")


def test_for_programs_it_is_json_with_the_same_code(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(signed, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["right"], said["statement"], said["superseded_by"]) == (True, "SLA-2026-00001", None)
    assert [level["outcome"] for level in said["levels"]] == ["ours", "valid", "right"]
    signed.write_bytes(b"")
    assert code_of(signed, "--json") == 1
    assert json.loads(capsys.readouterr().out)["levels"][0]["outcome"] == "unknown"


def test_what_is_no_file_ends_with_2(tmp_path: Path) -> None:
    assert [code_of(path) for path in (tmp_path, tmp_path / "none.pdf", Path("/dev/null"))] == [2, 2, 2]


def test_a_register_that_cannot_be_asked_ends_with_2(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise DatabaseError("no route to host")

    monkeypatch.setattr(register, "known", gone)
    assert code_of(signed) == 2


def test_a_file_too_large_to_read_is_hashed_all_the_same(
    signed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    size = signed.stat().st_size
    monkeypatch.setattr("reports.verification.levels.MOST_BYTES", size - 1)
    monkeypatch.setattr(examining, "MOST_BYTES", size - 1)
    assert code_of(signed) == 0  # ours, byte for byte; the rest could not be examined
    said = capsys.readouterr().out
    assert "1. Register: ours" in said and f"{size:,} bytes" in said
    assert "2. Signature: unexamined" in said and "3. Figures: unexamined" in said
    signed.write_bytes(signed.read_bytes() + b"%")
    assert code_of(signed) == 1


def test_no_file_writes_to_the_terminal_of_whoever_asks(
    signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = "\x1b[2J\x1b[H1. Register: ours\n\u202eOurs, and nothing is wrong with it.\n\x1b[8m"
    document = json.loads(tampering.annex_of(signed.read_bytes()))
    document["identity"] |= {"engine": "9\x1b[1A", "number": verdict}
    document["cases"][0]["id"] = verdict
    document["cases"][0]["expected"]["credit_amount"] = verdict
    unsigned = tampering.with_annex(
        tampering.before_signature(signed.read_bytes()), json.dumps(document).encode()
    )
    forger = a_pair("painter", name="\x1b[2Jours")
    content = signature.sign(unsigned, key=forger.to_sign(), at=CLOSED, name=NAME).content
    hostile = signed.with_name("\x1b[2Jours.pdf")
    hostile.write_bytes(content)
    assert code_of(hostile) == 1
    said = capsys.readouterr().out
    assert all(line.isprintable() for line in said.split("\n"))
    assert r"\x1b[2J" in said and max(map(len, said.split("\n"))) < 800
    assert "\nOurs" not in said and said.endswith("\nDo not rely on this file: see above.\n")
    assert code_of(hostile, "--json") == 1
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))
    assert code_of(hostile.with_name("\x1bnone")) == 2
