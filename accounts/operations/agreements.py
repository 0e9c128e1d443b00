"""What was agreed, as it is entered, read into rows: every fault at once, each with its field's path.

Values are plain: codes, text amounts, a terms document. So a form, a file and a command enter a contract alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Commitment, CommitmentComponent, Contract, ContractVersion
from accounts.models.constraints import MOST_MINOR_UNITS
from accounts.models.contracts import CLAWBACKS, PERIOD_MONTHS
from accounts.operations.fields import Faults
from slaservice.outages.models import Component, CustomerTier
from slaservice.rules.documents import agreement_json, parse_agreement, parse_terms, terms_json
from slaservice.rules.money import CURRENCIES, Money
from slaservice.rules.periods import zone_named
from slaservice.rules.refusal import Invalid, Refusal

_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
_ANY_CURRENCY = "EUR"

MOST_COMMITMENTS = 50
"""Of a version: what one page can show, send and read back, so that whatever was signed or imported can be amended there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One commitment as entered.

    `components` are codes; `terms` is a terms document, in which `components.names` and `money.currency` may be left out
    because they are said beside it; `fee` is text in the currency's main unit ("1250.00") for one period, or None where the
    amount billed for each period decides.
    """

    name: str
    components: Sequence[str]
    terms: Mapping[str, Any]
    fee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of a contract as entered. `tier` is a customer tier's code, `timezone` an IANA name.

    `clawback` says whether a later correction may take back a credit that was granted: `never`, or `next_period`.
    """

    tier: str
    currency: str
    timezone: str
    promises: Sequence[Promise]
    period_months: int = 1
    first_month: int = 1
    overlap: str = "stack"
    cap: Mapping[str, Any] | None = None
    clawback: str = "never"


@dataclass(frozen=True, slots=True)
class ReadPromise:
    """A promise that was read: components as rows, terms in canonical form without names, fee in minor units."""

    name: str
    components: tuple[Component, ...]
    terms: dict[str, Any]
    fee_minor: int | None


@dataclass(frozen=True, slots=True)
class ReadAgreement:
    """An agreement that was read: `values` are the columns of a version."""

    values: dict[str, Any]
    promises: tuple[ReadPromise, ...]

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.values["timezone"])


def read_agreement(agreement: Agreement, faults: Faults) -> ReadAgreement:
    """The agreement as rows to be. Adds its faults under the fields' paths; without faults it is fit to be written."""
    tier = CustomerTier.objects.filter(code=agreement.tier).first()
    if tier is None:
        faults.add("tier", f"{agreement.tier!r} is not the code of a customer tier")
    if agreement.currency not in CURRENCIES:
        faults.add("currency", f"{agreement.currency!r} is not a currency of ISO 4217")
    if not _is_zone(agreement.timezone):
        faults.add("timezone", f"{agreement.timezone!r} is not an IANA time zone")
    if agreement.period_months not in PERIOD_MONTHS:
        faults.add("period_months", f"must be one of {', '.join(map(str, PERIOD_MONTHS))}")
    if agreement.first_month not in range(1, 13):
        faults.add("first_month", "must be a month, 1 to 12")
    if agreement.clawback not in CLAWBACKS:
        faults.add("clawback", f"must be one of {', '.join(CLAWBACKS)}")
    values = {
        "tier": tier,
        "currency": agreement.currency,
        "timezone": agreement.timezone,
        "period_months": agreement.period_months,
        "first_month": agreement.first_month,
        "overlap": agreement.overlap,
        "cap": _read_joint(agreement, faults),
        "clawback": agreement.clawback,
    }
    return ReadAgreement(values, _read_promises(agreement, faults))


def _is_zone(name: str) -> bool:
    """Whether the pinned rules of zones know it; what this machine has of its own is asked nothing."""
    try:
        return name not in _NO_PLACES and bool(zone_named(name))
    except ValueError:
        return False


def write_version(read: ReadAgreement, version: ContractVersion) -> ContractVersion:
    """Insert the version, which has contract, number and span, with what was read."""
    for field, value in read.values.items():
        setattr(version, field, value)
    version.save(force_insert=True)
    commitments = Commitment.objects.bulk_create(
        Commitment(version=version, name=p.name, terms=p.terms, fee_minor=p.fee_minor, position=position)
        for position, p in enumerate(read.promises)
    )
    CommitmentComponent.objects.bulk_create(
        CommitmentComponent(commitment=commitment, component=component)
        for commitment, promise in zip(commitments, read.promises, strict=True)
        for component in promise.components
    )
    return version


def as_if_agreed(read: ReadAgreement, contract: Contract) -> tuple[ContractVersion, list[Commitment]]:
    """The same in force for the contract's whole term, as rows that are in no table: for a rehearsal, which writes nothing.

    Their ids are negative, so that nothing recorded is found under them.
    """
    span = {"starts_at": contract.starts_at, "ends_at": contract.ends_at}
    number = contract.versions.latest("number").number + 1
    version = ContractVersion(pk=-1, contract=contract, number=number, **span, **read.values)
    return version, [
        _as_if_promised(promise, version, position) for position, promise in enumerate(read.promises)
    ]


def _as_if_promised(promise: ReadPromise, version: ContractVersion, position: int) -> Commitment:
    values = {"name": promise.name, "terms": promise.terms, "fee_minor": promise.fee_minor}
    commitment = Commitment(pk=-1 - position, version=version, position=position, **values)
    components = Component.objects.all()
    components._result_cache = list(promise.components)  # as prefetch_related leaves them behind
    vars(commitment)["_prefetched_objects_cache"] = {"components": components}
    return commitment


def summary(read: ReadAgreement) -> dict[str, Any]:
    """What history keeps of an agreement."""
    promises = [
        {
            "name": p.name,
            "components": [c.code for c in p.components],
            "terms": p.terms,
            "fee_minor": p.fee_minor,
        }
        for p in read.promises
    ]
    return {**read.values, "tier": read.values["tier"].code, "commitments": promises}


def _read_joint(agreement: Agreement, faults: Faults) -> dict[str, Any] | None:
    """The cap over all commitments in canonical form, `overlap` checked on the way."""
    try:
        cap = None if agreement.cap is None else dict(agreement.cap)
        joint = agreement_json(parse_agreement({"overlap": agreement.overlap, "cap": cap}))
    except Invalid as invalid:
        for error in invalid.errors:
            faults.add(error.path.removeprefix("agreement."), error.reason)
        return None
    joint_cap: dict[str, Any] | None = joint["cap"]
    if joint_cap and joint_cap["kind"] == "amount":
        _refuse_too_fine(joint_cap["value"], agreement.currency, "cap.value", faults)
    return joint_cap


def _read_promises(agreement: Agreement, faults: Faults) -> tuple[ReadPromise, ...]:
    known = {component.code: component for component in Component.objects.all()}
    if not agreement.promises:
        faults.add("commitments", "a version needs at least one commitment")
    if (count := len(agreement.promises)) > MOST_COMMITMENTS:
        faults.add("commitments", f"are {count}; a version has {MOST_COMMITMENTS} at most")
    names: set[str] = set()
    read = []
    for index, promise in enumerate(agreement.promises):
        path = f"commitments[{index}]"
        name = faults.text(f"{path}.name", promise.name, longest=120)
        if name in names:
            faults.add(f"{path}.name", f"{name!r} is the name of another commitment of this version")
        names.add(name)
        components = _read_components(promise, known, path, faults)
        terms = _read_terms(promise, agreement.currency, path, faults)
        read.append(
            ReadPromise(name, components, terms, _read_fee(promise, agreement.currency, path, faults))
        )
    return tuple(read)


def _read_components(
    promise: Promise, known: Mapping[str, Component], path: str, faults: Faults
) -> tuple[Component, ...]:
    if not promise.components:
        faults.add(f"{path}.components", "a commitment needs at least one component")
    for index, code in enumerate(promise.components):
        if code not in known:
            faults.add(f"{path}.components[{index}]", f"{code!r} is not the code of a component")
        elif code in promise.components[:index]:
            faults.add(f"{path}.components[{index}]", f"{code!r} is named twice")
    return tuple(known[code] for code in sorted(set(promise.components)) if code in known)


def _read_terms(promise: Promise, currency: str, path: str, faults: Faults) -> dict[str, Any]:
    """Canonical terms without names; {} where they have a fault. A fault beside the terms is not told again for them."""
    codes = sorted(set(promise.components))
    try:
        terms = terms_json(parse_terms(filled_in(promise.terms, codes or ["unknown"], currency)))
    except Invalid as invalid:
        for error in invalid.errors:
            faults.add(f"{path}.{error.path}", error.reason)
        return {}
    if currency in CURRENCIES and terms["money"]["currency"] != currency:
        faults.add(f"{path}.terms.money.currency", f"is not the currency of the contract, {currency}")
    if sorted(terms["components"].pop("names")) != codes and codes:
        faults.add(
            f"{path}.terms.components.names",
            "are not the components chosen beside the terms; leave the names out",
        )
    _refuse_finer_money(terms, currency, f"{path}.terms", faults)
    return terms


def _refuse_finer_money(terms: Mapping[str, Any], currency: str, path: str, faults: Faults) -> None:
    """Amounts finer than the currency's minor unit would come to credits that nobody can pay, at the first miss."""
    cap, minimum, decimals = terms["cap"], terms["minimum_issue"], terms["money"]["decimals"]
    if cap and cap["kind"] == "amount":
        _refuse_too_fine(cap["value"], currency, f"{path}.cap.value", faults)
    if minimum:
        _refuse_too_fine(minimum["amount"], currency, f"{path}.minimum_issue.amount", faults)
    if decimals is not None and currency in CURRENCIES and decimals > CURRENCIES[currency]:
        faults.add(f"{path}.money.decimals", f"are more than the {CURRENCIES[currency]} of {currency}")


def _refuse_too_fine(amount: str, currency: str, path: str, faults: Faults) -> None:
    decimals = CURRENCIES.get(currency)
    if decimals is not None and (Fraction(amount) * 10**decimals).denominator != 1:
        faults.add(path, f"is finer than the {decimals} decimals of {currency}")


def filled_in(terms: object, codes: Sequence[str], currency: str) -> object:
    """Terms with component names and currency where they leave them out. What is no object is left for the rules to refuse."""
    if not isinstance(terms, Mapping):
        return terms
    covered, money = terms.get("components", {}), terms.get("money", {})
    filled = dict(terms)
    if isinstance(covered, Mapping):
        filled["components"] = {"names": codes, **covered}
    if isinstance(money, Mapping):
        filled["money"] = {"currency": currency if currency in CURRENCIES else _ANY_CURRENCY, **money}
    return filled


def _read_fee(promise: Promise, currency: str, path: str, faults: Faults) -> int | None:
    if promise.fee is None or currency not in CURRENCIES:
        return None
    return read_amount(promise.fee, currency, f"{path}.fee", faults)


def read_amount(text: str, currency: str, path: str, faults: Faults) -> int:
    """Text like "1250.00" in minor units of the currency; 0 and a fault where it is none, below 0 or too large."""
    try:
        minor = Money.parse(text, currency).minor
    except Refusal as refusal:
        faults.add(path, refusal.sentence)
        return 0
    if not 0 <= minor <= MOST_MINOR_UNITS:
        faults.add(path, "must be between 0 and 10^15 minor units")
    return minor
