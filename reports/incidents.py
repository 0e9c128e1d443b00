"""What a statement says of incidents beside its figures: what each was called, how fast it was answered, how often things failed.

Frozen with the statement; nothing of it changes an amount. The definitions stand in slaservice/rules/response.py. An incident's
times are those of the windows that this commitment covers, so a customer reads about its own components and tier only. A failure
is what weighs anything by the terms: an outage of a severity that weighs nothing breaks no promise.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from reports.facts import Recorded
from slaservice.outages.models import OutageWindow
from slaservice.outages.queries import posted, span_of
from slaservice.rules.assessment import Case
from slaservice.rules.documents import Json
from slaservice.rules.evidence import Evidence, instant_text
from slaservice.rules.exact import exact_text
from slaservice.rules.intervals import SECOND, IntervalSet, instant
from slaservice.rules.response import MILESTONES, Span, reliability, response
from slaservice.rules.signal import window_loss


def incident_list(recorded: Recorded) -> list[Json]:
    """The incidents behind the windows, in time order, as they are called on the day of the close."""
    by_incident: dict[int | str, list[OutageWindow]] = {}
    for window in recorded.windows:
        by_incident.setdefault(window.incident_id or window.reference, []).append(window)
    return [_incident(windows) for windows in by_incident.values()]


def _incident(windows: Sequence[OutageWindow]) -> Json:
    incident = windows[0].incident
    ends = [window.end for window in windows if window.end is not None]
    return {
        "reference": incident.external_id if incident else windows[0].reference,
        "title": incident.title if incident else windows[0].cause,
        "cause": _cause(windows) if incident else "",
        "impact": incident.impact if incident else "",
        "url": incident.public_url if incident else "",
        "start": instant_text(instant(min(window.start for window in windows))),
        "end": instant_text(instant(max(ends))) if len(ends) == len(windows) else None,
        "windows": [window.reference for window in windows],
        "response": _response(windows),
    }


def _cause(windows: Sequence[OutageWindow]) -> str:
    """As it was recorded with the windows, which customers read; an incident's root cause is noted for ourselves."""
    return "; ".join(dict.fromkeys(window.cause for window in windows if window.cause))


def _response(windows: Sequence[OutageWindow]) -> Json | None:
    """Instants by milestone. The updates of the windows' incident were loaded with them."""
    incident = windows[0].incident
    spans = [span_of(window.start, window.end) for window in windows]
    times = response(spans, posted(incident) if incident else [])
    if times is None:
        return None
    at = {name: getattr(times, name) for name in ("began", *MILESTONES)}
    return {name: None if when is None else instant_text(when) for name, when in at.items()}


def reliability_list(case: Case) -> list[Json]:
    """Failures, MTTR and MTBF of each component in the part of the period that is in term and has passed."""
    terms, evidence = case.terms, case.evidence
    if terms.signal.source == "requests":
        return []
    period = _counted(evidence)
    return [_reliability(code, list(_spans(case, code)), period) for code in terms.components.names]


def _counted(evidence: Evidence) -> IntervalSet:
    whole = evidence.period.resolve()
    starts = [whole.start, *([] if evidence.service_start is None else [evidence.service_start])]
    ends = [one for one in (whole.end, evidence.service_end, evidence.as_of) if one is not None]
    return IntervalSet.of([(max(starts), min(ends))])


def _spans(case: Case, code: str) -> Iterator[Span]:
    for outage in case.evidence.outages:
        if outage.component == code and window_loss(case.terms, outage):
            yield outage.start, outage.end


def _reliability(code: str, windows: Sequence[Span], period: IntervalSet) -> Json:
    found = reliability(windows, period)
    return {
        "component": code,
        "failures": found.failures,
        "restored": found.restored,
        "mttr_seconds": _seconds(found.mttr),
        "mtbf_seconds": _seconds(found.mtbf),
    }


def _seconds(microseconds: Fraction | None) -> str | None:
    return None if microseconds is None else exact_text(microseconds / SECOND)
