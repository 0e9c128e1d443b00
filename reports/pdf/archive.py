"""The file that is filed: PDF/A-3a and PDF/UA-1 at once, with what it was made of inside.

Procurement keeps a statement for ten years, some of its readers hear it instead of seeing it, and an auditor wants the figures
and not a picture of them. So an issued statement carries two associated files: its document, exactly the bytes whose digest is
printed, and the recorded outages as a table. WeasyPrint makes either variant; here it is told to claim both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any, Literal

import pydyf
from weasyprint import Attachment
from weasyprint.css import ColorProfile
from weasyprint.document import Document
from weasyprint.urls import URLFetcher

from reports.pdf.tags import mend

VARIANT = "pdf/a-3a"

_UNIVERSAL_ACCESS = b"""\
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>\
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"\
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about=""><pdfaExtension:schemas><rdf:Bag>\
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description></rdf:li></rdf:Seq>\
</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""
"""The claim of PDF/UA-1, and the description of its schema that PDF/A asks for, where the metadata end."""


@dataclass(frozen=True)
class Annexed:
    """A file inside the file. `relation` is what it is to the paper: its source, or more than stands on it."""

    name: str
    content: bytes
    description: str
    relation: Literal["Source", "Supplement"]


def archival(pages: Document, *, identifier: bytes, annex: Sequence[Annexed], made: datetime) -> bytes:
    """The bytes of an archival file. Nothing in it depends on when, where or by which process it is made."""
    _claim_both(pages)
    pages.color_profiles["srgb"] = ColorProfile(
        BytesIO(_srgb()), "sRGB", "relative-colorimetric", (["r"], ["g"], ["b"])
    )
    at = made.astimezone(UTC)
    attachments = [
        Attachment(
            string=file.content,
            name=file.name,
            description=file.description,
            created=at,
            modified=at,
            relationship=file.relation,
            url_fetcher=URLFetcher(allowed_protocols=()),
        )
        for file in annex
    ]
    pdf = pages.write_pdf(
        pdf_variant=VARIANT,
        pdf_identifier=identifier,
        output_intent="",  # WeasyPrint would open the profile and leave it open
        attachments=attachments,
        finisher=_finish,
    )
    assert isinstance(pdf, bytes)
    return pdf


def tagged(pages: Document, *, identifier: bytes) -> bytes:
    """The bytes of a draft: as accessible, but it claims nothing and carries nothing, for nobody is to file it."""
    pdf = pages.write_pdf(pdf_identifier=identifier, pdf_tags=True, finisher=_finish)
    assert isinstance(pdf, bytes)
    return pdf


@lru_cache(maxsize=1)
def _srgb() -> bytes:
    """The profile of the colours that a page is drawn in."""
    return (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()


def _claim_both(pages: Document) -> None:
    """WeasyPrint writes the claim of its one variant; the other is put behind it."""
    written = pages.metadata.generate_rdf_metadata

    def both(*variant: Any) -> bytes:
        rdf: bytes = written(*variant)
        head, closing, rest = rdf.rpartition(b"</rdf:RDF>")
        assert closing and not rest
        return head + _UNIVERSAL_ACCESS

    pages.metadata.generate_rdf_metadata = both


def _finish(_: Document, pdf: pydyf.PDF) -> None:
    """Before the file is written. WeasyPrint names each associated file twice."""
    mend(pdf)
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
