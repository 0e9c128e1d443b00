"""How the credits of the lines become the one amount that is due: overlap, cap, earlier revisions, finance's decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext, gettext_noop

from reports.pdf import figures
from reports.pdf.facts import Document, Facts
from slaservice.rules.words import in_percent

_OVERLAP = {
    "best": gettext_noop("does not count: another that covers the same component gives more"),
    "customer_picks_one": gettext_noop("does not count: another that covers the same component was picked"),
}

_WITHIN = {
    None: gettext_noop("at most {most}"),
    "contract_year": gettext_noop("at most {most} in a contract year"),
    "contract": gettext_noop("at most {most} over the contract"),
}


@dataclass(frozen=True, slots=True)
class Total:
    """(label, how it counts, amount) of each line, and the amount due."""

    rows: list[tuple[str, str, str]]
    amount: str


def computed(document: Document) -> Fraction:
    """What the terms owe for the period."""
    return Fraction(document["total"]["credit_amount"])


def granted_before(document: Document) -> Fraction:
    """What earlier revisions of this statement granted."""
    return Fraction(document["identity"].get("already_granted") or 0)


def decided_before(document: Document) -> list[str]:
    """'SLA-2026-00001: EUR 100.00 of EUR 125.00 computed' of each earlier revision whose credit was decided otherwise."""
    return [
        gettext("{number}: {granted} of {computed} computed").format(
            number=one["number"],
            granted=money(document, Fraction(one["granted"])),
            computed=money(document, Fraction(one["computed"])),
        )
        for one in document["identity"].get("decided_before", ())
    ]


def to_grant(document: Document) -> Fraction:
    """What the terms owe beyond what was granted before; below nothing only where the contract takes back."""
    if "difference" in document:
        return Fraction(document["difference"]["to_grant"])
    return max(Fraction(0), computed(document) - granted_before(document))


def due(document: Document) -> Fraction:
    """What the customer gets by this statement: as finance decided, else what is owed."""
    decision = document["identity"].get("decision")
    return Fraction(decision["granted"]) if decision else to_grant(document)


def money(document: Document, amount: Fraction) -> str:
    """An amount in the statement's currency."""
    total = document["total"]
    return figures.money(amount, total["currency"], len(total["credit_amount"].partition(".")[2]))


def total_of(document: Document, cases: Sequence[Facts]) -> Total | None:
    """The lines and what joins them; None where one commitment's credit is simply what is due."""
    joint = [*_cap_row(document, cases[0]), *_after(document)]
    if len(cases) == 1 and not joint:
        return None
    counted = document["total"].get("counted", [case.case["id"] for case in cases])
    overlap = document["agreement"]["overlap"]
    lines = [
        (
            case.title,
            gettext("counts") if case.case["id"] in counted else gettext(_OVERLAP[overlap]),
            case.shown_credit,
        )
        for case in cases
    ]
    return Total(lines + joint, money(document, due(document)))


def _cap_row(document: Document, case: Facts) -> Iterator[tuple[str, str, str]]:
    agreement, total = document["agreement"], document["total"]
    if agreement.get("cap"):
        taken = Fraction(total.get("before_cap", total["credit_amount"])) - computed(document)
        reduced = f"−{money(document, taken)}" if total["capped"] else gettext("not reached")
        yield gettext("Cap over all commitments"), _cap(case, agreement), reduced


def _after(document: Document) -> Iterator[tuple[str, str, str]]:
    """What stands between the computed amount and the one that is due."""
    before, decided = granted_before(document), decided_before(document)
    if before or decided:
        how = "; ".join([gettext("by earlier revisions of this statement"), *decided])
        yield (
            gettext("Granted before"),
            how,
            f"−{money(document, before)}" if before else money(document, before),
        )
    surplus = to_grant(document) - (computed(document) - before)
    if surplus:
        yield (
            gettext("Not taken back"),
            gettext("what was granted stays granted"),
            f"+{money(document, surplus)}",
        )
    change = due(document) - to_grant(document)
    if change:
        sign = "+" if change > 0 else "−"
        yield (
            gettext("Decision"),
            gettext("the credit was decided otherwise"),
            f"{sign}{money(document, abs(change))}",
        )


def _cap(case: Facts, agreement: Document) -> str:
    """'at most 30 % of the bases in a contract year, less EUR 120.00 credited before'."""
    cap, before = agreement["cap"], Fraction(agreement.get("previously_credited") or 0)
    value = Fraction(cap["value"])
    most = case.money(value)
    if cap["kind"] == "percent_of_base":
        most = gettext("{percent} of the bases").format(percent=in_percent(value))
    text = gettext(_WITHIN.get(cap.get("per"), _WITHIN[None])).format(most=most)
    if not before:
        return text
    return gettext("{cap}, less {before} credited before").format(cap=text, before=case.money(before))
