"""Rows of contracts: the rows of one number are a contract's commitments. A number that is not known is signed.

A known one is compared with what was signed, which history keeps: the same is nothing, whatever was amended or ended since, and
anything else is refused by name, because an amendment has a date and is not an import.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.importing.customers import Known
from accounts.importing.tables import NEW, UNCHANGED, Line, LineFaults, Result, Run
from accounts.models import Contract, Customer
from accounts.operations import Agreement, Promise, sign_contract
from accounts.operations.agreements import filled_in, read_agreement, summary
from accounts.operations.fields import Faults
from slaservice.history.models import Entry
from slaservice.outages.importers.files.tables import at
from slaservice.rules.documents import parse_terms, terms_json
from slaservice.rules.refusal import FieldError, Refusal

OF_COMMITMENT = ("commitment", "components", "fee", "terms")
NEEDED = ("customer", "title", "tier", "currency", "timezone", "starts_on")
_OF_AGREEMENT = (
    "tier", "currency", "timezone", "period_months", "first_month", "overlap", "cap", "clawback",
)  # fmt: skip
_OF_CONTRACT = ("title", "starts_on", "ends_before", "settling_days", "issues_by_itself")

_COLUMNS = {"name": "commitment", "commitments": "commitment"}
_PATH = re.compile(r"commitments\[(\d+)]\.(\w+)(?:\[\d+])?\.?(.*)")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Group:
    """A contract as the file has it: its lines, and what the first of them says of the contract."""

    number: str
    lines: Sequence[Line]

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def terms(self) -> dict[str, Any]:
        """What `sign_contract` wants beside customer and agreement."""
        return {name: self.first.values[name] for name in _OF_CONTRACT if name in self.first.values}

    def agreement(self) -> Agreement:
        plain = {name: self.first.values[name] for name in _OF_AGREEMENT if name in self.first.values}
        promises = [
            Promise(
                name=line.values["commitment"],
                components=line.values["components"],
                terms=line.values["terms"],
                fee=line.amount("fee", self.first.values["currency"]),
            )
            for line in self.lines
        ]
        return Agreement(promises=promises, **plain)


def write_contracts(lines: Sequence[Line], faults: LineFaults, result: Result, run: Run) -> None:
    """Adds what is wrong to `faults`; whoever calls takes everything back if there is any."""
    groups = _groups(lines, faults)
    known = Known.load(run.by)
    done = 0
    for start in range(0, len(groups), _AT_ONCE):
        batch = groups[start : start + _AT_ONCE]
        signed = _signed([group.number for group in batch])
        for group in batch:
            before = len(faults)
            customer = _customer(group, known, faults)
            if customer is not None and len(faults) == before:
                _write(group, customer, signed, faults, result, run)
            done += len(group.lines)
            run.progress(done, len(lines))


def _groups(lines: Sequence[Line], faults: LineFaults) -> list[Group]:
    """The contracts of the file, in the order of their first rows; those that contradict themselves are faults."""
    by_number: dict[str, list[Line]] = {}
    for line in lines:
        by_number.setdefault(line.values["number"], []).append(line)
    groups = [Group(number, mine) for number, mine in by_number.items()]
    return [group for group in groups if _agrees_with_itself(group, faults)]


def _agrees_with_itself(group: Group, faults: LineFaults) -> bool:
    before, first = len(faults), group.first
    for name in NEEDED:
        if name not in first.values:
            faults.add(first, name, "is required in the first row of a contract")
    for line in group.lines[1:]:
        for name, value in line.values.items():
            if name not in OF_COMMITMENT and value != first.values.get(name):
                faults.add(
                    line, name, f"is not what {at(first.number)} says of {group.number}; leave it empty"
                )
    return len(faults) == before


def _customer(group: Group, known: Known, faults: LineFaults) -> Customer | None:
    try:
        customer = known.find(group.first.values["customer"])
    except ValueError as problem:
        faults.add(group.first, "customer", str(problem))
        return None
    if customer is None:
        faults.add(group.first, "customer", "is neither name nor id of a customer; import customers first")
    return customer


def _signed(numbers: Sequence[str]) -> dict[str, tuple[Contract, dict[str, Any]]]:
    """The contracts of these numbers that there are, with what history says was signed. Two queries."""
    contracts = {str(one.pk): one for one in Contract.objects.filter(number__in=numbers)}
    entries = Entry.objects.filter(
        object_type=Contract._meta.label_lower, object_id__in=contracts, action="contracts.sign"
    )
    data = {entry.object_id: entry.data for entry in entries}
    return {contract.number: (contract, data.get(pk, {})) for pk, contract in contracts.items()}


def _write(
    group: Group,
    customer: Customer,
    signed: Mapping[str, tuple[Contract, dict[str, Any]]],
    faults: LineFaults,
    result: Result,
    run: Run,
) -> None:
    try:
        if group.number in signed:
            _compare(group, customer, *signed[group.number], faults, result)
            return
        sign_contract(
            customer=customer, number=group.number, agreement=group.agreement(), **group.terms, **run.signed
        )
        sentence = f"for {customer}, from {group.first.values['starts_on']}"
        for line in group.lines:
            result.tell(line, NEW, f"{group.number}: {line.values['commitment']}", sentence)
    except Refusal as refusal:
        _tell(group, refusal, faults)


def _tell(group: Group, refusal: Refusal, faults: LineFaults) -> None:
    """Each fault at the row of its commitment and its column; what has no field, at the customer."""
    for error in getattr(refusal, "errors", [FieldError("customer", refusal.sentence)]):
        of_commitment = _PATH.fullmatch(error.path)
        line = group.first
        path, _, rest = error.path.partition(".")
        column = _COLUMNS.get(path, path)
        if of_commitment:
            line = group.lines[int(of_commitment[1])]
            column, rest = _COLUMNS.get(of_commitment[2], of_commitment[2]), of_commitment[3]
        faults.add(line, column, f"{rest}: {error.reason}" if rest else error.reason)


def _compare(
    group: Group,
    customer: Customer,
    contract: Contract,
    signed: Mapping[str, Any],
    faults: LineFaults,
    result: Result,
) -> None:
    agreed = Faults("invalid_contract")
    read = read_agreement(group.agreement(), agreed)
    agreed.raise_if_any()
    wanted = {
        "ends_before": None,
        "settling_days": 5,
        "issues_by_itself": True,
        **{
            name: str(value) if name.endswith(("_on", "_before")) else value
            for name, value in group.terms.items()
        },
        **summary(read),
        "customer": customer.pk,
    }
    there = {**signed, "title": contract.title, "customer": contract.customer_id}
    differing = list(_differing(there, wanted))
    if differing:
        sentence = f"{group.number} was signed with another {', another '.join(differing)}; an amendment is not an import"
        faults.add(group.first, "number", sentence)
        return
    for line in group.lines:
        result.tell(line, UNCHANGED, group.number)


def _differing(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """What is not as it was signed, by name."""
    for name, value in wanted.items():
        if name == "commitments":
            yield from _differing_promises(there.get(name, []), value, wanted["currency"])
        elif there.get(name) != value:
            yield name


def _differing_promises(there: Sequence[Any], wanted: Sequence[Any], currency: str) -> Iterator[str]:
    if [one["name"] for one in there] != [one["name"] for one in wanted]:
        yield "set of commitments"
        return
    for before, after in zip(there, wanted, strict=True):
        for name in after:
            if before[name] != after[name] and not (name == "terms" and _same_terms(before, after, currency)):
                yield f"{name} of {after['name']}"


def _same_terms(before: Any, after: Any, currency: str) -> bool:
    """Whether terms that were signed under an earlier form are the same in today's."""
    today = terms_json(parse_terms(filled_in(before["terms"], before["components"], currency)))
    today["components"].pop("names")
    return bool(today == after["terms"])
