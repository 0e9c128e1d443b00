"""`manage.py rehearse_amendment --contract C-1 --terms FILE`: what other terms would have changed in the last twelve months."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Contract, ContractVersion
from accounts.operations import Agreement, Promise
from reports.rehearsal import Outcome, Rehearsal, rehearse_amendment
from slaservice.rules.documents import load, shown_percent
from slaservice.rules.money import Money
from slaservice.rules.refusal import Invalid, Refusal


class Command(BaseCommand):
    help = "Say what an amendment would have changed in a contract's last twelve months. Nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contract", required=True, metavar="NUMBER")
        parser.add_argument("--terms", type=Path, required=True, metavar="FILE", help="a terms document")
        parser.add_argument("--commitment", metavar="NAME", help="whose terms they are; without: of all")

    def handle(self, *, contract: str, terms: Path, commitment: str | None, **options: Any) -> None:
        row = Contract.objects.filter(number=contract).first()
        if row is None:
            raise CommandError(f"There is no contract {contract!r}.")
        try:
            agreement = _agreement(row.versions.latest("number"), load(terms.read_bytes()), commitment)
            found = rehearse_amendment(contract=row, agreement=agreement, by=None, now=timezone.now())
        except OSError as problem:
            raise CommandError(f"{terms}: {problem.strerror}") from None
        except Invalid as invalid:
            raise CommandError("\n".join(map(str, invalid.errors))) from None
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        self._tell(found)

    def _tell(self, found: Rehearsal) -> None:
        for row in found.rows:
            sides = "; ".join(
                f"{name}: {_shown(side)}"
                for name, side in (("governed", row.governed), ("proposal", row.proposed))
                if side is not None
            )
            self.stdout.write(f"{row.label}: {sides}{' (another verdict)' if row.changes_verdict else ''}")
            for one in row.blocks:
                self.stdout.write(self.style.WARNING(f"  The close would be blocked: {one}"))
        for one in (*found.left_out, *found.obstacles):
            self.stdout.write(self.style.WARNING(one))
        governed, proposed = (
            ", ".join(map(_money, side)) or "nothing" for side in (found.governed, found.proposed)
        )
        self.stdout.write(f"owed by what governed: {governed}; by the proposal: {proposed}")


def _agreement(version: ContractVersion, terms: Any, commitment: str | None) -> Agreement:
    """The version with these terms instead of its commitments', or of one of them."""
    there = list(version.commitments.prefetch_related("components"))
    if commitment is not None and commitment not in [one.name for one in there]:
        raise CommandError(f"{version} has no commitment {commitment!r}.")
    plain = ("currency", "timezone", "period_months", "first_month", "overlap", "cap", "clawback")
    return Agreement(
        tier=version.tier.code,
        promises=[
            Promise(
                name=one.name,
                components=[component.code for component in one.components.all()],
                terms=terms if commitment in (None, one.name) else one.terms,
                fee=None if one.fee_minor is None else str(Money(one.fee_minor, version.currency)),
            )
            for one in there
        ],
        **{name: getattr(version, name) for name in plain},
    )


def _shown(side: Outcome) -> str:
    if side.owed is None:
        return side.obstacle
    uptimes = ", ".join(f"{line.name} {shown_percent(line.uptime)} %" for line in side.lines)
    return f"{uptimes}, {'met' if side.met else 'missed'}, {_money(side.owed)}"


def _money(money: Money) -> str:
    return money.shown
