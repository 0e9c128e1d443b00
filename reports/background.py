"""What is told beside a statement's figures and judges nothing: the periods and revisions before it, and who approved exclusions.

It joins the document's identity when it is issued, as the claim does: a close gathers none of it, no correction of an earlier
month drafts a later one anew for its sake, and the PDF stays a pure function of the issued document. The paper of a draft is
given what would be told if it were issued now.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import groupby

from accounts.models import Exclusion
from reports.changes import changes
from reports.earlier import Earlier
from reports.models import Statement, StatementLine
from slaservice.rules.documents import Json, shown_percent
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant, moment
from slaservice.rules.money import Money
from slaservice.rules.periods import add_months, local_date, local_midnight, zone_named

_FEWEST_PERIODS = 4
"""Quarters and years are compared with the three before them, months with eleven."""


def with_background(statement: Statement, document: Json) -> Json:
    """The document of a statement, issued or not yet, with what is told beside its figures."""
    return document | {"identity": document["identity"] | background(statement, document)}


def background(statement: Statement, document: Json) -> Json:
    """`trend`: the periods before, oldest first; `revisions`: the earlier ones of this period; `changes`: to the last of these;
    `approvals`: of the exclusions that the document names, by reference. Four queries at most.
    """
    told = _revisions(statement, document)
    return {"trend": _trend(statement, document), **told, "approvals": _approvals(document)}


# The periods before


def _trend(statement: Statement, document: Json) -> list[Json]:
    """Of as many periods as fill a year with this one; one without an issued statement has no number."""
    most = max(12 // document["identity"]["period"]["months"], _FEWEST_PERIODS) - 1
    issued = (
        Statement.objects.filter(
            contract=statement.contract_id,
            state=Statement.ISSUED,
            period_end__lte=statement.period_start,
        )
        .exclude(superseded_by__state=Statement.ISSUED)
        .defer("body")
        .order_by("-period_start")[:most]
    )
    found = list(_with_gaps(list(issued), statement.period_start, document))[:most]
    lines = _lines_of(one for one in found if isinstance(one, Statement))
    return [
        _period(one, lines[one.pk]) if isinstance(one, Statement) else _gap(*one) for one in reversed(found)
    ]


def _with_gaps(
    issued: Sequence[Statement], start: datetime, document: Json
) -> Iterator[Statement | tuple[datetime, datetime]]:
    """Back in time: the statements, and the periods between them for which nothing is issued."""
    period = document["identity"]["period"]
    zone, months, following = zone_named(period["timezone"]), period["months"], start
    for one in issued:
        while one.period_end < following:
            first = local_date(instant(following) - 1, zone).replace(day=1)
            before = moment(local_midnight(add_months(first, 1 - months), zone))
            before = max(before, one.period_end)
            yield before, following
            following = before
        yield one
        following = one.period_start


def _lines_of(statements: Iterable[Statement]) -> dict[int, list[StatementLine]]:
    found: dict[int, list[StatementLine]] = {one.pk: [] for one in statements}
    rows = StatementLine.objects.filter(statement__in=list(found)).select_related("commitment")
    for line in rows.defer("commitment__terms").order_by("statement_id", "position") if found else ():
        found[line.statement_id].append(line)
    return found


def _period(statement: Statement, lines: Sequence[StatementLine]) -> Json:
    by_name = sorted(lines, key=lambda line: line.commitment.name)
    groups = [(name, list(parts)) for name, parts in groupby(by_name, key=lambda line: line.commitment.name)]
    return {
        **_span(statement.period_start, statement.period_end),
        "number": statement.number,
        "commitments": [_figures(name, Earlier(statement, parts)) for name, parts in groups],
    }


def _gap(start: datetime, end: datetime) -> Json:
    return {**_span(start, end), "number": None, "commitments": []}


def _span(start: datetime, end: datetime) -> Json:
    return {"start": instant_text(instant(start)), "end": instant_text(instant(end))}


def _figures(name: str, earlier: Earlier) -> Json:
    """What a commitment came to, of all its parts together; the uptime that was judged, to six decimals."""
    return {
        "name": name,
        "commitment_percent": max(
            (line.commitment_percent for line in earlier.lines if line.applicable),
            key=Fraction,
            default=earlier.lines[-1].commitment_percent,
        ),
        "uptime_percent": shown_percent(earlier.judged_percent) if earlier.applicable else None,
        "met": earlier.met,
    }


# The revisions before


def _revisions(statement: Statement, document: Json) -> Json:
    """Each with what it changed of the one before it; `changes` are those of this one."""
    earlier = Statement.objects.filter(
        contract=statement.contract_id,
        period_start=statement.period_start,
        state=Statement.ISSUED,
        revision__lt=statement.revision,
    ).order_by("revision")
    told: list[Json] = []
    before: Json | None = None
    for one in earlier:
        said = one.document
        told.append(_revision(one, said) | {"changes": [] if before is None else changes(before, said)})
        before = said
    return {"revisions": told, "changes": [] if before is None else changes(before, document)}


def _revision(statement: Statement, document: Json) -> Json:
    return {
        "number": statement.number,
        "revision": statement.revision,
        "issued_at": instant_text(instant(statement.issued_at)) if statement.issued_at else None,
        "currency": statement.currency,
        "owed": str(Money(statement.credit_minor, statement.currency)),
        "cases": [
            {
                "id": case["id"],
                "downtime_seconds": case["expected"]["downtime_seconds"],
                "uptime_percent": shown_percent(Fraction(case["expected"]["judged_percent"])),
                "applicable": case["expected"]["applicable"],
                "credit_amount": case["expected"]["credit_amount"],
            }
            for case in document["cases"]
        ],
    }


# Exclusions


def _approvals(document: Json) -> Json:
    """Who approved each exclusion that is no maintenance, and when, by its reference."""
    named = {one["reference"] for case in document["cases"] for one in case.get("exclusions") or ()}
    if not named:
        return {}
    rows = Exclusion.objects.filter(reference__in=named, approved_at__isnull=False)
    return {
        row.reference: {
            "by": row.approved_by.get_full_name() or row.approved_by.get_username(),
            "at": instant_text(instant(row.approved_at)),
        }
        for row in rows.select_related("approved_by").order_by("reference")
        if row.approved_by is not None and row.approved_at is not None
    }
