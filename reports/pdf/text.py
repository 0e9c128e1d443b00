"""Text of others, made safe to set: what is printed is what was typed, and cannot pretend to be anything else.

Markup is the templates' matter (they escape). Here: characters that act on their surroundings (direction, joining, line
breaks), marks piled upon marks, and characters that none of our fonts can draw are shown by their code, and length is
bounded, so that a title can neither reorder a line nor push a figure off the page.
"""

import re
import unicodedata
from functools import lru_cache

from reports.pdf.fonts import drawn

_LONGEST = 200
_MARKS = 3
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0f"
_NO_BREAK = "\u00a0\u202f"
"""Spaces that hold a figure and its sign together, as German and French write them."""

_SPACES = re.compile(rf"[^\S{_NO_BREAK}]+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARK = frozenset({"Mn", "Me"})


@lru_cache(maxsize=4096)
def printable(text: object, limit: int = _LONGEST) -> str:
    """One line of at most `limit` characters with their marks, safe to set beside our own words."""
    source = unicodedata.normalize("NFC", _SPACES.sub(" ", str(text)[: limit * 20]).strip())
    shown: list[str] = []
    letters = marks = skipped = 0
    for index, char in enumerate(source):
        if unicodedata.category(char) in _MARK and char != _EMOJI_STYLE:
            marks += 1
            skipped += marks > _MARKS
            if marks <= _MARKS:
                shown.append(_seen(char))
            continue
        if skipped:
            shown.append("⟦marks⟧")
        marks = skipped = 0
        seen = char if _joins(source, index) else _seen(char)
        letters += len(seen)
        if letters > limit:
            shown.append("…")
            break
        shown.append(seen)
    return "".join(shown) + ("⟦marks⟧" if skipped else "")


def lines(text: object, most: int = 6) -> list[str]:
    """The lines of an address, each safe to set."""
    return [printable(line) for line in str(text).splitlines() if line.strip()][:most]


def _seen(char: str) -> str:
    """The character itself where it is visible and can be drawn, else its code."""
    category = unicodedata.category(char)
    if category in ("Zs", "Zl", "Zp"):
        return char if char in _NO_BREAK else " "
    if category in _HIDDEN or ord(char) not in drawn():
        return f"⟦U+{ord(char):04X}⟧"
    return char


def _joins(source: str, index: int) -> bool:
    """Joiners where they belong: within emoji and the scripts that need them."""
    char = source[index]
    if char not in _JOINERS and char != _EMOJI_STYLE:
        return False
    before = source[index - 1] if index else ""
    after = source[index + 1 : index + 2]
    if char == _EMOJI_STYLE:
        return bool(before) and unicodedata.category(before) == "So"
    return _needs_joiners(before) and _needs_joiners(after)


def _needs_joiners(char: str) -> bool:
    return bool(char) and (
        char == _EMOJI_STYLE or "\u0600" <= char <= "\u0dff" or char >= "\U0001f300" or char in "♀♂⚕⚖✈❤"
    )
