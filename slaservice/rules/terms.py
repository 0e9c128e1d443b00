"""The terms of one commitment as frozen values: every field, its default and its meaning, as a contract would state them.

How a field is read stands in `fields`; what is well-formed but has no meaning together is listed in `meaning`.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from slaservice.rules.exact import Rounding
from slaservice.rules.fields import (
    Above,
    Count,
    Currency,
    Day,
    Decimals,
    Exact,
    Flag,
    Name,
    NotNegative,
    Openings,
    Part,
    Percent,
    Quantum,
    Seconds,
    Share,
    Step,
    Zone,
    parse_provisional,
)
from slaservice.rules.money import minor_units
from slaservice.rules.periods import Weekday

Category = Literal[
    "scheduled_maintenance",
    "emergency_maintenance",
    "customer_caused",
    "third_party",
    "force_majeure",
    "beta",
    "suspension",
]
CATEGORIES: tuple[Category, ...] = (
    "scheduled_maintenance",
    "emergency_maintenance",
    "customer_caused",
    "third_party",
    "force_majeure",
    "beta",
    "suspension",
)
Quantity = Literal[
    "uptime_percent",
    "lost_seconds",
    "lost_seconds_beyond_allowance",
    "points_below",
    "runs",
    "days_touched",
    "failures",
]
RATIO_LEVEL = ("min", "mean", "pooled")
"""The ways to combine components whose ratios are combined, not their signals: each component keeps a ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedShare(Part):
    """What the share of users affected does to a loss: nothing, multiply it, or decide whether it counts in full."""

    mode: Literal["ignore", "weight", "threshold"] = "ignore"
    above: Share | None = None
    op: Above = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests(Part):
    """What an interval's error rate means: a loss by itself (`rate`), or lost in full above a threshold."""

    mode: Literal["rate", "threshold"] = "rate"
    above: Share | None = None
    op: Above = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Part):
    """How facts become a loss between 0 and 1 for every instant."""

    source: Literal["windows", "requests", "both"] = "both"
    severity_weight: dict[Name, Share]
    affected_share: AffectedShare = AffectedShare()
    requests: Requests = Requests()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumRun(Part):
    """How long an outage must last before it counts, and what is tested."""

    seconds: Count
    op: Above
    test_on: Literal["window", "merged", "net"]
    straddle: Literal["whole_run", "clipped"] = "whole_run"
    counts: Literal["whole", "excess"] = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Part):
    """The grid and the minimum. A quantum of 1 is no grid: time is exact to the microsecond."""

    quantum_seconds: Quantum = 1
    quantum_rule: Literal["any", "all"] = "any"
    min_run: MinimumRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude(Part):
    """What is no downtime by contract, and whether that time stays in the denominator."""

    effect: Literal["not_downtime", "remove"] = "not_downtime"
    categories: tuple[Category, ...] | None = None
    allowance_seconds: Seconds | None = None
    notice_seconds: Seconds | None = None

    def covers(self, category: str) -> bool:
        """Whether a category is excluded; with no list given, all are."""
        return self.categories is None or category in self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours(Part):
    """When the service is promised, by the wall clock of a zone."""

    timezone: Zone
    weekly: dict[Weekday, Openings]
    exceptions: dict[Day, Openings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Components(Part):
    """What is promised, and how several components become one figure."""

    names: Annotated[tuple[Name, ...], Field(min_length=1)]
    combine: Literal["any_down", "all_down", "min", "mean", "pooled"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UptimeRounding(Part):
    """Rounding of the uptime percentage before anything is judged by it."""

    decimals: Decimals
    mode: Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Part):
    """When the credit rules apply at all."""

    kind: Literal["below_commitment", "always", "consecutive_failures"] = "below_commitment"
    count: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket(Part):
    """One row of a credit table; a bound that is null is no bound."""

    lower: Annotated[Exact | None, Field(alias="from")]
    from_closed: Flag
    upper: Annotated[Exact | None, Field(alias="to")]
    to_closed: Flag
    credit: NotNegative

    def contains(self, value: Fraction) -> bool:
        above = self.lower is None or value > self.lower or (self.from_closed and value == self.lower)
        below = self.upper is None or value < self.upper or (self.to_closed and value == self.upper)
        return above and below


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets(Part):
    """A credit table: the first row that contains the quantity gives the credit, none gives nothing."""

    type: Literal["brackets"]
    quantity: Quantity
    ranges: Annotated[tuple[Bracket, ...], Field(min_length=1)]
    reference: Percent | None = None
    window: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered(Part):
    """So much for each step of a quantity: rate x round(quantity / step)."""

    type: Literal["metered"]
    quantity: Quantity
    step: Step
    round: Literal["exact", "floor", "ceil"] = "exact"
    rate: NotNegative
    per: Literal["run"] | None = None
    reference: Percent | None = None
    window: Count | None = None


CreditRule = Annotated[Brackets | Metered, Field(discriminator="type")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit(Part):
    """What a miss costs: a percentage of the base, or days of service."""

    gate: Gate = Gate()
    rules: tuple[CreditRule, ...] = ()
    combine: Literal["max", "sum"] = "max"
    unit: Literal["percent", "days"] = "percent"
    day_value: Literal["base/period_days", "base/30"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base(Part):
    """What the credit is a share of: the fee, pro-rated or not, for all users or those affected."""

    prorate: Literal["none", "lived_seconds", "lived_days"] = "none"
    affected_user_share: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap(Part):
    """The most that is owed, and the window over which earlier credits count against it."""

    kind: Literal["percent_of_base", "days", "amount"]
    value: NotNegative
    per: Literal["period", "contract_year", "contract", "run"] = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumIssue(Part):
    """Below which amount nothing is issued, and whether it is then lost or carried."""

    op: Above
    amount: NotNegative
    below: Literal["forfeit", "carry"] = "forfeit"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTerms(Part):
    """Currency and the one rounding at the end."""

    currency: Currency
    decimals: Decimals | None = None
    rounding: Rounding = "half_up"

    @property
    def places(self) -> int:
        """Decimals of an amount: those of the terms, else of the currency's minor unit."""
        return minor_units(self.currency) if self.decimals is None else self.decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline(Part):
    """`n` units after an anchor; billing cycles end with the n-th calendar month after the anchor's own."""

    n: Count
    unit: Literal["hours", "days", "business_days", "months", "billing_cycles"]
    anchor: Literal["incident_start", "incident_end", "awareness", "period_end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Part):
    """Whether a credit must be claimed, and by when."""

    by: Literal["customer", "automatic"] = "automatic"
    notice: Deadline | None = None
    deadline: Deadline | None = None
    evidence: Annotated[str, Field(max_length=2000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminate(Part):
    """A right to end the contract: uptime below a percentage in `n` of `m` periods, in a row or not."""

    below: Percent
    n: Count = 1
    m: Count = 1
    consecutive: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Part):
    """Everything a commitment says about how it is measured and what a miss costs."""

    commitment_percent: Percent
    signal: Signal
    shape: Shape = Shape()
    exclude: Exclude = Exclude()
    no_data: Literal["as_up", "as_down", "remove"] = "as_up"
    service_hours: ServiceHours | None = None
    components: Components
    partial_period: Literal["lived", "whole"] = "lived"
    provisional: Annotated[Literal["elapsed", "whole"], BeforeValidator(parse_provisional)] = "elapsed"
    uptime_rounding: UptimeRounding | None = None
    credit: Credit = Credit()
    base: Base = Base()
    cap: Cap | None = None
    minimum_issue: MinimumIssue | None = None
    money: MoneyTerms
    claim: Claim = Claim()
    terminate: tuple[Terminate, ...] = ()
    clauses: dict[Name, Name] = field(default_factory=dict)

    @property
    def combine(self) -> str:
        """How components are combined; one component by itself is `any_down`."""
        return self.components.combine or "any_down"

    @property
    def looks_back(self) -> int:
        """How many earlier periods have a bearing on gate, rules and rights to end the contract."""
        counted = [self.credit.gate.count, *(rule.window for rule in self.credit.rules)]
        # A right looks at as many earlier periods as it names where nothing was promised in this one.
        return max([0, *(count - 1 for count in counted if count), *(right.m for right in self.terminate)])
