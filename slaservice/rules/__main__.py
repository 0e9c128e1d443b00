"""The rules on the command line: `python -m slaservice.rules assess|check|explain|schema FILE`.

assess FILE   the result of a case (or of every case of a file) as JSON
check FILE    every case against its `expected`: a line per difference, a count, exit 1 on any
explain FILE  ledger, arithmetic and clauses as text
schema        the JSON Schema of a case document

A statement's document (it has an `identity`) must also state all that is compared: cases, whole results, a whole total.

FILE may be `-` for standard input. Exit 2 when the file cannot be used.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.caps import period_caps
from slaservice.rules.documents import load, parse_agreement, parse_case, result_json, schema, total_json
from slaservice.rules.exact import exact_text
from slaservice.rules.printed import printed
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.restatement import recomputed


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m slaservice.rules", description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=("assess", "check", "explain", "schema"))
    parser.add_argument(
        "file", nargs="?", default="-", help="a case, or a file with cases; - reads standard input"
    )
    options = parser.parse_args(arguments)
    if options.command == "schema":
        print(json.dumps(schema(), indent=2))
        return 0
    try:
        data = load(sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes())
        return {"assess": _assess, "check": _check, "explain": _explain}[options.command](data)
    except OSError as problem:
        print(f"{printed(options.file)}: {problem.strerror}", file=sys.stderr)
    except Refusal as refusal:
        _print_refusal(options.file, refusal)
    return 2


def _print_refusal(name: str, refusal: Refusal) -> None:
    reasons = [str(error) for error in refusal.errors] if isinstance(refusal, Invalid) else [refusal.sentence]
    for reason in reasons:
        print(f"{printed(name)}: {printed(reason)}", file=sys.stderr)


def _cases(data: Any) -> list[Any]:
    return data["cases"] if isinstance(data, dict) and isinstance(data.get("cases"), list) else [data]


def _name(case: Any, index: int) -> str:
    return str(case.get("id", f"cases[{index}]")) if isinstance(case, dict) else f"cases[{index}]"


def _assess(data: Any) -> int:
    results = [result_json(assess(parse_case(case))) for case in _cases(data)]
    print(json.dumps(results if isinstance(data, dict) and "cases" in data else results[0], indent=2))
    return 0


def _check(data: Any) -> int:
    """Compare to the letter whatever part of a result a case expects, and total and difference where a document has them."""
    cases, wrong, refused = _cases(data), 0, 0
    statement = _is_statement(data)
    assessed: dict[str, Assessment] = {}
    differences = _print(_without_cases(data, cases)) if statement else 0
    for index, case in enumerate(cases):
        name = _name(case, index)
        try:
            assessed[name] = assess(parse_case(case))
        except Refusal as refusal:
            refused += 1
            print(printed(f"{name}: refused: {refusal.sentence}"))
            continue
        expected, found = case.get("expected") or {}, result_json(assessed[name])
        lines = _print(f"{name}.{line}" for line in _differences(expected, found, whole=statement))
        wrong += bool(lines)
        differences += lines
    if (statement or (isinstance(data, dict) and "total" in data)) and not refused:
        differences += _print(_joined_otherwise(data, assessed, whole=statement))
    right = len(cases) - wrong - refused
    print(
        f"{len(cases)} cases: {right} as expected, {wrong} different, {refused} refused; {differences} differences"
    )
    return 1 if differences or refused else 0


def _print(lines: Iterable[str]) -> int:
    shown = [printed(line) for line in lines]
    for line in shown:
        print(line)
    return len(shown)


def _is_statement(data: Any) -> bool:
    """Whether it is a statement's document, which leaves nothing out, and not cases to which somebody wrote what he expects."""
    return isinstance(data, dict) and "identity" in data


def _without_cases(data: Mapping[str, Any], cases: Sequence[Any]) -> Iterator[str]:
    """Where a statement has no cases, or two of one name, of which only one would count."""
    if not isinstance(data.get("cases"), list) or not cases:
        yield "cases: expected at least one, found none"
    names = Counter(_name(case, index) for index, case in enumerate(cases))
    yield from (
        f"cases: expected one {json.dumps(name)}, found {count}" for name, count in names.items() if count > 1
    )


def _joined_otherwise(
    data: Mapping[str, Any], assessed: Mapping[str, Assessment], *, whole: bool
) -> Iterator[str]:
    """Where total, difference or what a part takes of a cap is another than the cases together come to."""
    if whole and not assessed:
        return
    found = total_json(settle(parse_agreement(data.get("agreement", {})), assessed))
    said = data.get("total", {}) if whole else data["total"]
    yield from _differences(said, found, "total", whole=whole)
    yield from _credited_otherwise(_cases(data), assessed)
    yield from _restated_otherwise(data, assessed, found, whole=whole)


def _credited_otherwise(cases: Sequence[Any], assessed: Mapping[str, Assessment]) -> Iterator[str]:
    """Where a part of a split period says otherwise what the parts before it take of the cap for the period."""
    titles = {_name(case, index): str(case.get("title")) for index, case in enumerate(cases)}
    taken = period_caps([(titles[name], assessment) for name, assessment in assessed.items()])
    for (name, assessment), before in zip(assessed.items(), taken, strict=True):
        if before is not None:
            said = exact_text(assessment.case.evidence.previously_credited)
            yield from _differences(said, exact_text(before), f"{name}.input.previously_credited")


def _restated_otherwise(
    data: Mapping[str, Any],
    assessed: Mapping[str, Assessment],
    total: Mapping[str, Any],
    *,
    whole: bool,
) -> Iterator[str]:
    """Where a restatement's document says another difference than its own results come to."""
    if "difference" in data:
        results = {name: result_json(assessment) for name, assessment in assessed.items()}
        found = recomputed(data["difference"], results, total)
        yield from _differences(data["difference"], found, "difference", whole=whole)
    elif whole and isinstance(data["identity"], Mapping) and data["identity"].get("supersedes"):
        yield f"difference: expected nothing, found that it supersedes {_cut(data['identity']['supersedes'])}"


def _differences(expected: Any, found: Any, path: str = "", *, whole: bool = False) -> Iterator[str]:
    """Lines `path: expected ..., found ...` for every part of `expected` that `found` does not have to the letter.

    `whole`: and for every part of `found` that is not expected.
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in [*expected, *(key for key in found if whole and key not in expected)]:
            step = f"{path}.{key}" if path else str(key)
            if key in expected and key in found:
                yield from _differences(expected[key], found[key], step, whole=whole)
            else:
                yield f"{step}: expected {_shown(expected, key)}, found {_shown(found, key)}"
    elif type(expected) is not type(found) or expected != found:
        yield f"{path}: expected {_cut(expected)}, found {_cut(found)}"


def _shown(values: Mapping[str, Any], key: str) -> str:
    return _cut(values[key]) if key in values else "nothing"


def _cut(value: Any) -> str:
    """So that of two long values both are seen."""
    return printed(json.dumps(value), 120)


def _explain(data: Any) -> int:
    from slaservice.rules.explanation import explain

    for index, case in enumerate(_cases(data)):
        if index:
            print()
        print(f"{printed(_name(case, index))}\n")
        print(explain(assess(parse_case(case))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
