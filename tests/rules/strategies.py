"""Random agreements and random misfortunes, as case documents.

`cases()` draws the whole of TERMS.md's mechanics over periods short enough to count tick by tick: a few minutes to three
days around instructive dates, now and then a whole calendar month or quarter in some zone, now and then a period of
microseconds. Every instant stands on a whole tick. A case has some mechanics in play and leaves the others at their
defaults, written out or left out; the fewest come first, so that a failing case shrinks to the mechanics that fail.
What the terms call meaningless is never drawn there: `refused_cases()` draws that.
"""

from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from tests.rules.layouts import INSTRUCTIVE, YES_NO, Layout, layouts, one_of, spans
from tests.rules.ticks import zone_of

Json = dict[str, Any]
Draw = st.DrawFn

RATIO_LEVEL = ("min", "mean", "pooled")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MECHANICS = (
    "minimum",
    "grid",
    "exclusions",
    "allowance",
    "notice",
    "categories",
    "no data",
    "components",
    "severities",
    "shares",
    "requests",
    "service hours",
    "term",
    "as of",
    "rounding",
    "rules",
    "gate",
    "days",
    "base",
    "cap",
    "minimum issue",
    "money",
    "defaults left out",
)
PERCENTS = ("99.9", "100", "99", "95", "99.95", "75", "50", "200/3", "0")
DAYTIMES: tuple[list[list[str]], ...] = (
    [["08:00", "18:00"]],
    [["00:00", "24:00"]],
    [["00:00", "02:30"], ["03:00", "24:00"]],
    [["02:15", "02:45"]],
    [["01:30", "03:30"]],
    [["22:00", "24:00"]],
    [["00:00", "00:30"], ["09:00", "12:00"], ["13:00", "17:45"]],
    [],
)


OPS = one_of(">", ">=")
IN_PLAY = st.sets(one_of(*MECHANICS), max_size=12)
PERCENT, DAYTIME, ZONE = (
    one_of(*PERCENTS),
    one_of(*DAYTIMES),
    one_of(*sorted({name for name, _ in INSTRUCTIVE})),
)
CATEGORY = one_of(
    "scheduled_maintenance",
    "emergency_maintenance",
    "customer_caused",
    "third_party",
    "force_majeure",
    "beta",
    "suspension",
)
SHARE = one_of("1", "1/3", "1/20", "51/1000", "0.999999", "0")
SHARE_MODE = st.fixed_dictionaries({"mode": one_of("ignore", "weight")}) | st.fixed_dictionaries(
    {"mode": st.just("threshold"), "above": one_of("1/20", "1/3")}, optional={"op": OPS}
)
REQUEST_MODE = st.fixed_dictionaries({"mode": st.just("rate")}) | st.fixed_dictionaries(
    {"mode": st.just("threshold"), "above": one_of("1/20", "1/3")}, optional={"op": OPS}
)
ROUNDING = one_of("half_up", "half_even", "floor", "ceil")
MONEY = st.fixed_dictionaries(
    {"currency": one_of("USD", "EUR", "JPY", "KWD"), "rounding": ROUNDING},
    optional={"decimals": st.integers(0, 4)},
)
CAP = st.fixed_dictionaries(
    {"kind": one_of("percent_of_base", "days", "amount"), "value": one_of("100", "30", "7/2", "0")},
    optional={"per": one_of("period", "contract_year", "contract", "run")},
)
MINIMUM_ISSUE = st.fixed_dictionaries(
    {"op": OPS, "amount": one_of("1.00", "0", "100", "1000"), "below": one_of("forfeit", "carry")}
)
GATE = one_of(
    {"kind": "below_commitment"},
    {"kind": "always"},
    *({"kind": "consecutive_failures", "count": n} for n in (1, 2, 3)),
)


@st.composite
def service_hours(draw: Draw, layout: Layout) -> Json:
    zone = draw(ZONE)
    first = layout.start.astimezone(zone_of(zone)).date()
    holidays = draw(st.dictionaries(st.integers(0, 3), DAYTIME, max_size=2))
    weekly = dict.fromkeys(WEEKDAYS, draw(DAYTIME)) | draw(
        st.dictionaries(one_of(*WEEKDAYS), DAYTIME, max_size=2)
    )
    for day in draw(st.sets(one_of(*WEEKDAYS), max_size=2)):
        del weekly[day]
    days = {(first + timedelta(days=n)).isoformat(): hours for n, hours in holidays.items()}
    return {"timezone": zone, "weekly": weekly, "exceptions": days}


# --- the credit ---------------------------------------------------------------------------------------------------


@st.composite
def ranges(draw: Draw, bounds: tuple[str, ...]) -> Json:
    low, high = sorted((draw(one_of(*bounds)), draw(one_of(*bounds))), key=Fraction)
    point = Fraction(low) == Fraction(high)
    side = "" if point else draw(one_of("", "from", "to"))
    return {
        "from": None if side == "from" else low,
        "from_closed": point or draw(YES_NO),
        "to": None if side == "to" else high,
        "to_closed": point or draw(YES_NO),
        "credit": draw(one_of("10", "25", "100", "7/3", "0")),
    }


@st.composite
def rules(draw: Draw, layout: Layout, *, runs: bool, per_run: bool) -> Json:
    """One rule; `runs`: the signal has runs to count; `per_run`: it must be metered for each run."""
    quantity = "lost_seconds"
    if not per_run:
        others = ("uptime_percent", "lost_seconds_beyond_allowance", "points_below", "failures")
        quantity = draw(one_of("lost_seconds", *others, *(("runs", "days_touched") if runs else ())))
    extra: Json = {"reference": draw(one_of("100", "99.9", "50"))} if quantity == "points_below" else {}
    if quantity == "failures":
        extra["window"] = draw(st.integers(1, 6))
    in_seconds = quantity.startswith("lost_seconds")
    if not per_run and draw(YES_NO):
        bounds: tuple[str, ...] = (
            PERCENTS if quantity in ("uptime_percent", "points_below") else ("0", "1", "2", "3", "4")
        )
        if in_seconds:
            bounds = ("0", *(str(layout.whole_seconds(layout.length // part)) for part in (20, 9, 4, 2)))
        table = draw(st.lists(ranges(bounds), min_size=1, max_size=4))
        return {"type": "brackets", "quantity": quantity, "ranges": table} | extra
    if per_run or (runs and quantity == "lost_seconds" and draw(YES_NO)):
        extra["per"] = "run"
    how = {"round": written} if (written := draw(one_of("exact", "floor", "ceil", None))) else {}
    steps = (
        (str(layout.whole_seconds(3)), "period", "eligible", "1/7", "1") if in_seconds else ("1", "3/10", "2")
    )
    rate, step = draw(one_of("1", "5", "1/2", "1000")), draw(one_of(*steps))
    return {"type": "metered", "quantity": quantity, "step": step, "rate": rate} | how | extra


DEFAULTS: Json = {
    "signal": {"source": "both", "affected_share": {"mode": "ignore"}, "requests": {"mode": "rate"}},
    "shape": {"quantum_seconds": 1, "quantum_rule": "any", "min_run": None},
    "exclude": {"effect": "not_downtime", "allowance_seconds": None, "notice_seconds": None},
    "no_data": "as_up",
    "service_hours": None,
    "partial_period": "lived",
    "provisional": "elapsed",
    "uptime_rounding": None,
    "credit": {"gate": {"kind": "below_commitment"}, "combine": "max", "unit": "percent", "rules": []},
    "base": {"prorate": "none", "affected_user_share": False},
    "cap": None,
    "minimum_issue": None,
    "money": {"rounding": "half_up"},
}
TABLE: Json = {
    "type": "brackets",
    "quantity": "uptime_percent",
    "ranges": [
        {"from": "95", "from_closed": True, "to": "99.9", "to_closed": False, "credit": "10"},
        {"from": None, "from_closed": True, "to": "95", "to_closed": False, "credit": "100"},
    ],
}


@st.composite
def terms(draw: Draw, layout: Layout, play: set[str]) -> Json:
    names = draw(one_of(["A", "B"], ["A", "B", "C"], ["A"])) if "components" in play else ["A"]
    combine = draw(one_of("any_down", "all_down", *RATIO_LEVEL)) if "components" in play else "any_down"
    runs = combine not in RATIO_LEVEL
    signal: Json = {"severity_weight": {"down": "1", "degraded": "1/2", "minor": "0"}}
    if "severities" in play:
        signal["severity_weight"] = {"down": "1", "degraded": draw(one_of("3/10", "1", "0")), "minor": "1/7"}
    if "shares" in play:
        signal["affected_share"] = draw(SHARE_MODE)
    if "requests" in play:
        signal |= {"source": draw(one_of("both", "windows", "requests")), "requests": draw(REQUEST_MODE)}
    shape: Json = {}
    if "minimum" in play:
        shape["min_run"] = {
            "seconds": layout.whole_seconds(draw(one_of(2, 3, 1, layout.length // 9 + 1))),
            "op": draw(OPS),
            "test_on": draw(one_of("merged", "net", "window")),
            "straddle": draw(one_of("whole_run", "clipped")),
            "counts": draw(one_of("whole", "excess")),
        }
    if "grid" in play and layout.in_whole_seconds:
        shape |= {"quantum_seconds": draw(one_of(60, 300, 3600)), "quantum_rule": draw(one_of("any", "all"))}
    exclude: Json = {"effect": draw(one_of("not_downtime", "remove"))} if "exclusions" in play else {}
    if "allowance" in play:
        exclude["allowance_seconds"] = layout.round_seconds(draw(one_of(2, 5, 1, layout.length // 4)))
    if "notice" in play:
        exclude["notice_seconds"] = draw(one_of(0, 3600, 172_800))
    if "categories" in play:
        listed = draw(st.lists(CATEGORY, unique=True))
        needed = {"scheduled_maintenance"} if play & {"allowance", "notice"} else set()
        exclude["categories"] = sorted({*listed, *needed})
    written = {
        "commitment_percent": draw(PERCENT),
        "components": {"names": names}
        | ({"combine": combine} if "components" in play or draw(YES_NO) else {}),
        "signal": signal,
        "shape": shape,
        "exclude": exclude,
        "no_data": draw(one_of("as_down", "remove", "as_up")) if "no data" in play else "as_up",
        "service_hours": draw(service_hours(layout)) if "service hours" in play else None,
        "partial_period": draw(one_of("lived", "whole")) if "term" in play else "lived",
        "provisional": draw(one_of("elapsed", "whole")) if "as of" in play else "elapsed",
        "uptime_rounding": {"decimals": draw(st.integers(0, 3)), "mode": draw(ROUNDING)}
        if "rounding" in play
        else None,
    } | draw(owing(layout, play, runs=runs))
    return written if "defaults left out" in play else with_defaults(written)


@st.composite
def owing(draw: Draw, layout: Layout, play: set[str], *, runs: bool) -> Json:
    """The terms' part about money."""
    cap = draw(CAP) if "cap" in play else None
    if cap and cap.get("per") == "run" and not runs:
        cap["per"] = "period"
    per_run = bool(cap and cap.get("per") == "run")
    credit: Json = {"rules": [TABLE]}
    if "rules" in play or per_run:
        credit["rules"] = draw(
            st.lists(rules(layout, runs=runs, per_run=per_run), min_size=int(per_run), max_size=3)
        )
        credit["combine"] = draw(one_of("max", "sum"))
    if "gate" in play:
        credit["gate"] = draw(GATE)
    if "days" in play:
        credit |= {"unit": "days", "day_value": draw(one_of("base/period_days", "base/30"))}
    elif cap and cap["kind"] == "days" and draw(YES_NO):
        credit["day_value"] = draw(one_of("base/period_days", "base/30"))
    prorate = one_of("none", "lived_seconds", "lived_days")
    return {
        "credit": credit,
        "base": {"prorate": draw(prorate), "affected_user_share": draw(YES_NO)} if "base" in play else {},
        "cap": cap,
        "minimum_issue": draw(MINIMUM_ISSUE) if "minimum issue" in play else None,
        "money": draw(MONEY) if "money" in play else {"currency": "USD"},
    }


def with_defaults(written: Json) -> Json:
    """The same terms with every default spelled out."""
    return {
        name: DEFAULTS.get(name, {}) | value if isinstance(value, dict) and DEFAULTS.get(name) else value
        for name, value in written.items()
    }


# --- what happened ------------------------------------------------------------------------------------------------


@st.composite
def outages(draw: Draw, layout: Layout, names: list[str], *, shares: bool = True) -> Json:
    start, end = draw(spans(layout))
    window = {
        "component": draw(one_of(*names)),
        "start": layout.at(start),
        "end": None if draw(st.integers(0, 15)) == 15 else layout.at(end),
        "severity": draw(one_of("down", "down", "degraded", "minor")),
    }
    return window | ({"affected_share": draw(SHARE)} if shares else {})


@st.composite
def maintenances(draw: Draw, layout: Layout, names: list[str], notice: int | None) -> Json:
    start, end = draw(spans(layout))
    window = {"component": draw(one_of("*", *names)), "start": layout.at(start), "end": layout.at(end)}
    if draw(one_of(False, True, False)):
        window["category"] = draw(CATEGORY)
    if notice is not None and draw(one_of(True, True, False)):
        window["announced_at"] = layout.at(start + draw(one_of(0, -1, 1)), seconds=-notice)
    return window


@st.composite
def gaps(draw: Draw, layout: Layout, names: list[str]) -> Json:
    start, end = draw(spans(layout))
    return {"component": draw(one_of(*names)), "start": layout.at(start), "end": layout.at(end)}


@st.composite
def request_rows(draw: Draw, layout: Layout, names: list[str]) -> Json:
    start, end = draw(spans(layout))
    total, errors = draw(one_of((100, 5), (100, 6), (3, 1), (1, 1), (20, 0), (0, 0), (2, 1)))
    seconds = layout.whole_seconds(end - start)
    row = {"component": draw(one_of(*names)), "start": layout.at(start), "seconds": seconds}
    return row | {"total": total, "errors": errors}


@st.composite
def inputs(draw: Draw, layout: Layout, terms: Json, play: set[str]) -> Json:
    names = terms["components"]["names"]
    notice = terms["exclude"].get("notice_seconds")
    facts: Json = {
        "period": layout.period,
        "fee": draw(one_of("1000.00", "100.05", "1/3", "0")),
        "outages": draw(st.lists(outages(layout, names, shares="shares" in play), min_size=1, max_size=8)),
    }
    if play & {"exclusions", "allowance", "notice", "categories"}:
        facts["maintenance"] = draw(st.lists(maintenances(layout, names, notice), min_size=1, max_size=5))
    if "no data" in play:
        facts["no_data"] = draw(st.lists(gaps(layout, names), min_size=1, max_size=3))
    if "requests" in play and layout.in_whole_seconds:
        facts["requests"] = draw(st.lists(request_rows(layout, names), min_size=1, max_size=4))
    if "as of" in play:
        facts["as_of"] = layout.at(draw(st.integers(-1, layout.length + 2)))
    if "term" in play:
        first, last = sorted((draw(st.integers(-2, layout.length)), draw(st.integers(0, layout.length + 2))))
        facts["service_start"] = layout.at(first) if draw(YES_NO) else None
        facts["service_end"] = layout.at(last + (first == last)) if draw(YES_NO) else None
    if play & {"gate", "rules"}:
        facts["history"] = draw(st.lists(YES_NO, max_size=6))
    if "base" in play:
        facts["affected_user_share"] = draw(one_of("1", "1/5", "0"))
    if "cap" in play:
        facts["previously_credited"] = draw(one_of("0", "950.00", "12.34"))
    if "minimum issue" in play:
        facts["carried_forward"] = draw(one_of("0", "500.50"))
    return facts


@st.composite
def cases(draw: Draw) -> Json:
    """Any terms with any inputs, as a case document that means something."""
    layout, play = draw(layouts()), draw(IN_PLAY)
    written = draw(terms(layout, play))
    return {"terms": written, "input": draw(inputs(layout, written, play))}


@st.composite
def refused_cases(draw: Draw) -> Json:
    """A sound case, broken in one of the ways that the terms refuse by name; the way stands in "broken"."""
    layout, play = draw(layouts()), draw(IN_PLAY) - {"components", "cap", "rules"}
    written = draw(terms(layout, play))
    broken = draw(one_of("runs", "days touched", "per run", "cap per run", "no combine", "severity"))
    rule: Json = {"type": "metered", "step": "1", "round": "exact", "rate": "1", "quantity": "lost_seconds"}
    if broken == "cap per run":
        written["cap"] = {"kind": "amount", "value": "1", "per": "run"}
        written["credit"]["rules"] = [rule]
    elif broken == "no combine":
        written["components"] = {"names": ["A", "B"]}
    elif broken != "severity":
        quantity = {"runs": "runs", "days touched": "days_touched"}.get(broken, "lost_seconds")
        written["components"] = {"names": ["A", "B"], "combine": draw(one_of(*RATIO_LEVEL))}
        written["credit"]["rules"] = [
            rule | {"quantity": quantity} | ({"per": "run"} if broken == "per run" else {})
        ]
    facts = draw(inputs(layout, written, play))
    if broken == "severity":
        assume(written["signal"].get("source") != "requests")  # windows that nobody reads need no weight
        facts["outages"].append(draw(outages(layout, ["A"])) | {"severity": "unheard of"})
    return {"terms": written, "input": facts, "broken": broken}


@st.composite
def worse_cases(draw: Draw) -> tuple[Json, Json]:
    """A case, and the same with one more outage."""
    layout, play = draw(layouts()), draw(IN_PLAY)
    written = draw(terms(layout, play))
    facts = draw(inputs(layout, written, play))
    more = draw(outages(layout, written["components"]["names"], shares="shares" in play))
    return {"terms": written, "input": facts}, {
        "terms": written,
        "input": facts | {"outages": [*facts["outages"], more]},
    }
