"""The computation, line by line, from the length of the period to the amount: every number is one of the frozen result.

Each line names what it is, how it comes about, the contract's clause where one is given, and the value. What is shown in
parentheses is told for completeness and neither added nor subtracted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from reports.pdf import figures
from reports.pdf.crediting import MODES, amount_steps, credit_steps
from reports.pdf.facts import Facts
from reports.pdf.ledger import Ledger, lost_by_loss
from reports.pdf.step import Step
from reports.pdf.windows import window_steps
from slaservice.rules.words import in_percent, number, percent

_TAKEN_OFF = {
    "not_in_term": (
        gettext_noop("Not in term"),
        gettext_noop("before the contract’s start or after its end"),
        ("partial_period",),
    ),
    "after_as_of": (
        gettext_noop("Still to come"),
        gettext_noop("the period has not ended"),
        ("provisional",),
    ),
    "outside_service_hours": (
        gettext_noop("Outside service hours"),
        gettext_noop("nothing is promised then"),
        ("service_hours",),
    ),
    "no_data": (gettext_noop("No measurements"), gettext_noop("taken out"), ("no_data",)),
    "excluded": (
        gettext_noop("Excluded"),
        gettext_noop("maintenance and other exclusions"),
        ("exclude.effect", "exclude"),
    ),
}
_STAYS = {
    "not_in_term": gettext_noop("counts as up"),
    "after_as_of": gettext_noop("counts as up"),
    "excluded": gettext_noop("never downtime, stays in the eligible time"),
}
_NO_DATA = {"as_up": gettext_noop("counts as up"), "as_down": gettext_noop("counts as down")}
_ALSO = {
    "excluded": (
        "exclude.categories",
        "exclude.effect",
        "exclude.notice_seconds",
        "exclude.allowance_seconds",
    ),
}
_DOWNTIME = (
    "signal.source", "signal.severity_weight", "signal.affected_share", "shape.quantum_rule",
)  # fmt: skip
_WHOSE = {
    "min": gettext_noop("of the component with the lowest uptime"),
    "mean": gettext_noop("of all components, added up"),
    "pooled": gettext_noop("of all components, added up"),
}
_JOINED = {
    "min": gettext_noop("the lowest of the components’ uptimes, exactly {ratio}"),
    "mean": gettext_noop("the mean of the components’ uptimes, exactly {ratio}"),
    "pooled": gettext_noop("from the two sums, exactly {ratio}"),
}

_FEW = 8


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """A component where ratios are combined: its own time, downtime and uptime."""

    name: str
    eligible: str
    downtime: str
    uptime: str


def steps(facts: Facts) -> list[Step]:
    """Every line that says something; buckets in which no time stands are left out."""
    return [*_time(facts), *_uptime(facts), *credit_steps(facts), *amount_steps(facts)]


def components(facts: Facts) -> list[ComponentLine]:
    """The components of a commitment that combines ratios; of many those that were down. Nothing for any other."""
    if not facts.joined:
        return []
    many = len(facts.ledgers) > _FEW
    return [_component(facts, ledger) for ledger in facts.ledgers if not many or ledger.downtime()]


def _component(facts: Facts, ledger: Ledger) -> ComponentLine:
    own = facts.result["components"][ledger.component]
    ratio = Fraction(own["uptime_ratio"])
    eligible = Fraction(own["eligible_seconds"])
    return ComponentLine(
        name=facts.name(ledger.component or ""),
        eligible=figures.seconds(eligible),
        downtime=figures.seconds(Fraction(own["downtime_seconds"])),
        uptime=figures.percent(ratio * 100, 6) if eligible else _("N/A"),
    )


def _time(facts: Facts) -> Iterator[Step]:
    length = facts.number("period_seconds")
    zone = facts.clock.zone.key
    yield Step(_("Period"), f"{facts.clock.label()}, {zone}", "", figures.seconds(length))
    if facts.joined:
        yield Step(
            _("Components"),
            _("each measured by itself, see above"),
            facts.clause("components.combine"),
            str(len(facts.ledgers)),
            paths=("components.combine",),
        )
    else:
        yield from _taken_off(facts, facts.ledgers[0])
    detail = _(_WHOSE[facts.terms.combine]) if facts.joined else _("time that the commitment speaks of")
    yield Step(_("Eligible time"), detail, "", figures.seconds(facts.number("eligible_seconds")), "sum")


def _taken_off(facts: Facts, ledger: Ledger) -> Iterator[Step]:
    """Buckets that leave the eligible time, and in parentheses those that stay in it without being up or down."""
    for bucket, (label, detail, paths) in _TAKEN_OFF.items():
        off, stays = ledger.seconds(bucket, eligible=False), ledger.seconds(bucket, eligible=True)
        clause = facts.clause(*paths)
        if off:
            taken = f"−{figures.seconds(off)}"
            yield Step(_(label), _(detail), clause, taken, paths=_ALSO.get(bucket, paths))
        if stays:
            meaning = _NO_DATA.get(facts.terms.no_data) if bucket == "no_data" else _STAYS.get(bucket)
            yield Step(
                _(label),
                _(meaning) if meaning else "",
                clause,
                f"({figures.seconds(stays)})",
                paths=_ALSO.get(bucket, paths),
            )
    below = ledger.seconds("below_minimum", eligible=True)
    if below:
        detail = _("lost, but too short to count; stays in the eligible time")
        clause, shown = facts.clause("shape.min_run", "shape"), f"({figures.seconds(below)})"
        yield Step(_("Below the minimum"), detail, clause, shown, paths=("shape.min_run",))


def _requests(facts: Facts) -> Iterator[Step]:
    """How many requests were counted and how many of them failed, for each component: what the lost time was worked out from."""
    if facts.terms.signal.source == "windows":
        return
    for code, name in facts.covered.items():
        counted = [one for one in facts.evidence.requests if one.component == code]
        if not counted:
            continue
        total, failed = sum(one.total for one in counted), sum(one.errors for one in counted)
        shown = ngettext(
            "{failed} of {total} failed in {intervals} interval, {lost}",
            "{failed} of {total} failed in {intervals} intervals, {lost}",
            len(counted),
        ).format(
            failed=figures.count(failed),
            total=figures.count(total),
            intervals=figures.count(len(counted)),
            lost=_lost_by(facts),
        )
        several = len(facts.covered) > 1
        label = _("Requests, {component}").format(component=name) if several else _("Requests")
        rate = figures.share(Fraction(failed), Fraction(total))
        clause = facts.clause("signal.requests", "signal")
        yield Step(label, shown, clause, f"({rate})", paths=("signal.requests",))


def _lost_by(facts: Facts) -> str:
    rule = facts.terms.signal.requests
    if rule.above is None:
        return _("each lost by its share of failed requests")
    asked = (
        _("each lost where more than {share} failed")
        if rule.op == ">"
        else _("each lost where at least {share} failed")
    )
    return asked.format(share=percent(rule.above))


def _uptime(facts: Facts) -> Iterator[Step]:
    yield from _requests(facts)
    yield from window_steps(facts)
    downtime, eligible = facts.number("downtime_seconds"), facts.number("eligible_seconds")
    if facts.joined:
        how = _(_WHOSE[facts.terms.combine])
    else:
        sums = [f"{figures.exact(time)} s × {number(loss)}" for loss, time in lost_by_loss(facts.ledgers[0])]
        if len(sums) > 4:
            sums[3:] = [_("{count} further losses").format(count=len(sums) - 3)]
        how = _("nothing was lost")
        if sums:
            how = _("time × loss over the ledger: {sums}").format(sums=" + ".join(sums))
    clause = facts.clause("signal.severity_weight", "signal")
    yield Step(_("Downtime"), how, clause, figures.seconds(downtime), "sum", _DOWNTIME)
    if not facts.applicable:
        yield Step(_("Uptime"), _("nothing was eligible"), "", _("N/A"), "sum")
        return
    allowed = facts.number("allowed_downtime_seconds")
    detail = _("{percent} of the eligible time, {time}").format(
        percent=in_percent(100 - facts.target), time=figures.words(allowed, "floor")
    )
    yield Step(
        _("Allowed downtime"), detail, "", f"({figures.seconds(allowed)})", paths=("commitment_percent",)
    )
    ratio = facts.number("uptime_ratio")
    shown_ratio = f"{ratio.numerator}/{ratio.denominator}"
    if facts.joined:
        how = _(_JOINED[facts.terms.combine]).format(ratio=shown_ratio)
    else:
        how = _("1 − {downtime} ÷ {eligible}, exactly {ratio}").format(
            downtime=figures.exact(downtime), eligible=figures.exact(eligible), ratio=shown_ratio
        )
    clause, uptime = facts.clause("components.combine"), figures.written(facts.result["uptime_percent"])
    yield Step(_("Uptime"), how, clause, uptime, "sum", ("components.combine", "uptime_rounding"))
    rounding = facts.terms.uptime_rounding
    if rounding:
        detail = ngettext(
            "rounded {mode} to {decimals} decimal", "rounded {mode} to {decimals} decimals", rounding.decimals
        ).format(mode=_(MODES[rounding.mode]), decimals=rounding.decimals)
        clause = facts.clause("uptime_rounding")
        yield Step(_("Judged uptime"), detail, clause, facts.shown_uptime, "sum", ("uptime_rounding",))
    yield Step(
        _("Commitment"),
        _("at least {bound}").format(bound=in_percent(facts.target)),
        facts.clause("commitment_percent"),
        _distance(facts),
        "sum",
        ("commitment_percent",),
    )


def _distance(facts: Facts) -> str:
    points = abs(facts.uptime - facts.target)
    if not points:
        return _("met exactly")
    text = _("met by {points}") if facts.met else _("missed by {points}")
    return text.format(points=figures.points(points))
