"""The terms in plain words, as the paper sets them: for which commitments, in two columns of about the same height."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from django.utils.translation import gettext

from reports.pdf.facts import Facts
from reports.pdf.text import printable
from slaservice.rules.wording import clauses
from slaservice.rules.words import listed

_FEW_SENTENCES, _IN_A_BLOCK, _LETTERS = 5, 9, 56
"""Fewer sentences stand in one column; so many are set beside each other at once; so many letters fill a line of half a page."""


@dataclass(frozen=True, slots=True)
class Clauses:
    """Terms in plain words: for which commitments, and (clause number, sentence)."""

    titles: str
    sentences: list[tuple[str, str]]

    @property
    def blocks(self) -> list[list[list[tuple[str, str]]]]:
        """In two columns of about the same height, a few sentences at a time, so that a page may end between them."""
        return self._in(-(-len(self.sentences) // _IN_A_BLOCK))

    @property
    def closer(self) -> list[list[list[tuple[str, str]]]]:
        """All of them at once, which takes the least room."""
        return self._in(1)

    def _in(self, count: int) -> list[list[list[tuple[str, str]]]]:
        if len(self.sentences) < _FEW_SENTENCES:
            return [[self.sentences]]
        bounds = [len(self.sentences) * place // count for place in range(count + 1)]
        return [_halved(self.sentences[start:end]) for start, end in pairwise(bounds)]


def _halved(sentences: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    heights = [ceil(len(sentence) / _LETTERS) for _, sentence in sentences]
    cut = min(range(1, len(heights)), key=lambda at: (max(sum(heights[:at]), sum(heights[at:])), -at))
    return [sentences[:cut], sentences[cut:]]


def terms_of(cases: Sequence[Facts]) -> list[Clauses]:
    """The terms in words: what all commitments share once, and then what each has of its own."""
    spoken = [
        [(case.clause(path), printable(words, 2000)) for path, words in clauses(case.terms, case.covered)]
        for case in cases
    ]
    if len(cases) == 1:
        return [Clauses("", spoken[0])]
    shared = [sentence for sentence in spoken[0] if all(sentence in others for others in spoken[1:])]
    blocks = [Clauses(gettext("All commitments"), shared)] if shared else []
    own: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for case, sentences in zip(cases, spoken, strict=True):
        rest = tuple(sentence for sentence in sentences if sentence not in shared)
        own.setdefault(rest, []).append(case.title)
    return blocks + [Clauses(listed(titles), list(rest)) for rest, titles in own.items() if rest]
