"""Statements that are longer or rarer than a usual month: a year, a restatement, what is to be claimed, many components."""

from slaservice.rules.money import Money
from slaservice.rules.restatement import Figures, Stated, difference_json
from tests.reports.pdf.samples import (
    NAMES,
    Json,
    case,
    changed,
    incident,
    maintenance,
    outage,
    revision,
    statement,
    terms,
    trend,
)


def year() -> Json:
    """Twelve months at once, with maintenance every month and an outage in most."""
    months = range(1, 13)
    windows = [
        outage(
            f"2025-{month:02}-{3 + month:02}T09:{month:02}:00Z", 4.5 * month, id=f"INC-{2500 + month}/api/1"
        )
        for month in months
        if month not in (2, 7)
    ]
    planned = [maintenance(f"2025-{month:02}-20T01:00:00Z", 90, id=f"M-25{month:02}") for month in months]
    period = {"kind": "calendar", "year": 2025, "month": 1, "months": 12, "timezone": "Europe/Berlin"}
    incidents = [
        incident(window["id"].partition("/")[0], "Errors on reads from the primary database", window)
        for window in windows
    ]
    evidence = {"period": period, "outages": windows, "maintenance": planned, "fee": "97500.00"}
    before = trend((2025, 1), ["99.931000", "99.981000", "99.962000"], "Northwind API", months=12)
    return statement([case("Northwind API", terms(), evidence, incidents)], identity={"trend": before})


def restated() -> Json:
    """The fourth revision of a month: two outages found late, one corrected, one withdrawn, a flood excluded afterwards."""
    name = "Northwind API"
    first = outage("2026-04-10T10:00:00Z", 55, id="INC-2311/api/1@2")
    late = outage("2026-04-22T06:30:00Z", 41, id="INC-2340/api/1")
    flood = maintenance("2026-04-22T06:50:00Z", 12, ahead_hours=None, category="force_majeure", id="X-20f1a9")
    made = case(
        name,
        terms(),
        {"outages": [first, late], "maintenance": [flood]},
        [
            incident("INC-2311", "Primary database switched twice", first)
            | {"cause": "A replica was promoted with an old schema."},
            incident("INC-2340", "Login failed for new sessions", late),
        ],
    )
    made["exclusions"] = [
        {
            "reference": "X-20f1a9",
            "clause": "7.1(c)",
            "justification": "The Elbe stood in the cellar of the exchange.",
        }
    ]
    written = {"currency": "EUR", "of": "SLA-2026-000003", "granted": "0.00", "clawback": "never"}
    total = made["expected"]["credit_amount"]
    difference = difference_json(
        of=written["of"],
        before=Stated(
            {name: Figures("3300", "99.872685", Money.parse("812.50", "EUR"))}, Money.parse("812.50", "EUR")
        ),
        after=Stated({name: Figures.of_result(made["expected"], "EUR")}, Money.parse(total, "EUR")),
        granted=Money.parse("0.00", "EUR"),
        clawback="never",
    )
    document = statement(
        [made],
        identity={
            "revision": 4,
            "supersedes": "SLA-2026-000003",
            "trend": trend((2026, 4), ["99.981204", "99.912870", "100.000000"], name),
            "revisions": [
                revision(1, "EUR", [(name, "0", "100.000000", "0.00")], []),
                revision(
                    2,
                    "EUR",
                    [(name, "600", "99.976851", "0.00")],
                    [changed(name, "outage", "added", "INC-2311/api/1")],
                ),
                revision(
                    3,
                    "EUR",
                    [(name, "3300", "99.872685", "812.50")],
                    [
                        changed(name, "outage", "changed", "INC-2311/api/1"),
                        changed(name, "outage", "removed", "INC-2309/api/1"),
                    ],
                ),
            ],
            "changes": [
                changed(name, "exclusion", "added", "X-20f1a9"),
                changed(name, "outage", "added", "INC-2340/api/1"),
            ],
            "approvals": {"X-20f1a9": {"by": "Ada Lovelace", "at": "2026-07-04T09:20:00Z"}},
        },
    )
    return document | {"difference": difference}


def claimable() -> Json:
    """A credit that is given to who claims it; how fast the incident was answered, and how often things failed."""
    down = outage("2026-04-10T10:00:00Z", 55, id="INC-2311/api/1")
    response = {
        "began": "2026-04-10T10:00:00Z", "acknowledged": "2026-04-10T10:04:30Z", "identified": "2026-04-10T10:20:00Z",
        "mitigated": "2026-04-10T10:55:00Z", "resolved": "2026-04-10T12:00:00Z",
    }  # fmt: skip
    told = incident("INC-2311", "Reads failed", down) | {
        "response": response,
        "cause": "A certificate had run out.",
    }
    often = {
        "component": "api",
        "failures": 1,
        "restored": 1,
        "mttr_seconds": "3300",
        "mtbf_seconds": "2588700",
    }
    return statement(
        [case("Northwind API", terms(), {"outages": [down]}, [told]) | {"reliability": [often]}],
        identity={
            "claim": {"amount": "812.50", "currency": "EUR", "until": "2026-06-29T22:00:00Z"},
            "trend": trend((2026, 4), ["99.981204", "99.990000"], "Northwind API"),
        },
    )


def one_day() -> Json:
    """A customer of one day: the contract began on the last of the month, and had ten minutes down."""
    down = outage("2026-04-30T08:00:00Z", 10, id="INC-2399/api/1")
    agreed = terms(base={"prorate": "lived_days"})
    evidence = {"service_start": "2026-04-29T22:00:00Z", "outages": [down]}
    return statement([case("Northwind API", agreed, evidence, [incident("INC-2399", "Reads failed", down)])])


def mixed() -> Json:
    """Seven commitments of every result, one of them in two parts, rights to end, an exclusion for one customer."""
    down = outage("2026-04-28T17:34:00Z", 78, id="INC-2331/api/1")
    blip = outage("2026-04-03T08:00:00Z", 3, component="hooks", id="INC-2298/hooks/1")
    key = maintenance(
        "2026-04-28T17:34:00Z", 20, ahead_hours=None, category="force_majeure", component="sso", id="X-77"
    )
    exit_only = terms(
        ("hooks",), commitment_percent="99.99", credit={"rules": []}, cap=None,
        terminate=[{"below": "99.995", "n": 1, "m": 6}, {"below": "99", "n": 2, "m": 3, "consecutive": True}],
    )  # fmt: skip
    found = incident("INC-2331", "Elevated errors on all requests", down)
    excluded = case("Single sign-on", terms(("sso",)), {"maintenance": [key], "fee": "300.00"})
    excluded["exclusions"] = [
        {"reference": "X-77", "clause": "7.2", "justification": "The customer revoked its own certificate."}
    ]
    halves = [
        case(f"Search (version {number})", terms(("store",)), {"period": _part(*span), "fee": "250.00"})
        | {"title": "Search"}
        for number, span in (
            (1, ("2026-03-31T22:00:00Z", "2026-04-15T22:00:00Z")),
            (2, ("2026-04-15T22:00:00Z", "2026-04-30T22:00:00Z")),
        )
    ]
    cases = [
        case("Northwind API", terms(), {"outages": [down]}, [found]),
        case("Web console", terms(("console",)), {"fee": "1200.00"}),
        case(
            "Webhooks",
            exit_only,
            {"outages": [blip], "fee": "300.00"},
            [incident("INC-2298", "Delivery delayed", blip)],
        ),
        excluded,
        case("Object storage", terms(("store",)), {"service_end": "2026-03-31T22:00:00Z", "fee": "80.00"}),
        *halves,
    ]
    names = ("Northwind API", "Web console", "Webhooks", "Single sign-on", "Search")
    identity = {
        "trend": trend((2026, 4), ["99.981204", None, "99.912870", "99.990000", "99.951000", "100.000000"], *names),
        "approvals": {"X-77": {"by": "Ada Lovelace", "at": "2026-05-02T09:20:00Z"}},
        "contract": {
            "number": "C-10482", "title": "Platform Enterprise", "version": 2, "versions": [{"number": 1}, {"number": 2}],
        },
        "period": {
            "label": "", "start": "2026-03-31T22:00:00Z", "end": "2026-04-30T22:00:00Z", "timezone": "Europe/Berlin", "months": 1,
        },
    }  # fmt: skip
    return statement(cases, identity=identity)


def _part(start: str, end: str) -> Json:
    return {"kind": "explicit", "start": start, "end": end, "timezone": "Europe/Berlin"}


def many_components(count: int = 60) -> Json:
    """One commitment over very many components, each measured by itself."""
    codes = [f"node-{number:02}" for number in range(count)]
    windows = [
        outage(
            f"2026-04-{1 + number % 28:02}T{number % 24:02}:00:00Z",
            3 + number,
            component=code,
            id=f"INC-{3000 + number}/{code}/1",
        )
        for number, code in enumerate(codes)
        if number % 4 == 0
    ]
    agreed = terms(tuple(codes), components={"names": codes, "combine": "mean"})
    names = NAMES | {code: f"Edge node {code[5:]}" for code in codes}
    return statement([case("Edge network", agreed, {"outages": windows})], identity={"components": names})


EVERY = (year, restated, claimable, one_day, mixed, many_components)
