"""What the caps of a statement's document leave for its credit, beside what was granted for other periods of the contract.

A cap over a window is looked at again whenever money is granted: the document was computed before other periods were decided on.
What finance grants is one amount for a statement with several commitments. It is laid first to the commitments whose caps have no
window, up to what they owe; the rest to the others, in the proportion of what they owe. As computed, each gets what it owes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from slaservice.rules.agreement import Agreement
from slaservice.rules.assessment import Assessment
from slaservice.rules.documents import Json, parse_agreement, parse_terms
from slaservice.rules.exact import ZERO, rounded, total
from slaservice.rules.money import Money, minor_units
from slaservice.rules.periods import contract_year_start, local_date
from slaservice.rules.terms import Terms
from slaservice.rules.words import listed

WINDOWS = {"contract_year": "a contract year", "contract": "the contract", "period": "a period"}

OVER_PERIODS = ("contract_year", "contract")
"""The windows that sum over several periods; a period or a run stands by itself."""


def counts_together(per: str, zone: ZoneInfo, signed: int, one: int, other: int) -> bool:
    """Whether a cap `per` counts two periods in one window, by the instants at which they and the contract began.

    The year of a contract runs from anniversary to anniversary in the zone.
    """
    if per == "contract_year":
        first_day = local_date(signed, zone)
        return len({contract_year_start(first_day, local_date(at, zone)) for at in (one, other)}) == 1
    return per == "contract"


def taken_by_parts(terms: Terms, parts: Iterable[Assessment]) -> Fraction:
    """What the parts before, where versions split a period, take of the commitment's cap: in money, below zero where they add.

    An amount is one amount for all parts. A cap that is a share of the base grows by what the base of each part allows, so that
    each part has its own. Money that is carried counts in the window of a period where it is earned, else where it is paid.
    """
    return total(_taken(terms, part) for part in parts)


def _taken(terms: Terms, part: Assessment) -> Fraction:
    cap, credit, own = terms.cap, part.credit, part.case.terms
    if cap is None or cap.per == "run":
        return ZERO
    earned = credit.amount
    if cap.per == "period":
        earned = max(ZERO, earned + credit.carried - part.case.evidence.carried_forward)
    grows = _is_share_of_base(terms) and _is_share_of_base(own) and own.cap is not None
    if grows and own.cap is not None and (own.cap.kind, own.cap.per) == (cap.kind, cap.per):
        return earned - (credit.limit or ZERO)
    return earned


def _is_share_of_base(terms: Terms) -> bool:
    """Whether the cap's money is in proportion to the base: days are, where a day is a thirtieth of it, however long the time."""
    if terms.cap is None:
        return False
    kind = terms.cap.kind
    return kind == "percent_of_base" or (kind == "days" and terms.credit.day_value == "base/30")


def period_caps(cases: Sequence[tuple[str, Assessment]]) -> list[Fraction | None]:
    """What must count as credited before against each case's cap for its period, by the cases of its document alone.

    `cases` are (commitment, assessment) in the document's order, where the parts of a split period follow each other in time.
    None: the case has no such cap, or one whose window reaches beyond the document.
    """
    found: list[Fraction | None] = []
    for position, (name, assessment) in enumerate(cases):
        terms = assessment.case.terms
        before = [part for other, part in cases[:position] if other == name]
        of_period = terms.cap is not None and terms.cap.per == "period"
        found.append(max(ZERO, taken_by_parts(terms, before)) if of_period else None)
    return found


@dataclass(frozen=True, slots=True)
class Granted:
    """What was granted for one period, all revisions together, in the currency's main unit, and by which statements.

    `document` is that of the last revision that was granted anything.
    """

    names: tuple[str, ...]
    amount: Fraction
    document: Json


@dataclass(frozen=True, slots=True)
class Room:
    """The most that a credit may come to by one cap. `limit` and `used` are the cap's money and what others took of it."""

    cap: str
    window: str
    limit: Fraction
    used: Fraction
    most: Money
    by: tuple[str, ...]

    def sentence(self) -> str:
        """Which cap it is, what was granted of it by which statements, and what is left."""
        currency, decimals = self.most.currency, minor_units(self.most.currency)
        limit, used = (
            Money(floor(exact * 10**decimals), currency) for exact in (self.limit, min(self.used, self.limit))
        )
        taken = f", of which {currency} {used} was granted by {listed(list(self.by))}" if self.by else ""
        left = max(self.most, Money(0, currency), key=lambda money: money.minor)
        return (
            f"The cap of {self.cap} for {WINDOWS[self.window]} is {currency} {limit}{taken}:"
            f" it leaves {currency} {left} for this credit."
        )


@dataclass(frozen=True, slots=True)
class _Line:
    """A case as caps see it: what it owes, the money of its cap, what it carried over from the period before."""

    name: str
    terms: Terms
    owed: Fraction
    limit: Fraction | None
    carried: Fraction
    base: Fraction
    counted: bool

    @property
    def window(self) -> str | None:
        return self.terms.cap.per if self.terms.cap else None

    def most(self, used: Fraction = ZERO) -> Fraction:
        """The most that this line may owe, rounded as its terms say."""
        assert self.limit is not None
        money = self.terms.money
        return rounded(max(ZERO, self.limit - used) + self.carried, money.places, money.rounding)


def rooms(document: Json, *, already: Fraction, granted: Mapping[str, Sequence[Granted]]) -> list[Room]:
    """What each cap of a document leaves for the credit of its statement; a cap that does not bear on it is left out.

    `already`: what earlier revisions of the same period were granted; `granted`: what other periods were, by window
    ("contract_year", "contract"). A cap for each run of an outage bounds the run, not the sum, and is no bound here.
    """
    lines = _lines(document)
    currency = document["total"]["currency"]
    found = [
        *_of_periods(lines),
        *_of_windows(lines, granted),
        *_of_agreement(parse_agreement(document["agreement"]), lines, granted, currency),
    ]
    return [
        Room(cap, window, limit, used, _whole(most - already, currency), by)
        for cap, window, limit, used, most, by in found
    ]


def _whole(amount: Fraction, currency: str) -> Money:
    return Money(floor(amount * 10 ** minor_units(currency)), currency)


_Found = tuple[str, str, Fraction, Fraction, Fraction, tuple[str, ...]]


def _of_periods(lines: Sequence[_Line]) -> Iterable[_Found]:
    """Where every commitment that owes something is capped, the sum of what they may owe by themselves."""
    owing = [line for line in lines if line.counted and line.owed]
    if owing and all(line.limit is not None and line.window != "run" for line in owing):
        names = sorted({line.name for line in owing})
        most = total(_most_of_period([line for line in lines if line.name == name]) for name in names)
        yield listed(names), "period", most, ZERO, most, ()


def _most_of_period(parts: Sequence[_Line]) -> Fraction:
    """The most that a commitment may owe in a period, all parts of it together: an amount for the period is one amount.

    What the first part takes over was earned before, and is owed beside it.
    """
    owing = [part for part in parts if part.counted and part.owed]
    if any(part.window != "period" or _is_share_of_base(part.terms) for part in owing):
        return total(part.most() for part in owing)
    money = owing[0].terms.money
    return rounded(_limit(owing) + parts[0].carried, money.places, money.rounding)


def _of_windows(lines: Sequence[_Line], granted: Mapping[str, Sequence[Granted]]) -> Iterable[_Found]:
    """For each commitment with a cap over a window: what the whole credit may come to, so that its share stays within."""
    owing = [line for line in lines if line.counted and line.owed]
    windowed = {(line.name, line.window) for line in owing if line.window in granted}
    others = total(line.owed for line in owing if (line.name, line.window) not in windowed)
    together = total(line.owed for line in owing if (line.name, line.window) in windowed)
    names = {name for name, _ in windowed}
    for name, window in sorted((name, window) for name, window in windowed if window):
        own = [line for line in owing if (line.name, line.window) == (name, window)]
        taken = [(one, share_of(name, one, names)) for one in granted[window]]
        # What owes nothing, like a part of the period that earlier credits used up, still adds to a percentage.
        limit = _limit([line for line in lines if (line.name, line.window) == (name, window)])
        money = own[0].terms.money
        # Shares may be finer than a minor unit; rounded up, no part of one is granted beyond the cap.
        used = rounded(total(share for _, share in taken), money.places, "ceil")
        carried = total(line.carried for line in own)
        most = rounded(max(ZERO, limit - used) + carried, money.places, money.rounding)
        by = tuple(each for one, share in taken if share for each in one.names)
        yield name, window, limit, used, others + most * together / total(line.owed for line in own), by


def _limit(parts: Sequence[_Line]) -> Fraction:
    """The money of a cap that parts of one period share: shares of the parts' bases add up, an amount is one amount."""
    limits = [line.limit for line in parts if line.limit is not None]
    return total(limits) if all(_is_share_of_base(line.terms) for line in parts) else max(limits)


def share_of(name: str, granted: Granted, windowed: set[str]) -> Fraction:
    """What of a granted amount is laid to one of the commitments whose caps have a window."""
    owed: dict[str, Fraction] = {}
    for line in _lines(granted.document):
        owed[line.name] = owed.get(line.name, ZERO) + (line.owed if line.counted else ZERO)
    together = total(amount for one, amount in owed.items() if one in windowed)
    if not together or name not in owed:
        return ZERO
    rest = granted.amount - total(amount for one, amount in owed.items() if one not in windowed)
    return max(ZERO, rest) * owed[name] / together


def _of_agreement(
    agreement: Agreement, lines: Sequence[_Line], granted: Mapping[str, Sequence[Granted]], currency: str
) -> Iterable[_Found]:
    """The cap over all commitments together, where the agreement has one."""
    cap = agreement.cap
    if cap is None:
        return
    taken = granted.get(cap.per, ())
    used = total(one.amount for one in taken)
    limit = cap.value if cap.kind == "amount" else cap.value * total(line.base for line in lines) / 100
    money = lines[0].terms.money
    most = rounded(max(ZERO, limit - used), money.places, money.rounding)
    yield "the agreement", cap.per, limit, used, most, tuple(name for one in taken for name in one.names)


def _lines(document: Json) -> list[_Line]:
    counted = document["total"]["counted"]
    return [_line(case, case["id"] in counted) for case in document["cases"]]


def _line(case: Json, counted: bool) -> _Line:
    result = case["expected"]
    cap = result["reasons"]["cap"]
    return _Line(
        name=case["title"] if "title" in case else case["id"],
        terms=parse_terms(case["terms"]),
        owed=Fraction(result["credit_amount"]),
        limit=None if cap is None else Fraction(cap["limit"]),
        carried=Fraction(case["input"]["carried_forward"]),
        base=Fraction(result["base_exact"]),
        counted=counted,
    )
