"""Contracts are signed, amended and ended. Nothing that was agreed is edited: an amendment is a new version from its date.

Dates are calendar dates in the contract's zone and stand for their local midnight: a contract that starts on 1 April in
Berlin starts at 2026-03-31T22:00:00Z, and one that ends *before* 1 July has 30 June as its last day.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from accounts.models import BilledAmount, Commitment, Contract, ContractVersion, Customer
from accounts.models.constraints import FIRST_INSTANT, LAST_INSTANT
from accounts.models.contracts import MOST_SETTLING_DAYS
from accounts.operations.agreements import Agreement, read_agreement, read_amount, summary, write_version
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from slaservice.history import operations as history
from slaservice.rules.intervals import instant, moment
from slaservice.rules.money import Money
from slaservice.rules.periods import add_months, local_date, local_midnight, zone_named
from slaservice.rules.refusal import Refusal

FIRST_DAY, LAST_DAY = date(2000, 1, 2), date(2099, 12, 30)
"""Days whose midnights lie in this century in every zone."""


@transaction.atomic
def sign_contract(
    *,
    customer: Customer,
    number: str,
    title: str,
    starts_on: date,
    ends_before: date | None = None,
    agreement: Agreement,
    settling_days: int = 5,
    issues_by_itself: bool = True,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Contract:
    """A contract with its first version and commitments, in force from `starts_on`, in the agreement's zone.

    Invalid (`invalid_contract`) names every field at fault: `number`, `tier`, `commitments[0].terms.cap.value`, ...
    """
    require_for(by, "contracts.edit", customer)
    faults = Faults("invalid_contract")
    number = faults.text("number", number, longest=60)
    title = faults.text("title", title, longest=200)
    if Contract.objects.filter(number=number).exists():
        faults.add("number", f"{number!r} is the number of another contract")
    if ends_before is not None and ends_before <= starts_on:
        faults.add("ends_before", "must be later than the start")
    _check_day("starts_on", starts_on, faults)
    _check_day("ends_before", ends_before, faults)
    if not 0 <= settling_days <= MOST_SETTLING_DAYS:
        faults.add("settling_days", f"must be 0 to {MOST_SETTLING_DAYS}")
    read = read_agreement(agreement, faults)
    faults.raise_if_any()

    starts_at = _midnight(starts_on, read.zone)
    ends_at = None if ends_before is None else _midnight(ends_before, read.zone)
    try:
        with transaction.atomic():
            contract = Contract.objects.create(
                customer=customer,
                number=number,
                title=title,
                starts_at=starts_at,
                ends_at=ends_at,
                settling_days=settling_days,
                issues_by_itself=issues_by_itself,
            )
    except IntegrityError:  # somebody else was faster
        raise Refusal("contract_number_taken", f"{number} became the number of another contract.") from None
    write_version(read, ContractVersion(contract=contract, number=1, starts_at=starts_at, ends_at=ends_at))
    data = {
        "number": number,
        "starts_on": str(starts_on),
        "ends_before": _day(ends_before),
        "settling_days": settling_days,
        "issues_by_itself": issues_by_itself,
        **summary(read),
    }
    history.record(by=by, action="contracts.sign", obj=contract, reason=reason, data=data, at=now)
    return contract


@transaction.atomic
def amend_contract(
    *,
    contract: Contract,
    starts_on: date,
    agreement: Agreement,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> ContractVersion:
    """The agreement holds from local midnight of `starts_on`, in the zone that the contract had until then.

    The last version ends where the new one starts; the new one lasts as long as the contract. Refusal when the date is not
    after the last version's start and before the contract's end: what came before an amendment is not amended by it. Invalid
    when zone, currency or periods change otherwise than between two periods: no statement could speak of such a period.
    """
    require_for(by, "contracts.edit", contract.customer)
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    faults = Faults("invalid_contract")
    _check_day("starts_on", starts_on, faults)
    read = read_agreement(agreement, faults)
    last = contract.versions.latest("number")
    _check_change_of_calendar(starts_on, last, agreement, faults)
    faults.raise_if_any()
    starts_at = _midnight(starts_on, zone_named(last.timezone))
    if starts_at <= last.starts_at:
        since = local_date(instant(last.starts_at), zone_named(last.timezone))
        raise Refusal(
            "amendment_not_after_the_last",
            f"Version {last.number} began on {since}: an amendment must start later.",
        )
    if contract.ends_at is not None and starts_at >= contract.ends_at:
        raise Refusal("amendment_after_the_end", f"The contract ends before {starts_on}.")

    ContractVersion.objects.filter(pk=last.pk).update(ends_at=starts_at)
    version = write_version(
        read,
        ContractVersion(
            contract=contract, number=last.number + 1, starts_at=starts_at, ends_at=contract.ends_at
        ),
    )
    data = {"version": version.number, "starts_on": str(starts_on), **summary(read)}
    history.record(by=by, action="contracts.amend", obj=contract, reason=reason, data=data, at=now)
    return version


@transaction.atomic
def end_contract(
    *, contract: Contract, ends_before: date, by: User | None, now: datetime, reason: str = ""
) -> Contract:
    """The contract is over from local midnight of `ends_before`, in the zone of its last version: sooner or later than agreed.

    Refusal when the last version would end before it starts.
    """
    require_for(by, "contracts.edit", contract.customer)
    faults = Faults("invalid_contract")
    _check_day("ends_before", ends_before, faults)
    faults.raise_if_any()
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    last = contract.versions.latest("number")
    ends_at = _midnight(ends_before, zone_named(last.timezone))
    if ends_at <= last.starts_at:
        raise Refusal(
            "contract_ends_before_its_last_version", f"Version {last.number} begins later than {ends_before}."
        )
    before = contract.ends_at
    # the version lies within its contract at every step: it shrinks first and grows last
    for model, pk in _narrow_first(contract, last, shorter=before is None or ends_at < before):
        model.objects.filter(pk=pk).update(ends_at=ends_at)
    contract.ends_at = ends_at
    data = {"before": None if before is None else before.isoformat(), "after": ends_at.isoformat()}
    history.record(by=by, action="contracts.end", obj=contract, reason=reason, data=data, at=now)
    return contract


@transaction.atomic
def arrange_closing(
    *,
    contract: Contract,
    settling_days: int,
    issues_by_itself: bool,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Contract:
    """How long facts may come in after a period's end, and whether a statement without a miss is issued by itself then.

    It holds for statements that are not issued yet. The same as before changes nothing.
    """
    require_for(by, "contracts.edit", contract.customer)
    faults = Faults("invalid_contract")
    if not 0 <= settling_days <= MOST_SETTLING_DAYS:
        faults.add("settling_days", f"must be 0 to {MOST_SETTLING_DAYS}")
    faults.raise_if_any()
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    arranged = {"settling_days": settling_days, "issues_by_itself": issues_by_itself}
    before = {name: getattr(contract, name) for name in arranged}
    if before == arranged:
        return contract
    Contract.objects.filter(pk=contract.pk).update(**arranged)
    data = {"before": before, "after": arranged}
    history.record(by=by, action="contracts.arrange", obj=contract, reason=reason, data=data, at=now)
    contract.refresh_from_db()
    return contract


@transaction.atomic
def record_billed_amount(
    *,
    commitment: Commitment,
    period_start: datetime,
    amount: str,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> BilledAmount:
    """What was billed for the commitment in the period that starts then: text in the currency's main unit.

    Only where no fee is fixed: an amount beside a fixed fee would count for nothing.

    A period starts at local midnight of the first of its month, also where the contract began later in it. The same
    amount again changes nothing; another amount replaces it and history keeps both.
    """
    version = commitment.version
    require_for(by, "fees.record", version.contract.customer)
    faults = Faults("invalid_billed_amount")
    minor = read_amount(amount, version.currency, "amount", faults)
    if commitment.fee_minor is not None:
        fee = Money(commitment.fee_minor, version.currency)
        faults.add(
            "commitment",
            f"has a fixed fee, {fee} {version.currency} a period; another fee is an amendment",
        )
    if not starts_a_period(version, period_start):
        faults.add("period_start", f"no period of {version} starts then (in {version.timezone})")
    faults.raise_if_any()
    billed, added = BilledAmount.objects.select_for_update().get_or_create(
        commitment=commitment, period_start=period_start, defaults={"amount_minor": minor}
    )
    if not added and billed.amount_minor == minor:
        return billed
    before = None if added else billed.amount_minor
    if not added:
        billed.amount_minor = minor
        billed.save(update_fields=["amount_minor"])
    data = {"period_start": period_start.isoformat(), "before": before, "after": minor}
    history.record(by=by, action="fees.record", obj=billed, reason=reason, data=data, at=now)
    return billed


def _narrow_first(
    contract: Contract, version: ContractVersion, *, shorter: bool
) -> list[tuple[type[Contract] | type[ContractVersion], int]]:
    steps: list[tuple[type[Contract] | type[ContractVersion], int]] = [
        (ContractVersion, version.pk),
        (Contract, contract.pk),
    ]
    return steps if shorter else steps[::-1]


def starts_a_period(version: ContractVersion, at: datetime) -> bool:
    """Whether a period of the version's cycle starts then and touches the version's span."""
    if not FIRST_INSTANT <= at < LAST_INSTANT:
        return False
    zone = zone_named(version.timezone)
    first = local_date(instant(at), zone)
    in_cycle = _begins_a_period(first, version)
    ends_at = _midnight(add_months(first, version.period_months), zone)
    touches = ends_at > version.starts_at and (version.ends_at is None or at < version.ends_at)
    return in_cycle and touches and at == _midnight(first, zone)


_CALENDAR = {
    "timezone": "the time zone",
    "currency": "the currency",
    "period_months": "the length of the periods",
    "first_month": "the first month of the periods",
}


def _check_change_of_calendar(day: date, last: ContractVersion, agreement: Agreement, faults: Faults) -> None:
    """What a statement has one of changes with a period only: one before the change ends, and one after it begins, that day."""
    changes = [words for name, words in _CALENDAR.items() if getattr(last, name) != getattr(agreement, name)]
    known = not any(error.path in _CALENDAR for error in faults.errors)
    if known and changes and not (_begins_a_period(day, last) and _begins_a_period(day, agreement)):
        what = " and ".join(changes)
        faults.add(
            "starts_on", f"must be the first day of a period before and after it, because {what} changes"
        )


def _begins_a_period(day: date, calendar: ContractVersion | Agreement) -> bool:
    return day.day == 1 and (day.month - calendar.first_month) % calendar.period_months == 0


def _check_day(path: str, day: date | None, faults: Faults) -> None:
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        faults.add(path, f"must lie between {FIRST_DAY} and {LAST_DAY}")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return moment(local_midnight(day, zone))


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)
