"""Credit tables as they are printed: holes and overlaps are found and told, never refused, because real contracts have them."""

from collections.abc import Iterator
from itertools import pairwise

from slaservice.rules.terms import Bracket, Brackets, Terms
from slaservice.rules.words import number


def remarks(terms: Terms) -> list[tuple[str, str]]:
    """(path of the rule, sentence) for every hole and every overlap of the terms' credit tables."""
    found = []
    for index, rule in enumerate(terms.credit.rules):
        if isinstance(rule, Brackets):
            found += [(f"credit.rules[{index}].ranges", sentence) for sentence in _remarks(rule, terms)]
    return found


def _remarks(rule: Brackets, terms: Terms) -> Iterator[str]:
    rows = sorted(rule.ranges, key=lambda row: (row.lower is not None, row.lower or 0))
    for below, above in pairwise(rows):
        yield from _between(below, above)
    top = rows[-1]
    if rule.quantity != "uptime_percent" or terms.credit.gate.kind == "always" or top.upper is None:
        return
    if top.upper < terms.commitment_percent:
        yield f"Between {number(top.upper)} and the commitment of {number(terms.commitment_percent)} there is no credit."


def _between(below: Bracket, above: Bracket) -> Iterator[str]:
    """What is wrong where one row ends and the next begins."""
    if below.upper is None or above.lower is None or below.upper > above.lower:
        start = "the lowest value" if above.lower is None else number(above.lower)
        end = "the highest value" if below.upper is None else number(below.upper)
        yield f"Two rows overlap between {start} and {end}: the one that is listed first counts."
    elif below.upper < above.lower:
        yield f"Between {number(below.upper)} and {number(above.lower)} there is no credit."
    elif below.to_closed and above.from_closed:
        yield f"At exactly {number(above.lower)} two rows overlap: the one that is listed first counts."
    elif not below.to_closed and not above.from_closed:
        yield f"At exactly {number(above.lower)} there is no credit."
