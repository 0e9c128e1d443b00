"""Why: what people must, or may, say when they decide."""

from accounts.operations.fields import reason_of
from slaservice.rules.refusal import Refusal


def given(reason: str) -> str:
    """Refusal where nothing is said; Invalid where it is no text that may be shown as it is kept."""
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands in the history and on the statement.")
    return reason_of(reason, blank=False)


def noted(reason: str) -> str:
    """As `given`, where it may be left out."""
    return reason_of(reason, blank=True)
