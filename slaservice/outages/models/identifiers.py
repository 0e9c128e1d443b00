"""Names that customers see: random, so that one says nothing about another.

128 bits each: a row number would count our customers aloud, and would tell a caller what else to try.
"""

import secrets


def opaque(prefix: str) -> str:
    """`prefix`_ and 32 hexadecimal digits, e.g. cu_3f0c..."""
    return f"{prefix}_{secrets.token_hex(16)}"


def outage_id() -> str:
    return opaque("ow")


def maintenance_id() -> str:
    return opaque("mt")


def gap_id() -> str:
    return opaque("mg")


def incident_id() -> str:
    return opaque("in")
