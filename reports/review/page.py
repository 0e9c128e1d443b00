"""Everything that the page of a statement shows, read in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reports import postings
from reports.models import (
    Claim,
    ClosingBlock,
    CreditDecision,
    Delivery,
    Dispute,
    Posting,
    ServiceCredit,
    Statement,
)
from reports.pdf import facts, figures
from reports.pdf.answer import Cell, Verdict
from reports.pdf.facts import Document, Facts
from reports.pdf.paper import Paper, Section, paper
from reports.pdf.step import Step
from reports.pdf.text import printable
from reports.review.evidence import Shown, facts_of, who
from reports.review.months import Month, Revision, months_of, neighbours, revisions_of, standing_of
from reports.review.picture import Picture, pictures
from reports.review.waiting import People, Wait, people_by_role, waits_of
from reports.review.words import money
from slaservice.history.people import name_of
from slaservice.history.queries import history_of
from slaservice.rules.postings import ACCOUNTS
from slaservice.rules.wording import clauses

DEEDS = {
    "statements.drafted": "drafted it",
    "statements.redrafted": "computed it anew",
    "statements.let_go": "let it go: it is of no period of the contract any more",
    "statements.issue": "issued it",
    "deliveries.record": "recorded a delivery",
}
"""What history's actions say of a statement, in words."""

MOST_ENTRIES = 50
"""Of the statement's own history; all of it stands on its page."""


@dataclass(frozen=True, slots=True)
class StepShown:
    """A line of the arithmetic with the clauses that it follows from: (the contract's number, or '', and the sentence)."""

    step: Step
    rules: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One commitment: as on paper, its ledgers as pictures, its arithmetic with clauses."""

    section: Section
    pictures: list[Picture]
    steps: list[StepShown]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a restatement says otherwise: (what, before, after) for each case and for the money."""

    of: str
    rows: list[tuple[str, str, str]]
    granted: str
    to_grant: str
    decided: list[tuple[str, "Decision"]]


@dataclass(frozen=True, slots=True)
class Account:
    """What an account holds for this statement."""

    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision on the credit."""

    at: datetime
    by: str
    action: str
    amount: str
    reason: str


@dataclass(frozen=True, slots=True)
class PostingShown:
    """One movement of credit money."""

    at: datetime
    deed: str
    by: str
    debit: str
    credit: str
    amount: str
    effective_on: date
    journal: str


@dataclass(frozen=True, slots=True)
class Review:
    """The page."""

    statement: Statement
    credit: ServiceCredit | None
    cells: list[Cell]
    standing: str
    issuer: str
    kind: str
    paper: Paper
    waits: list[Wait]
    sections: list[SectionShown]
    evidence: Shown
    difference: Difference | None
    months: list[Month]
    revisions: list[Revision]
    decisions: list[Decision]
    claims: list[Claim]
    disputes: list[Dispute]
    blocks: list[ClosingBlock]
    postings: list[PostingShown]
    accounts: list[Account]
    deliveries: list[Delivery]
    history: list[tuple[datetime, str, str, str]]
    people: People


def review_of(statement: Statement, *, now: datetime) -> Review:
    """The page of a statement, with its contract, credit and both neighbours in the chain of revisions loaded."""
    document = statement.document
    cases = [facts.read(case, document) for case in document["cases"]]
    shown = paper(
        document, number=statement.number, digest=statement.digest, issued_on=statement.issued_at, cases=cases
    )
    credit = _credit(statement)
    rows = neighbours(statement)
    claims = _claims(credit)
    disputes = _disputes(statement)
    blocks = _blocks(statement)
    deliveries = list(statement.deliveries.select_related("by", "key"))
    people = people_by_role()
    return Review(
        statement=statement,
        credit=credit,
        cells=_cells(shown, credit),
        standing=standing_of(statement, now),
        issuer=name_of(statement.issued_by),
        kind=statement.status(now).replace(" ", "-"),
        paper=shown,
        waits=waits_of(
            statement,
            credit=credit,
            claims=claims,
            disputes=disputes,
            blocks=blocks,
            deliveries=deliveries,
            people=people,
            now=now,
        ),
        sections=[
            SectionShown(section, pictures(case), _steps(case, section.steps))
            for case, section in zip(cases, shown.sections, strict=True)
        ],
        evidence=facts_of(statement, list(statement.lines.select_related("commitment__version")), cases),
        difference=_difference(statement, document, shown),
        months=months_of(statement, rows, now),
        revisions=revisions_of(statement, rows, now),
        decisions=_decisions(statement),
        claims=claims,
        disputes=disputes,
        blocks=blocks,
        postings=_postings(statement),
        accounts=_accounts(statement),
        deliveries=deliveries,
        history=_history(statement),
        people=people,
    )


def _credit(statement: Statement) -> ServiceCredit | None:
    found = ServiceCredit.objects.filter(statement=statement)
    credit = found.select_related("adjusted_by", "decided_by", "settled_by").first()
    if credit is not None:
        credit.statement = statement
    return credit


def _claims(credit: ServiceCredit | None) -> list[Claim]:
    if credit is None:
        return []
    claims = list(Claim.objects.filter(credit=credit).select_related("filed_by", "decided_by", "key"))
    for claim in claims:
        claim.credit = credit
    return claims


def _disputes(statement: Statement) -> list[Dispute]:
    found = statement.disputes.select_related("filed_by", "decided_by", "key").prefetch_related(
        "windows__component"
    )
    disputes = list(found)
    for dispute in disputes:
        dispute.statement = statement
    return disputes


def _blocks(statement: Statement) -> list[ClosingBlock]:
    """What blocks the month, or was waived; what went away by itself says nothing of this statement."""
    found = ClosingBlock.objects.filter(contract=statement.contract_id, month=statement.month)
    stands = found.exclude(resolved_at__isnull=False, waived_at__isnull=True)
    return list(stands.select_related("waived_by"))


def _cells(shown: Paper, credit: ServiceCredit | None) -> list[Cell]:
    """The figures of the paper's answer, with the credit as it stands today and what bounds it in place of the one due."""
    due = next(cell for cell in shown.cells if cell.label.startswith("Service credit"))
    ours = [_credit_cell(due, credit), _cap_cell(shown)]
    return [one for cell in shown.cells for one in (ours if cell is due else [cell])]


def _credit_cell(due: Cell, credit: ServiceCredit | None) -> Cell:
    if credit is None:
        return Cell("Credit", due.value, due.notes)
    computed = [f"computed: {money(credit.currency, credit.computed_minor)}"]
    also = [note for note in due.notes if note.startswith(("beyond ", "claim before "))]
    notes = due.notes[:1] + also + (computed if credit.amount_minor != credit.computed_minor else [])
    notes += [f"“{printable(credit.reason, 120)}”"] if credit.reason else []
    amount = money(credit.currency, credit.amount_minor)
    return Cell("Credit", amount, notes, Verdict(credit.state, credit.state))


def _cap_cell(shown: Paper) -> Cell:
    """(how it is worked out, whether it was reached) of each cap: over all commitments, and of each by itself."""
    several = len(shown.sections) > 1
    rows = shown.total.rows if shown.total else ()
    caps = [(how, reached) for label, how, reached in rows if label == "Cap over all commitments"]
    for section in shown.sections:
        of = f"{section.line.title}: " if several else ""
        caps += [(of + step.detail, step.value) for step in section.steps if step.label == "Cap"]
    taken = [reached for _, reached in caps if reached != "not reached"]
    if not caps:
        return Cell("Cap", "none", ["credits are not capped"])
    notes = [how if reached == "not reached" else f"{how}: {reached}" for how, reached in caps]
    return Cell("Cap", "reached" if taken else "not reached", notes)


def _steps(case: Facts, steps: Sequence[Step]) -> list[StepShown]:
    """Each line with the sentences of the terms that it follows from."""
    spoken = dict(clauses(case.terms, case.covered))
    return [
        StepShown(
            step,
            [(case.clause(path), printable(spoken[path], 2000)) for path in step.paths if path in spoken],
        )
        for step in steps
    ]


def _difference(statement: Statement, document: Document, shown: Paper) -> Difference | None:
    """What a restatement says otherwise than the revision that it supersedes, what was decided before, what is left to grant."""
    if shown.difference is None:
        return None
    written, rows = document["difference"], []
    for one in shown.difference.rows:
        for label, (before, now) in (
            ("downtime", one.downtime),
            ("uptime", one.uptime),
            ("credit", one.credit),
        ):
            rows.append((f"{one.name}: {label}", before, now))
    rows.append(("Credit owed in total", *shown.difference.owed))
    granted, to_grant = (_amount(written, name) for name in ("granted", "to_grant"))
    changed = [row for row in rows if row[1] != row[2]]
    return Difference(shown.difference.of, changed, granted, to_grant, _decided_before(statement))


def _decided_before(statement: Statement) -> list[tuple[str, Decision]]:
    """By which revision, and what finance made of the credits of earlier ones: other amounts, and why."""
    earlier = CreditDecision.objects.filter(
        statement__contract=statement.contract_id,
        statement__period_start=statement.period_start,
        statement__revision__lt=statement.revision,
        action__in=("claim", "adjust", "reject"),
    )
    rows = earlier.select_related("by", "statement").defer("statement__body").order_by("pk")
    return [(str(one.statement.number), _decision(one)) for one in rows]


def _amount(written: Document, name: str) -> str:
    return f"{written['currency']} {figures.grouped(written[name])}"


def _decisions(statement: Statement) -> list[Decision]:
    return [_decision(one) for one in statement.decisions.select_related("by")]


def _decision(one: CreditDecision) -> Decision:
    return Decision(one.at, name_of(one.by), one.action, money(one.currency, one.amount_minor), one.reason)


def _postings(statement: Statement) -> list[PostingShown]:
    return [
        PostingShown(
            at=one.at,
            deed=one.deed,
            by=name_of(one.by),
            debit=one.debit_account.replace("_", " "),
            credit=one.credit_account.replace("_", " "),
            amount=money(one.currency, one.amount_minor),
            effective_on=one.effective_on,
            journal=one.exported.journal.number if hasattr(one, "exported") else "",
        )
        for one in statement.postings.select_related("by", "exported__journal")
    ]


def _accounts(statement: Statement) -> list[Account]:
    """What the postings of this statement add up to; accounts that hold nothing are left out."""
    return [
        Account(name.replace("_", " "), money(balance.currency, balance.accounts[name]))
        for balance in postings.balances(Posting.objects.filter(statement=statement), by="statement")
        for name in ACCOUNTS
        if balance.accounts[name]
    ]


def _history(statement: Statement) -> list[tuple[datetime, str, str, str]]:
    """When, who, what, why: the newest first."""
    return [
        (one.at, who(one), DEEDS.get(one.action, one.action), one.reason)
        for one in history_of(statement)[:MOST_ENTRIES]
    ]
