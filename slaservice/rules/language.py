"""The language in which the rules speak: English as the code has it, German and French from the catalogues in `locale/`.

    with speaking("de"):
        clauses(terms)

A language holds for what is said within, in this thread or task alone, and changes words only: no figure, no document, no
digest. LANGUAGES is the one place that says how figures are written in each; the paper takes it from here.

`said` and `said_of` take whole sentences with named places, so that a translation can order its words as it needs. What is
put in a place is a name, a figure, or a phrase that stands in that one place only and is translated for it. A text that is
said elsewhere than where it is written is marked by `message` or `forms`. `make messages` finds all four.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

from slaservice.rules.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How figures are written in a language, and which counts are told in the singular."""

    code: str
    decimal: str
    thousands: str
    """Between groups of three digits."""
    groups_in_sentences: bool
    """English clauses write 1000, as they always have; figures on paper are grouped in every language."""
    before_percent: str
    amount: str
    """Where the ISO code of a currency stands; the style guides of the EU have it behind the figure in German and French."""
    date: str
    time: str
    semicolon: str
    """Between the parts of a list whose parts are long."""
    one_below: int | None
    """French says '1,5 jour': whatever is below 2 is told in the singular. Elsewhere 1 is, and nothing else."""


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language(
            code="en",
            decimal=".",
            thousands=",",
            groups_in_sentences=False,
            before_percent=" ",
            amount="{currency} {figure}",
            date="{year:04}-{month:02}-{day:02}",
            time="{hour:02}:{minute:02}",
            semicolon="; ",
            one_below=None,
        ),
        Language(
            code="de",
            decimal=",",
            thousands=".",
            groups_in_sentences=True,
            before_percent="\N{NO-BREAK SPACE}",
            amount="{figure}\N{NO-BREAK SPACE}{currency}",
            date="{day:02}.{month:02}.{year:04}",
            time="{hour:02}:{minute:02}",
            semicolon="; ",
            one_below=None,
        ),
        Language(
            code="fr",
            decimal=",",
            thousands="\N{NARROW NO-BREAK SPACE}",
            groups_in_sentences=True,
            before_percent="\N{NO-BREAK SPACE}",
            amount="{figure}\N{NO-BREAK SPACE}{currency}",
            date="{day:02}/{month:02}/{year:04}",
            time="{hour:02}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{minute:02}",
            semicolon="\N{NARROW NO-BREAK SPACE}; ",
            one_below=2,
        ),
    )
}
"""Code -> how people write. What Unicode's CLDR has of it agrees, and a test holds that."""

_SPOKEN = ContextVar("spoken", default=LANGUAGES["en"])


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language of LANGUAGES within; Refusal for any other."""
    if code not in LANGUAGES:
        raise Refusal("unknown_language", f"{code!r} is none of the languages {', '.join(LANGUAGES)}.")
    token = _SPOKEN.set(LANGUAGES[code])
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def spoken() -> Language:
    """The language that is spoken here and now."""
    return _SPOKEN.get()


def message(text: str) -> str:
    """The text itself, marked for the catalogues: it is said later, by `said`."""
    return text


def forms(one: str, several: str) -> tuple[str, str]:
    """A message in singular and plural, marked for the catalogues: it is said later, by `said_of`."""
    return one, several


def said(text: str, /, **places: object) -> str:
    """A message in the language spoken, its places filled."""
    return _catalogue(spoken().code).gettext(text).format(**places)


def said_of(amount: Fraction | int, one: str, several: str, /, **places: object) -> str:
    """A message that changes with an amount: `one` for one of them, else `several`; fractions count as the language has it."""
    return _catalogue(spoken().code).ngettext(one, several, 1 if is_one(amount) else 2).format(**places)


def is_one(amount: Fraction | int) -> bool:
    """Whether so much is told in the singular."""
    below = spoken().one_below
    return amount == 1 if below is None else -below < amount < below


@cache
def _catalogue(code: str) -> NullTranslations:
    """The translations of a language; English needs none."""
    if code == "en":
        return NullTranslations()
    with (files(__package__) / "locale" / code / "LC_MESSAGES" / "rules.mo").open("rb") as file:
        return GNUTranslations(file)
