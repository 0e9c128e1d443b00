"""The terms of one commitment as frozen values: every field, its default and its meaning, as a contract would state them.

Values are parsed in `documents`, which names the field of whatever is wrong. What is well-formed but has no meaning together
stands in one list, `MEANINGLESS`, at the end.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator, Strict, WithJsonSchema,
)

from slaservice.rules.exact import ONE, ZERO, Rounding, exact_text, parse_exact
from slaservice.rules.money import CURRENCIES, minor_units

_EXACT_SCHEMA = {"type": "string", "pattern": r"^-?[0-9]{1,40}(\.[0-9]{1,40}|/[0-9]{1,40})?$"}


def _within(low: Fraction, high: Fraction) -> Callable[[Fraction], Fraction]:
    def check(value: Fraction) -> Fraction:
        if not low <= value <= high:
            raise ValueError(f"must lie between {low} and {high}")
        return value

    return check


def _not_negative(value: Fraction) -> Fraction:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _positive(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError("must be above 0")
    return value


def parse_zone(name: object) -> str:
    """The name of an IANA zone, unchanged; ValueError for anything else."""
    if not isinstance(name, str):
        raise ValueError("must be the name of an IANA time zone")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone") from None
    return name


def _parse_clock(text: object) -> int:
    if isinstance(text, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        return int(text[:2]) * 3600 + int(text[3:]) * 60
    raise ValueError('must be a wall clock time like "08:00", at most "24:00"')


def _clock_text(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _parse_day(text: object) -> date:
    if isinstance(text, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return date.fromisoformat(text)
    raise ValueError('must be a date like "2026-12-25"')


def _in_order(openings: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    previous = 0
    for start, end in openings:
        if start < previous or end <= start:
            raise ValueError("openings must be in order, end after they start, and not overlap")
        previous = end
    return openings


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code


def _parse_step(value: object) -> object:
    return value if value in ("period", "eligible") else _positive(parse_exact(value))


def _parse_provisional(value: object) -> object:
    return "whole" if value == "full" else value


Exact = Annotated[
    Fraction, BeforeValidator(parse_exact), PlainSerializer(exact_text), WithJsonSchema(_EXACT_SCHEMA)
]
Share = Annotated[Exact, AfterValidator(_within(ZERO, ONE))]
Percent = Annotated[Exact, AfterValidator(_within(ZERO, Fraction(100)))]
NotNegative = Annotated[Exact, AfterValidator(_not_negative)]
Step = Annotated[
    Literal["period", "eligible"] | Fraction, PlainValidator(_parse_step), PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"enum": ["period", "eligible"]}, _EXACT_SCHEMA]}),
]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1)]
Seconds = Annotated[int, Strict(), Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Zone = Annotated[str, BeforeValidator(parse_zone), WithJsonSchema({"type": "string"})]
Clock = Annotated[
    int, BeforeValidator(_parse_clock), PlainSerializer(_clock_text), WithJsonSchema({"type": "string"})
]
Day = Annotated[date, BeforeValidator(_parse_day)]
Openings = Annotated[tuple[tuple[Clock, Clock], ...], AfterValidator(_in_order)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Decimals = Annotated[int, Strict(), Field(ge=0, le=12)]
Above = Literal[">", ">="]

Category = Literal[
    "scheduled_maintenance", "emergency_maintenance", "customer_caused", "third_party", "force_majeure", "beta", "suspension"
]
CATEGORIES: tuple[Category, ...] = (
    "scheduled_maintenance", "emergency_maintenance", "customer_caused", "third_party", "force_majeure", "beta", "suspension",
)
Quantity = Literal[
    "uptime_percent", "lost_seconds", "lost_seconds_beyond_allowance", "points_below", "runs", "days_touched", "failures"
]
RATIO_LEVEL = ("min", "mean", "pooled")
"""The ways to combine components whose ratios are combined, not their signals: each component keeps a ledger."""


class Part:
    """A part of a document: a field that is not known is refused by name."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid")


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

    seconds: Annotated[int, Strict(), Field(ge=1)]
    op: Above
    test_on: Literal["window", "merged", "net"]
    straddle: Literal["whole_run", "clipped"] = "whole_run"
    counts: Literal["whole", "excess"] = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Part):
    """The grid and the minimum. A quantum of 1 is no grid: time is exact to the microsecond."""

    quantum_seconds: Literal[1, 60, 300, 3600] = 1
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
    weekly: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Openings]
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
    round: Literal["exact", "floor", "ceil"]
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
    provisional: Annotated[Literal["elapsed", "whole"], BeforeValidator(_parse_provisional)] = "elapsed"
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


def _rules(terms: Terms) -> list[tuple[str, Brackets | Metered]]:
    return [(f"credit.rules[{index}]", rule) for index, rule in enumerate(terms.credit.rules)]


def _per_run(rule: Brackets | Metered) -> bool:
    return isinstance(rule, Metered) and rule.per == "run"


def _each_rule(wrong: Callable[[Terms, Brackets | Metered], bool], at: str) -> Callable[[Terms], list[str]]:
    return lambda terms: [f"{path}.{at}" for path, rule in _rules(terms) if wrong(terms, rule)]


def _field(path: str, wrong: Callable[[Terms], bool]) -> Callable[[Terms], list[str]]:
    return lambda terms: [path] if wrong(terms) else []


def _threshold_without_bound(terms: Terms) -> list[str]:
    parts = {"signal.affected_share.above": terms.signal.affected_share, "signal.requests.above": terms.signal.requests}
    return [path for path, part in parts.items() if (part.mode == "threshold") != (part.above is not None)]


def _empty_ranges(terms: Terms) -> list[str]:
    return [
        f"{path}.ranges[{index}]"
        for path, rule in _rules(terms) if isinstance(rule, Brackets)
        for index, row in enumerate(rule.ranges)
        if row.lower is not None and row.upper is not None
        and (row.lower > row.upper or (row.lower == row.upper and not (row.from_closed and row.to_closed)))
    ]


def _repeated(names: tuple[str, ...]) -> bool:
    return len(set(names)) != len(names)


MEANINGLESS: tuple[tuple[str, str, Callable[[Terms], list[str]]], ...] = (
    ("combine_missing", "several components need a way to combine them",
     _field("components.combine", lambda t: len(t.components.names) > 1 and t.components.combine is None)),
    ("component_twice", "a component is named twice", _field("components.names", lambda t: _repeated(t.components.names))),
    ("threshold_and_bound", "a threshold needs its bound, and only a threshold has one", _threshold_without_bound),
    ("runs_of_ratios", "runs and days cannot be counted where the components' ratios are combined (min, mean, pooled)",
     _each_rule(lambda t, r: t.combine in RATIO_LEVEL and r.quantity in ("runs", "days_touched"), "quantity")),
    ("per_run_of_ratios", "there are no runs where the components' ratios are combined (min, mean, pooled)",
     _each_rule(lambda t, r: t.combine in RATIO_LEVEL and _per_run(r), "per")),
    ("per_run_quantity", "only lost_seconds can be metered for each run",
     _each_rule(lambda _, r: _per_run(r) and r.quantity != "lost_seconds", "per")),
    ("cap_per_run", "a cap for each run needs a rule that is metered for each run",
     _field("cap.per", lambda t: t.cap is not None and t.cap.per == "run" and not any(map(_per_run, t.credit.rules)))),
    ("reference_and_points", "points_below needs its reference, and only points_below has one",
     _each_rule(lambda _, r: (r.quantity == "points_below") != (r.reference is not None), "reference")),
    ("window_and_failures", "failures need their window, and only failures have one",
     _each_rule(lambda _, r: (r.quantity == "failures") != (r.window is not None), "window")),
    ("step_of_time", "a step of the period or the eligible time measures seconds only",
     _each_rule(lambda _, r: isinstance(r, Metered) and isinstance(r.step, str)
                and r.quantity not in ("lost_seconds", "lost_seconds_beyond_allowance"), "step")),
    ("empty_range", "the range contains nothing", _empty_ranges),
    ("gate_and_count", "consecutive_failures need their count, and only they have one",
     _field("credit.gate.count",
            lambda t: (t.credit.gate.kind == "consecutive_failures") != (t.credit.gate.count is not None))),
    ("day_value_of_percent", "only a credit in days has a value of a day",
     _field("credit.day_value", lambda t: t.credit.unit == "percent" and t.credit.day_value is not None)),
    ("allowance_of_nothing", "an allowance or a notice needs scheduled_maintenance among the categories",
     _field("exclude.categories",
            lambda t: not t.exclude.covers("scheduled_maintenance")
            and (t.exclude.allowance_seconds is not None or t.exclude.notice_seconds is not None))),
    ("more_failures_than_periods", "n of m periods: n cannot be more than m",
     lambda t: [f"terminate[{i}].n" for i, right in enumerate(t.terminate) if right.n > right.m]),
)
"""Everything that is well-formed and yet refused: (code, reason, which fields)."""


def meaningless(terms: Terms) -> list[tuple[str, str]]:
    """(path within the terms, reason) of everything in these terms that has no meaning together."""
    return [(path, reason) for _, reason, where in MEANINGLESS for path in where(terms)]

