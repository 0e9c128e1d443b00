"""Terms as the clauses of a contract: one sentence a mechanic, with its numbers, in plain words of the language spoken.

Equal terms read alike and unequal ones differently, so that a person who reads the paper can find what was computed. Every
sentence comes with the path of the field it speaks for, which is where a contract's own clause number is attached.

Here is what is measured; `wording_credits` has what a miss costs, `wording_money` what is paid and how it is claimed.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.language import message, said, said_of
from slaservice.rules.terms import (
    RATIO_LEVEL,
    AffectedShare,
    MinimumRun,
    Requests,
    Shape,
    Terms,
    UptimeRounding,
)
from slaservice.rules.wording_credits import Clause, credit_clauses
from slaservice.rules.wording_hours import hours_in_words
from slaservice.rules.wording_money import ROUNDED, claim_clauses, exit_clauses, money_clauses
from slaservice.rules.words import duration, in_percent, listed, percent

_COMBINE = {
    "any_down": message(
        "An instant is lost as soon as any of these components is down; the highest loss among them counts."
    ),
    "all_down": message(
        "An instant is lost only while all of these components are down; the lowest loss among them counts."
    ),
    "min": message("Each component is measured by itself, and the lowest of their uptimes is the uptime."),
    "mean": message(
        "Each component is measured by itself, and the plain mean of their uptimes is the uptime; a component with "
        "nothing eligible is left out."
    ),
    "pooled": message(
        "The downtime and the eligible time of the components are each added up, and the uptime is taken from the "
        "two sums."
    ),
}
_SOURCE = {
    "windows": message("Downtime is measured by recorded outages; request counts are not used."),
    "requests": message("Downtime is measured by the requests that failed; recorded outages are not used."),
    "both": message(
        "Downtime is measured by recorded outages and by failed requests; where both speak, the higher loss counts."
    ),
}
_AFFECTED = {
    ">": message(
        "An outage counts only if it affected more than {percent} of the users, and then by its severity alone."
    ),
    ">=": message(
        "An outage counts only if it affected at least {percent} of the users, and then by its severity alone."
    ),
}
_FAILED = {
    ">": message(
        "An interval is lost in full if more than {percent} of its requests failed, and otherwise not at all; an interval "
        "without requests loses nothing."
    ),
    ">=": message(
        "An interval is lost in full if at least {percent} of its requests failed, and otherwise not at all; an interval "
        "without requests loses nothing."
    ),
}
_GRID = {
    "any": message(
        "Time is counted in whole intervals of {duration} by the clock in UTC; the whole of an interval counts, at its "
        "highest loss, if any part of it is lost."
    ),
    "all": message(
        "Time is counted in whole intervals of {duration} by the clock in UTC; an interval counts, at its lowest loss, only "
        "if all of it is lost."
    ),
}
_LASTS = {
    (">", "whole"): message("An outage counts only if it lasts more than {duration}, and then in full."),
    (">=", "whole"): message("An outage counts only if it lasts at least {duration}, and then in full."),
    (">", "excess"): message(
        "An outage counts only if it lasts more than {duration}, and then only with the time after its first {duration}."
    ),
    (">=", "excess"): message(
        "An outage counts only if it lasts at least {duration}, and then only with the time after its first {duration}."
    ),
}
_TESTED = {
    "window": message("Each recorded outage is tested by itself, before any are merged"),
    "merged": message(
        "Outages that touch or overlap are merged before they are tested; exclusions of single components are taken out "
        "before, those of all components after"
    ),
    "net": message("What is tested is what is left after exclusions are taken out"),
}
_TESTED_ON_GRID = message(
    "What is tested is what is left after exclusions are taken out and time is counted in whole intervals"
)
_STRADDLE = {
    "whole_run": message(
        "an outage that crosses the period's edge is tested at its whole length and counts with the part inside"
    ),
    "clipped": message("an outage that crosses the period's edge is tested with the part inside only"),
}
_CATEGORY = {
    "scheduled_maintenance": message("scheduled maintenance"),
    "emergency_maintenance": message("emergency maintenance"),
    "customer_caused": message("failures caused by the customer"),
    "third_party": message("failures of third parties"),
    "force_majeure": message("force majeure"),
    "beta": message("beta features"),
    "suspension": message("suspension of the service"),
}
_NO_DATA = {
    "as_up": message(
        "Time for which there are no measurements counts as up, also where an outage is recorded."
    ),
    "as_down": message("Time for which there are no measurements counts as down, also where it is excluded."),
    "remove": message("Time for which there are no measurements is taken out of the eligible time."),
}
_PARTIAL = {
    "lived": message("Where the contract starts or ends within a period, only the part in term is measured."),
    "whole": message(
        "Where the contract starts or ends within a period, the rest of the period counts as up."
    ),
}
_PROVISIONAL = {
    "elapsed": message(
        "Before a period has ended, figures are provisional and speak of the part that has passed."
    ),
    "whole": message("Before a period has ended, figures are provisional and take the time to come as up."),
}


def clauses(terms: Terms, names: Mapping[str, str] | None = None) -> list[Clause]:
    """(path of the field, sentence) in the order in which the rules apply; `names` turns component codes into words."""
    return [
        *_promise(terms, names or {}),
        *_signal(terms),
        *_shape(terms.shape),
        *_exclusions(terms),
        *_time(terms),
        *credit_clauses(terms),
        *money_clauses(terms),
        *claim_clauses(terms),
        *exit_clauses(terms),
    ]


def clause_number(terms: Terms, path: str) -> str:
    """The contract's own number for a field, or for what it is part of; empty where it has none."""
    return terms.clauses.get(path) or terms.clauses.get(path.rpartition(".")[0]) or ""


def _promise(terms: Terms, names: Mapping[str, str]) -> Iterator[Clause]:
    covered = [names.get(code, code) for code in terms.components.names]
    sentence = said_of(
        len(covered),
        "{components} is promised to be available for {percent} of the eligible time of each period; exactly that much is "
        "enough.",
        "{components} are promised to be available for {percent} of the eligible time of each period; exactly that much is "
        "enough.",
        components=listed(covered),
        percent=in_percent(terms.commitment_percent),
    )
    yield "commitment_percent", sentence
    if len(covered) > 1:
        yield "components.combine", said(_COMBINE[terms.combine])


def _signal(terms: Terms) -> Iterator[Clause]:
    signal = terms.signal
    yield "signal.source", said(_SOURCE[signal.source])
    if signal.source != "requests":
        yield "signal.severity_weight", _severities(signal.severity_weight)
        if signal.affected_share.mode != "ignore":
            yield "signal.affected_share", _affected(signal.affected_share)
    if signal.source != "windows":
        yield "signal.requests", _failed(signal.requests)


def _severities(weights: Mapping[str, Fraction]) -> str:
    """The severities, the worst first; a severity that is not among them is refused."""
    if not weights:
        return said("No severity of an outage has a weight: none can be recorded.")
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return said(
        "An outage counts by its severity: {weights}. Outages that overlap count once, at the highest loss.",
        weights=", ".join(_weighing(severity, weight) for severity, weight in ordered),
    )


def _weighing(severity: str, weight: Fraction) -> str:
    if weight == ZERO:
        return said("{severity} not at all", severity=severity)
    if weight == ONE:
        return said("{severity} in full", severity=severity)
    return said("{severity} at {percent}", severity=severity, percent=percent(weight))


def _affected(share: AffectedShare) -> str:
    if share.above is None:
        return said("The loss of an outage is multiplied by the share of users that it affected.")
    return said(_AFFECTED[share.op], percent=percent(share.above))


def _failed(requests: Requests) -> str:
    if requests.above is None:
        return said(
            "An interval of requests loses the share of them that failed; an interval without requests loses nothing."
        )
    return said(_FAILED[requests.op], percent=percent(requests.above))


def _shape(shape: Shape) -> Iterator[Clause]:
    on_grid = shape.quantum_seconds != 1
    if on_grid:
        yield (
            "shape.quantum_rule",
            said(_GRID[shape.quantum_rule], duration=duration(shape.quantum_seconds)),
        )
    if shape.min_run:
        yield "shape.min_run", _minimum(shape.min_run, on_grid=on_grid)


def _minimum(rule: MinimumRun, *, on_grid: bool) -> str:
    """Two sentences: how long an outage must last, and how that is tested."""
    lasts = said(_LASTS[rule.op, rule.counts], duration=duration(rule.seconds))
    tested = _TESTED_ON_GRID if on_grid and rule.test_on == "net" else _TESTED[rule.test_on]
    how = said("{tested}; {at_the_edge}.", tested=said(tested), at_the_edge=said(_STRADDLE[rule.straddle]))
    return f"{lasts} {how}"


def _exclusions(terms: Terms) -> Iterator[Clause]:
    exclude = terms.exclude
    if exclude.categories == ():
        yield (
            "exclude.categories",
            said("No time is excluded: maintenance counts like any other time."),
        )
        return
    yield "exclude.effect", _excluded(terms)
    if exclude.notice_seconds is not None:
        yield (
            "exclude.notice_seconds",
            said(
                "Scheduled maintenance is excluded only if it was announced at least {duration} before its start.",
                duration=duration(exclude.notice_seconds),
            ),
        )
    if exclude.allowance_seconds is not None:
        yield (
            "exclude.allowance_seconds",
            said(
                "Scheduled maintenance is excluded for no more than {duration} of a period, the earliest first.",
                duration=duration(exclude.allowance_seconds),
            ),
        )


def _excluded(terms: Terms) -> str:
    categories = terms.exclude.categories
    kinds = (
        said("maintenance and whatever else is recorded as excluded")
        if categories is None
        else listed([said(_CATEGORY[category]) for category in categories])
    )
    if terms.exclude.effect == "not_downtime":
        text = message("Excluded time ({kinds}) is never downtime and stays part of the eligible time.")
    elif len(terms.components.names) > 1 and terms.combine not in RATIO_LEVEL:
        text = message(
            "Excluded time ({kinds}) is never downtime and is taken out of the eligible time where all components are "
            "excluded."
        )
    else:
        text = message("Excluded time ({kinds}) is never downtime and is taken out of the eligible time.")
    return said(text, kinds=kinds)


def _time(terms: Terms) -> Iterator[Clause]:
    yield "no_data", said(_NO_DATA[terms.no_data])
    if terms.service_hours:
        yield "service_hours", hours_in_words(terms.service_hours)
    yield "partial_period", said(_PARTIAL[terms.partial_period])
    yield "provisional", said(_PROVISIONAL[terms.provisional])
    yield "uptime_rounding", _judged(terms.uptime_rounding)


def _judged(rounding: UptimeRounding | None) -> str:
    if rounding is None:
        return said("The uptime is judged exactly and never rounded; where it is shown, it is rounded down.")
    return said_of(
        rounding.decimals,
        "The uptime is brought to {places} decimal of a percent, {rounded}, before anything is judged by it.",
        "The uptime is brought to {places} decimals of a percent, {rounded}, before anything is judged by it.",
        places=rounding.decimals,
        rounded=said(ROUNDED[rounding.mode]),
    )
