"""What is typed, as texts by the path of their field, and the rows of its lists: added, taken out, counted.

A path is the one that a fault names: `commitments[0].terms.credit.rules[1].rate`. So a field's name on the page, its place in
the document and the fault beside it are one word.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

Texts = dict[str, str]
T = TypeVar("T")

MOST_ROWS = 200
"""Rows of one list that are looked at; a page that names more was not made by this form."""


def under(texts: Mapping[str, T], root: str) -> dict[str, T]:
    """The texts of one part, by their paths within it: `root` is 'commitments[0].terms'."""
    start = f"{root}."
    return {path.removeprefix(start): text for path, text in texts.items() if path.startswith(start)}


def rows(texts: Iterable[str], path: str) -> int:
    """How many rows the list at a path has: one more than the highest that is named."""
    row = re.compile(re.escape(path) + r"\[([0-9]{1,4})]")
    named = [int(found[1]) for name in texts if (found := row.match(name))]
    return max((number + 1 for number in named if number < MOST_ROWS), default=0)


def without_row(texts: Mapping[str, T], row: str) -> dict[str, T]:
    """The texts without a row ('terminate[1]'), and the rows after it one up."""
    found = re.fullmatch(r"(.*)\[([0-9]{1,4})]", row)
    if found is None:
        return dict(texts)
    path, gone = found[1], int(found[2])
    later = re.compile(re.escape(path) + r"\[([0-9]{1,4})](.*)", re.DOTALL)
    kept: dict[str, T] = {}
    for name, text in texts.items():
        match = later.fullmatch(name)
        if match is None or int(match[1]) < gone:
            kept[name] = text
        elif int(match[1]) > gone:
            kept[f"{path}[{int(match[1]) - 1}]{match[2]}"] = text
    return kept


def parents(path: str) -> list[str]:
    """The path and all that lead to it, the nearest first: 'a[0].b' -> ['a[0].b', 'a[0]', 'a']."""
    found = [path]
    while shorter := re.sub(r"(\[[^\[\]]*]|\.?[^.\[\]]+)$", "", found[-1]):
        if shorter == found[-1]:
            break
        found.append(shorter)
    return found
