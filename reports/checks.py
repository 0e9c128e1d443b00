"""What `manage.py check` says of settings that only their use would show to be wrong.

Only warnings, since no statement waits for a signature.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

from reports import signing
from reports.pdf import signature


@register(Tags.security)
def signing_key_can_sign(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """SIGNING_KEY is readable, a certificate of it is pinned and in term, and pyHanko is installed."""
    if not signing.wanted():
        return []
    try:
        signature.usable(signing.key(), at=datetime.now(UTC))
    except signature.CannotSign as problem:
        return [Warning(f"Statements will not be signed. {problem}", id="reports.W001")]
    return []
