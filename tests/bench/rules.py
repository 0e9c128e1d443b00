"""Assessments a second with the full ledger, their growth, and the same month through the `portion` library in the same run.

    python -m tests.bench.rules

Ratios are what counts; seconds depend on the machine. The month through `portion` is the same ledger, row by row, as one would
write it with that library; judging, credit and reasons, which our figure includes, are left out of it.
"""

import resource
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from random import Random
from statistics import median

import portion  # type: ignore[import-untyped]

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
                    {"component": "*", "start": instant_text(at), "end": instant_text(at + 7200 * SECOND)}
                    for at in weeks
                ],
            },
        }
    )


Line = tuple[int, int, str, Fraction, str]


def through_portion(case: Case) -> list[Line]:
    """The month's ledger as one would write it with `portion`: (start, end, bucket, loss, what decides), in time order."""
    month = portion.IntervalDict({portion.closedopen(APRIL, APRIL + MONTH): ("up", Fraction(0), "")})
    period = month.domain()
    # What decides is laid on last: the higher loss, then the earlier start, then the name.
    for outage in sorted(
        case.evidence.outages, key=lambda one: (WEIGHTS[one.severity], -one.start, one.id), reverse=False
    ):
        if outage.end is not None:
            span = portion.closedopen(outage.start, outage.end) & period
            if not span.empty:
                month[span] = ("down", WEIGHTS[outage.severity], outage.id or "")
    for index, one in reversed(list(enumerate(case.evidence.maintenance))):
        month[portion.closedopen(one.start, one.end) & period] = (
            "excluded",
            Fraction(0),
            f"maintenance[{index}]",
        )
    return sorted((part.lower, part.upper, *value) for spans, value in month.items() for part in spans)


def lines(case: Case) -> list[Line]:
    """The same of our ledger."""
    (ledger,) = assess(case).ledgers
    return [(r.start, r.end, r.bucket, r.loss, r.exclusion or "".join(r.windows)) for r in ledger.rows]


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
        taken = seconds(partial(assess, month(size)), max(1, 2000 // size), rounds=5 if size < 10_000 else 1)
        print(f"{size:>8} {1 / taken:>12,.1f} {taken / size * 1e6:>12.1f}")
    case = month(20)
    assert through_portion(case) == lines(case)
    ours, theirs = seconds(partial(assess, case), 100), seconds(partial(through_portion, case), 20)
    print(f"20 windows, the same ledger: portion takes {theirs / ours:.1f} times as long")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
