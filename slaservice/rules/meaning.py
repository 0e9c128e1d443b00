"""What is well-formed and yet has no meaning: the one list of terms that are refused because they do not fit each other.

A hole or an overlap in a credit table is not in it: real contracts have them.
"""

from collections.abc import Callable

from slaservice.rules.terms import RATIO_LEVEL, AffectedShare, Brackets, Metered, Requests, Terms


def _rules(terms: Terms) -> list[tuple[str, Brackets | Metered]]:
    return [(f"credit.rules[{index}]", rule) for index, rule in enumerate(terms.credit.rules)]


def _per_run(rule: Brackets | Metered) -> bool:
    return isinstance(rule, Metered) and rule.per == "run"


def _each_rule(wrong: Callable[[Terms, Brackets | Metered], bool], at: str) -> Callable[[Terms], list[str]]:
    return lambda terms: [f"{path}.{at}" for path, rule in _rules(terms) if wrong(terms, rule)]


def _field(path: str, wrong: Callable[[Terms], bool]) -> Callable[[Terms], list[str]]:
    return lambda terms: [path] if wrong(terms) else []


def _threshold_without_bound(terms: Terms) -> list[str]:
    parts: dict[str, AffectedShare | Requests] = {
        "signal.affected_share.above": terms.signal.affected_share,
        "signal.requests.above": terms.signal.requests,
    }
    return [path for path, part in parts.items() if (part.mode == "threshold") != (part.above is not None)]


def _empty_ranges(terms: Terms) -> list[str]:
    return [
        f"{path}.ranges[{index}]"
        for path, rule in _rules(terms)
        if isinstance(rule, Brackets)
        for index, row in enumerate(rule.ranges)
        if row.lower is not None
        and row.upper is not None
        and (row.lower > row.upper or (row.lower == row.upper and not (row.from_closed and row.to_closed)))
    ]


def _repeated(names: tuple[str, ...]) -> bool:
    return len(set(names)) != len(names)


MEANINGLESS: tuple[tuple[str, str, Callable[[Terms], list[str]]], ...] = (
    (
        "combine_missing",
        "several components need a way to combine them",
        _field("components.combine", lambda t: len(t.components.names) > 1 and t.components.combine is None),
    ),
    (
        "component_twice",
        "a component is named twice",
        _field("components.names", lambda t: _repeated(t.components.names)),
    ),
    (
        "threshold_and_bound",
        "a threshold needs its bound, and only a threshold has one",
        _threshold_without_bound,
    ),
    (
        "runs_of_ratios",
        "runs and days cannot be counted where the components' ratios are combined (min, mean, pooled)",
        _each_rule(
            lambda t, r: t.combine in RATIO_LEVEL and r.quantity in ("runs", "days_touched"), "quantity"
        ),
    ),
    (
        "per_run_of_ratios",
        "there are no runs where the components' ratios are combined (min, mean, pooled)",
        _each_rule(lambda t, r: t.combine in RATIO_LEVEL and _per_run(r), "per"),
    ),
    (
        "per_run_quantity",
        "only lost_seconds can be metered for each run",
        _each_rule(lambda _, r: _per_run(r) and r.quantity != "lost_seconds", "per"),
    ),
    (
        "cap_per_run",
        "a cap for each run needs a rule that is metered for each run",
        _field(
            "cap.per",
            lambda t: t.cap is not None and t.cap.per == "run" and not any(map(_per_run, t.credit.rules)),
        ),
    ),
    (
        "reference_and_points",
        "points_below needs its reference, and only points_below has one",
        _each_rule(lambda _, r: (r.quantity == "points_below") != (r.reference is not None), "reference"),
    ),
    (
        "window_and_failures",
        "failures need their window, and only failures have one",
        _each_rule(lambda _, r: (r.quantity == "failures") != (r.window is not None), "window"),
    ),
    (
        "step_of_time",
        "a step of the period or the eligible time measures seconds only",
        _each_rule(
            lambda _, r: (
                isinstance(r, Metered)
                and isinstance(r.step, str)
                and r.quantity not in ("lost_seconds", "lost_seconds_beyond_allowance")
            ),
            "step",
        ),
    ),
    ("empty_range", "the range contains nothing", _empty_ranges),
    (
        "gate_and_count",
        "consecutive_failures need their count, and only they have one",
        _field(
            "credit.gate.count",
            lambda t: (t.credit.gate.kind == "consecutive_failures") != (t.credit.gate.count is not None),
        ),
    ),
    (
        "allowance_of_nothing",
        "an allowance or a notice needs scheduled_maintenance among the categories",
        _field(
            "exclude.categories",
            lambda t: (
                not t.exclude.covers("scheduled_maintenance")
                and (t.exclude.allowance_seconds is not None or t.exclude.notice_seconds is not None)
            ),
        ),
    ),
    (
        "more_failures_than_periods",
        "n of m periods: n cannot be more than m",
        lambda t: [f"terminate[{i}].n" for i, right in enumerate(t.terminate) if right.n > right.m],
    ),
)
"""Everything that is well-formed and yet refused: (code, reason, which fields)."""


def meaningless(terms: Terms) -> list[tuple[str, str]]:
    """(path within the terms, reason) of everything in these terms that has no meaning together."""
    return [(path, reason) for _, reason, where in MEANINGLESS for path in where(terms)]
