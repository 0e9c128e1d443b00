"""Response times and MTTR/MTBF on paper: finished words of the frozen values."""

from reports.pdf import facts
from reports.pdf.incidents import incident_list
from reports.pdf.paper import paper
from reports.pdf.render import html
from reports.pdf.response import reliability_words, response_words
from tests.reports.pdf.samples import Json, case, incident, outage, printed, statement, terms

TIMES = {
    "began": "2026-04-10T10:00:00Z",
    "acknowledged": "2026-04-10T10:05:09.5Z",
    "identified": None,
    "mitigated": "2026-04-10T11:00:00Z",
    "resolved": "2026-04-10T11:30:00Z",
}
OFTEN = {
    "component": "api",
    "failures": 2,
    "restored": 2,
    "mttr_seconds": "4700/3",
    "mtbf_seconds": "1288800",
}


def a_document(times: Json | None = None, often: list[Json] | None = None) -> Json:
    down = outage("2026-04-10T10:00:00Z", 60, id="A/1")
    one = case("API", terms(), {"outages": [down]}, [incident("A", "Errors", down) | {"response": times}])
    return statement([one | ({} if often is None else {"reliability": often})])


def test_the_times_count_from_the_beginning_and_are_rounded_up() -> None:
    assert (
        response_words({"response": TIMES})
        == "Acknowledged after 0:05:10, restored 1:00:00, resolved 1:30:00"
    )


def test_what_came_before_the_beginning_took_no_time() -> None:
    early = TIMES | {"acknowledged": "2026-04-10T09:58:00Z"}
    assert response_words({"response": early}).startswith("Acknowledged after 0:00:00,")


def test_what_nobody_told_of_says_nothing() -> None:
    assert response_words({"response": TIMES | {"acknowledged": None}}) == ""
    assert response_words({"response": None}) == response_words({}) == ""


def words(**changes: object) -> str:
    document = a_document(often=[OFTEN | changes])
    (sentence,) = reliability_words(facts.read(document["cases"][0], document))
    return sentence


def test_each_component_has_its_means() -> None:
    assert words() == "Northwind API: 2 failures, MTTR 0:26:07, MTBF 358:00:00."
    assert words(failures=1, restored=0, mttr_seconds=None) == (
        "Northwind API: 1 failure, none restored yet, MTBF 358:00:00."
    )
    assert words(failures=0, restored=0, mttr_seconds=None, mtbf_seconds=None) == (
        "Northwind API: no failure began in the period."
    )


def page(document: Json) -> str:
    return html(paper(document, **printed(document)), made="2026-05-05T07:30:00Z")


def test_the_paper_shows_and_defines_them() -> None:
    shown = page(a_document(TIMES, [OFTEN]))
    assert "Acknowledged after 0:05:10" in shown
    assert "MTTR 0:26:07" in shown
    assert "mean time to restore service" in shown


def test_a_statement_from_before_has_the_paper_that_it_had() -> None:
    document = a_document()
    for one in document["cases"][0]["incidents"]:
        del one["response"]
    shown = page(document)
    assert "MTTR" not in shown and "cknowledged" not in shown
    assert incident_list(facts.read(document["cases"][0], document)).reliability == []
