"""The kinds of month that a customer can have: what the paper is tested and looked at with. More stand in `longer_kinds`."""

from datetime import UTC, datetime, timedelta
from functools import cache

from reports.pdf.render import render
from tests.reports.pdf import longer_kinds
from tests.reports.pdf.samples import (
    Json,
    brackets,
    case,
    incident,
    maintenance,
    outage,
    printed,
    statement,
    terms,
    trend,
)

LAST_YEAR: list[str | None] = [
    "99.981204", "100.000000", "99.967731", "99.993002", "99.912870", "99.988113", "99.990001", "99.955021", "99.981000",
    "99.998120", "99.973310",
]  # fmt: skip
"""Uptimes of the eleven months before."""


def missed() -> Json:
    """One component, one long outage, partial and degraded ones, maintenance in time and late: a credit of 10 %."""
    long = outage("2026-04-28T17:34:00Z", 78, id="INC-2331/api/1")
    partial = outage("2026-04-09T13:02:11.250Z", 36.85, severity="partial_outage", id="INC-2304/api/1")
    slow = outage("2026-04-17T06:10:00Z", 95, severity="degraded_performance", id="INC-2322/api/1")
    planned = outage("2026-04-12T01:10:00Z", 24, id="INC-2311/api/1")
    surprise = outage("2026-04-20T22:05:00Z", 12, id="INC-2327/api/1")
    windows = [partial, planned, slow, surprise, long]
    return statement(
        [
            case(
                "Northwind API",
                terms(),
                {
                    "outages": windows,
                    "maintenance": [
                        maintenance("2026-04-12T01:00:00Z", 120, id="M-118"),
                        maintenance("2026-04-20T22:00:00Z", 30, ahead_hours=26, id="M-121"),
                    ],
                },
                [
                    incident("INC-2304", "Queue partition lost its leader after a kernel update", partial),
                    incident("INC-2311", "Primary database switched during planned work", planned),
                    incident("INC-2322", "Slow responses in region eu-central", slow),
                    incident("INC-2327", "Certificate rollover rejected by older TLS clients", surprise),
                    incident("INC-2331", "Elevated errors on all requests", long),
                ],
            )
        ],
        identity={"trend": trend((2026, 4), LAST_YEAR, "Northwind API")},
    )


def met() -> Json:
    """One short outage, met: no credit."""
    short = outage("2026-04-14T09:12:00Z", 6.5, id="INC-2401/api/1")
    return statement(
        [
            case(
                "Northwind API",
                terms(),
                {"outages": [short]},
                [incident("INC-2401", "Connection resets", short)],
            )
        ],
        identity={"trend": trend((2026, 4), ["100.000000", None, "99.998000"], "Northwind API")},
    )


def untouched() -> Json:
    """Nothing happened at all: exactly 100 %."""
    return statement([case("Northwind API", terms(), {})])


def not_applicable() -> Json:
    """The contract ended before the period: nothing eligible."""
    return statement([case("Northwind API", terms(), {"service_end": "2026-03-31T22:00:00Z"})])


def provisional() -> Json:
    """The month so far, with an outage still open."""
    still = outage("2026-04-18T05:30:00Z", 0) | {"end": None, "id": "INC-2450/api/1"}
    return statement(
        [
            case(
                "Northwind API",
                terms(),
                {"outages": [still], "as_of": "2026-04-18T10:00:00Z"},
                [incident("INC-2450", "API unavailable in all regions", still)],
            )
        ]
    )


def quarter() -> Json:
    """Three months in a zone with a change of the clock, per-started-hour credits in days, contract started mid-period."""
    period = {"kind": "calendar", "year": 2026, "month": 2, "months": 3, "timezone": "America/New_York"}
    rules = [{"type": "metered", "quantity": "lost_seconds", "step": "3600", "round": "ceil", "rate": "1"}]
    windows = [
        outage("2026-02-19T14:00:00Z", 41),
        outage("2026-03-08T06:40:00Z", 55),
        outage("2026-04-02T20:15:30Z", 132.5),
    ]
    agreed = terms(
        credit={"rules": rules, "unit": "days", "day_value": "base/30"},
        base={"prorate": "lived_days"},
        money={"currency": "USD"},
        cap={"kind": "days", "value": "5", "per": "contract_year"},
        commitment_percent="99.9",
    )
    evidence = {
        "period": period,
        "outages": windows,
        "service_start": "2026-02-11T05:00:00Z",
        "fee": "45000.00",
        "previously_credited": "250.00",
    }
    before = trend((2026, 2), ["99.921000", "99.871000", "99.988000"], "Platform", months=3, target="99.9")
    return statement([case("Platform", agreed, evidence)], identity={"trend": before})


def several() -> Json:
    """Three commitments with a cap over all: one missed, one met, one that earns nothing although missed."""
    api, console = (
        outage("2026-04-28T17:34:00Z", 78),
        outage("2026-04-28T17:41:55.480Z", 77.86, component="console"),
    )
    hooks = outage("2026-04-03T08:00:00Z", 30, component="hooks", severity="partial_outage")
    exit_only = terms(
        ("hooks",),
        commitment_percent="99.99",
        credit={"rules": []},
        cap=None,
        terminate=[{"below": "99", "n": 3, "m": 6}],
    )
    return statement(
        [
            case(
                "Northwind API",
                terms(),
                {"outages": [api]},
                [incident("INC-2331", "Elevated errors on all requests", api)],
            ),
            case(
                "Web console",
                terms(("console", "sso"), commitment_percent="99.5"),
                {"outages": [console], "fee": "1200.00"},
                [incident("INC-2331", "Elevated errors on all requests", console)],
            ),
            case(
                "Webhooks",
                exit_only,
                {"outages": [hooks], "fee": "300.00"},
                [incident("INC-2298", "Delivery delayed for some endpoints", hooks)],
            ),
        ],
        agreement={"overlap": "stack", "cap": {"kind": "percent_of_base", "value": "5"}},
        identity={"trend": trend((2026, 4), LAST_YEAR, "Northwind API", "Web console")},
    )


def worst_of_three() -> Json:
    """The lowest of three components counts, each with a ledger of its own; service hours; time that is removed."""
    hours = {day: [["07:00", "22:00"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {
        "sat": [["09:00", "14:00"]]
    }
    agreed = terms(
        ("api", "console", "store"),
        components={"names": ["api", "console", "store"], "combine": "min"},
        service_hours={
            "timezone": "Europe/Berlin",
            "weekly": hours,
            "exceptions": {"2026-04-03": [], "2026-04-06": []},
        },
        exclude={"effect": "remove"},
        shape={"min_run": {"seconds": 300, "op": ">=", "test_on": "net"}},
    )
    windows = [
        outage("2026-04-07T04:30:00Z", 90),
        outage("2026-04-08T09:00:00Z", 4),
        outage("2026-04-15T19:30:00Z", 50, component="console"),
        outage("2026-04-22T11:00:00Z", 9, component="store"),
    ]
    evidence = {
        "outages": windows,
        "maintenance": [maintenance("2026-04-22T10:00:00Z", 65, component="store")],
    }
    return statement([case("Trading desk", agreed, evidence)])


def yen() -> Json:
    """A currency without decimals, rounded uptime, a credit by the share of time beyond what is allowed."""
    rules = [
        {
            "type": "metered",
            "quantity": "lost_seconds_beyond_allowance",
            "step": "eligible",
            "round": "exact",
            "rate": "1000",
        },
        brackets((("99", "99.9", "5"), (None, "99", "15"))),
    ]
    agreed = terms(
        money={"currency": "JPY"},
        credit={"rules": rules, "combine": "sum"},
        uptime_rounding={"decimals": 2, "mode": "half_up"},
        minimum_issue={"op": ">", "amount": "500", "below": "carry"},
        commitment_percent="99.9",
    )
    period = {"kind": "calendar", "year": 2026, "month": 5, "months": 1, "timezone": "Asia/Tokyo"}
    windows = [outage("2026-05-12T03:00:00Z", 71.3), outage("2026-05-30T15:20:00Z", 33)]
    evidence = {"period": period, "outages": windows, "fee": "1284000"}
    customer = {
        "name": "東京物流株式会社",
        "legal_name": "東京物流株式会社",
        "address": "東京都港区芝公園4-2-8",
    }
    return statement([case("Platform", agreed, evidence)], identity={"customer": customer})


def crowded(count: int = 400) -> Json:
    """A month with very many incidents."""
    first = datetime(2026, 4, 1, 0, 10, tzinfo=UTC)
    windows = [
        outage((first + timedelta(minutes=101 * n)).isoformat(), 1 + n % 17, id=f"INC-{n:04}/api/1")
        for n in range(count)
    ]
    incidents = [
        incident(f"INC-{n:04}", f"Errors on shard {n % 12}", window) for n, window in enumerate(windows)
    ]
    return statement([case("Northwind API", terms(), {"outages": windows}, incidents)])


KINDS = {
    kind.__name__: kind
    for kind in (
        missed,
        met,
        untouched,
        not_applicable,
        provisional,
        quarter,
        several,
        worst_of_three,
        yen,
        crowded,
        *longer_kinds.EVERY,
    )
}


@cache
def pdf(kind: str) -> bytes:
    """The PDF of a kind of month, issued."""
    document = KINDS[kind]()
    return render(document, **printed(document))
