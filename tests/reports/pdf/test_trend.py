"""The trend: earlier periods as they were issued, beside this one."""

from fractions import Fraction

from reports.pdf.paper import paper
from reports.pdf.trend import Trend
from tests.reports.pdf import kinds, samples
from tests.reports.pdf.samples import Json, case, outage, statement, terms, trend


def shown(document: Json) -> Trend | None:
    return paper(document, **samples.printed(document)).trend


def of(uptimes: list[str | None], *, target: str = "99.95", agreed: Json | None = None) -> Trend:
    down = outage("2026-04-10T10:00:00Z", 60)
    document = statement(
        [case("API", agreed or terms(), {"outages": [down]})],
        identity={"trend": trend((2026, 4), uptimes, "API", target=target)},
    )
    found = shown(document)
    assert found is not None
    return found


def test_the_first_period_and_a_statement_that_was_issued_without_have_no_trend() -> None:
    assert shown(kinds.untouched()) is None


def test_each_period_stands_with_its_own_target_and_verdict_and_this_one_comes_last() -> None:
    found = of(["99.960000", "99.900000"], target="99.9")
    assert found.labels == ["Feb 2026", "Mar", "Apr"]
    assert [(point.value, point.kind, point.target) for point in found.rows[0].points] == [
        ("99.960", "met", Fraction("99.9")),
        ("99.900", "met", Fraction("99.9")),
        ("99.861", "missed", Fraction("99.95")),
    ]
    assert found.caption.endswith("2 met, 1 missed")


def test_a_period_without_a_statement_is_a_dash_and_counts_for_nothing() -> None:
    found = of(["99.960000", None])
    assert [(point.value, point.kind) for point in found.rows[0].points][1] == ("–", "none")
    assert found.caption.endswith("1 met, 1 missed; –: no figure was issued")


def test_a_missed_period_is_never_shown_as_met() -> None:
    found = of(["99.949999"])
    assert (found.rows[0].points[0].value, found.rows[0].points[0].kind) == ("99.949", "missed")


def test_where_the_terms_round_the_judged_figures_are_shown() -> None:
    agreed = terms(uptime_rounding={"decimals": 2, "mode": "half_up"})
    assert [point.value for point in of(["99.970000"], agreed=agreed).rows[0].points] == ["99.97", "99.86"]


def test_a_month_that_has_not_ended_is_told_so() -> None:
    document = kinds.provisional()
    document["identity"]["trend"] = trend((2026, 4), ["99.970000"], "Northwind API")
    found = shown(document)
    assert found is not None
    assert found.rows[0].points[-1].provisional
    assert found.caption.endswith("the last period has not ended")


def test_quarters_and_years_are_named_by_their_months() -> None:
    quarters = shown(kinds.KINDS["quarter"]())
    assert quarters is not None
    years = shown(kinds.KINDS["year"]())
    assert years is not None
    assert years.labels == ["Jan–Dec 2022", "Jan–Dec 2023", "Jan–Dec 2024", "Jan–Dec 2025"]


def test_several_commitments_are_a_table_and_one_of_two_parts_is_one_row() -> None:
    found = shown(kinds.KINDS["mixed"]())
    assert found is not None
    assert found.drawing is None
    names = [row.name for row in found.rows]
    assert names == ["Northwind API", "Web console", "Webhooks", "Single sign-on", "Object storage", "Search"]
    storage = found.rows[4].points
    assert [(point.value, point.kind) for point in storage[-2:]] == [("–", "none"), ("N/A", "open")]


def test_the_drawing_tells_its_figures_to_who_does_not_see_it() -> None:
    drawing = str(of(["99.960000", None, "99.100000"]).drawing)
    told = "Uptime by period, in percent: Jan 2026 99.960 met, Feb – no statement, Mar 99.100 missed, Apr 99.861 missed"
    assert f'aria-label="{told}"' in drawing
    assert drawing.count("✗") == 2
