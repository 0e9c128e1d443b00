"""The last twelve months of a contract, and the revisions of this period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reports.models import ServiceCredit, Statement, StatementLine
from reports.pdf import figures
from reports.review.words import money, part_of
from slaservice.rules.words import number

YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class LineShown:
    """A commitment in a month: uptime against target as words and as a bar."""

    name: str
    uptime: str
    target: str
    downtime: str
    kind: str
    bar: SafeString | None


@dataclass(frozen=True, slots=True)
class Month:
    """One period as it stands by its latest revision. `current`: the page is about it."""

    label: str
    url: str
    current: bool
    lines: list[LineShown]
    credit: str
    state: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of this period."""

    name: str
    url: str
    current: bool
    state: str
    issued: datetime | None
    owed: str
    credit: str


def standing_of(statement: Statement, now: datetime) -> str:
    """'due for review since 5 May 2026', 'issued', ...: with the instant from which a draft is due."""
    status = statement.status(now)
    day = f"{statement.due_at.day} {statement.due_at:%B %Y}"
    return {"draft": f"draft, due for review on {day}", "due for review": f"due for review since {day}"}.get(
        status, status
    )


def neighbours(statement: Statement) -> list[Statement]:
    """The statements of the contract's periods in the year up to this one's end, this period's revisions too. Two queries."""
    found = Statement.objects.filter(
        contract=statement.contract_id,
        period_end__lte=statement.period_end,
        period_end__gt=statement.period_end - YEAR,
    )
    found = found.defer("body", "supersedes__body", "superseded_by__body").prefetch_related("lines")
    found = found.select_related("credit", "supersedes", "superseded_by")
    return list(found.order_by("-period_start", "-revision"))


def months_of(statement: Statement, rows: Sequence[Statement], now: datetime) -> list[Month]:
    """The periods, newest first, each by its latest revision."""
    latest: dict[datetime, Statement] = {}
    for row in rows:
        latest.setdefault(row.period_start, row)
    low = _low([line for row in latest.values() for line in row.lines.all()])
    return [_month(row, statement, low, now) for row in latest.values()]


def _low(lines: Sequence[StatementLine]) -> Fraction:
    """Where the bars begin: below all of what they show."""
    shown = [Fraction(line.judged_percent) for line in lines if line.applicable]
    shown += [Fraction(line.commitment_percent) for line in lines]
    return max(Fraction(0), 100 - (100 - min(shown, default=Fraction(0))) * Fraction(5, 4))


def _month(row: Statement, statement: Statement, low: Fraction, now: datetime) -> Month:
    return Month(
        label=row.period_label,
        url=reverse("admin:reports_statement_change", args=[row.pk]),
        current=row.period_start == statement.period_start,
        lines=[_line(line, low) for line in row.lines.all()],
        credit=credit_words(row),
        state=standing_of(row, now),
    )


def _line(line: StatementLine, low: Fraction) -> LineShown:
    target = Fraction(line.commitment_percent)
    uptime = Fraction(line.judged_percent)
    kind = ("met" if line.met else "missed") if line.applicable else "open"
    places = figures.places_of(target)
    return LineShown(
        name=line.name,
        uptime=figures.percent(uptime, places) if line.applicable else "N/A",
        target=f"{number(target)} %",
        downtime=figures.brief(Fraction(line.downtime_seconds)),
        kind=kind,
        bar=_bar(uptime, target, low, kind) if line.applicable and low < 100 else None,
    )


def _bar(uptime: Fraction, target: Fraction, low: Fraction, kind: str) -> SafeString:
    """A bar up to the uptime, a stroke at the target; told in words beside it."""
    at, goal = (part_of(value - low, 100 - low) for value in (uptime, target))
    return format_html(
        '<svg class="bar" width="100%" height="12" aria-hidden="true"><rect width="100%" height="8" y="2" class="rest"/>'
        '<rect width="{}" height="8" y="2" class="{}"/><line x1="{}" x2="{}" y1="0" y2="12" class="target"/></svg>',
        at,
        kind,
        goal,
        goal,
    )


def credit_words(row: Statement) -> str:
    """'EUR 125.00, approved'; what is owed where there is no credit to decide on; '–' for none."""
    credit: ServiceCredit | None = getattr(row, "credit", None)
    if credit is not None:
        return f"{money(credit.currency, credit.amount_minor)}, {credit.state}"
    return money(row.currency, row.credit_minor) if row.credit_minor else "–"


def revisions_of(statement: Statement, rows: Sequence[Statement], now: datetime) -> list[Revision]:
    """The revisions of this period, oldest first."""
    same = [row for row in rows if row.period_start == statement.period_start]
    return [_revision(row, statement, now) for row in reversed(same)]


def _revision(row: Statement, statement: Statement, now: datetime) -> Revision:
    return Revision(
        name=row.number or "draft",
        url=reverse("admin:reports_statement_change", args=[row.pk]),
        current=row.pk == statement.pk,
        state=standing_of(row, now),
        issued=row.issued_at,
        owed=money(row.currency, row.credit_minor),
        credit=credit_words(row),
    )
