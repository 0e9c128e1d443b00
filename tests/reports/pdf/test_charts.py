"""The drawings: what stands where, in which colour, with which words."""

import re
from datetime import date, timedelta
from fractions import Fraction

import pytest

from reports.pdf import charts
from reports.pdf.ledger import Day

ALLOWED = Fraction(1296)


def days(count: int = 30, first: date = date(2026, 4, 1), **lost: int) -> list[Day]:
    """Full days; `lost` as d5=300: 300 seconds on the fifth."""
    return [
        Day(first + timedelta(days=n), Fraction(86400), Fraction(lost.get(f"d{n + 1}", 0)), Fraction(0))
        for n in range(count)
    ]


def boxes(drawing: str, colour: str) -> list[tuple[float, float]]:
    """(left edge, height) of the boxes of one colour."""
    paths = re.findall(rf'<path d="([^"]*)" fill="{colour}"', drawing)
    assert len(paths) <= 1, "one path for each colour"
    found = re.findall(r"M([\d.]+) [\d.]+h[\d.]+v([\d.]+)", paths[0] if paths else "")
    return [(float(left), float(height)) for left, height in found]


def labels(drawing: str) -> list[str]:
    return re.findall(r">([^<]+)</text>", drawing)


def test_a_day_with_more_than_the_whole_allowance_stands_out() -> None:
    drawing = charts.strip(days(d3=1296, d7=1297), ALLOWED, "Days")
    (ordinary,), (tall,) = boxes(drawing, charts.INK), boxes(drawing, charts.MISSED)
    assert ordinary[0] < tall[0]
    (stripe,) = boxes(drawing, "#fff")
    assert stripe[0] == tall[0], "without colour it still stands out"
    assert len(boxes(drawing, charts.PALE)) == 30


def test_more_downtime_is_a_higher_bar_and_a_second_is_still_seen() -> None:
    drawing = charts.strip(days(d1=1, d2=60, d3=600, d4=3600, d5=86400), Fraction(86400), "Days")
    heights = [height for _, height in boxes(drawing, charts.INK)]
    assert heights == sorted(heights)
    assert heights[0] >= 1.5
    assert heights[-1] == 44
    assert len(set(heights)) == 5


def test_days_without_eligible_time_are_one_empty_frame() -> None:
    idle = [day._replace(eligible=Fraction(0)) if n in (4, 5, 6) else day for n, day in enumerate(days())]
    drawing = charts.strip(idle, ALLOWED, "Days")
    assert len(boxes(drawing, charts.PALE)) == 27
    assert len(boxes(drawing, "#fff")) == 1


def test_excluded_time_stands_in_a_lane_below() -> None:
    with_work = [day._replace(excluded=Fraction(60)) if n == 11 else day for n, day in enumerate(days())]
    assert len(boxes(charts.strip(with_work, ALLOWED, "Days"), charts.GREY)) == 1


@pytest.mark.parametrize(
    ("count", "first", "shown"),
    [
        (30, date(2026, 4, 1), ["1", "5", "10", "15", "20", "25", "30"]),
        (31, date(2026, 5, 1), ["1", "5", "10", "15", "20", "25", "31"]),
        (1, date(2026, 5, 31), ["31"]),
        (91, date(2026, 4, 1), ["1 Apr", "1 May", "1 Jun"]),
        (
            365,
            date(2026, 1, 1),
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        ),
    ],
)
def test_the_days_are_numbered_as_far_as_there_is_room(count: int, first: date, shown: list[str]) -> None:
    found = labels(charts.strip(days(count, first), ALLOWED, "Days"))
    assert found[:3] == ["1 min", "1 h", "24 h"]
    assert [label for label in found[3:] if not label.isdigit() or count < 90] == shown


def test_only_the_last_of_several_strips_is_numbered() -> None:
    assert labels(charts.strip(days(), ALLOWED, "Days", numbered=False)) == ["1 min", "1 h", "24 h"]


def test_the_key_names_what_the_strip_shows_and_nothing_else() -> None:
    words = [words for _, words in charts.legend(bars=True, tall=False, frames=False, excluded=True)]
    assert words == ["no downtime", "downtime", "excluded (lane below)"]
    assert len(charts.legend(bars=True, tall=True, frames=True, excluded=True)) == 5


@pytest.mark.parametrize(
    ("uptime", "met", "colour", "low"),
    [
        ("99.819", False, charts.MISSED, "99.5 %"),
        ("99.96", True, charts.MET, "99.9 %"),
        ("42", False, charts.MISSED, "0 %"),
    ],
)
def test_the_gauge_shows_the_distance_to_the_target(uptime: str, met: bool, colour: str, low: str) -> None:
    drawing = charts.gauge(Fraction(uptime), Fraction("99.95"), met=met, labels=(f"{uptime} %", "99.950 %"))
    assert labels(drawing) == ["target 99.950 %", f"uptime {uptime} %", low, "100 %"]
    assert f'fill="{colour}"' in drawing


def test_the_axis_of_the_gauge_begins_below_what_it_shows() -> None:
    for uptime in ("0", "50", "98", "99.95", "99.9999", "100"):
        low = labels(charts.gauge(Fraction(uptime), Fraction("99.95"), met=False, labels=("a", "b")))[2]
        assert Fraction(low.removesuffix(" %")) <= min(Fraction(uptime), Fraction("99.95"))


def test_words_in_a_drawing_are_escaped() -> None:
    drawing = charts.strip(days(), ALLOWED, '<b>"x"</b>')
    assert "<b>" not in drawing
    assert "&lt;b&gt;&quot;x&quot;" in drawing
