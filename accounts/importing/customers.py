"""Rows of customers: a name that is not known is a new customer, a known one is changed where the file says otherwise.

What a row leaves empty is left as it is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from accounts.importing.tables import CHANGED, NEW, UNCHANGED, Line, LineFaults, Result, Run
from accounts.models import Customer
from accounts.operations import change_customer, create_customer
from accounts.queries import customers_visible_to
from slaservice.outages.importers.files.tables import at
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER

Rows = dict[int | str, int]
"""In which row a customer, by its key, or a name that was nobody's stood first."""


@dataclass(slots=True)
class Known:
    """Customers whom the person sees, by id and by name; the names of all others; account managers by user name."""

    by_id: dict[str, Customer] = field(default_factory=dict)
    by_name: dict[str, list[Customer]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: frozenset[str] = frozenset()
    managers: Mapping[str, User] = field(default_factory=dict)

    @classmethod
    def load(cls, by: User | None) -> "Known":
        visible = customers_visible_to(by)
        known = cls()
        for customer in visible.select_related("account_manager"):
            known.put(customer)
        others = Customer.objects.exclude(pk__in=visible.values("pk"))
        known.elsewhere = frozenset(others.values_list("name", flat=True))
        managers = User.objects.filter(is_active=True, groups__name=ACCOUNT_MANAGER)
        known.managers = {user.get_username(): user for user in managers}
        return known

    def put(self, customer: Customer, *, before: Customer | None = None) -> None:
        """The customer under its name of now; `before` is the same under the name until now."""
        if before is not None:
            self.by_name[before.name].remove(before)
        self.by_id[customer.public_id] = customer
        self.by_name[customer.name].append(customer)

    def find(self, name: str) -> Customer | None:
        """The customer with this id or name. ValueError where two have the name."""
        return self.by_id[name] if name in self.by_id else self.named(name)

    def named(self, name: str) -> Customer | None:
        """The customer with this name. ValueError where two have it."""
        named = self.by_name.get(name, [])
        if len(named) > 1:
            raise ValueError(f"is the name of {len(named)} customers; write the id of the one that is meant")
        return named[0] if named else None


def write_customers(lines: Sequence[Line], faults: LineFaults, result: Result, run: Run) -> None:
    """Adds what is wrong to `faults`; whoever calls takes everything back if there is any."""
    known = Known.load(run.by)
    first: Rows = {}
    for done, line in enumerate(lines, 1):
        _write(line, known, first, faults, result, run)
        run.progress(done, len(lines))


def _write(line: Line, known: Known, first: Rows, faults: LineFaults, result: Result, run: Run) -> None:
    before = len(faults)
    customer = _customer(line, known, faults)
    if len(faults) == before and not _is_free(line, customer, known, first, faults):
        return
    values = {name: value for name, value in line.values.items() if name != "id"}
    if "account_manager" in values:
        values["account_manager"] = manager = known.managers.get(line.values["account_manager"])
        if manager is None:
            faults.add(line, "account_manager", "is not the user name of an active account manager")
    if len(faults) > before:
        return
    try:
        if customer is None:
            written = create_customer(**values, **run.signed)
            result.tell(line, NEW, written)
        else:
            written = _change(line, customer, values, result, run)
    except Refusal as refusal:
        faults.refused(line, refusal, "name")
        return
    known.put(written, before=customer)
    first[written.pk] = line.number


def _customer(line: Line, known: Known, faults: LineFaults) -> Customer | None:
    if "id" in line.values:
        customer = known.by_id.get(line.values["id"])
        if customer is None:
            faults.add(line, "id", "is the id of no customer; leave it empty for a new one")
        return customer
    try:
        return known.named(line.values["name"])
    except ValueError as problem:
        faults.add(line, "name", str(problem))
        return None


def _is_free(line: Line, customer: Customer | None, known: Known, first: Rows, faults: LineFaults) -> bool:
    """Whether no other row speaks of the customer, and a new name is nobody else's; a fault where not.

    What is said of a customer whom the person does not see is one sentence, whatever else the row says.
    """
    name = line.values["name"]
    is_new = customer is None or customer.name != name
    keys: list[tuple[str, int | str]] = [("name", name)] if is_new else []
    if customer is not None:
        keys.insert(0, ("id" if "id" in line.values else "name", customer.pk))
    for column, key in keys:
        if (there := first.setdefault(key, line.number)) != line.number:
            faults.add(line, column, f"stands in {at(there)} already")
            return False
    if is_new and known.by_name.get(name):
        faults.add(line, "name", "is the name of another customer")
    elif is_new and name in known.elsewhere:
        faults.add(line, "name", "cannot be used by you; finance knows why")
    else:
        return True
    return False


def _change(line: Line, customer: Customer, values: dict[str, Any], result: Result, run: Run) -> Customer:
    changes = {name: value for name, value in values.items() if getattr(customer, name) != value}
    if not changes:
        result.tell(line, UNCHANGED, customer)
        return customer
    changed = change_customer(customer=customer, **changes, **run.signed)
    told = [
        f"{name} {getattr(customer, name) or 'none'} -> {getattr(changed, name)}"
        for name in changes
        if getattr(customer, name) != getattr(changed, name)
    ]
    result.tell(line, CHANGED if told else UNCHANGED, customer, ", ".join(told))
    return changed
