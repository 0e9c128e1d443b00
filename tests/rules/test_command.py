"""The rules on the command line, as somebody uses them who has nothing but Python and the package."""

import json
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from slaservice.rules.__main__ import main
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json, schema
from slaservice.rules.explanation import explain
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
    assert run(file, {"cases": [wrong, MISSED, {**wrong, "id": "again"}]}, "check") == 1
    assert capsys.readouterr().out.splitlines() == [
        'missed.credit_amount: expected "100.0", found "100.00"',
        'missed.downtime_seconds: expected 2593, found "2593"',
        'again.credit_amount: expected "100.0", found "100.00"',
        'again.downtime_seconds: expected 2593, found "2593"',
        "3 cases: 1 as expected, 2 different, 0 refused; 4 differences",
    ]


def test_check_counts_what_is_refused_as_failed_and_goes_on(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = changed(MISSED, {"terms.typo": 1})
    del refused["id"]
    assert run(file, {"cases": [refused, 7, MISSED], "total": {}}, "check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "cases[0]: refused: terms.typo: is not a known field",
        "cases[1]: refused: $: must be an object with terms and input",
        "3 cases: 1 as expected, 0 different, 2 refused; 0 differences",
    ]


def test_check_compares_whatever_part_of_a_result_is_expected(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected: Json = {
        "claim": {"by": "customer", "until": "ever"},
        "terminate": [],
        "capped": {"yes": 1},
        "ledger": None,
    }
    assert run(file, {**MISSED, "expected": expected}, "check") == 1
    *lines, count = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        'missed.claim.by: expected "customer", found "automatic"',
        'missed.claim.until: expected "ever", found nothing',
        'missed.capped: expected {"yes": 1}, found false',
    ]
    assert lines[3].startswith(
        'missed.ledger: expected null, found [{"component": null, "rows": [{"start": "2026-04'
    )
    assert count == "1 cases: 0 as expected, 1 different, 0 refused; 4 differences"


@pytest.mark.parametrize("expected", [{}, None, ...])
def test_check_of_a_case_that_expects_nothing_finds_no_difference(
    file: Path, capsys: pytest.CaptureFixture[str], expected: object
) -> None:
    assert run(file, changed(MISSED, {"expected": expected}), "check") == 0
    assert capsys.readouterr().out == "1 cases: 1 as expected, 0 different, 0 refused; 0 differences\n"


def test_check_recomputes_the_total_of_a_statement(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [{**MISSED, "id": "api"}, changed(MISSED, {"id": "web", "input.fee": "500.00"})]
    for case_, amount in zip(cases, ("100.00", "50.00"), strict=True):
        case_["expected"] = {"credit_amount": amount}
    total = {
        "currency": "USD",
        "counted": ["api"],
        "before_cap": "100.00",
        "capped": False,
        "credit_amount": "100.00",
    }
    document = {"agreement": {"overlap": "best"}, "cases": cases, "total": total}
    assert run(file, document, "check") == 0
    assert run(file, changed(document, {"agreement": ..., "total.credit_amount": "99.00"}), "check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 cases: 2 as expected, 0 different, 0 refused; 0 differences",
        'total.counted: expected ["api"], found ["api", "web"]',
        'total.before_cap: expected "100.00", found "150.00"',
        'total.credit_amount: expected "99.00", found "150.00"',
        "2 cases: 2 as expected, 0 different, 0 refused; 3 differences",
    ]


def test_assess_prints_the_result_of_a_case_or_of_each(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = result_json(assess(parse_case(MISSED)))
    assert run(file, MISSED, "assess") == 0
    assert capsys.readouterr().out == json.dumps(result, indent=2) + "\n"
    assert run(file, {"cases": [MISSED, case()]}, "assess") == 0
    assert json.loads(capsys.readouterr().out) == [result, result_json(assess(parse_case(case())))]


def test_explain_shows_ledger_arithmetic_and_clauses_of_each(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file, {"cases": [MISSED, case()]}, "explain") == 0
    texts = [explain(assess(parse_case(one))) for one in (MISSED, case())]
    assert capsys.readouterr().out == f"missed\n\n{texts[0]}\n\ncases[1]\n\n{texts[1]}\n"


def test_without_a_file_standard_input_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["check"], ["check", "-"]):
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(json.dumps(MISSED).encode())))
        assert main(arguments) == 0
        assert capsys.readouterr().out == "1 cases: 1 as expected, 0 different, 0 refused; 0 differences\n"


def test_the_schema_is_shown_and_needs_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == json.dumps(schema(), indent=2) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            json.dumps({**case(), "terms": {"commitment": 1}, "input": 7}),
            [
                "terms.commitment_percent: is required",
                "terms.signal: is required",
                "terms.components: is required",
                "terms.money: is required",
                "terms.commitment: is not a known field",
                "input: Input should be a dictionary or an instance of Evidence",
            ],
        ),
        ('{"a": 1, "a": 2}', ["a: stands twice in one object"]),
        (None, ["No such file or directory"]),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_is_no_result(
    file: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: list[str]
) -> None:
    if text is not None:
        file.write_text(text)
    assert main(["assess", str(file)]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.splitlines()) == ("", [f"{file}: {reason}" for reason in said])


def test_cases_that_cannot_be_totalled_are_refused_by_name(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    euros = changed(MISSED, {"id": "euros", "terms.money.currency": "EUR"})
    assert run(file, {"cases": [MISSED, euros], "total": {}}, "check") == 2
    assert capsys.readouterr().err == f"{file}: One agreement has one currency, not EUR and USD.\n"


def test_the_command_says_how_it_is_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out == (
        "usage: python -m slaservice.rules [-h] {assess,check,explain,schema} [file]\n\n"
        "The rules on the command line: `python -m slaservice.rules assess|check|explain|schema FILE`.\n\n"
        "positional arguments:\n"
        "  {assess,check,explain,schema}\n"
        "  file                  a case, or a file with cases; - reads standard input\n\n"
        "options:\n"
        "  -h, --help            show this help message and exit\n"
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "the following arguments are required: command"),
        (["verify"], "argument command: invalid choice: 'verify'"),
        (["schema", "a", "b"], "unrecognized arguments: b"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"python -m slaservice.rules: error: {problem}" in shown.err


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
