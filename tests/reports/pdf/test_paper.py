"""What a statement says: read from the PDF of each kind of month."""

from fractions import Fraction

import pytest

from reports.pdf.answer import Verdict
from reports.pdf.paper import Paper, paper
from reports.pdf.render import render
from tests.reports.pdf import kinds, reading, samples


def words(kind: str) -> str:
    return reading.text(kinds.pdf(kind))


def values(kind: str) -> Paper:
    document = kinds.KINDS[kind]()
    return paper(document, **samples.printed(document))


def test_the_first_page_gives_the_answer() -> None:
    runs = [run.words for run in reading.runs(kinds.pdf("missed")) if run.page == 0]
    first = " ".join(" ".join(runs).replace("\u00a0", " ").split())
    for fact in (
        "Acme Logistics GmbH & Co. KG, Hafenstraße 7, 28217 Bremen, Germany", "1–30 April 2026 · Europe/Berlin · 720 h",
        "C-10482 Platform Enterprise", "Version 2 Enterprise", "SLA-2026-000042 Revision 1", "5 May 2026, 09:30 Europe/Berlin",
        "Contractual uptime 99.766 % ✗ Missed by 0.184 points target 99.950 %",
        "Downtime 1 h 41 min 04 s 21 min 36 s allowed 468 % of it used",
        "Service credit due EUR 812.50 10 % of EUR 8,125.00",
        "Measured availability 99.710 % 2 h 00 min 00 s excluded 0.277 % of the period",
        "3 of 5 incidents recorded counted. The service credit due is EUR 812.50.",
    ):  # fmt: skip
        assert fact in first


def test_the_last_lines_say_what_it_is_not_and_how_to_check_it() -> None:
    said = words("missed")
    assert "This statement is not an invoice and not a credit note; amounts are net of tax." in said
    digest = samples.printed(kinds.missed())["digest"]
    assert " ".join(digest[i : i + 8] for i in range(0, 64, 8)) in said
    assert (
        "Northwind Cloud, Northwind Cloud GmbH, Speicherstraße 12, 20457 Hamburg, Germany, sla@northwind.example"
        in said
    )


def test_the_terms_stand_in_plain_words_with_the_contracts_own_clauses() -> None:
    said = words("missed")
    assert "Northwind API is promised to be available for 99.95 % of the eligible time" in said
    assert "announced at least 72 hours before its start. [4.2]" in said
    assert "Credits never exceed 50 % of the base for a period. [5.3]" in said


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("missed", Verdict("missed", "Missed by 0.184 points")),
        ("met", Verdict("met", "Met by 0.034 points")),
        ("untouched", Verdict("met", "Met by 0.050 points")),
        ("not_applicable", Verdict("open", "Not applicable")),
        ("provisional", Verdict("missed", "Missed so far by 1.022 points")),
        ("several", Verdict("missed", "2 missed")),
        ("worst_of_three", Verdict("missed", "Missed by 0.263 points")),
        ("yen", Verdict("missed", "Missed by 0.130 points")),
    ],
)
def test_the_verdict_is_said_in_words(kind: str, verdict: Verdict) -> None:
    assert values(kind).cells[0].verdict == verdict


def test_a_missed_target_is_never_shown_as_met() -> None:
    barely = samples.outage("2026-04-10T10:00:00Z", 0, id="W") | {"end": "2026-04-10T10:21:36.000001Z"}
    document = samples.statement([samples.case("API", samples.terms(), {"outages": [barely]})])
    shown = paper(document, **samples.printed(document)).cells[0]
    assert (shown.value, shown.verdict) == ("99.949 %", Verdict("missed", "Missed by 0.001 points"))


def test_what_is_exactly_on_target_is_met() -> None:
    exactly = samples.outage("2026-04-10T10:00:00Z", 21.6, id="W")
    document = samples.statement([samples.case("API", samples.terms(), {"outages": [exactly]})])
    shown = paper(document, **samples.printed(document)).cells[0]
    assert (shown.value, shown.verdict) == ("99.950 %", Verdict("met", "Met, just"))


def test_only_an_untouched_month_reads_100_percent() -> None:
    assert values("untouched").cells[0].value == "100.000 %"
    blink = samples.outage("2026-04-10T10:00:00Z", 0, id="W") | {"end": "2026-04-10T10:00:00.000001Z"}
    document = samples.statement([samples.case("API", samples.terms(), {"outages": [blink]})])
    shown = paper(document, **samples.printed(document))
    assert shown.cells[0].value == "99.999 %"
    assert "100" not in shown.sections[0].line.uptime


def test_a_month_without_anything_promised_shows_no_percentage() -> None:
    shown = values("not_applicable")
    assert (shown.cells[0].value, shown.cells[3].value) == ("N/A", "N/A")
    assert shown.sections[0].gauge is None
    assert "nothing was promised for Northwind API" in shown.summary


def test_a_month_that_has_not_ended_is_called_provisional() -> None:
    said = words("provisional")
    assert "provisional, as known on 18 Apr 12:00:00" in said
    assert "Service credit so far EUR 2,031.25" in said
    assert "18 Apr 07:30:00 – open" in said


def test_a_quarter_over_a_change_of_the_clock_has_its_real_length() -> None:
    said = words("quarter")
    assert "1 February – 30 April 2026 · America/New_York · 2,135 h" in said
    assert "8 Mar 01:40:00 (−05) – 03:35:00 (−04)" in said
    assert "USD 5,325.84 4 days of service" in said


def test_where_the_terms_round_uptime_the_judged_figure_is_the_one_shown() -> None:
    shown = values("yen")
    assert shown.cells[0].value == "99.77 %"
    assert ("Judged uptime", "99.77 %") in [(step.label, step.value) for step in shown.sections[0].steps]


def test_a_currency_without_decimals_has_none() -> None:
    assert values("yen").cells[2].value == "JPY 81,360"


def test_several_commitments_stand_in_one_table_under_one_total() -> None:
    shown = values("several")
    assert [(line.title, line.verdict.words, line.credit) for line in shown.lines] == [
        ("Northwind API", "Missed", "EUR 812.50"), ("Web console", "Met", "EUR 0.00"), ("Webhooks", "Missed", "EUR 0.00"),
    ]  # fmt: skip
    assert shown.total is not None
    assert shown.total.rows[-1] == ("Cap over all commitments", "at most 5 % of the bases", "−EUR 331.25")
    assert shown.total.amount == shown.cells[2].value == "EUR 481.25"
    assert "Northwind API (99.819 % against 99.950 %) and Webhooks (99.979 % against 99.990 %)" in words(
        "several"
    )


def test_a_commitment_whose_credit_another_takes_the_place_of_says_so() -> None:
    outage = samples.outage("2026-04-10T10:00:00Z", 60)
    cases = [
        samples.case("Low", samples.terms(commitment_percent="99.9"), {"outages": [outage], "fee": "100.00"}),
        samples.case("High", samples.terms(), {"outages": [outage]}),
    ]
    document = samples.statement(cases, agreement={"overlap": "best", "cap": None})
    total = paper(document, **samples.printed(document)).total
    assert total is not None
    assert [how for _, how, _ in total.rows] == [
        "does not count: another that covers the same component gives more", "counts",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("identity", "value", "notes", "rows"),
    [
        ({"decision": {"granted": "812.50", "currency": "EUR", "reason": ""}}, "EUR 812.50", [], None),
        ({"decision": None, "already_granted": "0.00"}, "EUR 812.50", [], None),
        (
            {"decision": {"granted": "700.00", "currency": "EUR", "reason": "As agreed on 3 May"}},
            "EUR 700.00",
            ["computed: EUR 812.50", "As agreed on 3 May"],
            [("Decision", "−EUR 112.50")],
        ),
        (
            {"already_granted": "500.00", "decision": {"granted": "312.50", "currency": "EUR", "reason": ""}},
            "EUR 312.50",
            ["beyond EUR 500.00 granted before"],
            [("Granted before", "−EUR 500.00")],
        ),
        (
            {"already_granted": "812.50"},
            "EUR 0.00",
            ["beyond EUR 812.50 granted before"],
            [("Granted before", "−EUR 812.50")],
        ),
        (
            {"already_granted": "900.00"},
            "EUR 0.00",
            ["beyond EUR 900.00 granted before"],
            [("Granted before", "−EUR 900.00"), ("Not taken back", "+EUR 87.50")],
        ),
    ],
)
def test_what_is_due_is_what_was_decided_beyond_what_was_granted_before(
    identity: samples.Json, value: str, notes: list[str], rows: list[tuple[str, str]] | None
) -> None:
    document = kinds.missed()
    document["identity"] |= identity
    shown = paper(document, **samples.printed(document))
    assert (shown.cells[2].value, shown.cells[2].notes) == (value, ["10 % of EUR 8,125.00", *notes])
    if rows is None:
        assert shown.total is None
    else:
        assert shown.total is not None
        assert [(label, amount) for label, _, amount in shown.total.rows[1:]] == rows
        assert shown.total.amount == value


def test_a_revision_that_changes_no_money_says_that_nothing_more_is_due() -> None:
    document = kinds.missed()
    document["identity"] |= {"already_granted": "812.50"}
    assert paper(document, **samples.printed(document)).summary.endswith("No further service credit is due.")


def test_terms_that_commitments_share_are_told_once() -> None:
    blocks = values("several").terms
    assert [block.titles for block in blocks] == [
        "All commitments",
        "Northwind API",
        "Web console",
        "Webhooks",
    ]
    sentences = [sentence for block in blocks for sentence in block.sentences]
    assert len([s for s in sentences if s[1].startswith("Amounts are in EUR")]) == 1


def test_commitments_of_the_same_terms_share_all_their_sentences() -> None:
    cases = [
        samples.case(name, samples.terms(), {"fee": fee}) for name, fee in (("A", "1.00"), ("B", "2.00"))
    ]
    document = samples.statement(cases)
    assert [block.titles for block in paper(document, **samples.printed(document)).terms] == [
        "All commitments"
    ]


def test_the_share_excluded_is_one_of_all_components_that_are_measured_by_themselves() -> None:
    assert values("worst_of_three").cells[3].notes == ["1 h 05 min 00 s excluded", "0.050 % of the period"]


def test_a_revision_names_what_it_supersedes() -> None:
    document = kinds.missed()
    document["identity"] |= {"revision": 2, "supersedes": "SLA-2026-000017"}
    made = paper(document, **samples.printed(document))
    assert (made.revision, made.supersedes) == ("2", "SLA-2026-000017")
    page = " ".join(
        run.words for run in reading.runs(render(document, **samples.printed(document))) if run.page == 0
    )
    assert (
        "Revision 2, supersedes SLA-2026- 000017" in " ".join(page.split())
        or "supersedes SLA-2026-000017" in page
    )


def test_components_whose_ratios_are_combined_have_a_line_and_a_strip_each() -> None:
    section = values("worst_of_three").sections[0]
    assert [strip.name for strip in section.strips] == ["Northwind API", "Web console", "Object storage"]
    assert [(line.name, line.downtime, line.uptime) for line in section.components] == [
        ("Northwind API", "3,600 s", "99.687500 %"), ("Web console", "1,800 s", "99.843750 %"),
        ("Object storage", "0 s", "100.000000 %"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_the_amount_due_is_the_frozen_total(kind: str) -> None:
    total = kinds.KINDS[kind]()["total"]
    shown = next(cell for cell in values(kind).cells if cell.label.startswith("Service credit"))
    assert Fraction(shown.value.removeprefix(total["currency"]).replace(",", "")) == Fraction(
        total["credit_amount"]
    )


def test_an_exclusion_is_printed_with_its_category_clause_and_justification() -> None:
    window = samples.maintenance(
        "2026-04-12T01:00:00Z", 60, ahead_hours=None, category="force_majeure", id="X-7"
    )
    document = samples.statement([samples.case("API", samples.terms(), {"maintenance": [window]})])
    document["cases"][0]["exclusions"] = [
        {"reference": "X-7", "clause": "7.1(c)", "justification": "The Elbe stood in the <b>cellar</b>."}
    ]
    said = reading.text(render(document, **samples.printed(document)))
    assert "Force majeure" in said
    assert "Clause 7.1(c): The Elbe stood in the <b>cellar</b>." in said
    assert "1 h 00 min 00 s excluded" in said
