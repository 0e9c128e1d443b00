"""Rows of billed amounts: an amount that is not known is recorded, another one replaces it, and history keeps both."""

from collections.abc import Sequence
from datetime import date, datetime

from django.contrib.auth.models import User

from accounts.importing.tables import CHANGED, NEW, UNCHANGED, Line, LineFaults, Result, Run
from accounts.models import BilledAmount, Commitment, ContractVersion
from accounts.operations import record_billed_amount
from accounts.operations.contracts import FIRST_DAY, LAST_DAY, starts_a_period
from accounts.queries import contracts_visible_to
from slaservice.outages.importers.files.tables import at
from slaservice.rules.intervals import moment
from slaservice.rules.money import Money
from slaservice.rules.periods import local_midnight, zone_named
from slaservice.rules.refusal import Refusal

_AT_ONCE = 500


def write_billed_amounts(lines: Sequence[Line], faults: LineFaults, result: Result, run: Run) -> None:
    """Adds what is wrong to `faults`; whoever calls takes everything back if there is any."""
    first: dict[tuple[int, datetime], int] = {}
    for start in range(0, len(lines), _AT_ONCE):
        batch = lines[start : start + _AT_ONCE]
        versions = _versions({line.values["contract"] for line in batch}, run.by)
        for done, line in enumerate(batch, start + 1):
            found = _commitment(line, versions, faults)
            if found is not None and (there := first.setdefault(_key(*found), line.number)) != line.number:
                faults.add(line, "period_start", f"stands in {at(there)} already, for the same commitment")
            elif found is not None:
                _write(line, *found, faults, result, run)
            run.progress(done, len(lines))


def _versions(numbers: set[str], by: User | None) -> dict[str, list[ContractVersion]]:
    """Every version of these contracts that the person may see, with its commitments and what was billed for them."""
    found: dict[str, list[ContractVersion]] = {}
    versions = ContractVersion.objects.filter(
        contract__in=contracts_visible_to(by), contract__number__in=numbers
    )
    for version in (
        versions.select_related("contract__customer")
        .prefetch_related("commitments__billed_amounts")
        .order_by("contract", "number")
    ):
        found.setdefault(version.contract.number, []).append(version)
    return found


def _key(commitment: Commitment, start: datetime) -> tuple[int, datetime]:
    return commitment.pk, start


def _commitment(
    line: Line, known: dict[str, list[ContractVersion]], faults: LineFaults
) -> tuple[Commitment, datetime] | None:
    """The commitment that the row means, and its period's first instant; None with a fault."""
    said, day = line.values, line.values["period_start"]
    versions = known.get(said["contract"], [])
    if not versions:
        faults.add(line, "contract", f"{said['contract'][:60]!r} is no contract in your care")
        return None
    if "version" in said:
        versions = [version for version in versions if version.number == said["version"]]
        if not versions:
            faults.add(line, "version", f"{said['contract']} has no version {said['version']}")
            return None
    named = [
        commitment
        for version in versions
        for commitment in version.commitments.all()
        if commitment.name == said["commitment"]
    ]
    if not named:
        names = dict.fromkeys(one.name for version in versions for one in version.commitments.all())
        faults.add(line, "commitment", f"is none of this contract's; there are: {', '.join(names)}")
        return None
    return _of_period(line, named, day, faults)


def _of_period(
    line: Line, named: Sequence[Commitment], day: date, faults: LineFaults
) -> tuple[Commitment, datetime] | None:
    if not FIRST_DAY <= day <= LAST_DAY:
        faults.add(line, "period_start", f"must lie between {FIRST_DAY} and {LAST_DAY}")
        return None
    starts = [(one, moment(local_midnight(day, zone_named(one.version.timezone)))) for one in named]
    fitting = [(one, start) for one, start in starts if starts_a_period(one.version, start)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        numbers = " and ".join(str(one.version.number) for one, _ in fitting)
        faults.add(line, "version", f"is required: versions {numbers} share this period")
    else:
        faults.add(line, "period_start", "no period of this commitment starts on that day")
    return None


def _write(
    line: Line,
    commitment: Commitment,
    start: datetime,
    faults: LineFaults,
    result: Result,
    run: Run,
) -> None:
    before = _billed(commitment, start)
    amount = line.amount("amount", commitment.version.currency) or ""
    try:
        billed = record_billed_amount(commitment=commitment, period_start=start, amount=amount, **run.signed)
    except Refusal as refusal:
        faults.refused(line, refusal, "contract")
        return
    subject = f"{commitment.version}: {commitment}, {line.values['period_start']}"
    after = _shown(billed, commitment)
    if before is None:
        result.tell(line, NEW, subject, after)
    elif before.amount_minor != billed.amount_minor:
        result.tell(line, CHANGED, subject, f"{_shown(before, commitment)} -> {after}")
    else:
        result.tell(line, UNCHANGED, subject)


def _billed(commitment: Commitment, start: datetime) -> BilledAmount | None:
    return next((one for one in commitment.billed_amounts.all() if one.period_start == start), None)


def _shown(billed: BilledAmount, commitment: Commitment) -> str:
    currency = commitment.version.currency
    return f"{Money(billed.amount_minor, currency)} {currency}"
