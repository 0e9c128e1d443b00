"""The one entry to the rules: `assess(case)` joins signal, availability and credits into one explained result.

A pure function: no clock, no database, no rounding but the ones the terms name. Statements, API, documents, what-if and
verification all show what comes out here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

from slaservice.rules.availability import measure
from slaservice.rules.claims import ExitRight, IncidentDeadlines, deadlines, exit_rights
from slaservice.rules.credits import CreditResult, Verdict, allowed_downtime, owed
from slaservice.rules.evidence import EVERY_COMPONENT, Evidence
from slaservice.rules.exact import ONE, fixed, rounded, total
from slaservice.rules.ledger import Ledger
from slaservice.rules.money import Money
from slaservice.rules.periods import Period
from slaservice.rules.refusal import FieldError, Invalid
from slaservice.rules.signal import window_name
from slaservice.rules.terms import Terms


@dataclass(frozen=True, slots=True)
class Case:
    """The terms of one commitment and what happened in one period."""

    terms: Terms
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What the time of a period came to: all of an assessment that neither money nor earlier periods bear on.

    Times in seconds, shares 0 to 1, percentages 0 to 100: all exact. `uptime` is 1 where nothing was eligible; `applicable` is
    then False, and the figure is shown as not applicable.
    """

    terms: Terms
    period: Period
    ledgers: tuple[Ledger, ...]
    downtime: Fraction
    eligible: Fraction
    uptime: Fraction
    judged_percent: Fraction
    met: bool
    applicable: bool
    provisional: bool
    deadlines: tuple[IncidentDeadlines, ...]

    @property
    def uptime_percent(self) -> Fraction:
        return self.uptime * 100

    @property
    def allowed_downtime(self) -> Fraction:
        """Seconds of downtime that the commitment leaves."""
        return allowed_downtime(self.terms, self.eligible)

    @property
    def measured_downtime(self) -> Fraction:
        """Seconds lost as recorded, before exclusions, minimum, grid and service hours; summed over the ledgers."""
        return total(ledger.measured_downtime for ledger in self.ledgers)

    @property
    def measured_time(self) -> Fraction:
        """Seconds in term and known; summed over the ledgers."""
        return total(ledger.measured_time for ledger in self.ledgers)

    @property
    def measured_percent(self) -> Fraction:
        """Availability as recorded, beside the contractual uptime."""
        return (
            100 * (1 - self.measured_downtime / self.measured_time) if self.measured_time else Fraction(100)
        )

    def seconds(self, bucket: str) -> Fraction:
        """How much time the ledgers hold in a bucket."""
        return total(ledger.seconds(bucket) for ledger in self.ledgers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment(Measurement):
    """What a period came to under the terms: what was measured, and what follows from it for this contract."""

    case: Case
    credit: CreditResult
    exit_rights: tuple[ExitRight, ...]

    @property
    def owed(self) -> Money:
        money = self.case.terms.money
        return Money.stated(fixed(self.credit.amount, money.places), money.currency)


_MEASURED = tuple(field.name for field in fields(Measurement))


def assess(case: Case, measurement: Measurement | None = None) -> Assessment:
    """Assess one case. Invalid, naming the fields, when terms and evidence do not fit together.

    `measurement`: that of a case with the same terms whose evidence differs in nothing but money and earlier periods, where it
    is known already.
    """
    terms, evidence = case.terms, case.evidence
    found = measurement or measured(case)
    verdict = Verdict(
        found.period, found.ledgers, found.judged_percent, found.met, found.downtime, found.eligible
    )
    return Assessment(
        **{name: getattr(found, name) for name in _MEASURED},
        case=case,
        credit=owed(terms, evidence, verdict),
        exit_rights=exit_rights(
            terms.terminate,
            [*evidence.uptime_history, *([found.judged_percent] if found.applicable else [])],
        ),
    )


def measured(case: Case) -> Measurement:
    """What contracts with the same terms and facts have in common. Invalid as `assess`."""
    terms, evidence = case.terms, case.evidence
    errors = misfits(terms, evidence)
    if errors:
        raise Invalid(errors)
    period = evidence.period.resolve()
    ledgers = measure(terms, evidence, period)
    downtime, eligible, uptime = _joined(terms.combine, ledgers)
    judged = (ONE if uptime is None else uptime) * 100
    if terms.uptime_rounding:
        judged = rounded(judged, terms.uptime_rounding.decimals, terms.uptime_rounding.mode)
    return Measurement(
        terms=terms,
        period=period,
        ledgers=tuple(ledgers),
        downtime=downtime,
        eligible=eligible,
        uptime=ONE if uptime is None else uptime,
        judged_percent=judged,
        met=uptime is None or judged >= terms.commitment_percent,
        applicable=uptime is not None,
        provisional=evidence.as_of is not None and evidence.as_of < period.end,
        deadlines=_deadlines(terms, evidence, period, ledgers),
    )


def _deadlines(
    terms: Terms, evidence: Evidence, period: Period, ledgers: Sequence[Ledger]
) -> tuple[IncidentDeadlines, ...]:
    """Deadlines of the outages that decide any downtime of the period; none where nothing must be reported or claimed."""
    if terms.claim.notice is None and terms.claim.deadline is None:
        return ()
    counted = {name for ledger in ledgers for row in ledger.rows if row.loss for name in row.windows}
    named = ((window_name(outage, index), outage) for index, outage in enumerate(evidence.outages))
    return deadlines(terms, period, (one for one in named if one[0] in counted))


def _joined(combine: str, ledgers: Sequence[Ledger]) -> tuple[Fraction, Fraction, Fraction | None]:
    """(downtime, eligible, uptime) over the ledgers; uptime None where nothing is eligible.

    `min` reports the worst component's figures, `mean` and `pooled` the sums.
    """
    if len(ledgers) == 1:
        return ledgers[0].downtime, ledgers[0].eligible, ledgers[0].uptime
    downtime = total(ledger.downtime for ledger in ledgers)
    eligible = total(ledger.eligible for ledger in ledgers)
    ratios = [(ledger.uptime, ledger) for ledger in ledgers if ledger.uptime is not None]
    if not ratios:
        return downtime, eligible, None
    if combine == "pooled":
        return downtime, eligible, 1 - downtime / eligible
    if combine == "mean":
        return downtime, eligible, total(uptime for uptime, _ in ratios) / len(ratios)
    lowest, worst = min(ratios, key=lambda ratio: ratio[0])
    return worst.downtime, worst.eligible, lowest


def misfits(terms: Terms, evidence: Evidence) -> list[FieldError]:
    """Where the evidence does not fit itself or the terms: spans, counts, unknown components, severities without weight."""
    found = [
        *_wrong_spans(evidence),
        *_unknown_components(terms, evidence),
        *_unweighed(terms, evidence),
        *_wrong_counts(evidence),
    ]
    try:
        evidence.period.resolve()
    except (ValueError, OverflowError) as problem:
        found.append(("period", str(problem)))
    return [FieldError(f"input.{path}", reason) for path, reason in found]


def _wrong_spans(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for name in ("outages", "maintenance", "no_data"):
        for index, one in enumerate(getattr(evidence, name)):
            if one.end is not None and one.end < one.start:
                yield f"{name}[{index}].end", "is before its start"
    start, end = evidence.service_start, evidence.service_end
    if start is not None and end is not None and end < start:
        yield "service_end", "is before service_start"


def _unknown_components(terms: Terms, evidence: Evidence) -> Iterator[tuple[str, str]]:
    known = set(terms.components.names)
    for name in ("outages", "maintenance", "no_data", "requests"):
        for index, one in enumerate(getattr(evidence, name)):
            if one.component not in known and not (
                name == "maintenance" and one.component == EVERY_COMPONENT
            ):
                yield f"{name}[{index}].component", f"{one.component!r} is not among the terms' components"


def _unweighed(terms: Terms, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if terms.signal.source == "requests":
        return
    for index, outage in enumerate(evidence.outages):
        if outage.severity not in terms.signal.severity_weight:
            yield f"outages[{index}].severity", f"{outage.severity!r} has no weight in the terms"


def _wrong_counts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for index, interval in enumerate(evidence.requests):
        if interval.errors > interval.total:
            yield f"requests[{index}].errors", "is more than the total"
