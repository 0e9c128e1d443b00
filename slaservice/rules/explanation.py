"""A result as text that a person can follow with a pocket calculator: ledger, arithmetic, clauses."""

from collections.abc import Iterator
from fractions import Fraction

from slaservice.rules.assessment import Assessment
from slaservice.rules.documents import shown_percent
from slaservice.rules.evidence import instant_text
from slaservice.rules.exact import exact_text, fixed
from slaservice.rules.intervals import SECOND
from slaservice.rules.ledger import BUCKETS, Ledger
from slaservice.rules.printed import printed
from slaservice.rules.tables import remarks
from slaservice.rules.wording import clauses
from slaservice.rules.words import number

_LONGEST = 10_000
"""Characters of a line: a clause with a long table has some thousand."""


def explain(assessment: Assessment) -> str:
    """Several paragraphs: what was promised, every instant of the period, the arithmetic line by line."""
    lines = [
        *_summary(assessment),
        "",
        *_ledger(assessment),
        "",
        *_arithmetic(assessment),
        "",
        *_terms(assessment),
    ]
    return "\n".join(printed(line, _LONGEST) for line in lines)


def _summary(assessment: Assessment) -> Iterator[str]:
    period = assessment.period
    length = exact_text(Fraction(period.end - period.start, SECOND))
    yield f"{instant_text(period.start)} to {instant_text(period.end)} ({period.timezone}, {length} s)"
    if not assessment.applicable:
        yield "Nothing was promised in this period: not applicable."
        return
    verdict = "met" if assessment.met else "missed"
    yield (
        f"Uptime {shown_percent(assessment.uptime_percent)} % of {number(assessment.case.terms.commitment_percent)} %: "
        f"{verdict}{' so far' if assessment.provisional else ''}."
    )


def _ledger(assessment: Assessment) -> Iterator[str]:
    yield "Ledger"
    for ledger in assessment.ledgers:
        if ledger.component:
            yield f"  {ledger.component}"
        for row in ledger.rows:
            names = ", ".join(row.windows) or row.exclusion or ""
            loss = f" x {number(row.loss)}" if row.loss else ""
            seconds = exact_text(Fraction(row.end - row.start, SECOND))
            note = " ".join(filter(None, (names, *row.marks)))
            yield f"  {instant_text(row.start)}  {seconds:>16} s{loss}  {row.bucket}  {note}".rstrip()


def _arithmetic(assessment: Assessment) -> Iterator[str]:
    yield "Arithmetic"
    for bucket in BUCKETS:
        if seconds := assessment.seconds(bucket):
            yield f"  {bucket}: {exact_text(seconds)} s"
    yield f"  eligible {exact_text(assessment.eligible)} s, downtime {exact_text(assessment.downtime)} s"
    yield from _uptime(assessment)
    yield from _credit(assessment)


def _uptime(assessment: Assessment) -> Iterator[str]:
    """From downtime to the percentage that is judged; component by component where it is not taken from the sums."""
    terms, uptime = assessment.case.terms, exact_text(assessment.uptime)
    way = {"min": "the lowest of these", "mean": "the mean of these"}.get(terms.combine)
    if not assessment.applicable:
        yield "  nothing is eligible, and so nothing is missed"
        return
    if way:
        yield from (f"  {ledger.component}: {_of_component(ledger)}" for ledger in assessment.ledgers)
    yield f"  uptime {way or '1 - downtime / eligible'} = {uptime} = {shown_percent(assessment.uptime_percent)} %"
    if terms.uptime_rounding:
        yield f"  judged as {fixed(assessment.judged_percent, terms.uptime_rounding.decimals)} %"


def _of_component(ledger: Ledger) -> str:
    if ledger.uptime is None:
        return "nothing is eligible, left out"
    downtime, eligible = exact_text(ledger.downtime), exact_text(ledger.eligible)
    return f"1 - {downtime} / {eligible} = {exact_text(ledger.uptime)}"


def _credit(assessment: Assessment) -> Iterator[str]:
    """From the rules to money, in the order in which it is counted."""
    credit, terms, evidence = assessment.credit, assessment.case.terms, assessment.case.evidence
    yield f"  gate: {credit.gate_reason}"
    for reason in credit.rules:
        hit = "" if reason.bracket is None else f", row {reason.bracket + 1} of the table"
        steps = "" if reason.steps is None else f", {exact_text(reason.steps)} steps"
        value = f"{reason.quantity} {exact_text(reason.value)}"
        yield f"  rule {reason.rule + 1} ({reason.type}): {value}{hit}{steps}: {exact_text(reason.credit)}"
    yield f"  credit {exact_text(credit.credit)} {terms.credit.unit} of base {exact_text(credit.base)}"
    if credit.limit is not None:
        yield f"  cap {exact_text(credit.limit)}{', reduced' if credit.capped else ', not reached'}"
    if evidence.previously_credited:
        yield f"  credited before {exact_text(evidence.previously_credited)}"
    if evidence.carried_forward:
        yield f"  carried forward {exact_text(evidence.carried_forward)}"
    if credit.below_minimum:
        yield f"  below the minimum issue, {'carried on' if credit.carried else 'forfeited'}"
    yield f"  amount {exact_text(credit.exact)} = {terms.money.currency} {fixed(credit.amount, terms.money.places)}"


def _terms(assessment: Assessment) -> Iterator[str]:
    yield "Terms"
    numbers = assessment.case.terms.clauses
    for path, sentence in clauses(assessment.case.terms):
        clause = numbers.get(path)
        yield f"  {f'[{clause}] ' if clause else ''}{sentence}"
    for _, remark in remarks(assessment.case.terms):
        yield f"  Note: {remark}"
