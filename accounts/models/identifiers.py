"""Names by which customers are told apart, and their contracts."""

from slaservice.outages.models.identifiers import opaque

__all__ = ["contract_id", "customer_id", "opaque"]


def customer_id() -> str:
    return opaque("cu")


def contract_id() -> str:
    return opaque("ct")
