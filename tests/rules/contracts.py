"""Contracts that between them use everything that terms can say; how they read stands in clauses.txt."""

from tests.rules.samples import Json

WEEK = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}

CONTRACTS: dict[str, Json] = {
    "The least that terms say": {},
    "Zones of a cloud: only when all are down, and ten times what was paid": {
        "components": {"names": ["zone-a", "zone-b", "zone-c"], "combine": "all_down"},
        "signal": {"source": "windows", "severity_weight": {"down": "1"}},
        "shape": {
            "quantum_seconds": 60,
            "quantum_rule": "all",
            "min_run": {"seconds": 300, "op": ">=", "test_on": "net", "straddle": "whole_run"},
        },
        "exclude": {"effect": "remove"},
        "no_data": "remove",
        "uptime_rounding": {"decimals": 2, "mode": "floor"},
        "credit": {
            "gate": {"kind": "always"},
            "rules": [
                {"type": "metered", "quantity": "lost_seconds", "step": "period", "rate": "1000"},
            ],
        },
        "cap": {"kind": "percent_of_base", "value": "100"},
        "claim": {"by": "customer", "deadline": {"n": 2, "unit": "billing_cycles", "anchor": "period_end"}},
    },
    "A negotiated contract: weights, users affected, maintenance by appointment, money held back": {
        "components": {"names": ["api", "web"], "combine": "any_down"},
        "signal": {
            "source": "both",
            "severity_weight": {
                "maintenance": "0",
                "partial": "1/3",
                "slow": "0.05",
                "down": "1",
                "dark": "1",
            },
            "affected_share": {"mode": "weight"},
            "requests": {"mode": "threshold", "above": "0.05", "op": ">="},
        },
        "shape": {
            "quantum_seconds": 3600,
            "quantum_rule": "any",
            "min_run": {
                "seconds": 600,
                "op": ">",
                "test_on": "window",
                "straddle": "clipped",
                "counts": "excess",
            },
        },
        "exclude": {
            "effect": "remove",
            "categories": [
                "scheduled_maintenance",
                "emergency_maintenance",
                "customer_caused",
                "third_party",
                "force_majeure",
                "beta",
                "suspension",
            ],
            "allowance_seconds": 7200,
            "notice_seconds": 172_800,
        },
        "no_data": "as_down",
        "partial_period": "whole",
        "provisional": "whole",
        "uptime_rounding": {"decimals": 1, "mode": "half_even"},
        "credit": {
            "gate": {"kind": "consecutive_failures", "count": 3},
            "rules": [
                {
                    "type": "brackets",
                    "quantity": "lost_seconds_beyond_allowance",
                    "ranges": [
                        {"from": "3600", "from_closed": False, "to": None, "to_closed": False, "credit": "2"},
                        {
                            "from": "60",
                            "from_closed": True,
                            "to": "3600",
                            "to_closed": True,
                            "credit": "1",
                        },
                        {"from": None, "from_closed": True, "to": None, "to_closed": True, "credit": "0.5"},
                    ],
                },
                {"type": "metered", "quantity": "days_touched", "step": "1", "rate": "1"},
            ],
            "combine": "sum",
            "unit": "days",
            "day_value": "base/30",
        },
        "base": {"prorate": "lived_days", "affected_user_share": True},
        "cap": {"kind": "days", "value": "7", "per": "contract_year"},
        "minimum_issue": {"op": ">=", "amount": "1000", "below": "carry"},
        "money": {"currency": "EUR", "decimals": 1, "rounding": "floor"},
        "claim": {
            "by": "customer",
            "notice": {"n": 1, "unit": "business_days", "anchor": "awareness"},
            "deadline": {"n": 30, "unit": "days", "anchor": "incident_end"},
            "evidence": "logs, and the numbers of the requests that failed.",
        },
        "terminate": [
            {"below": "95"},
            {"below": "98.5", "n": 3, "m": 3},
            {"below": "99", "n": 3, "m": 6},
            {"below": "99", "n": 2, "m": 6, "consecutive": True},
            {"below": "99", "n": 1, "m": 6, "consecutive": True},
        ],
    },
    "Telephony within office hours: the worst line, outages one by one": {
        "components": {"names": ["line 1", "line 2"], "combine": "any_down"},
        "signal.source": "windows",
        "signal.affected_share": {"mode": "threshold", "above": "1/20"},
        "shape.min_run": {"seconds": 60, "op": ">=", "test_on": "merged"},
        "exclude.categories": ["force_majeure"],
        "service_hours": {
            "timezone": "Europe/Berlin",
            "weekly": WEEK | {"fri": [["08:00", "12:30"], ["13:00", "24:00"]]},
            "exceptions": {"2026-12-27": [["00:00", "24:00"]], "2026-12-25": []},
        },
        "uptime_rounding": {"decimals": 0, "mode": "ceil"},
        "credit.rules": [
            {
                "type": "metered",
                "quantity": "lost_seconds",
                "step": "1800",
                "round": "ceil",
                "rate": "5",
                "per": "run",
            },
        ],
        "base.prorate": "lived_seconds",
        "cap": {"kind": "amount", "value": "500", "per": "run"},
        "minimum_issue": {"op": ">", "amount": "1"},
    },
    "An interface judged by its requests": {
        "signal": {"source": "requests", "severity_weight": {}},
        "exclude.categories": [],
        "uptime_rounding": {"decimals": 3, "mode": "half_up"},
        "credit.rules": [],
        "cap": {"kind": "percent_of_base", "value": "50", "per": "contract"},
        "money": {"currency": "JPY", "rounding": "half_even"},
    },
    "No severity has a weight": {
        "signal": {"severity_weight": {}},
        "exclude": {"effect": "remove"},
        "money.rounding": "ceil",
    },
    "The worst of several regions": {
        "components": {"names": ["eu", "us"], "combine": "min"},
        "exclude": {"effect": "remove"},
        "shape.min_run": {"seconds": 60, "op": ">", "test_on": "net"},
        "signal.requests": {"mode": "threshold", "above": "1/20"},
        "credit.rules": [
            {
                "type": "metered",
                "quantity": "failures",
                "step": "1",
                "rate": "10",
                "window": 6,
            },
            {"type": "metered", "quantity": "lost_seconds", "step": "eligible", "rate": "100"},
        ],
        "cap": {"kind": "days", "value": "0.5"},
    },
    "The mean of several regions": {
        "components": {"names": ["eu", "us"], "combine": "mean"},
        "signal.affected_share": {"mode": "threshold", "above": "1/20", "op": ">="},
    },
    "Several regions pooled": {
        "components": {"names": ["eu", "us"], "combine": "pooled"},
        "shape.quantum_seconds": 300,
        "service_hours": {
            "timezone": "America/New_York",
            "weekly": {day: [["06:05", "21:30"]] for day in ("sat", "sun", "tue", "wed", "thu")},
        },
    },
}
"""What a contract says other than the sample does, by title."""
