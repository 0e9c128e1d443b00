"""The rules on the command line, as somebody uses them who has nothing but Python and the package."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slaservice.rules.__main__ import main
from tests.rules.samples import Json, case, changed, outage

MISSED = {
    **case(outage("10 10:00", "10 10:43:13", id="W")),
    "id": "missed",
    "expected": {"credit_amount": "100.00"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.json"


def run(file: Path, document: Json, command: str) -> int:
    file.write_text(json.dumps(document))
    return main([command, str(file)])


def test_check_accepts_what_is_as_expected(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, {"cases": [MISSED, {**case(), "id": "met"}]}, "check") == 0
    assert capsys.readouterr().out == "2 cases: 2 as expected, 0 different, 0 refused; 0 differences\n"


def test_check_names_each_difference_and_fails(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {**MISSED, "expected": {"credit_amount": "100.0", "downtime_seconds": 2593, "capped": False}}
    assert run(file, {"cases": [wrong]}, "check") == 1
    assert capsys.readouterr().out.splitlines() == [
        'missed.credit_amount: expected "100.0", found "100.00"',
        'missed.downtime_seconds: expected 2593, found "2593"',
        "1 cases: 0 as expected, 1 different, 0 refused; 2 differences",
    ]


def test_check_counts_what_is_refused_as_failed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, {"cases": [changed(MISSED, {"terms.typo": 1})]}, "check") == 1
    assert "missed: refused: terms.typo: is not a known field" in capsys.readouterr().out


def test_check_recomputes_the_total_of_a_statement(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    total = {"currency": "USD", "credit_amount": "100.00"}
    assert run(file, {"agreement": {}, "cases": [MISSED], "total": total}, "check") == 0
    assert (
        run(file, {"agreement": {}, "cases": [MISSED], "total": {**total, "credit_amount": "99.00"}}, "check")
        == 1
    )
    assert 'total.credit_amount: expected "99.00", found "100.00"' in capsys.readouterr().out


def test_assess_prints_the_result_of_a_case(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, MISSED, "assess") == 0
    assert json.loads(capsys.readouterr().out)["uptime_percent"] == "99.899961"


def test_explain_shows_ledger_arithmetic_and_clauses(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, changed(MISSED, {"terms.clauses": {"commitment_percent": "4.1"}}), "explain") == 0
    text = capsys.readouterr().out
    for part in (
        "2593 s x 1  down  W",
        "amount 100 = USD 100.00",
        "[4.1] main is promised",
        "row 1 of the table",
    ):
        assert part in text


def test_a_file_that_cannot_be_used_says_why_and_is_no_result(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text('{"terms": {"commitment_percent": 99.9}}')
    assert main(["assess", str(file)]) == 2
    assert "terms.commitment_percent: must be a number written as text" in capsys.readouterr().err
    assert main(["assess", str(file.with_name("nowhere.json"))]) == 2


def test_the_schema_is_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "slaservice.rules", "schema"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert json.loads(printed.stdout)["title"] == "slaservice case"


def test_the_rules_start_without_django_or_celery() -> None:
    code = "import slaservice.rules.__main__, sys; print([m for m in ('django', 'celery', 'rest_framework') if m in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert printed.stdout.strip() == "[]"
