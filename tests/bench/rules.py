"""Assessments a second with the full ledger, their growth, and the same month through the `portion` library in the same run.

    python -m tests.bench.rules

Ratios are what counts; seconds depend on the machine. The month through `portion` is what one would write with it: windows by
severity as unions, maintenance taken out, clipped to the month, weighted and summed; no ledger, no reasons, no credit.
"""

import resource
import time
from collections.abc import Callable
from fractions import Fraction
from random import Random
from statistics import median

import portion

from slaservice.rules.assessment import Case, assess
from slaservice.rules.documents import parse_case
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import SECOND

APRIL = 1_775_001_600 * SECOND
MONTH = 2_592_000 * SECOND
SIZES = (4, 20, 100, 10_000, 100_000)
WEIGHTS = {"major": Fraction(1), "partial": Fraction(3, 10)}

TERMS = {
    "commitment_percent": "99.9",
    "signal": {"severity_weight": {name: str(weight) for name, weight in WEIGHTS.items()}},
    "components": {"names": ["api"]},
    "credit": {
        "rules": [
            {
                "type": "brackets",
                "quantity": "uptime_percent",
                "ranges": [
                    {"from": "99", "from_closed": True, "to": "99.9", "to_closed": False, "credit": "10"},
                    {"from": None, "from_closed": True, "to": "99", "to_closed": False, "credit": "25"},
                ],
            }
        ]
    },
    "money": {"currency": "USD"},
}


def month(windows: int, seed: int = 1) -> Case:
    """A month with so many windows of about ten minutes, and one maintenance a week."""
    random = Random(seed)

    def outage(index: int) -> dict[str, object]:
        start = APRIL + random.randrange(MONTH)
        end = start + random.randrange(1, 1200 * SECOND)
        severity = random.choice(sorted(WEIGHTS))
        return {
            "component": "api", "start": instant_text(start), "end": instant_text(end), "severity": severity, "id": f"W{index}",
        }  # fmt: skip

    weeks = [APRIL + week * 7 * 86_400 * SECOND for week in range(4)]
    return parse_case(
        {
            "terms": TERMS,
            "input": {
                "period": {"kind": "calendar", "year": 2026, "month": 4},
                "fee": "1000",
                "outages": [outage(index) for index in range(windows)],
                "maintenance": [
                    {"component": "*", "start": instant_text(at), "end": instant_text(at + 7200 * SECOND)} for at in weeks
                ],
            },
        }
    )


def through_portion(case: Case) -> Fraction:
    """The month's downtime in seconds, as one would write it with `portion`."""
    period = portion.closedopen(APRIL, APRIL + MONTH)
    excused = portion.empty()
    for one in case.evidence.maintenance:
        excused |= portion.closedopen(one.start, one.end)
    lost, taken = Fraction(0), portion.empty()
    for severity, weight in sorted(WEIGHTS.items(), key=lambda item: -item[1]):
        down = portion.empty()
        for outage in case.evidence.outages:
            if outage.severity == severity and outage.end is not None:
                down |= portion.closedopen(outage.start, outage.end)
        counted = (down & period) - excused - taken
        taken |= down
        lost += weight * sum(part.upper - part.lower for part in counted if not part.empty)
    return lost / SECOND


def seconds(run: Callable[[], object], times: int, rounds: int = 5) -> float:
    """The median processor time of one run: it holds still when the machine is busy with something else."""
    run()
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            run()
        found.append((time.process_time() - start) / times)
    return median(found)


def main() -> None:
    print(f"{'windows':>8} {'per second':>12} {'us a window':>12}")
    for size in SIZES:
        case = month(size)
        taken = seconds(lambda case=case: assess(case), max(1, 2000 // size), rounds=5 if size < 10_000 else 1)  # type: ignore[misc]
        print(f"{size:>8} {1 / taken:>12,.1f} {taken / size * 1e6:>12.1f}")
    case = month(20)
    assert through_portion(case) == assess(case).downtime
    ours, theirs = seconds(lambda: assess(case), 100), seconds(lambda: through_portion(case), 20)
    print(f"20 windows, the same downtime: portion takes {theirs / ours:.1f} times as long")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
