"""What others typed, as it is printed."""

import pytest

from reports.pdf.text import lines, printable


@pytest.mark.parametrize(
    "text",
    [
        "Müller & Søn A/S, Łódź",
        "<script>alert(1)</script>",
        "{{ 7*7 }} {% include 'x' %} {0.__class__}",
        "東京物流株式会社",
        "مرحبا بالعالم",
        "שלום",
        "नमस्ते",
        "สวัสดี",
        "Ελλάδα",
        "Київ",
        "საქართველო",
        "한국어",
        "🚀 launch ❤️ 👩‍👩‍👧",
        "99.9 % – “ok” €5 ₹7 ✓",
    ],
)
def test_ordinary_text_of_any_script_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice\u202egnp.exe", "invoice⟦U+202E⟧gnp.exe"),  # turns the line around
        ("pay\u200bpal", "pay⟦U+200B⟧pal"),  # hides
        ("a\u2066b\u2069", "a⟦U+2066⟧b⟦U+2069⟧"),
        ("a\x00b\x1b[31m", "a⟦U+0000⟧b⟦U+001B⟧[31m"),
        ("\ufeffname", "⟦U+FEFF⟧name"),
        ("soft\u00adhyphen", "soft⟦U+00AD⟧hyphen"),
        ("private \ue000", "private ⟦U+E000⟧"),
        ("glued a\u200db", "glued a⟦U+200D⟧b"),  # a joiner where nothing joins
        ("one\ntwo\tthree\u3000four\u2028five", "one two three four five"),
        ("Tamil \u0b95", "Tamil ⟦U+0B95⟧"),  # none of our fonts draws it
    ],
)
def test_what_acts_on_its_surroundings_is_shown_by_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_text_is_bounded_whatever_its_length() -> None:
    assert printable("x" * 10_000) == "x" * 200 + "…"
    assert printable("x" * 10_000, 5) == "xxxxx…"
    assert printable("x" * 200) == "x" * 200


def test_marks_do_not_pile_up() -> None:
    shown = printable("e" + "\u0323" * 20_000 + "x")
    assert shown.startswith("ẹ\u0323\u0323\u0323⟦marks⟧")
    assert len(shown) < 20


def test_an_address_keeps_its_lines_and_no_more_than_six() -> None:
    assert lines("Hafenstraße 7\n\n28217 Bremen\n") == ["Hafenstraße 7", "28217 Bremen"]
    assert len(lines("x\n" * 50)) == 6


def test_codes_count_as_what_they_take_on_paper() -> None:
    assert printable("\u202e" * 5_000, 20) == "⟦U+202E⟧⟦U+202E⟧…"
