"""What the caps of a contract leave for a credit, by what was granted until now. Whoever asks holds the contract's row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import groupby

from django.db.models import QuerySet

from accounts.models import ContractVersion
from reports.models import ServiceCredit, Statement
from reports.queries import WAS_GRANTED
from slaservice.rules.caps import OVER_PERIODS, Granted, Room, counts_together, rooms
from slaservice.rules.exact import total
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money
from slaservice.rules.periods import zone_named
from slaservice.rules.refusal import Refusal
from slaservice.rules.restatement import NEXT_PERIOD


def require_room(statement: Statement, amount: Money, *, code: str) -> None:
    """Refuse an amount above what any cap leaves, saying which and why. What takes money back is above no cap."""
    if amount.minor <= 0:
        return
    tight = [room for room in rooms_of(statement) if room.most.minor < amount.minor]
    if tight:
        least = min(tight, key=lambda room: room.most.minor)
        raise Refusal(code, f"{amount.currency} {amount} is too much. {least.sentence()}")


def rooms_of(statement: Statement) -> list[Room]:
    """What each cap leaves for the credit of a statement, whose contract is loaded. One query; two where later periods granted.

    A cap is used in the order of the periods. What it leaves to a later one is less then, and where the contract lets a
    correction take back, that period's restatement does: so only what stays granted there counts here.
    """
    periods = [list(group) for _, group in groupby(_granted(statement), key=_period_start)]
    own = [credit for group in periods for credit in group if _period_start(credit) == statement.period_start]
    others = [group for group in periods if _period_start(group[0]) < statement.period_start]
    later = [group for group in periods if _period_start(group[0]) > statement.period_start]
    versions = list(statement.contract.versions.all()) if later else []
    others += [group for group in later if not takes_back(group[0].statement, versions)]
    document = statement.document
    zone = zone_named(document["identity"]["period"]["timezone"])
    signed, began = instant(statement.contract.starts_at), instant(statement.period_start)
    granted = {
        per: [
            _together(group)
            for group in others
            if counts_together(per, zone, signed, instant(_period_start(group[0])), began)
        ]
        for per in OVER_PERIODS
    }
    return rooms(document, already=_sum(own), granted=granted)


def takes_back(statement: Statement, versions: Iterable[ContractVersion]) -> bool:
    """Whether a correction of this period may take back what was granted: as the contract said at the period's end."""
    until_then = [version for version in versions if version.starts_at < statement.period_end]
    return max(until_then, key=lambda version: version.starts_at).clawback == NEXT_PERIOD


def granted_before(statement: Statement) -> int:
    """What earlier revisions of the same period were granted, in minor units."""
    earlier = _granted(statement).filter(
        statement__period_start=statement.period_start, statement__revision__lt=statement.revision
    )
    return sum(earlier.values_list("amount_minor", flat=True))


def _granted(statement: Statement) -> QuerySet[ServiceCredit]:
    """What other statements of the contract were granted in the same currency, by period and revision; drafts' too."""
    return (
        ServiceCredit.objects.filter(
            WAS_GRANTED, currency=statement.currency, statement__contract=statement.contract_id
        )
        .exclude(statement=statement.pk)
        .select_related("statement__contract")
        .order_by("statement__period_start", "statement__revision")
    )


def _period_start(credit: ServiceCredit) -> datetime:
    return credit.statement.period_start


def _together(revisions: Sequence[ServiceCredit]) -> Granted:
    names = tuple(str(credit.statement) for credit in revisions)
    return Granted(names, _sum(revisions), revisions[-1].statement.document)


def _sum(revisions: Sequence[ServiceCredit]) -> Fraction:
    return total(Money(credit.amount_minor, credit.currency).exact for credit in revisions)
