"""May this person do it, and is this customer theirs to do it for?"""

from accounts.models import Customer
from accounts.queries import customers_visible_to
from slaservice.history import operations as history
from slaservice.history.operations import Person
from slaservice.rules.refusal import Refusal


def require_for(by: Person | None, action: str, customer: Customer) -> None:
    """Refuse unless a role of `by` has the action and `by` sees the customer. None, the system, may."""
    history.require(by, action)
    if by is not None and not customers_visible_to(by).filter(pk=customer.pk).exists():
        raise Refusal("not_permitted", "This customer is in somebody else's care.")
