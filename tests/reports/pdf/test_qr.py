"""The code on the paper: a reader that knows nothing of us reads the address from the printed page."""

import pypdfium2 as pdfium
import pytest
import zxingcpp

from reports.pdf import qr
from reports.pdf.render import render
from tests.reports.pdf import kinds, reading, samples

BASE = "https://sla.northwind.example/verify/"


def codes_on(content: bytes, *, dots: int) -> list[str]:
    """What a reader finds on pictures of the pages, as a printer or a scanner has them."""
    with pdfium.PdfDocument(content) as opened:
        pictures = [page.render(scale=dots / 72, grayscale=True).to_pil() for page in opened]
    return [found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("dots", [100, 300])
@pytest.mark.parametrize("kind", ["met", "several"])
def test_the_printed_code_is_the_address_of_the_statements_digest(kind: str, dots: int) -> None:
    document = getattr(kinds, kind)()
    assert codes_on(kinds.pdf(kind), dots=dots) == [BASE + samples.printed(document)["digest"]]


def test_the_address_stands_beside_it_in_letters() -> None:
    digest = samples.printed(kinds.missed())["digest"]
    assert BASE + digest in reading.text(kinds.pdf("missed")).replace(f"{BASE} ", BASE)


def test_a_draft_and_a_document_of_before_have_none() -> None:
    document = kinds.missed()
    assert qr.address_of(document, "ab" * 32) is not None
    del document["identity"]["verify"]
    assert qr.address_of(document, "ab" * 32) is None
    content = render(document, number=None, digest="ab" * 32, issued_on=None)
    assert "ask whether the statement" not in reading.text(content)


def test_it_is_one_path_with_a_title_and_room_around_it() -> None:
    drawn = qr.drawing("https://sla.example.com/verify/" + "ab" * 32)
    assert (drawn.count("<path"), drawn.count("<title>")) == (2, 1)  # the white beneath, the code
    assert "<title>QR code of https://sla.example.com/verify/" in drawn
    dark = drawn.rpartition(' d="')[2]
    corners = [tuple(map(int, part.split("h")[0].split())) for part in dark.split("M")[1:]]
    assert min(x for x, _ in corners) == min(y for _, y in corners) == 4


def test_what_is_in_an_address_is_no_markup() -> None:
    drawn = qr.drawing('https://sla.example.com/"><script>')
    assert "<script>" not in drawn
