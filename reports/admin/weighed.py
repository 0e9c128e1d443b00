"""Effects as the desk's tables show them: finished words and figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.effects import Effect, Effects, Figures
from reports.pdf import figures
from slaservice.rules.money import Money


@dataclass(frozen=True, slots=True)
class Change:
    """One figure without and with the change; `moves` where they differ."""

    before: str
    after: str

    @property
    def moves(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Row:
    """One commitment of one contract's period. Contract and credit stand on a contract's first row alone."""

    contract: str
    customer: str
    period: str
    standing: str
    commitment: str
    target: str
    uptime: Change
    missed: bool
    downtime: Change
    credit: Change | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A table, and the line above it."""

    rows: Sequence[Row]
    summary: str
    moves: bool


def weighed(effects: Effects) -> Weighed:
    """What a page shows of effects."""
    rows = [row for effect in effects.rows for row in _rows(effect)]
    contracts = len({effect.plan.contract.pk for effect in effects.rows}) + effects.others
    moved = [amount for amount in effects.totals if amount.minor]
    if not contracts:
        summary = "Touches no contract."
    else:
        owed = ", ".join(f"{difference(amount)}" for amount in moved) or "no credit changes"
        left_out = [(effects.others, "contract"), (effects.more_periods, "later period")]
        named = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in left_out if count]
        more = f"; not computed here: {', '.join(named)}" if named else ""
        summary = f"Touches {contracts} contract{'' if contracts == 1 else 's'}: {owed}{more}."
    return Weighed(rows, summary, bool(moved))


def difference(amount: Money) -> str:
    """'EUR +20.21', 'EUR −20.21'."""
    sign = "−" if amount.minor < 0 else "+"
    return f"{amount.currency} {sign}{_grouped(Money(abs(amount.minor), amount.currency))}"


def _grouped(amount: Money) -> str:
    return amount.grouped


def _rows(effect: Effect) -> list[Row]:
    obstacle = effect.after.obstacle or effect.before.obstacle
    names = effect.commitments or [""]
    return [_row(effect, name, first=position == 0, obstacle=obstacle) for position, name in enumerate(names)]


def _row(effect: Effect, name: str, *, first: bool, obstacle: str) -> Row:
    contract = effect.plan.contract
    before, after = effect.before.lines.get(name), effect.after.lines.get(name)
    line = after or before
    places = figures.places_of(line.target) if line else 3
    return Row(
        contract=contract.number if first else "",
        customer=contract.customer.name if first else "",
        period=effect.plan.label if first else "",
        standing=_standing(effect) if first else "",
        commitment=name,
        target=figures.percent(line.target, places) if line else "",
        uptime=Change(
            figures.percent(before.judged, places) if before else "–",
            figures.percent(after.judged, places) if after else "–",
        ),
        missed=after is not None and not after.met,
        downtime=Change(
            figures.brief(before.downtime) if before else "–", figures.brief(after.downtime) if after else "–"
        ),
        credit=Change(_credit(effect.before), _credit(effect.after)) if first else None,
        obstacle=obstacle if first else "",
    )


def _credit(found: Figures) -> str:
    return "–" if found.credit is None else f"{found.credit.currency} {_grouped(found.credit)}"


def _standing(effect: Effect) -> str:
    if effect.issued is not None:
        return f"issued as {effect.issued.number}: a revision"
    return "to be closed" if effect.ended else "still runs"
