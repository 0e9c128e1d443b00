"""A change of version inside a period splits it; versions that overlap are refused."""

from fractions import Fraction

import pytest

from slaservice.rules.intervals import Interval
from slaservice.rules.refusal import Invalid
from slaservice.rules.versions import Span, split

APRIL = Interval(100, 200)


def test_a_version_that_spans_the_period_is_its_one_part() -> None:
    (part,) = split(APRIL, [Span(0, None)])
    assert (part.version, part.span, part.share) == (0, APRIL, Fraction(1))


def test_parts_follow_each_other_and_share_the_fee_by_their_length() -> None:
    parts = split(APRIL, [Span(175, None), Span(0, 125), Span(125, 175)])
    assert [(part.version, part.span) for part in parts] == [
        (1, (100, 125)),
        (2, (125, 175)),
        (0, (175, 200)),
    ]
    assert [part.share for part in parts] == [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]


def test_versions_that_only_touch_the_period_are_no_part_of_it() -> None:
    assert split(APRIL, [Span(0, 100), Span(200, None)]) == []


@pytest.mark.parametrize(
    ("versions", "errors"),
    [
        ([Span(0, 150), Span(149, None)], ["versions[1].start: is before the end of versions[0]"]),
        ([Span(0, None), Span(150, None)], ["versions[1].start: is before the end of versions[0]"]),
        ([Span(150, 160), Span(0, 151)], ["versions[0].start: is before the end of versions[1]"]),
        ([Span(50, 50)], ["versions[0].end: is not after its start"]),
        (
            [Span(60, 50), Span(55, None), Span(70, None)],
            [
                "versions[0].end: is not after its start",
                "versions[0].start: is before the end of versions[1]",
            ],
        ),
    ],
)
def test_versions_that_overlap_or_end_before_they_start_are_refused(
    versions: list[Span], errors: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        split(APRIL, versions)
    assert [str(error) for error in refused.value.errors] == errors
