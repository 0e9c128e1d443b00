"""Names that customers see: random, so that one says nothing about another.

128 bits each: a row number would count our customers aloud, and would tell a caller what else to try.
"""

import secrets


def opaque(prefix: str) -> str:
    """`prefix`_ and 32 hexadecimal digits, e.g. cu_3f0c..."""
    return f"{prefix}_{secrets.token_hex(16)}"


def customer_id() -> str:
    return opaque("cu")


def contract_id() -> str:
    return opaque("ct")
