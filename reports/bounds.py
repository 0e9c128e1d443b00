"""How much one request may ask to be worked out: a refusal says by name how much it was, and what would make it less."""

from slaservice.rules.refusal import Refusal

MOST_COMMITMENTS = 100

MOST_COUNTS = 150_000
"""Request counts. A year of them of five minutes is 105,120."""


def refuse_too_many_commitments(promised: int, most: int) -> None:
    """Refusal beyond so many."""
    if promised > most:
        raise Refusal(
            "too_many_commitments",
            f"This asks for {promised:,} commitments, and at most {most:,} are worked out at once:"
            " name a contract, a commitment or a component.",
        )


def refuse_too_many_counts(counts: int, most: int) -> None:
    """Refusal beyond so many."""
    if counts > most:
        raise Refusal(
            "too_many_request_counts",
            f"This asks for {counts:,} request counts or more, and at most {most:,} are judged at once:"
            " ask for a shorter time, or name a contract, a commitment or a component.",
        )
