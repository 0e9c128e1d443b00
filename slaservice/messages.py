"""The catalogues of translations: kept in step with the code, and compiled.

    make messages     every catalogue anew from code and templates: what is newly said comes empty, what nobody says any more
                      goes, and the .mo is compiled from the .po

A `.po` is what translators write and a `.mo` what programs read. Both are kept in the repository: the product is run from it.
What is wrong with a catalogue is told by `faults`, and the tests want that to be nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from slaservice.rules.language import LANGUAGES as SPOKEN

ROOT = Path(__file__).parent.parent
LANGUAGES = tuple(code for code in SPOKEN if code != "en")
"""What is translated to; the code has English."""

Keywords = Mapping[str, Any]

OF_RULES: Keywords = {"said": None, "message": None, "said_of": (2, 3), "forms": (1, 2)}
"""Function -> which of its arguments are messages; the functions are those of slaservice.rules.language."""

OF_DJANGO: Keywords = DEFAULT_KEYWORDS | {
    "gettext_noop": None,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

_PLACE = re.compile(r"\{(\w+)\}|%\((\w+)\)")


@dataclass(frozen=True, slots=True)
class Domain:
    """The messages of one catalogue: the folder of its languages, where they are said, and by which functions."""

    name: str
    locale: str
    sources: tuple[str, ...]
    keywords: Keywords = field(repr=False)

    def po(self, language: str) -> Path:
        return ROOT / self.locale / language / "LC_MESSAGES" / f"{self.name}.po"

    def mo(self, language: str) -> Path:
        return self.po(language).with_suffix(".mo")


PAPER = ("reports/pdf/*.py", "reports/pdf/templates/*.html")
PUBLIC = ("reports/pages/*.py", "reports/templates/reports/*.html")

DOMAINS = (
    Domain("rules", "slaservice/rules/locale", ("slaservice/rules/*.py",), OF_RULES),
    Domain("django", "reports/locale", (*PAPER, *PUBLIC), OF_DJANGO),
)


def said_in(domain: Domain) -> Catalog:
    """What code and templates say, as a catalogue without translations."""
    found = Catalog(project="slaservice", fuzzy=False)
    for path in sorted({path for pattern in domain.sources for path in ROOT.glob(pattern)}):
        source, name = path.read_bytes(), path.relative_to(ROOT).as_posix()
        if path.suffix == ".html":
            source = templatize(source.decode(), origin=name).encode()
        texts = extract("python", BytesIO(source), domain.keywords, comment_tags=("Translators:",))
        for line, said, comments, context in texts:
            found.add(said, locations=[(name, line)], auto_comments=comments, context=context)
    return found


def written(domain: Domain, language: str) -> Catalog:
    """The catalogue that translators wrote; an empty one where there is none yet."""
    po = domain.po(language)
    if not po.exists():
        return Catalog(language, project="slaservice", fuzzy=False)
    with po.open("rb") as file:
        return read_po(file, language)


def renew(domain: Domain, language: str) -> None:
    """Write both files anew, in the order of the code; nothing is guessed from messages that look alike."""
    catalog = written(domain, language)
    catalog.update(said_in(domain), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    domain.po(language).parent.mkdir(parents=True, exist_ok=True)
    with domain.po(language).open("wb") as po:
        write_po(po, catalog, width=120, include_lineno=False)
    with domain.mo(language).open("wb") as mo:
        write_mo(mo, catalog)


def faults(domain: Domain, language: str) -> Iterator[str]:
    """What is wrong with a catalogue, a sentence each: with the .po by the code, and with the .mo by the .po."""
    catalog = written(domain, language)
    wanted, there = _messages(said_in(domain)), _messages(catalog)
    yield from (f"{text!r} is said, but not in the catalogue" for text in wanted.keys() - there.keys())
    gone = [*(there.keys() - wanted.keys()), *_messages(catalog.obsolete.values())]
    yield from (f"{text!r} is in the catalogue, but nobody says that" for text in gone)
    for text, message in there.items():
        yield from (f"{text!r} {fault}" for fault in _faults_of(message))
    if not domain.mo(language).exists():
        yield "the .mo is missing"
        return
    with domain.mo(language).open("rb") as file:
        compiled = _messages(read_mo(file))
    if _translations(compiled) != _translations(there):
        yield "the .mo is not made from this .po"


def _messages(messages: Iterable[Message]) -> dict[str, Message]:
    """Messages by context and English text, all its forms; without the header, which has no text."""
    return {" / ".join(filter(None, [one.context, *_forms(one.id)])): one for one in messages if one.id}


def _translations(messages: Mapping[str, Message]) -> dict[str, tuple[str, ...]]:
    """What there is to compile: every translation that is whole and certain."""
    translated = {text: _forms(one.string) for text, one in messages.items() if not one.fuzzy}
    return {text: forms for text, forms in translated.items() if all(forms)}


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _faults_of(message: Message) -> Iterator[str]:
    """A translation has every form, each with the places of its English form and no other; only a singular may add the count."""
    english, translated = _forms(message.id), _forms(message.string)
    if message.fuzzy:
        yield "is marked as uncertain"
    if not all(translated):
        yield "lacks a translation"
        return
    known = _places("".join(english))
    for index, text in enumerate(translated):
        own = english[min(index, len(english) - 1)]
        if missing := _places(own) - _places(text):
            yield f"a translation lacks {', '.join(sorted(missing))}"
        if invented := _places(text) - known:
            yield f"a translation invents {', '.join(sorted(invented))}"


def _places(text: str) -> set[str]:
    return {brace or percent for brace, percent in _PLACE.findall(text)}


if __name__ == "__main__":
    for each in DOMAINS:
        for code in LANGUAGES:
            renew(each, code)
            print(each.po(code).relative_to(ROOT), *faults(each, code), sep="\n  ")
