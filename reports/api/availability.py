"""How a customer's commitments stand: in a month, so far in the period that runs, or over any stretch of time."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from django.utils import timezone
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerView
from reports.availability import Asked, Figures, Reading, readings
from reports.bounds import MOST_COMMITMENTS, MOST_COUNTS
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import describes
from slaservice.api.shapes import Amount, Currency, Exact, Instant, Number, PublicId, exact, utc, utc_or_none
from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT
from slaservice.rules.documents import Json, shown_percent
from slaservice.rules.refusal import FieldError, Invalid

LONGEST = timedelta(days=366)
"""Of a stretch that is no period of a contract."""


class DowntimeAllowance(TypedDict):
    """Seconds of downtime that the target leaves, what of them is used, and what is left: less than nothing once it is missed.

    Of a period that has not ended: of all of it, if nothing fails any more.
    """

    seconds: Exact
    used: Exact
    left: Exact


class AvailabilityFigures(TypedDict):
    """What the time came to. Percentages are rounded down; null: nothing was promised in it.

    `uptime_percent` is contractual: with exclusions, minimum and all that the terms say. `measured_percent` is as recorded.
    `met`: by the uptime as it is shown. `standing`: of a period that has not ended, if nothing fails any more.
    """

    uptime_percent: Number | None
    uptime_percent_exact: Exact | None
    measured_percent: Number | None
    met: bool
    standing: Literal["met", "at_risk", "breached"]
    downtime_seconds: Exact
    measured_downtime_seconds: Exact
    excluded_seconds: Exact
    excluded_percent: Annotated[Number, Field(description="Share of the period that was excluded.")]
    uncounted_seconds: Annotated[
        Exact, Field(description="Time that the terms judge by requests of which none were counted.")
    ]
    allowance: DowntimeAllowance


class CreditSoFar(TypedDict):
    """What the terms owe for this commitment, before a cap over the whole contract. It is granted with a statement, or is not."""

    currency: Currency
    amount: Amount


class StatementName(TypedDict):
    """The statement that the figures are taken from, as issued."""

    id: PublicId
    number: Annotated[str, Field(examples=["SLA-2026-00001"])]
    revision: int


class CommitmentAvailability(TypedDict):
    """One commitment in [start, end): a period of its contract, a part of it that one version governs, or a stretch.

    `provisional`: it had not ended by `as_of`, up to which it is measured. `statement` null: worked out from what was
    confirmed, and not final until a statement is issued. `figures` null: nobody can say yet. `credit` null: a stretch owes
    nothing by itself, or what it owes cannot be said yet.
    """

    contract: Annotated[str, Field(description="The contract's number.")]
    contract_id: PublicId
    commitment: str
    components: Annotated[list[str], Field(description="Their codes.")]
    target_percent: Exact | None
    period: Annotated[str | None, Field(examples=["April 2026"], description="null: a stretch.")]
    start: Instant
    end: Instant
    provisional: bool
    as_of: Instant | None
    statement: StatementName | None
    figures: AvailabilityFigures | None
    credit: CreditSoFar | None


class Availability(TypedDict):
    """Every commitment that was asked for, by contract and in time order."""

    results: list[CommitmentAvailability]


def shown(one: Reading) -> CommitmentAvailability:
    """A reading as it is published."""
    start, end = one.span
    statement: StatementName | None = None
    if one.statement is not None:
        assert one.statement.number is not None, "issued"
        statement = {
            "id": one.statement.public_id,
            "number": one.statement.number,
            "revision": one.statement.revision,
        }
    return {
        "contract": one.contract.number,
        "contract_id": one.contract.public_id,
        "commitment": one.commitment,
        "components": list(one.components),
        "target_percent": None if one.target is None else exact(one.target),
        "period": one.label or None,
        "start": utc(start),
        "end": utc(end),
        "provisional": one.as_of is not None,
        "as_of": utc_or_none(one.as_of),
        "statement": statement,
        "figures": None if one.figures is None else _figures(one.figures),
        "credit": None if one.owed is None else {"currency": one.owed.currency, "amount": str(one.owed)},
    }


def _figures(found: Figures) -> AvailabilityFigures:
    result: Json = found.result
    promised = result["applicable"]
    return {
        "uptime_percent": result["uptime_percent"] if promised else None,
        "uptime_percent_exact": exact(result["uptime_percent_exact"]) if promised else None,
        "measured_percent": result["measured_percent"] if promised else None,
        "met": result["commitment_met"],
        "standing": found.stands,
        "downtime_seconds": exact(result["downtime_seconds"]),
        "measured_downtime_seconds": exact(result["measured_downtime_seconds"]),
        "excluded_seconds": exact(result["excluded_seconds"]),
        "excluded_percent": shown_percent(100 * found.excluded),
        "uncounted_seconds": exact(found.uncounted),
        "allowance": {
            "seconds": exact(found.allowed),
            "used": exact(found.used),
            "left": exact(found.allowed - found.used),
        },
    }


class AvailabilityView(CustomerView):
    """/api/v1/availability"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "availability:read"}
    filters: ClassVar[Mapping[str, Parameter]] = {
        "month": asked.month("The contracts' periods that lie over this month; without it, those that run."),
        "from": asked.instant("Instead of a month: the start of a stretch of at most 366 days."),
        "until": asked.instant("Its end, exclusive."),
        "known_at": asked.instant("As it was known, and issued, at this instant."),
        "contract": asked.text("A contract's number or id.", longest=60),
        "commitment": asked.text("A commitment's name.", longest=120),
        "component": asked.text("A component's code: the commitments that cover it.", longest=60),
    }

    @describes(
        "Show availability",
        gives=Availability,
        refuses={
            "span_too_long": f"A stretch has at most {LONGEST.days} days.",
            "too_many_commitments": f"At most {MOST_COMMITMENTS} commitments are worked out at once.",
            "too_many_request_counts": f"At most {MOST_COUNTS:,} request counts are judged at once.",
        },
    )
    def get(self, request: Request) -> Response:
        """Measured and contractual uptime, downtime, the allowance and the credit of each commitment.

        A period that has a statement shows the statement's figures; any other is worked out by the same rules from what is
        confirmed. Nothing is shown of a time that has not begun.
        """
        answer: Availability = {
            "results": [shown(one) for one in readings(self.customer, _asked(self.asked, timezone.now()))]
        }
        return Response(answer)


def _asked(given: Mapping[str, Any], now: datetime) -> Asked:
    """What the address asks for. Invalid names each parameter that cannot be used beside the others."""
    month, between = given.get("month"), _between(given)
    if month and between:
        raise Invalid([FieldError("month", "has no meaning beside from and until")], "invalid_request")
    named = {name: given[name] for name in ("contract", "commitment", "component") if name in given}
    known_at = min(given.get("known_at", now), now)
    if known_at < FIRST_INSTANT:
        raise Invalid([FieldError("known_at", f"must not lie before {FIRST_INSTANT:%Y}")], "invalid_request")
    return Asked(known_at, date.fromisoformat(f"{month}-01") if month else None, between, **named)


def _between(given: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    ends = [given[name] for name in ("from", "until") if name in given]
    if not ends:
        return None
    if len(ends) == 1:
        raise Invalid(
            [FieldError("until" if "from" in given else "from", "is required beside the other")],
            "invalid_request",
        )
    start, end = ends
    if not FIRST_INSTANT <= start < end <= LAST_INSTANT:
        reason = f"must be later than from, and both lie between {FIRST_INSTANT:%Y} and {LAST_INSTANT:%Y}"
        raise Invalid([FieldError("until", reason)], "invalid_request")
    if end - start > LONGEST:
        raise Invalid([FieldError("until", f"is more than {LONGEST.days} days after from")], "span_too_long")
    return start, end
