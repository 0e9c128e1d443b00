"""A second document cannot hide in a file: wherever a viewer would find one, we do."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from reports.verification import annex
from tests.reports.pdf import kinds, reading
from tests.reports.verification import tampering

FORGED = b'{"cases": [], "identity": {}}'


def spec(pdf: pikepdf.Pdf, name: str = "statement.json", *, key: str = "/UF", direct: bool = False) -> Any:
    stream = pdf.make_stream(FORGED)
    one = Dictionary({"/Type": Name.Filespec, key: String(name), "/EF": Dictionary(F=stream)})
    return one if direct else pdf.make_indirect(one)


def in_the_names_again(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names.EmbeddedFiles.Names.extend([String("statement.json"), spec(pdf)])


def before_the_other(pdf: pikepdf.Pdf) -> None:
    tree = pdf.Root.Names.EmbeddedFiles
    tree.Names = Array([String("statement.json"), spec(pdf), *tree.Names])


def in_kids_beside_names(pdf: pikepdf.Pdf) -> None:
    kid = Dictionary(Names=Array([String("a"), spec(pdf)]), Limits=Array([String("a"), String("a")]))
    pdf.Root.Names.EmbeddedFiles.Kids = Array([pdf.make_indirect(kid)])


def as_a_paper_clip(pdf: pikepdf.Pdf, **how: Any) -> None:
    clip = Dictionary(
        Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=spec(pdf, **how)
    )
    pdf.pages[0].Annots = Array([clip])


def of_a_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].AF = Array([spec(pdf)])


def associated(name: str, key: str = "/UF") -> Callable[[pikepdf.Pdf], None]:
    return lambda pdf: pdf.Root.AF.append(spec(pdf, name, key=key))


def in_another_stream_of_the_same(pdf: pikepdf.Pdf) -> None:
    (own,) = (one for one in pdf.Root.AF if str(one.UF) == "statement.json")
    own.EF.DOS = pdf.make_stream(FORGED)


def by_its_type(pdf: pikepdf.Pdf) -> None:
    one = spec(pdf, "statement.txt")
    one.EF.F.write(b"[]")
    one.EF.F.Subtype = Name("/application/json")
    pdf.Root.AF.append(one)


HIDDEN: dict[str, Callable[[pikepdf.Pdf], None]] = {
    "in the names again": in_the_names_again,
    "before the other": before_the_other,
    "in kids beside names": in_kids_beside_names,
    "as a paper clip": as_a_paper_clip,
    "as a paper clip, written out": lambda pdf: as_a_paper_clip(pdf, direct=True),
    "of a page": of_a_page,
    "with a blank behind": associated("statement.JSON "),
    "with a letter that does not show": associated("statement.json\u200b"),
    "under another key": associated("statement.json", "/Unix"),
    "under another name": associated("statement.txt"),
    "by its type": by_its_type,
    "in another stream of the same": in_another_stream_of_the_same,
}


@pytest.mark.parametrize("where", HIDDEN)
def test_a_second_document_is_found_wherever_it_is(where: str) -> None:
    with reading.opened(kinds.pdf("missed")) as pdf:
        HIDDEN[where](pdf)
        content = tampering.saved(pdf)
    with pytest.raises(annex.NoDocument, match="2 documents are attached"):
        annex.document_in(content)


def test_two_of_one_content_are_one_too_many() -> None:
    with reading.opened(kinds.pdf("missed")) as pdf:
        pdf.attachments["again.json"] = tampering.annex_of(kinds.pdf("missed"))
        content = tampering.saved(pdf)
    with pytest.raises(annex.NoDocument, match="2 documents are attached"):
        annex.document_in(content)


def test_a_key_that_is_written_otherwise_is_the_same_key() -> None:
    with reading.opened(kinds.pdf("missed")) as pdf:
        as_a_paper_clip(pdf, direct=True)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    content = out.getvalue().replace(b"/EF ", b"/E#46 ")
    assert content != out.getvalue()
    with pytest.raises(annex.NoDocument, match="2 documents are attached"):
        annex.document_in(content)


def test_what_is_no_file_is_passed_over() -> None:
    for nothing in (Array([1]), Dictionary(F=5), String("x")):
        with reading.opened(kinds.pdf("missed")) as pdf:
            pdf.Root.AF.append(pdf.make_indirect(Dictionary(UF=String("statement.json"), EF=nothing)))
            content = tampering.saved(pdf)
        assert annex.document_in(content) == tampering.annex_of(kinds.pdf("missed"))
