"""What is sent is read in one way or refused by name: no last-wins, no float money, nothing that only one database takes."""

from typing import Any

import pytest

from slaservice.api.strict_json import MAX_BYTES, MAX_DEPTH, parse_json
from slaservice.rules.refusal import Invalid, Refusal


def reasons(body: bytes) -> list[str]:
    with pytest.raises(Invalid) as refused:
        parse_json(body)
    assert refused.value.code == "invalid_json"
    return [str(error) for error in refused.value.errors]


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (
            b'{"fee": "1250.00", "count": -3, "met": true, "end": null}',
            {"fee": "1250.00", "count": -3, "met": True, "end": None},
        ),
        (b'{"note": "two\\nlines\\tand \\u00fc"}', {"note": "two\nlines\tand ü"}),
        (b'"' + "e\u0301".encode() + b'"', "é"),  # NFC: one spelling
        (b"999999999999999999", 10**18 - 1),  # 18 digits
        (
            b'["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\\"[[[{"]',
            ["[" * 37, '"[[[{'],
        ),  # brackets in text do not nest
    ],
)
def test_plain_json_is_read(body: bytes, value: Any) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"amount": "1", "amount": "1000"}', "the name 'amount' stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        (b'{"amount": NaN}', "NaN is not a whole number"),
        (b'{"amount": Infinity}', "Infinity is not a whole number"),
        (b'{"amount": -Infinity}', "-Infinity is not a whole number"),
        (b'{"amount": 1.5}', "1.5 is not a whole number"),
        (b'{"amount": 1e400}', "1e400 is not a whole number"),
        (b'{"amount": 1000000000000000000}', "more than 18 digits"),
        (b'{"amount": ' + b"9" * 5000 + b"}", "more than 18 digits"),
        ('{"amount": １２}'.encode(), "is not JSON"),
        (b'{"amount": 1', "is not JSON"),
        (b"", "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"),  # a byte order mark
        (b'"\xff"', "is not UTF-8"),
        (b'"\xed\xa0\x80"', "is not UTF-8"),
    ],
)
def test_what_readers_read_differently_is_refused(body: bytes, says: str) -> None:
    [reason] = reasons(body)
    assert says in reason


@pytest.mark.parametrize("escape", ["\\u0000", "\\u0007", "\\u001b", "\\u007f", "\\u0085", "\\ud800"])
def test_a_control_character_is_refused_with_its_path(escape: str) -> None:
    assert reasons(b'{"rows": [{}, {"note": "a' + escape.encode() + b'"}]}') == [
        "rows[1].note: holds a control character"
    ]


def test_every_fault_of_a_text_is_told_at_once() -> None:
    assert len(reasons(b'{"a": "\\u0000", "b": ["\\u0001", "fine"], "c": {"d\\u0000": 1}}')) == 3


def test_one_name_in_two_spellings_is_one_name_twice() -> None:
    body = '{"caf\u00e9": "1", "cafe\u0301": "1000"}'.encode()
    assert reasons(body) == [": has a name with a control character, or one name in two spellings"]


def test_depth_has_a_limit_of_its_own() -> None:
    assert parse_json(nested(MAX_DEPTH)) is not None
    for depth in (MAX_DEPTH + 1, 20_000, MAX_BYTES // 2):
        assert reasons(nested(depth)) == [f": is not JSON: nested deeper than {MAX_DEPTH}"]
    assert "is not JSON" in reasons(b'{"a":' * 20_000)[0]


def test_hostile_quotes_are_read_in_one_pass() -> None:
    assert "is not JSON" in reasons(b'"' + b'\\"' * (MAX_BYTES // 2 - 10))[0]


def test_size_has_a_limit() -> None:
    assert parse_json(b'"' + b"a" * (MAX_BYTES - 2) + b'"') == "a" * (MAX_BYTES - 2)
    with pytest.raises(Refusal) as refused:
        parse_json(b'"' + b"a" * (MAX_BYTES - 1) + b'"')
    assert refused.value.code == "body_too_large"
