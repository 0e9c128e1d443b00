"""Why: what people must say when they decide."""

from slaservice.rules.refusal import Refusal


def given(reason: str) -> str:
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands in the history and on the statement.")
    return reason.strip()
