"""Three languages say the same: the same clauses with the same figures, each as people there write them."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from gettext import NullTranslations
from pathlib import Path
from threading import Thread

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from slaservice.rules import language
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, parse_terms, result_json
from slaservice.rules.language import LANGUAGES, said_of, speaking, spoken
from slaservice.rules.reasons import retold
from slaservice.rules.refusal import Refusal
from slaservice.rules.wording import clauses
from slaservice.rules.words import listed, number
from tests.rules.contracts import CONTRACTS
from tests.rules.golden import same_as
from tests.rules.layouts import one_of
from tests.rules.samples import Json, case, changed, outage, terms
from tests.rules.strategies import cases
from tests.rules.test_properties import SOME
from tests.rules.test_results import EVERYTHING

OTHERS = ("de", "fr")


class Untranslated(NullTranslations):
    """What is asked for words that a catalogue does not have."""

    def gettext(self, message: str) -> str:
        raise AssertionError(f"nobody translated {message!r}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise AssertionError(f"nobody translated {msgid1!r}")


@pytest.fixture(autouse=True, scope="module")
def english_is_no_way_out() -> Iterator[None]:
    for code in OTHERS:
        language._catalogue(code).add_fallback(Untranslated())
    yield
    language._catalogue.cache_clear()


# --- which language is spoken -------------------------------------------------------------------------------------


def test_english_is_spoken_unless_another_language_is_asked_for() -> None:
    assert spoken().code == "en"
    with speaking("fr"):
        with speaking("de"):
            assert listed(["a", "b"]) == "a und b"
        assert listed(["a", "b"]) == "a et b"
    assert listed(["a", "b"]) == "a and b"


def test_a_language_ends_with_what_was_said_in_it_also_where_that_fails() -> None:
    with pytest.raises(ZeroDivisionError), speaking("de"):
        number(1 // 0)  # type: ignore[arg-type]
    assert spoken().code == "en"


def test_a_language_is_spoken_in_its_own_thread_and_task_only() -> None:
    heard: list[str] = []

    async def listen(code: str) -> None:
        with speaking(code):
            await asyncio.sleep(0)
            heard.append(spoken().code)

    async def together() -> None:
        await asyncio.gather(listen("de"), listen("fr"))

    with speaking("de"):
        thread = Thread(target=lambda: heard.append(spoken().code))
        thread.start()
        thread.join()
    asyncio.run(together())
    assert heard == ["en", "de", "fr"]


@pytest.mark.parametrize("code", ["", "it", "DE", "de-AT"])
def test_a_language_that_nobody_here_speaks_is_refused_by_name(code: str) -> None:
    with pytest.raises(Refusal) as refused, speaking(code):
        pass
    assert refused.value.code == "unknown_language"
    assert repr(code) in refused.value.sentence and "de, fr" in refused.value.sentence


@pytest.mark.parametrize("code", LANGUAGES)
def test_figures_are_written_as_unicode_has_it(code: str) -> None:
    locale, table = Locale(code), LANGUAGES[code]
    signs = locale.number_symbols["latn"]
    assert (table.decimal, table.thousands) == (signs["decimal"], signs["group"])
    if code in OTHERS:  # English leaves a space, as it always did
        assert locale.percent_formats[None].pattern == f"#,##0{table.before_percent}%"
        assert locale.currency_formats["standard"].pattern == table.amount.format(
            figure="#,##0.00", currency="¤"
        )


# --- what is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", OTHERS)
def test_contracts_read_to_the_letter_as_in_the_file(code: str) -> None:
    pages = []
    with speaking(code):
        for title, changes in CONTRACTS.items():
            said = clauses(parse_terms(changed(terms(), changes)), {"eu": "Europe", "api": "API"})
            pages.append("\n".join([f"# {title}", *(f"{path}: {sentence}" for path, sentence in said)]))
    text = "\n\n".join(pages) + "\n"
    same_as(f"clauses.{code}.txt", text)


@pytest.mark.parametrize(
    ("code", "misplaced"), [("de", r"\s[;:!?]|[^\xa0]%"), ("fr", r"[^\xa0\u202f][;:!?%]")]
)
def test_no_sign_starts_a_line(code: str, misplaced: str) -> None:
    """French has a space before high signs, and it must not break; German has none but before the percent sign."""
    lines = Path(__file__).with_name(f"clauses.{code}.txt").read_text(encoding="utf-8").splitlines()
    sentences = [line.partition(": ")[2] for line in lines if not line.startswith("#")]
    assert [sentence for sentence in sentences if re.search(misplaced, sentence)] == []


DEADLINE = st.fixed_dictionaries(
    {
        "n": st.integers(1, 1200),
        "unit": one_of("hours", "days", "business_days", "months", "billing_cycles"),
        "anchor": one_of("incident_start", "incident_end", "awareness", "period_end"),
    }
)
CLAIM = st.fixed_dictionaries(
    {"by": one_of("customer", "automatic")},
    optional={"notice": DEADLINE, "deadline": DEADLINE, "evidence": st.just("logs.")},
)
RIGHT = st.integers(1, 1200).flatmap(
    lambda m: st.fixed_dictionaries(
        {"below": one_of("95", "98.5"), "n": st.integers(1, m), "m": st.just(m), "consecutive": st.booleans()}
    )
)
TO_LEAVE = st.fixed_dictionaries({}, optional={"claim": CLAIM, "terminate": st.lists(RIGHT, max_size=3)})


@settings(SOME)
@given(cases(), TO_LEAVE)
def test_any_terms_have_the_same_clauses_with_the_same_figures_in_every_language(
    drawn: Json, to_leave: Json
) -> None:
    read = parse_terms(drawn["terms"] | to_leave)
    english = clauses(read)
    for code in OTHERS:
        with speaking(code):
            translated = clauses(read)
        assert [path for path, _ in translated] == [path for path, _ in english]
        for (path, sentence), (_, other) in zip(english, translated, strict=True):
            assert figures(other, code) == figures(sentence, "en"), path
            assert other != sentence


def figures(sentence: str, code: str) -> Counter[str]:
    """Every run of digits with its decimals, as English writes it without groups."""
    table = LANGUAGES[code]
    group, decimal = re.escape(table.thousands), re.escape(table.decimal)
    found = re.findall(rf"\d{{1,3}}(?:{group}\d{{3}})+(?!\d)(?:{decimal}\d+)?|\d+(?:{decimal}\d+)?", sentence)
    return Counter(figure.replace(table.thousands, "").replace(table.decimal, ".") for figure in found)


@pytest.mark.parametrize(
    ("code", "word", "amounts"),
    [
        ("en", "x day of service", {"1"}),
        ("de", "x\u00a0Leistungstag", {"1"}),
        ("fr", "x\u00a0jour de service", {"0", "1/2", "1", "3/2", "-1/2"}),
    ],
)
def test_which_amounts_are_told_in_the_singular(code: str, word: str, amounts: set[str]) -> None:
    with speaking(code):
        told = {
            amount: said_of(Fraction(amount), "{count} day of service", "{count} days of service", count="x")
            for amount in ("0", "1/2", "1", "3/2", "2", "5", "-1/2", "-5")
        }
    assert {amount for amount, words in told.items() if words == word} == amounts


# --- what results say ---------------------------------------------------------------------------------------------


@settings(SOME)
@given(cases())
def test_a_result_is_the_same_whatever_is_spoken(drawn: Json) -> None:
    read = parse_case({"terms": drawn["terms"], "input": drawn["input"]})
    english = result_json(assess(read))
    with speaking("fr"):
        assert result_json(assess(read)) == english


def gate(document: Json) -> str:
    reason: str = result_json(assess(parse_case(document)))["reasons"]["gate"]["reason"]
    return reason


def consecutive(count: int) -> Json:
    return terms(credit__gate={"kind": "consecutive_failures", "count": count})


DOWN = outage("03 10:00", "03 20:00")


@pytest.mark.parametrize(
    ("document", "german", "french"),
    [
        (
            case(service_end="2026-04-01T00:00:00Z", service_start="2026-03-01T00:00:00Z"),
            "im Abrechnungszeitraum war nichts zugesagt",
            "rien n’était promis pour la période",
        ),
        (case(), "die Zusage ist eingehalten", "l’engagement est tenu"),
        (case(DOWN), "die Zusage ist verfehlt", "l’engagement n’est pas tenu"),
        (
            case(terms=terms(credit__gate={"kind": "always"})),
            "die Regeln gelten unabhängig davon, ob die Zusage verfehlt ist",
            "les règles s’appliquent que l’engagement soit tenu ou non",
        ),
        (
            case(DOWN, terms=consecutive(3), history=[False, False]),
            "die Zusage ist verfehlt, und zwar 3\u00a0Mal in Folge",
            "l’engagement n’est pas tenu, et ce 3\u00a0fois de suite",
        ),
        (
            case(DOWN, terms=consecutive(3), history=[True, False]),
            "die Zusage ist verfehlt, aber nicht 3\u00a0Mal in Folge",
            "l’engagement n’est pas tenu, mais pas 3\u00a0fois de suite",
        ),
    ],
)
def test_why_credit_rules_apply_is_told_in_the_readers_words(
    document: Json, german: str, french: str
) -> None:
    reason = gate(document)
    assert retold(reason) == reason
    with speaking("de"):
        assert retold(reason) == german
    with speaking("fr"):
        assert retold(reason) == french


@settings(SOME)
@given(cases())
def test_every_reason_and_mark_that_a_paper_shows_is_known_in_every_language(drawn: Json) -> None:
    result = result_json(assess(parse_case({"terms": drawn["terms"], "input": drawn["input"]})))
    reasons = [result["reasons"]["gate"]["reason"]]
    reasons += [drop["reason"] for drop in result["reasons"]["dropped_windows"]]
    reasons += [mark for ledger in result["ledger"] for row in ledger["rows"] for mark in row["marks"]]
    for code in OTHERS:
        with speaking(code):
            assert all(retold(reason) != reason for reason in reasons)


def test_names_of_others_stay_as_they_are_within_a_reason() -> None:
    with speaking("de"):
        assert retold("late notice: {M} (1)") == "verspätet angekündigt: {M} (1)"
        assert retold("beyond the allowance: a: b") == "über das Kontingent hinaus: a: b"
        assert retold("weighs nothing (degraded (eu))") == "hat kein Gewicht (degraded (eu))"
        assert retold("as another engine put it") == "as another engine put it"


def test_the_fullest_of_results_is_the_same_in_every_language() -> None:
    read = parse_case(EVERYTHING)
    english = result_json(assess(read))
    for code in OTHERS:
        with speaking(code):
            assert result_json(assess(read)) == english
