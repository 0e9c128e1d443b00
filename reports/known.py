"""The rows that a chunk of contracts is judged by, loaded once: promises, facts, and what was issued and decided before.

A fixed number of queries for a chunk, however many contracts are in it.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast

from accounts.models import BilledAmount, Commitment
from accounts.models.contracts import CommitmentComponent
from accounts.queries import with_names
from reports.facts import Facts, counted_beyond
from reports.models import Claim, ServiceCredit, Statement, StatementLine
from reports.models.claims import ACCEPTED, PARTLY_ACCEPTED
from reports.periods import Plan
from reports.queries import LET_GO, WAS_GRANTED
from reports.shelf import Shelf
from slaservice.outages.models import Component, Maintenance, OutageWindow
from slaservice.rules.documents import parse_terms
from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.intervals import instant
from slaservice.rules.refusal import Refusal
from slaservice.rules.terms import Terms

TermsKey = tuple[str, tuple[str, ...]]
"""Terms by value: the stored document as text, and the components' codes."""


@dataclass(frozen=True, slots=True)
class Supposition:
    """What if facts that are not confirmed counted (`added`), and some that are did not (`removed`), for these plans."""

    plans: Sequence[Plan]
    added: Sequence[OutageWindow | Maintenance] = ()
    removed: Sequence[OutageWindow | Maintenance] = ()


@dataclass(frozen=True, slots=True)
class Agreed:
    """Promises that stand in no table, as if they had been agreed: commitments by the id of their version.

    `billed` is what counts as billed for them, in minor units, by the commitment's id and the start of the period.
    """

    commitments: Mapping[int, Sequence[Commitment]] = field(default_factory=dict)
    billed: Mapping[tuple[int, int], int] = field(default_factory=dict)


class Known:
    """The rows of a chunk: promises, facts, and the lines of statements that are issued and stand, in time order.

    With `known_at`: the facts that counted at that instant, and the statements that stood; what is made of them is kept on
    `shelf`. With `names`: the commitments of these names alone. Refusal where there are more request counts than `most_counts`.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        around: Sequence[OutageWindow | Maintenance] = (),
        *,
        undecided: bool = True,
        agreed: Agreed | None = None,
        known_at: datetime | None = None,
        names: Collection[str] | None = None,
        most_counts: int | None = None,
    ) -> None:
        self.known_at = known_at
        self.shelf: Shelf[Any] = Shelf(10_000)
        # A microsecond more on either side: what a row around touches belongs to its run.
        start = min([plan.period.start for plan in plans] + [instant(row.start) - 1 for row in around])
        end = max([plan.period.end for plan in plans] + [instant(row.end) + 1 for row in around if row.end])
        contracts = [plan.contract.pk for plan in plans]
        versions = [part.version.pk for plan in plans for part in plan.parts]
        self.commitments: dict[int, list[Commitment]] = defaultdict(list)
        self.components_of: dict[int, list[Component]] = defaultdict(list)
        self.terms_keys: dict[int, TermsKey] = {}
        self._load_commitments(versions, names)
        for version, commitments in (agreed.commitments if agreed else {}).items():
            self.commitments[version] = list(commitments)
            for one in commitments:
                self.components_of[one.pk] = list(one.components.all())
                self._key_terms(one.pk, json.dumps(one.terms))
        self.components = {
            component.pk: component for group in self.components_of.values() for component in group
        }
        # Where a run of failed requests is judged whole, what of it lies outside the periods must be at hand.
        more = max(map(counted_beyond, self._readable()), default=0)
        self.facts = Facts(
            self.components,
            {part.version.tier_id for plan in plans for part in plan.parts},
            contracts,
            self._judged_by_requests(),
            start - more,
            end + more,
            undecided=undecided,
            known_at=known_at,
            most_counts=most_counts,
        )
        self.billed = {
            (billed.commitment_id, instant(billed.period_start)): billed.amount_minor
            for billed in BilledAmount.objects.filter(commitment__version__in=versions)
        } | dict(agreed.billed if agreed else {})
        by_then = {} if known_at is None else {"issued_at__lte": known_at}
        of_lines = {f"statement__{name}": value for name, value in by_then.items()}
        of_successors = {f"statement__superseded_by__{name}": value for name, value in by_then.items()}
        self.lines: dict[int, list[StatementLine]] = defaultdict(list)
        for line in (
            StatementLine.objects.filter(
                # A restatement that is still a draft supersedes nothing yet.
                ~Q(statement__superseded_by__state=Statement.ISSUED, **of_successors),
                statement__contract__in=contracts,
                statement__state=Statement.ISSUED,
                **of_lines,
            )
            .select_related("statement", "commitment")
            .defer("statement__body", "commitment__terms")
            .order_by("statement__period_start", "position")
        ):
            self.lines[line.statement.contract_id].append(line)
        self.issued: dict[tuple[int, int], list[Statement]] = defaultdict(list)
        for statement in (
            Statement.objects.filter(
                contract__in=contracts, state=Statement.ISSUED, month=plans[0].month, **by_then
            )
            .defer("body")
            .order_by("revision")
        ):
            self.issued[statement.contract_id, instant(statement.period_start)].append(statement)
        self.credits = {
            credit.statement_id: credit
            for credit in ServiceCredit.objects.filter(
                statement__in=[s for group in self.issued.values() for s in group]
            ).annotate(
                claimed=Exists(
                    Claim.objects.filter(credit=OuterRef("pk"), state__in=[ACCEPTED, PARTLY_ACCEPTED])
                )
            )
        }

        self.kept = _kept(contracts)

    def _load_commitments(self, versions: Collection[int], names: Collection[str] | None) -> None:
        """Commitments with their components; terms stay text until somebody reads them, because many are the same."""
        wanted = Commitment.objects.filter(version__in=versions)
        covered = CommitmentComponent.objects.filter(commitment__version__in=versions)
        if names is not None:
            wanted, covered = wanted.filter(name__in=names), covered.filter(commitment__name__in=names)
        pairs = list(covered.order_by().values_list("commitment_id", "component_id"))
        components = Component.objects.in_bulk({component for _, component in pairs})
        for owner, component in pairs:
            self.components_of[owner].append(components[component])
        for commitment in (
            wanted.annotate(stored_terms=Cast("terms", TextField()))
            .defer("terms")
            .order_by("version_id", "position", "id")
        ):
            self.commitments[commitment.version_id].append(commitment)
            self._key_terms(commitment.pk, commitment.stored_terms)

    def _key_terms(self, commitment: int, stored: str) -> None:
        codes = sorted(component.code for component in self.components_of[commitment])
        self.terms_keys[commitment] = stored, tuple(codes)

    def _judged_by_requests(self) -> set[int]:
        """Ids of the components of which any terms want request counts: they are many, and most terms have no use for them."""
        codes = {
            code
            for terms in self._readable()
            if terms.signal.source != "windows"
            for code in terms.components.names
        }
        return {pk for pk, component in self.components.items() if component.code in codes}

    def _readable(self) -> Iterator[Terms]:
        """The terms that can be read; others block their own contracts, by name, when their turn comes."""
        for key in set(self.terms_keys.values()):
            with suppress(Refusal):
                yield read_terms(key)

    def supposing(self, supposition: Supposition) -> "Known":
        """The same rows, as if other facts counted."""
        supposed = copy(self)
        supposed.facts = self.facts.supposing(supposition.added, supposition.removed)
        return supposed


def _kept(contracts: Collection[int]) -> dict[int, Fraction]:
    """By the id of an issued statement whose credit was rejected or lapsed: the share of what it owes that was granted before.

    That is by earlier revisions, else nothing. A statement that is not here keeps all that it owes. One query; two where
    a restatement's credit was let go.
    """
    let_go = (
        ServiceCredit.objects.filter(
            LET_GO, statement__contract__in=contracts, statement__state=Statement.ISSUED
        )
        .select_related("statement")
        .defer("statement__body")
    )
    statements = [credit.statement for credit in let_go]
    restated = [one for one in statements if one.revision > 1]
    granted: dict[tuple[int, datetime], int] = defaultdict(int)
    if restated:
        before = ServiceCredit.objects.filter(
            WAS_GRANTED,
            statement__contract__in={one.contract_id for one in restated},
            statement__period_start__in={one.period_start for one in restated},
        )
        of = ("statement__contract", "statement__period_start", "amount_minor")
        for contract, start, minor in before.values_list(*of):
            granted[contract, start] += minor
    return {
        one.pk: min(ONE, max(ZERO, Fraction(granted[one.contract_id, one.period_start], one.credit_minor)))
        for one in statements
        if one.credit_minor
    }


@lru_cache(maxsize=4096)
def read_terms(key: TermsKey) -> Terms:
    """Terms that are equal are read once. Invalid where they cannot be read."""
    stored, codes = key
    return parse_terms(with_names(json.loads(stored), codes))
