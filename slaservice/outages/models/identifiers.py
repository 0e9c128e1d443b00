"""Names by which customers know what happened: random, so that one says nothing of another (accounts/models/identifiers.py)."""

import secrets


def _opaque(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(16)}"


def outage_id() -> str:
    return _opaque("ow")


def maintenance_id() -> str:
    return _opaque("mt")


def gap_id() -> str:
    return _opaque("mg")


def incident_id() -> str:
    return _opaque("in")
