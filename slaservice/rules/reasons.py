"""Reasons that a result and its ledger give in words: frozen in English, told in the language of whoever reads them.

A document is the same for every reader, down to its digest, and so it is written in English whatever is spoken. `retold` knows
each of these texts again and says it in the language spoken; what it does not know, as another engine wrote it, stays as it is.
"""

import re
from functools import cache

from slaservice.rules.language import message, said

NOTHING_PROMISED = message("nothing was promised in the period")
WHETHER_OR_NOT = message("the rules apply whether or not the commitment is missed")
MET = message("the commitment is met")
MISSED = message("the commitment is missed")
IN_A_ROW = message("the commitment is missed, and {count} times in a row")
NOT_IN_A_ROW = message("the commitment is missed, but not {count} times in a row")
"""Why the credit rules apply, or do not."""

EMPTY = message("starts where it ends")
WEIGHTLESS = message("weighs nothing ({severity})")
"""Why a window counts nothing."""

LATE_NOTICE = message("late notice: {exclusion}")
BEYOND_ALLOWANCE = message("beyond the allowance: {exclusion}")
"""Why maintenance excuses nothing."""

_ALL = (
    NOTHING_PROMISED,
    WHETHER_OR_NOT,
    MET,
    MISSED,
    IN_A_ROW,
    NOT_IN_A_ROW,
    EMPTY,
    WEIGHTLESS,
    LATE_NOTICE,
    BEYOND_ALLOWANCE,
)


def retold(reason: str) -> str:
    """A reason of a result or a mark of a ledger, in the language spoken."""
    for text in _ALL:
        if found := _shape_of(text).fullmatch(reason):
            return said(text, **found.groupdict())
    return reason


@cache
def _shape_of(text: str) -> re.Pattern[str]:
    """A message as an expression that finds what was put in its places."""
    shape = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*)", re.escape(text))
    return re.compile(shape, re.DOTALL)
