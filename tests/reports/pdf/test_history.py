"""The revisions of a period on paper: dates, figures, differences, and what was recorded otherwise."""

from reports.pdf.history import MOST_ROWS, History
from reports.pdf.paper import paper
from reports.pdf.render import render
from tests.reports.pdf import kinds, reading, samples
from tests.reports.pdf.samples import Json, changed, revision


def history(document: Json) -> History:
    found = paper(document, **samples.printed(document)).history
    assert found is not None
    return found


def test_a_first_revision_has_no_history() -> None:
    document = kinds.missed()
    assert paper(document, **samples.printed(document)).history is None


def test_every_revision_stands_with_its_date_figures_and_differences() -> None:
    found = history(kinds.KINDS["restated"]())
    rows = [row for one in found.revisions for row in one.rows]
    assert [(row.revision, row.issued, row.downtime, row.uptime, row.credit) for row in rows] == [
        ("Revision 1, SLA-2026-000001", "5 May 2026, 09:30", "0:00:00", "100.000 %", "EUR 0.00"),
        ("Revision 2, SLA-2026-000002", "5 June 2026, 09:30", "0:10:00", "99.976 %", "EUR 0.00"),
        ("Revision 3, SLA-2026-000003", "5 July 2026, 09:30", "0:55:00", "99.872 %", "EUR 812.50"),
        ("Revision 4, SLA-2026-000042", "5 May 2026, 09:30", "1:24:00", "99.805 %", "EUR 812.50"),
    ]
    assert [row.differences for row in rows] == [
        ("", "", ""),
        ("+0:10:00", "−0.024 points", ""),
        ("+0:45:00", "−0.104 points", "+EUR 812.50"),
        ("+0:29:00", "−0.067 points", ""),
    ]
    assert [one.why for one in found.revisions] == [
        "",
        "outages added: INC-2311/api/1",
        "outages corrected: INC-2311/api/1; outages withdrawn: INC-2309/api/1",
        "maintenance or exclusions added: X-20f1a9; outages added: INC-2340/api/1",
    ]


def test_the_history_takes_the_place_of_the_table_of_the_last_difference() -> None:
    document = kinds.KINDS["restated"]()
    said = reading.text(render(document, **samples.printed(document)))
    assert "Revisions of this statement" in said
    assert "What this revision changes" not in said


def several(before: list[tuple[str, str, str, str]], changes: list[Json]) -> History:
    document = kinds.several()
    document["identity"] |= {"revision": 2, "revisions": [revision(1, "EUR", before, [])], "changes": changes}
    return history(document)


UNCHANGED = [
    ("Northwind API", "4680", "99.819444", "812.50"),
    ("Web console", "23358/5", "99.819768", "0.00"),
    ("Webhooks", "540", "99.979166", "0.00"),
]


def test_of_several_commitments_those_that_changed_have_a_line() -> None:
    longer = [UNCHANGED[0], ("Web console", "4800", "99.814814", "0.00"), UNCHANGED[2]]
    found = several(longer, [changed("Web console", "fee"), changed(None, "agreement")])
    assert [row.name for row in found.revisions[0].rows] == ["Northwind API", "Web console", "Webhooks"]
    assert [row.name for row in found.revisions[1].rows] == ["Web console"]
    assert found.revisions[1].why == (
        "the fee was corrected (Web console); what joins the commitments changed: overlap, cap or earlier credits"
    )


def test_a_revision_that_changes_no_figure_says_so_and_a_commitment_that_is_gone_is_a_dash() -> None:
    document = kinds.missed()
    case = document["cases"][0]["expected"]
    same = ("Northwind API", case["downtime_seconds"], case["uptime_percent"], case["credit_amount"])
    document["identity"] |= {"revision": 2, "revisions": [revision(1, "EUR", [same], [])]}
    assert [row.name for row in history(document).revisions[1].rows] == ["all figures as before"]
    document["identity"]["revisions"] = [revision(1, "EUR", [same, ("Gone", "0", "100.000000", "0.00")], [])]
    assert [(row.name, row.downtime) for row in history(document).revisions[1].rows] == [("Gone", "–")]


def test_very_many_names_and_revisions_are_counted() -> None:
    document = kinds.missed()
    names = [f"INC-{number}" for number in range(9)]
    lines = [
        revision(
            number,
            "EUR",
            [("Northwind API", str(60 * number), "99.900000", "0.00")],
            [changed("Northwind API", "outage", "added", *names)],
        )
        for number in (1, 2, 3)
    ]
    for number in range(4, 40):
        lines.append(
            lines[2]
            | {"revision": number, "cases": [lines[2]["cases"][0] | {"downtime_seconds": str(60 * number)}]}
        )
    document["identity"] |= {"revision": 40, "revisions": lines, "changes": []}
    found = history(document)
    assert sum(len(one.rows) + bool(one.why) for one in found.revisions) <= MOST_ROWS
    assert found.revisions[-1].rows[0].revision.startswith("Revision 40")
    assert found.left_out == f"{40 - len(found.revisions)} earlier revisions are on their own papers."
    assert found.revisions[0].why.endswith("INC-5 and 3 more")
