"""Terms as the clauses of a contract: one sentence a mechanic, with its numbers, in plain English.

Equal terms read alike and unequal ones differently, so that a person who reads the paper can find what was computed. Every
sentence comes with the path of the field it speaks for, which is where a contract's own clause number is attached.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby

from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.fields import Above
from slaservice.rules.periods import WEEKDAYS, Weekday
from slaservice.rules.terms import RATIO_LEVEL, Deadline, MinimumRun, ServiceHours, Terminate, Terms
from slaservice.rules.wording_credits import Clause, credit_clauses
from slaservice.rules.words import counted, duration, listed, number, percent

_CATEGORY = {
    "scheduled_maintenance": "scheduled maintenance",
    "emergency_maintenance": "emergency maintenance",
    "customer_caused": "failures caused by the customer",
    "third_party": "failures of third parties",
    "force_majeure": "force majeure",
    "beta": "beta features",
    "suspension": "suspension of the service",
}
_WEEKDAY: dict[Weekday, str] = dict(
    zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)
_ROUNDED = {
    "half_up": "with halves rounded up",
    "half_even": "with halves rounded to the even digit",
    "floor": "rounded down",
    "ceil": "rounded up",
}
_ANCHOR = {
    "incident_start": "the start of the incident",
    "incident_end": "the end of the incident",
    "awareness": "the moment at which the customer became aware of the incident",
    "period_end": "the end of the period",
}


def clauses(terms: Terms, names: Mapping[str, str] | None = None) -> list[Clause]:
    """(path of the field, sentence) in the order in which the rules apply; `names` turns component codes into words."""
    return [
        *_promise(terms, names or {}),
        *_signal(terms),
        *_shape(terms),
        *_exclusions(terms),
        *_time(terms),
        *credit_clauses(terms),
        *_money(terms),
        *_claim(terms),
        *_exit(terms),
    ]


def clause_number(terms: Terms, path: str) -> str:
    """The contract's own number for a field, or for what it is part of; empty where it has none."""
    return terms.clauses.get(path) or terms.clauses.get(path.rpartition(".")[0]) or ""


def _more(op: Above) -> str:
    return "more than" if op == ">" else "at least"


def _promise(terms: Terms, names: Mapping[str, str]) -> Iterator[Clause]:
    covered = [names.get(code, code) for code in terms.components.names]
    yield (
        "commitment_percent",
        (
            f"{listed(covered)} {'is' if len(covered) == 1 else 'are'} promised to be available for "
            f"{number(terms.commitment_percent)} % of the eligible time of each period; exactly that much is enough."
        ),
    )
    if len(covered) == 1:
        return
    yield (
        "components.combine",
        {
            "any_down": "An instant is lost as soon as any of these components is down; the highest loss among them counts.",
            "all_down": "An instant is lost only while all of these components are down; the lowest loss among them counts.",
            "min": "Each component is measured by itself, and the lowest of their uptimes is the uptime.",
            "mean": "Each component is measured by itself, and the plain mean of their uptimes is the uptime; a component with "
            "nothing eligible is left out.",
            "pooled": "The downtime and the eligible time of the components are each added up, and the uptime is taken from the "
            "two sums.",
        }[terms.combine],
    )


def _signal(terms: Terms) -> Iterator[Clause]:
    signal = terms.signal
    yield (
        "signal.source",
        {
            "windows": "Downtime is measured by recorded outages; request counts are not used.",
            "requests": "Downtime is measured by the requests that failed; recorded outages are not used.",
            "both": "Downtime is measured by recorded outages and by failed requests; where both speak, the higher loss counts.",
        }[signal.source],
    )
    if signal.source != "requests":
        yield "signal.severity_weight", _severities(signal.severity_weight)
        share = signal.affected_share
        if share.mode == "weight":
            yield (
                "signal.affected_share",
                "The loss of an outage is multiplied by the share of users that it affected.",
            )
        elif share.above is not None:
            yield (
                "signal.affected_share",
                (
                    f"An outage counts only if it affected {_more(share.op)} {percent(share.above)} of the users, and then by "
                    f"its severity alone."
                ),
            )
    if signal.source != "windows":
        requests = signal.requests
        yield (
            "signal.requests",
            (
                "An interval of requests loses the share of them that failed; an interval without requests loses nothing."
                if requests.above is None
                else f"An interval is lost in full if {_more(requests.op)} {percent(requests.above)} of its requests failed, and "
                f"otherwise not at all; an interval without requests loses nothing."
            ),
        )


def _severities(weights: Mapping[str, Fraction]) -> str:
    """The severities, the worst first; a severity that is not among them is refused."""
    if not weights:
        return "No severity of an outage has a weight: none can be recorded."
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    said = ", ".join(f"{severity} {_weight(weight)}" for severity, weight in ordered)
    return f"An outage counts by its severity: {said}. Outages that overlap count once, at the highest loss."


def _weight(weight: Fraction) -> str:
    return {ZERO: "not at all", ONE: "in full"}.get(weight, f"at {percent(weight)}")


def _shape(terms: Terms) -> Iterator[Clause]:
    shape = terms.shape
    if shape.quantum_seconds != 1:
        cell = duration(shape.quantum_seconds)
        yield (
            "shape.quantum_rule",
            (
                f"Time is counted in whole intervals of {cell} by the clock in UTC; the whole of an interval counts, at its "
                f"highest loss, if any part of it is lost."
                if shape.quantum_rule == "any"
                else f"Time is counted in whole intervals of {cell} by the clock in UTC; an interval counts, at its lowest loss, "
                f"only if all of it is lost."
            ),
        )
    if shape.min_run:
        yield "shape.min_run", _minimum(shape.min_run, on_grid=shape.quantum_seconds != 1)


def _minimum(rule: MinimumRun, *, on_grid: bool) -> str:
    tested = {
        "window": "Each recorded outage is tested by itself, before any are merged",
        "merged": "Outages that touch or overlap are merged before they are tested; exclusions of single components are taken "
        "out before, those of all components after",
        "net": "What is tested is what is left after exclusions are taken out"
        + (" and time is counted in whole intervals" if on_grid else ""),
    }[rule.test_on]
    edge = {
        "whole_run": "an outage that crosses the period's edge is tested at its whole length and counts with the part inside",
        "clipped": "an outage that crosses the period's edge is tested with the part inside only",
    }[rule.straddle]
    counts = (
        "in full"
        if rule.counts == "whole"
        else f"only with the time after its first {duration(rule.seconds)}"
    )
    return f"An outage counts only if it lasts {_more(rule.op)} {duration(rule.seconds)}, and then {counts}. {tested}; {edge}."


def _exclusions(terms: Terms) -> Iterator[Clause]:
    exclude = terms.exclude
    if exclude.categories == ():
        yield "exclude.categories", "No time is excluded: maintenance counts like any other time."
        return
    kinds = (
        "maintenance and whatever else is recorded as excluded"
        if exclude.categories is None
        else listed([_CATEGORY[category] for category in exclude.categories])
    )
    whole = len(terms.components.names) > 1 and terms.combine not in RATIO_LEVEL
    stays = {
        "not_downtime": "stays part of the eligible time",
        "remove": "is taken out of the eligible time"
        + (" where all components are excluded" if whole else ""),
    }[exclude.effect]
    yield "exclude.effect", f"Excluded time ({kinds}) is never downtime and {stays}."
    if exclude.notice_seconds is not None:
        yield (
            "exclude.notice_seconds",
            (
                f"Scheduled maintenance is excluded only if it was announced at least {duration(exclude.notice_seconds)} before "
                f"its start."
            ),
        )
    if exclude.allowance_seconds is not None:
        yield (
            "exclude.allowance_seconds",
            (
                f"Scheduled maintenance is excluded for no more than {duration(exclude.allowance_seconds)} of a period, the "
                f"earliest first."
            ),
        )


def _time(terms: Terms) -> Iterator[Clause]:
    yield (
        "no_data",
        {
            "as_up": "Time for which there are no measurements counts as up, also where an outage is recorded.",
            "as_down": "Time for which there are no measurements counts as down, also where it is excluded.",
            "remove": "Time for which there are no measurements is taken out of the eligible time.",
        }[terms.no_data],
    )
    if terms.service_hours:
        yield "service_hours", _hours(terms.service_hours)
    yield (
        "partial_period",
        {
            "lived": "Where the contract starts or ends within a period, only the part in term is measured.",
            "whole": "Where the contract starts or ends within a period, the rest of the period counts as up.",
        }[terms.partial_period],
    )
    yield (
        "provisional",
        {
            "elapsed": "Before a period has ended, figures are provisional and speak of the part that has passed.",
            "whole": "Before a period has ended, figures are provisional and take the time to come as up.",
        }[terms.provisional],
    )
    if terms.uptime_rounding:
        places = terms.uptime_rounding.decimals
        yield (
            "uptime_rounding",
            (
                f"The uptime is brought to {counted(places, 'decimal')} of a percent, "
                f"{_ROUNDED[terms.uptime_rounding.mode]}, before anything is judged by it."
            ),
        )
    else:
        yield (
            "uptime_rounding",
            "The uptime is judged exactly and never rounded; where it is shown, it is rounded down.",
        )


def _hours(hours: ServiceHours) -> str:
    days = [(name, _openings(hours.weekly.get(code))) for code, name in _WEEKDAY.items()]
    spans = []
    for openings, group in groupby(days, key=lambda day: day[1]):
        named = [name for name, _ in group]
        span = listed(named) if len(named) < 3 else f"{named[0]} to {named[-1]}"
        spans.append(f"{span} {openings}")
    text = f"The service is promised within service hours only, by the clock of {hours.timezone}: {'; '.join(spans)}"
    exceptions = [
        f"{day.isoformat()} {_openings(openings)}" for day, openings in sorted(hours.exceptions.items())
    ]
    return f"{text}; except {', '.join(exceptions)}." if exceptions else f"{text}."


def _openings(openings: tuple[tuple[int, int], ...] | None) -> str:
    def clock(seconds: int) -> str:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"

    return listed([f"{clock(start)} to {clock(end)}" for start, end in openings]) if openings else "closed"


def _money(terms: Terms) -> Iterator[Clause]:
    base = {
        "none": "the fee of the period",
        "lived_seconds": "the fee of the period, for the seconds of it in term",
        "lived_days": "the fee of the period, for the calendar days of it in term",
    }[terms.base.prorate]
    users = ", times the share of users that were affected" if terms.base.affected_user_share else ""
    yield "base", f"The base of a credit is {base}{users}."
    if terms.cap:
        most = {
            "percent_of_base": f"{number(terms.cap.value)} % of the base",
            "days": f"the value of {counted(terms.cap.value, 'day')} of service",
            "amount": f"{terms.money.currency} {number(terms.cap.value)}",
        }[terms.cap.kind]
        window = {
            "period": "for a period",
            "contract_year": "in a contract year, earlier credits of that year counted in",
            "contract": "over the contract, earlier credits counted in",
            "run": "for each outage",
        }[terms.cap.per]
        yield "cap", f"Credits never exceed {most} {window}."
    else:
        yield "cap", "Credits are not capped."
    if terms.minimum_issue:
        minimum = terms.minimum_issue
        rest = {
            "forfeit": "otherwise it is forfeited",
            "carry": "otherwise it is carried into the next period",
        }
        yield (
            "minimum_issue",
            (
                f"A credit is issued only if it is {_more(minimum.op)} {terms.money.currency} {number(minimum.amount)}; "
                f"{rest[minimum.below]}."
            ),
        )
    places = terms.money.places
    yield (
        "money",
        (
            f"Amounts are in {terms.money.currency}, exact until the end and then brought once to "
            f"{counted(places, 'decimal')}, {_ROUNDED[terms.money.rounding]}."
        ),
    )


def _claim(terms: Terms) -> Iterator[Clause]:
    claim = terms.claim
    if terms.credit.rules:
        given = {"automatic": "without a claim", "customer": "only if the customer claims it"}
        yield "claim", f"A credit is given {given[claim.by]}."
    if claim.notice:
        yield "claim.notice", f"The incident must be reported {_deadline(claim.notice)}."
    if claim.deadline:
        yield "claim.deadline", f"The claim must be made {_deadline(claim.deadline)}."
    if claim.evidence:
        yield "claim.evidence", f"The claim must come with: {claim.evidence.removesuffix('.')}."


def _deadline(deadline: Deadline) -> str:
    unit = {"business_days": "business day", "days": "calendar day"}.get(deadline.unit, deadline.unit[:-1])
    anchor = _ANCHOR[deadline.anchor]
    if deadline.unit == "billing_cycles":
        return (
            f"by the end of the calendar month that is {counted(deadline.n, 'month')} after that of {anchor}"
        )
    return f"within {counted(deadline.n, unit)} after {anchor}"


def _exit(terms: Terms) -> Iterator[Clause]:
    for index, right in enumerate(terms.terminate):
        yield f"terminate[{index}]", _right(right)


def _right(right: Terminate) -> str:
    if right.m == 1:
        when = "in a period"
    elif right.n == right.m:
        when = f"in {right.n} periods in a row"
    else:
        together = ", one directly after the other" if right.consecutive and right.n > 1 else ""
        when = f"in at least {right.n} of any {right.m} periods in a row{together}"
    return f"The customer may end the contract if the uptime is below {number(right.below)} % {when}."
