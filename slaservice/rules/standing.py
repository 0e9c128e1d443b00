"""How a commitment stands while its period runs: met, at risk, or breached whatever happens until the end."""

from fractions import Fraction
from typing import Literal

from slaservice.rules.assessment import Measurement

MOST_OF_THE_ALLOWANCE = Fraction(4, 5)
"""From this share of the downtime that a commitment leaves, it is at risk."""

Stands = Literal["met", "at_risk", "breached"]


def standing(so_far: Measurement) -> Stands:
    """Of a period measured as if nothing failed any more: what is missed then is missed for good."""
    if not so_far.met:
        return "breached"
    most = MOST_OF_THE_ALLOWANCE * so_far.allowed_downtime
    return "at_risk" if so_far.downtime and so_far.downtime >= most else "met"
