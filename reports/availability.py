"""How the commitments of a customer stand over a period: as an issued statement says, and where none is, by the one engine.

Whoever asks what was known on a day gets what was issued and recorded by then. A period that has not ended is measured up to that
instant, as its terms have it; what is left of the allowance, how it stands and what it owes suppose that nothing fails any more.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Q

from accounts.models import Commitment, Contract, ContractVersion, Customer
from accounts.queries import versions_of
from reports.bounds import MOST_COMMITMENTS, MOST_COUNTS, refuse_too_many_commitments, refuse_too_many_counts
from reports.inputs import Figure, figures, uncounted
from reports.known import Known
from reports.models import Statement
from reports.periods import Plan, plan_between, plans_at, plans_over
from reports.queries import statements_of
from slaservice.rules.assessment import Case, Measurement, assess, measured
from slaservice.rules.documents import Json, measured_json, parse_case
from slaservice.rules.exact import ZERO, exact_text
from slaservice.rules.intervals import SECOND, Interval, IntervalSet, instant, moment
from slaservice.rules.money import Money
from slaservice.rules.standing import Stands, standing


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which period: that over `month` (its first day), or the stretch `between`, else the one that runs at `known_at`.

    `contract` is a number or public id, `commitment` a name, `component` a code; empty: all.
    """

    known_at: datetime
    month: date | None = None
    between: tuple[datetime, datetime] | None = None
    contract: str = ""
    commitment: str = ""
    component: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What time came to. `result` is by the names of the published format; `excluded` is a share of the period.

    `uncounted`: seconds that the terms judge by requests, of which none were counted then. `allowed` and `used`: of downtime.
    """

    result: Json
    excluded: Fraction
    uncounted: Fraction
    allowed: Fraction
    used: Fraction
    stands: Stands


@dataclass(frozen=True, slots=True)
class Reading:
    """One commitment over `span`, which is its period or the part of it that one version governs.

    `label` is that of a period of the contract; a stretch that somebody asked for has none. `as_of`: up to when it was measured,
    where it had not ended by then. Without `figures` nobody can say; without `owed` nobody can say what is owed.
    """

    contract: Contract
    commitment: str
    components: Sequence[str]
    target: str | None
    label: str
    span: tuple[datetime, datetime]
    as_of: datetime | None
    statement: Statement | None
    figures: Figures | None
    owed: Money | None


def readings(customer: Customer, asked: Asked) -> list[Reading]:
    """By contract, in time order, as contracts list their commitments.

    Refusal `too_many_commitments` beyond MOST_COMMITMENTS, `too_many_request_counts` beyond MOST_COUNTS.
    """
    versions = versions_of(customer, asked.contract)
    begun = [plan for plan in _planned(list(versions), asked) if plan.period.start < instant(asked.known_at)]
    names = _names(begun, asked)
    issued = {} if asked.between else _issued(customer, begun, asked.known_at)
    rest = [plan for plan in begun if _key(plan) not in issued]
    engine = _Engine(rest, names, asked) if rest else None
    found: list[Reading] = []
    for plan in sorted(begun, key=lambda plan: (plan.contract.number, plan.period.start)):
        statement = issued.get(_key(plan))
        if statement is not None:
            found += _as_issued(plan.contract, statement)
        elif engine is not None:
            found += engine.readings(plan)
    return [one for one in found if _is_wanted(one, asked)]


def _planned(versions: Sequence[ContractVersion], asked: Asked) -> Iterator[Plan]:
    if asked.between:
        return _stretches(versions, asked.between)
    if asked.month:
        return plans_over(asked.month, versions)
    return plans_at(asked.known_at, versions)


def _stretches(versions: Sequence[ContractVersion], between: tuple[datetime, datetime]) -> Iterator[Plan]:
    """What each version governs of a stretch."""
    for version in versions:
        start = max(between[0], version.starts_at)
        end = min(between[1], version.ends_at or between[1])
        if start < end:
            yield plan_between(version, Interval(instant(start), instant(end)))


def _names(planned: Sequence[Plan], asked: Asked) -> set[str]:
    """The names of the commitments that are asked for. Refusal if they are too many."""
    wanted = Q(version__in={part.version.pk for plan in planned for part in plan.parts})
    if asked.commitment:
        wanted &= Q(name=asked.commitment)
    if asked.component:
        wanted &= Q(components__code=asked.component)
    promised = list(Commitment.objects.filter(wanted).values_list("name", flat=True))
    refuse_too_many_commitments(len(promised), MOST_COMMITMENTS)
    return set(promised)


def _is_wanted(one: Reading, asked: Asked) -> bool:
    return (not asked.commitment or one.commitment == asked.commitment) and (
        not asked.component or asked.component in one.components
    )


# as a statement says


def _key(plan: Plan) -> tuple[int, datetime]:
    return plan.contract.pk, moment(plan.period.start)


def _issued(
    customer: Customer, planned: Sequence[Plan], known_at: datetime
) -> dict[tuple[int, datetime], Statement]:
    """The last revision of each period that was issued by then."""
    rows = statements_of(customer).filter(
        contract__in={plan.contract.pk for plan in planned},
        period_start__in={moment(plan.period.start) for plan in planned},
        issued_at__lte=known_at,
    )
    return {(row.contract_id, row.period_start): row for row in rows.order_by("revision")}


def _as_issued(contract: Contract, statement: Statement) -> Iterator[Reading]:
    for case in statement.document["cases"]:
        result, terms = case["expected"], case["terms"]
        yield Reading(
            contract=contract,
            commitment=case["title"],
            components=terms["components"]["names"],
            target=terms["commitment_percent"],
            label=statement.period_label,
            span=(
                datetime.fromisoformat(result["period_start"]),
                datetime.fromisoformat(result["period_end"]),
            ),
            as_of=None,
            statement=statement,
            figures=Figures(
                result=result,
                excluded=_share(result, len(result["ledger"])),
                uncounted=_uncounted_of(case),
                allowed=Fraction(result["allowed_downtime_seconds"]),
                used=Fraction(result["downtime_seconds"]),
                stands="met" if result["commitment_met"] else "breached",
            ),
            owed=Money.stated(result["credit_amount"], statement.currency),
        )


def _uncounted_of(case: Json) -> Fraction:
    """Seconds, of a statement's frozen case. One that requests do not judge is not read: it may be long."""
    if case["terms"]["signal"]["source"] != "requests":
        return ZERO
    return _seconds(uncounted(parse_case(case)))


def _seconds(holes: Iterable[tuple[str, IntervalSet, bool]]) -> Fraction:
    return Fraction(sum(hole.length for _, hole, _ in holes), SECOND)


def _share(result: Json, ledgers: int) -> Fraction:
    """How much of the period was excluded, of all components where each is measured by itself."""
    return Fraction(result["excluded_seconds"]) / (Fraction(result["period_seconds"]) * ledgers)


# by the engine


class _Engine:
    """Works out plans by what was known at an instant; what contracts share is measured once."""

    def __init__(self, planned: Sequence[Plan], names: Collection[str], asked: Asked) -> None:
        self._at = instant(asked.known_at)
        self._owes = asked.between is None
        self._counts = 0
        self._measured: dict[int, tuple[Figures, Measurement] | None] = {}
        self._known = Known(
            planned, undecided=False, known_at=asked.known_at, names=names, most_counts=MOST_COUNTS
        )

    def readings(self, plan: Plan) -> Iterator[Reading]:
        """What has begun of the plan."""
        for figure in figures(self._known, plan, priced=self._owes):
            if figure.part.span.start < self._at:
                yield self._reading(figure)

    def _reading(self, figure: Figure) -> Reading:
        plan, part = figure.plan, figure.part
        span = plan.period.interval if plan.whole else part.span
        as_of = self._at if self._at < span.end else None
        found = self._figures(figure.case, as_of) if figure.case else None
        return Reading(
            contract=plan.contract,
            commitment=figure.commitment.name,
            components=sorted(component.code for component in figure.components),
            target=exact_text(figure.case.terms.commitment_percent) if figure.case else None,
            label=plan.label if plan.month else "",
            span=(moment(span.start), moment(span.end)),
            as_of=None if as_of is None else moment(as_of),
            statement=None,
            figures=found[0] if found else None,
            owed=assess(figure.priced, found[1]).owed if found and figure.priced else None,
        )

    def _figures(self, case: Case, as_of: int | None) -> tuple[Figures, Measurement] | None:
        key = id(case)  # it is kept on the shelf of what is known, so that no other has its id
        if key not in self._measured:
            self._counts += len(case.evidence.requests)
            refuse_too_many_counts(self._counts, MOST_COUNTS)
            self._measured[key] = _figures(case, as_of)
        return self._measured[key]


def _figures(case: Case, as_of: int | None) -> tuple[Figures, Measurement] | None:
    """What is known by then, and the measurement as if nothing failed any more. None where requests decide and none came in."""
    judged = Case(case.terms, replace(case.evidence, as_of=as_of))
    holes = list(uncounted(judged))
    if any(not counted for _, _, counted in holes):
        return None
    shown = so_far = measured(judged)
    if as_of is not None:
        so_far = measured(Case(replace(case.terms, provisional="whole"), judged.evidence))
    result = measured_json(shown)
    return Figures(
        result=result,
        excluded=_share(result, len(shown.ledgers)),
        uncounted=_seconds(holes),
        allowed=so_far.allowed_downtime,
        used=so_far.downtime,
        stands=standing(so_far),
    ), so_far
