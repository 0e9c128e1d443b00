"""A restatement: what a correction changes of an issued statement, and what is still to be granted.

It says before and after for every case, so that nobody has to lay two papers side by side. Money that earlier revisions
granted stays granted unless the contract lets a correction take it back, so that over all revisions at least what is owed is
granted, and with clawback exactly that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slaservice.rules.money import Money
from slaservice.rules.refusal import FieldError, Invalid

Json = dict[str, Any]

NEVER, NEXT_PERIOD = CLAWBACKS = ("never", "next_period")
"""Whether a correction may take back what was granted: never, or by a credit below zero in the next period's bill."""

FIGURES = ("downtime_seconds", "uptime_percent", "credit_amount")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one case of a statement came to, as it was shown: exact seconds, six decimals of percent, money."""

    downtime_seconds: str
    uptime_percent: str
    credit: Money

    @classmethod
    def of_result(cls, result: Mapping[str, Any], currency: str) -> "Figures":
        """Of a result as documents hold it."""
        credit = Money.stated(result["credit_amount"], currency)
        return cls(result["downtime_seconds"], result["uptime_percent"], credit)

    def as_json(self) -> Json:
        return dict(zip(FIGURES, (self.downtime_seconds, self.uptime_percent, str(self.credit)), strict=True))


@dataclass(frozen=True, slots=True)
class Stated:
    """What a revision says: its cases by id, and the credit owed in total."""

    cases: Mapping[str, Figures]
    owed: Money


def to_grant(owed: Money, granted: Money, clawback: str) -> Money:
    """What a revision grants beyond all earlier ones; below zero only where the contract takes back."""
    difference = owed - granted
    return difference if clawback == NEXT_PERIOD or difference.minor > 0 else Money(0, owed.currency)


def difference_json(*, of: str, before: Stated, after: Stated, granted: Money, clawback: str) -> Json:
    """The `difference` of a restatement's document: to the revision `of`, by its number. Refusal where currencies differ."""
    return {
        "of": of,
        "cases": [
            {"id": name, "before": _side(before, name), "after": _side(after, name)}
            for name in dict.fromkeys([*after.cases, *before.cases])
        ],
        "currency": after.owed.currency,
        "owed_before": str(before.owed),
        "owed_after": str(after.owed),
        "granted": str(granted),
        "clawback": clawback,
        "to_grant": str(to_grant(after.owed, granted, clawback)),
    }


def _side(stated: Stated, name: str) -> Json | None:
    """None for a case that only the other revision has."""
    figures = stated.cases.get(name)
    return None if figures is None else figures.as_json()


def recomputed(difference: Any, results: Mapping[str, Mapping[str, Any]], total: Mapping[str, Any]) -> Json:
    """What a document's difference must be, by its results and total: taken as written is what earlier revisions said.

    Invalid where it is no difference at all.
    """
    try:
        currency = total["currency"]
        before = {
            one["id"]: _figures(one["before"], currency) for one in difference["cases"] if one["before"]
        }
        after = {name: Figures.of_result(result, currency) for name, result in results.items()}
        return difference_json(
            of=difference["of"],
            before=Stated(before, Money.stated(difference["owed_before"], currency)),
            after=Stated(after, Money.stated(total["credit_amount"], currency)),
            granted=Money.stated(difference["granted"], currency),
            clawback=difference["clawback"],
        )
    except (KeyError, TypeError) as problem:
        raise Invalid([FieldError("difference", f"is not a difference: {problem}")]) from None


def _figures(side: Mapping[str, Any], currency: str) -> Figures:
    return Figures.of_result({name: side[name] for name in FIGURES}, currency)
