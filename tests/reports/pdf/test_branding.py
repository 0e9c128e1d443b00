"""A vendor's logo, colour and footer on the paper: as they were frozen, or no paper."""

import hashlib
import re
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pikepdf
import pytest
from PIL import Image
from weasyprint.formatting_structure import boxes

from reports.pdf import branding, render
from reports.pdf.archive import archival
from slaservice import look
from tests.reports.pdf import conforming, kinds, reading, samples
from tests.wiring.test_look import picture

Json = dict[str, Any]
COLOUR = "#0b5fff"
FOOTER = "Northwind Cloud GmbH, HRB 12345, Amtsgericht Hamburg\nVAT DE123456789"


@pytest.fixture(scope="module")
def logo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return look.logo(picture(tmp_path_factory.mktemp("logo") / "logo.png", "RGBA", (620, 130)))


def branded(**looks: str) -> Json:
    """A month that was missed, of a vendor with these looks."""
    document = kinds.missed()
    document["identity"]["vendor"] = document["identity"]["vendor"] | looks
    return document


def made(document: Json, logo: bytes | None = None) -> pikepdf.Pdf:
    return reading.opened(render.render(document, **samples.printed(document), logo=logo))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pictures(pdf: pikepdf.Pdf) -> list[Any]:
    return [one for one in pdf.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"]


def test_a_logo_stands_once_and_is_called_by_the_vendors_name(logo: bytes) -> None:
    pdf = made(branded(logo=sha256(logo)), logo)
    (shown,) = pictures(pdf)
    assert (shown.ColorSpace, shown.Width, shown.Height, shown.get("/SMask")) == (
        "/DeviceRGB",
        620,
        130,
        None,
    )
    assert shown.get("/Interpolate", False) == False  # noqa: E712 -- a PDF's own boolean
    figures = [one for one in conforming.elements(pdf) if one.get("/S") == "/Figure"]
    assert [str(one.Alt) for one in figures].count("Northwind Cloud") == 1


def test_a_paper_with_every_look_is_as_accessible_as_one_without(logo: bytes) -> None:
    pdf = made(branded(logo=sha256(logo), colour=COLOUR, footer=FOOTER), logo)
    assert conforming.faults(pdf) == []


def test_without_a_logo_the_vendors_name_stands_there() -> None:
    pdf = made(branded())
    assert pictures(pdf) == []
    assert next(reading.runs(saved(pdf))).words == "Northwind Cloud"


def saved(pdf: pikepdf.Pdf) -> bytes:
    buffer = BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


def test_a_logo_that_is_not_there_or_is_another_is_an_error_that_names_it(logo: bytes) -> None:
    named = branded(logo=sha256(logo))
    for given in (None, logo + b" "):
        with pytest.raises(branding.NotItsLooks, match=sha256(logo)):
            render.render(named, **samples.printed(named), logo=given)


def test_a_logo_that_the_statement_does_not_name_is_not_shown(logo: bytes) -> None:
    assert pictures(made(branded(), logo)) == []


def test_the_colour_is_an_accent_and_missed_stays_missed() -> None:
    plain, blue = used(made(branded())), used(made(branded(colour=COLOUR)))
    assert (0.043, 0.373, 1.0) in blue - plain
    missed = tuple(round(int("b3261e"[at : at + 2], 16) / 255, 3) for at in (0, 2, 4))
    assert missed in plain & blue


def used(pdf: pikepdf.Pdf) -> set[tuple[float, ...]]:
    """Colours of what is painted, as shares of red, green and blue."""
    content = b"\n".join(page.Contents.read_bytes() for page in pdf.pages).decode("latin-1")
    found = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG|scn|SCN)\b", content)
    return {tuple(round(float(part), 3) for part in one) for one in found}


@pytest.mark.parametrize("colour", ["red", "#0B5FFF", "#0b5fff} * { display: none", "#0b5fff\n", ""])
def test_nothing_but_a_colour_reaches_the_style_sheet(colour: str) -> None:
    document = branded(colour=colour)
    with pytest.raises(branding.NotItsLooks):
        render.render(document, **samples.printed(document))


def test_the_footer_stands_on_every_page_as_text() -> None:
    document = branded(footer="HRB 12345 <b>&\nVAT DE123456789")
    pdf = render.render(document, **samples.printed(document))
    pages = range(len(reading.opened(pdf).pages))
    words = {page: "".join(run.words for run in reading.runs(pdf) if run.page == page) for page in pages}
    assert all("HRB 12345 <b>&" in words[page] and "VAT DE123456789" in words[page] for page in pages)


@pytest.mark.parametrize("kind", ["missed", "restated"])
def test_all_of_a_footer_stands_well_above_the_edge_of_the_sheet(kind: str) -> None:
    document = kinds.KINDS[kind]()
    document["identity"]["vendor"] = document["identity"]["vendor"] | {"footer": FOOTER}
    with patch("reports.pdf.render.archival", side_effect=archival) as made:
        render.render(document, **samples.printed(document))
    for page in made.call_args.args[0].pages:
        feet = [one for one in page._page_box.descendants() if isinstance(one, boxes.LineBox)]
        lowest = max(one.position_y + one.height for one in feet)
        assert page.height - lowest > 9 * 96 / 25.4


def test_a_picture_of_a_million_points_is_set_as_it_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    large = look.logo(picture(tmp_path_factory.mktemp("large") / "l.jpg", "CMYK", (1000, 1000)))
    assert Image.open(BytesIO(large)).mode == "RGB"
    pdf = made(branded(logo=sha256(large)), large)
    assert [(one.Width, one.Height) for one in pictures(pdf)] == [(1000, 1000)]
