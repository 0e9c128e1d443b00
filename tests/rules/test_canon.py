"""Canonical JSON by parts: whatever was written before, the text is the one that the whole has."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.canon import Written, text
from slaservice.rules.documents import canonical, digest, digest_of

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=6)


def plainly(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@given(VALUES)
def test_the_text_is_sorted_json_without_white_space(value: Any) -> None:
    assert text(value) == plainly(value)


@given(OBJECTS, OBJECTS)
def test_an_object_that_shares_members_reads_like_one_that_does_not(shared: Any, own: Any) -> None:
    joined = Written.of(shared) | own
    assert joined == shared | own
    assert text(joined) == plainly(shared | own)


@given(OBJECTS, OBJECTS)
def test_what_two_objects_share_is_joined_and_the_later_wins(one: Any, other: Any) -> None:
    joined = Written.of(one) | Written.of(other)
    assert text(joined) == plainly(one | other)


@given(OBJECTS, st.text(), OBJECTS, OBJECTS)
def test_members_are_added_to_objects_within(outer: Any, name: str, inner: Any, own: Any) -> None:
    shared = Written.of(outer | {name: inner})
    joined = shared | {name: shared[name] | own}
    assert text(joined) == plainly(outer | {name: inner | own})
    assert text([joined, joined]) == plainly([outer | {name: inner | own}] * 2)


def test_a_member_is_written_once() -> None:
    """The text that is known is taken; nobody writes the member anew."""
    assert text(Written({"a": [1], "b": 2}, {"a": "[known]"})) == '{"a":[known],"b":2}'


@given(OBJECTS)
def test_the_digest_is_of_the_text_with_the_engine_s_version(value: Any) -> None:
    assert digest(Written.of(value)) == digest(value) == digest_of(plainly(value).encode())
    assert canonical(Written.of(value)) == plainly(value).encode()
