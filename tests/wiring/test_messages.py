"""Catalogues of translations are whole: what is said is translated, with its places, and programs read what was written."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from babel.messages.pofile import write_po

from slaservice import messages
from slaservice.messages import DOMAINS, LANGUAGES, OF_DJANGO, OF_RULES, Domain, faults, renew, written

CODE = """
from slaservice.rules.language import forms, message, said, said_of

TABLE = {"a": message("It is {percent}."), "b": forms("{count} table", "{count} tables")}


def words(n):
    return said(TABLE[n], percent=n) + said("Nothing.") + said_of(n, "A day.", "{count} days.", count=n)
"""
GERMAN = {
    "It is {percent}.": "Es sind {percent}.",
    "{count} table": "{count} Tisch\n{count} Tische",
    "Nothing.": "Nichts.",
    "A day.": "Ein Tag.\n{count} Tage.",
}
SMALL = Domain("small", "locale", ("*.py",), OF_RULES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_everything_that_is_said_is_translated(domain: Domain, language: str) -> None:
    assert list(faults(domain, language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_make_messages_finds_nothing_to_do(
    domain: Domain, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = domain.po(language).read_bytes()
    for folder in {pattern.split("/*")[0] for pattern in domain.sources} | {domain.locale}:
        copytree(messages.ROOT / folder, tmp_path / folder, dirs_exist_ok=True)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    renew(domain, language)
    assert domain.po(language).read_bytes() == kept


# --- a small catalogue, and what can be wrong with it -------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """A catalogue in German with nothing wrong."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "code.py").write_text(CODE)
    renew(SMALL, "de")
    translate(SMALL, GERMAN)
    renew(SMALL, "de")
    return SMALL


def translate(domain: Domain, translations: dict[str, str]) -> None:
    """Write translations as a person would, forms one a line; the .mo stays as it was."""
    catalog = written(domain, "de")
    for text, translation in translations.items():
        found = catalog.get(text)
        assert found is not None
        found.string = tuple(translation.split("\n")) if found.pluralizable else translation
    with domain.po("de").open("wb") as file:
        write_po(file, catalog)


def told(domain: Domain) -> str:
    return "\n".join(faults(domain, "de"))


def test_a_whole_catalogue_has_no_faults(small: Domain) -> None:
    assert told(small) == ""


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("Nothing.", "", "lacks a translation"),
        ("{count} table", "{count} Tisch", "lacks a translation"),
        ("{count} table", "{count} Tisch\n", "lacks a translation"),
        ("It is {percent}.", "Es ist so.", "lacks percent"),
        ("It is {percent}.", "Es sind {prozent} {percent}.", "invents prozent"),
        ("{count} table", "Tisch\n{count} Tische", "lacks count"),
        ("A day.", "Ein Tag.\nTage.", "lacks count"),
    ],
)
def test_a_translation_that_is_not_whole_is_told(
    small: Domain, text: str, translation: str, fault: str
) -> None:
    translate(small, {text: translation})
    renew(small, "de")
    assert fault in told(small) and text in told(small)


def test_a_singular_may_name_the_count_that_english_leaves_out(small: Domain) -> None:
    translate(small, {"A day.": "{count} Tag.\n{count} Tage."})
    renew(small, "de")
    assert told(small) == ""


def test_a_form_that_is_missing_altogether_is_told(small: Domain) -> None:
    po = small.po("de")
    po.write_text(po.read_text().replace('msgstr[1] "{count} Tische"\n', ""))
    assert "'{count} table / {count} tables' lacks a translation" in told(small)


def test_what_is_newly_said_is_told_until_it_is_translated(small: Domain) -> None:
    with (messages.ROOT / "code.py").open("a") as code:
        code.write("NEW = message('New.')\n")
    assert "'New.' is said, but not in the catalogue" in told(small)
    renew(small, "de")
    assert "'New.' lacks a translation" in told(small)


def test_a_plural_that_is_said_otherwise_is_another_message(small: Domain) -> None:
    (messages.ROOT / "code.py").write_text(CODE.replace("{count} tables", "{count} desks"))
    assert "'{count} table / {count} desks' is said, but not in the catalogue" in told(small)
    assert "'{count} table / {count} tables' is in the catalogue, but nobody says that" in told(small)


def test_what_nobody_says_any_more_is_told_and_goes(small: Domain) -> None:
    (messages.ROOT / "code.py").write_text(CODE.replace("Nothing.", "Nothing!"))
    assert "'Nothing.' is in the catalogue, but nobody says that" in told(small)
    renew(small, "de")
    assert "Nothing." not in small.po("de").read_text()
    assert told(small) == "'Nothing!' lacks a translation"  # nothing is guessed from what looks alike


@pytest.mark.parametrize(
    "spoil",
    [
        lambda domain: domain.mo("de").unlink(),
        lambda domain: translate(domain, {"Nothing.": "Gar nichts."}),
    ],
)
def test_a_catalogue_that_was_not_compiled_is_told(small: Domain, spoil: Callable[[Domain], None]) -> None:
    spoil(small)
    assert told(small).startswith("the .mo is")


def test_an_uncertain_translation_is_told(small: Domain) -> None:
    po = small.po("de")
    po.write_text(po.read_text().replace('msgid "Nothing."', '#, fuzzy\nmsgid "Nothing."'))
    assert "'Nothing.' is marked as uncertain" in told(small)


def test_templates_are_read_as_django_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "page.html").write_text(
        '{% load i18n %}<p>{% translate "Downtime" context "head" %}</p>'
        "{% blocktranslate trimmed count n=n %}\n one window\n {% plural %} {{ n }} windows {% endblocktranslate %}"
    )
    (tmp_path / "code.py").write_text("x = pgettext('head', 'Uptime')\ny = ngettext_lazy('a', 'b', 2)\n")
    found = messages.said_in(Domain("django", "locale", ("*.html", "*.py"), OF_DJANGO))
    said = {(message.context, message.id) for message in found if message.id}
    assert said == {
        ("head", "Downtime"),
        (None, ("one window", "%(n)s windows")),
        ("head", "Uptime"),
        (None, ("a", "b")),
    }
