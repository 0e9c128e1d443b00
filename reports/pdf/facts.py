"""One case of a statement, read once: typed terms and evidence, the frozen result, its ledger, and how to show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from reports.pdf import figures, ledger
from reports.pdf.clock import Clock
from reports.pdf.text import printable
from slaservice.rules.documents import parse_case
from slaservice.rules.evidence import Evidence, parse_instant
from slaservice.rules.periods import zone_named
from slaservice.rules.terms import RATIO_LEVEL, Terms
from slaservice.rules.wording import clause_number
from slaservice.rules.words import listed

Document = Mapping[str, Any]

_MOST_NAMES, _NAMED = 8, 4


@dataclass(frozen=True)
class Facts:
    """What the parts of the paper need to know of a commitment; nothing here is computed but display values."""

    case: Document
    terms: Terms
    evidence: Evidence
    result: Document
    ledgers: tuple[ledger.Ledger, ...]
    clock: Clock
    whole: Clock
    """Of the statement's period, of which this case may be a part."""
    names: Mapping[str, str]
    approvals: Mapping[str, Mapping[str, str]]
    """Who approved exclusions, and when, by reference; of a statement that was issued without, nothing."""

    @property
    def title(self) -> str:
        """With its days, where the contract changed within the period."""
        title = printable(self.case.get("title") or self.case["id"], 80)
        return title if self.clock == self.whole else f"{title}, {self.clock.label()}"

    @property
    def covered(self) -> dict[str, str]:
        """Code -> name of the components, in the order of the terms."""
        return {code: self.name(code) for code in self.terms.components.names}

    @property
    def components(self) -> list[str]:
        """Names of the components, in the order of the terms."""
        return list(self.covered.values())

    @property
    def covers(self) -> str:
        """Their names in a sentence; of very many the first few, and how many more."""
        names = self.components
        if len(names) <= _MOST_NAMES:
            return listed(names)
        more = gettext("%(count)s more components") % {"count": len(names) - _NAMED}
        return listed([*names[:_NAMED], more])

    def name(self, code: str) -> str:
        """A component's name; of all of them for `*`."""
        return gettext("every component") if code == "*" else printable(self.names.get(code, code), 80)

    @property
    def joined(self) -> bool:
        """Whether ratios of components are combined: then every component has a ledger of its own."""
        return self.terms.combine in RATIO_LEVEL

    def number(self, field: str) -> Fraction:
        """A number of the result, exact."""
        return Fraction(self.result[field])

    @property
    def met(self) -> bool:
        return bool(self.result["commitment_met"])

    @property
    def applicable(self) -> bool:
        return bool(self.result["applicable"])

    @property
    def provisional(self) -> bool:
        return bool(self.result["provisional"])

    @property
    def target(self) -> Fraction:
        return self.terms.commitment_percent

    @property
    def uptime(self) -> Fraction:
        """The figure that was judged: rounded where the terms round it, else exact."""
        return self.number("judged_percent")

    @property
    def places(self) -> int:
        """Decimals of the uptime on paper: those of the terms' rounding, else enough to compare it with the target."""
        rounding = self.terms.uptime_rounding
        return rounding.decimals if rounding else figures.places_of(self.target)

    @property
    def shown_uptime(self) -> str:
        """'99.819 %', or that nothing was promised."""
        return figures.percent(self.uptime, self.places) if self.applicable else gettext("N/A")

    @property
    def shown_target(self) -> str:
        return figures.percent(self.target, figures.places_of(self.target))

    @property
    def shown_measured(self) -> str:
        """What was recorded; nothing could be where no time is in term and past."""
        if all(
            row.bucket in ("not_in_term", "after_as_of") for ledger in self.ledgers for row in ledger.rows
        ):
            return gettext("N/A")
        return figures.percent(self.number("measured_percent"), figures.places_of(self.target))

    @cached_property
    def money_places(self) -> int:
        return self.terms.money.places

    def money(self, amount: Fraction) -> str:
        """An amount in the terms' currency, exact."""
        return figures.money(amount, self.terms.money.currency, self.money_places)

    @property
    def shown_credit(self) -> str:
        return self.money(self.number("credit_amount"))

    def clause(self, *paths: str) -> str:
        """The contract's own number for the first of these fields, or what they are part of, that has one; else empty."""
        numbers = (clause_number(self.terms, path) for path in paths)
        return printable(next(filter(None, numbers), ""), 24)


def clock_of(document: Document) -> Clock:
    """The clock of a statement's whole period."""
    period = document["identity"]["period"]
    return Clock(zone_named(period["timezone"]), parse_instant(period["start"]), parse_instant(period["end"]))


def read(case: Document, document: Document) -> Facts:
    """The facts of one case of a statement's document."""
    parsed, result, identity = parse_case(case), case["expected"], document["identity"]
    whole = clock_of(document)
    clock = Clock(whole.zone, parse_instant(result["period_start"]), parse_instant(result["period_end"]))
    return Facts(
        case=case,
        terms=parsed.terms,
        evidence=parsed.evidence,
        result=result,
        ledgers=ledger.read(result),
        clock=clock,
        whole=whole,
        names=identity.get("components") or {},
        approvals=identity.get("approvals") or {},
    )
