"""The file that is filed: it is what it claims to be, in every kind of month, and carries what it was made of."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from reports.pdf import render
from reports.pdf.attached import DOCUMENT, OUTAGES
from slaservice.rules.documents import canonical, digest_of
from tests.reports.pdf import conforming, kinds, reading, samples

ROOT = Path(__file__).parents[3]
VALIDATOR = shutil.which("verapdf")

Breaker = Callable[[pikepdf.Pdf], object]


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_of_statement_is_what_it_claims_to_be(kind: str) -> None:
    assert conforming.faults(reading.opened(kinds.pdf(kind))) == []


if VALIDATOR is not None:  # veraPDF is in no package registry; the test above is there always

    def test_a_validator_accepts_every_kind_of_statement(tmp_path: Path) -> None:
        files = [tmp_path / f"{kind}.pdf" for kind in kinds.KINDS]
        for file in files:
            file.write_bytes(kinds.pdf(file.stem))
        for flavour in ("3a", "ua1"):
            asked = [str(VALIDATOR), "--flavour", flavour, "--format", "text", *map(str, files)]
            said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
            verdicts = re.findall(r"^(PASS|FAIL|ERROR) \S*?(\w+)\.pdf", said, re.MULTILINE)
            assert sorted(verdicts) == sorted(("PASS", kind) for kind in kinds.KINDS), said


def first(document: pikepdf.Pdf, kind: str) -> Any:
    """The first element of a kind in the structure."""
    return next(one for one in conforming.elements(document) if str(one.S) == f"/{kind}")


def rewritten(document: pikepdf.Pdf, old: bytes, new: bytes) -> None:
    """The first page with other operators."""
    contents = document.pages[0].Contents
    assert old in contents.read_bytes()
    contents.write(contents.read_bytes().replace(old, new, 1))


def metadata(document: pikepdf.Pdf, old: bytes, new: bytes) -> None:
    assert old in document.Root.Metadata.read_bytes()
    document.Root.Metadata.write(document.Root.Metadata.read_bytes().replace(old, new))


def a_font(document: pikepdf.Pdf) -> Any:
    return next(iter(document.pages[0].Resources.Font.values()))


def a_link(document: pikepdf.Pdf, **more: Any) -> None:
    document.pages[0].Annots = Array(
        [document.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, **more))]
    )


def another_file(document: pikepdf.Pdf) -> None:
    document.attachments["x.txt"] = b"x"


BREAKERS: dict[str, tuple[str, Breaker]] = {
    "no metadata": ("claims", lambda d: d.Root.__delitem__("/Metadata")),
    "another part": ("claims", lambda d: metadata(d, b'pdfaid:part="3"', b'pdfaid:part="2"')),
    "another level": ("claims", lambda d: metadata(d, b'conformance="A"', b'conformance="B"')),
    "no universal access": ("claims", lambda d: metadata(d, b'pdfuaid:part="1"', b"")),
    "another title": ("claims", lambda d: d.docinfo.__setitem__("/Title", "Another")),
    "another date": ("claims", lambda d: d.docinfo.__setitem__("/ModDate", "D:20260505073001Z")),
    "a script": ("openness", lambda d: d.Root.__setitem__("/OpenAction", Dictionary(S=Name.JavaScript, JS=String("x")))),
    "a form": ("openness", lambda d: d.Root.__setitem__("/AcroForm", Dictionary(Fields=Array()))),
    "no output intent": ("colours", lambda d: d.Root.__delitem__("/OutputIntents")),
    "grey output intent": ("colours", lambda d: d.Root.OutputIntents[0].DestOutputProfile.__setitem__("/N", 1)),
    "a font elsewhere": ("fonts", lambda d: a_font(d).DescendantFonts[0].FontDescriptor.__delitem__("/FontFile2")),
    "letters without meaning": ("fonts", lambda d: a_font(d).__delitem__("/ToUnicode")),
    "not marked": ("catalogue", lambda d: d.Root.__delitem__("/MarkInfo")),
    "no language": ("catalogue", lambda d: d.Root.__delitem__("/Lang")),
    "a file name for a title": ("catalogue", lambda d: d.Root.__delitem__("/ViewerPreferences")),
    "no document": ("catalogue", lambda d: d.Root.StructTreeRoot.K[0].__setitem__("/S", Name.Div)),
    "tabs by rows": ("pages", lambda d: d.pages[0].__setitem__("/Tabs", Name.R)),
    "a page without parents": ("pages", lambda d: d.pages[1].__delitem__("/StructParents")),
    "paint beside the marks": ("content", lambda d: rewritten(d, b"/Artifact\nBMC", b"0 0 m 9 9 l S\n/Artifact\nBMC")),
    "text taken for an artifact": ("content", lambda d: rewritten(d, b"/Span\n<</MCID 0>>\nBDC", b"/Artifact BMC")),
    "text within an artifact": ("content", lambda d: rewritten(d, b"/Artifact\nBMC", b"/Artifact BMC /Artifact BMC EMC")),
    "text that hangs on nothing": ("content", lambda d: first(d, "H1").P.__setitem__("/K", Array())),
    "text in another order": ("content", lambda d: rewritten(d, b"<</MCID 1>>", b"<</MCID 9999>>")),
    "an element on its own": ("structure", lambda d: first(d, "H1").__setitem__("/S", Name.Heading)),
    "a row in a paragraph": ("structure", lambda d: first(d, "TBody").__setitem__("/S", Name.P)),
    "a cell in a table": ("structure", lambda d: first(d, "TR").__setitem__("/S", Name.TBody)),
    "another parent": ("structure", lambda d: first(d, "H1").__setitem__("/P", first(d, "TR"))),
    "a gap of headings": ("headings", lambda d: first(d, "H2").__setitem__("/S", Name.H3)),
    "a second before the first": ("headings", lambda d: first(d, "H1").__setitem__("/S", Name.H2)),
    "a figure without words": ("figures", lambda d: first(d, "Figure").__delitem__("/Alt")),
    "a figure beside the page": ("figures", lambda d: first(d, "Figure").A.__setitem__("/BBox", Array([0, 900, 9, 990]))),
    "a header of nothing": ("tables", lambda d: first(d, "TH").A.__delitem__("/Scope")),
    "a short row": ("tables", lambda d: first(d, "TR").K.__delitem__(0)),
    "a wide cell": ("tables", lambda d: first(d, "TH").A.__setitem__("/ColSpan", 2)),
    "a file twice": ("files", lambda d: d.Root.AF.append(d.Root.AF[0])),
    "a file of nobody": ("files", lambda d: d.Root.AF.__delitem__(1)),
    "a file beside": ("files", another_file),
    "a file without relation": ("files", lambda d: d.Root.AF[0].__delitem__("/AFRelationship")),
    "a file without words": ("files", lambda d: d.Root.AF[0].__delitem__("/Desc")),
    "a file of no type": ("files", lambda d: d.Root.AF[0].EF.F.__delitem__("/Subtype")),
    "a file without a date": ("files", lambda d: d.Root.AF[0].EF.F.Params.__delitem__("/ModDate")),
    "another file's checksum": ("files", lambda d: d.Root.AF[0].EF.F.write(b"{}")),
    "a link without words": ("annotations", lambda d: a_link(d, F=4)),
    "a link that is not printed": ("annotations", lambda d: a_link(d, Contents=String("x"))),
    "a link in no text": ("annotations", lambda d: a_link(d, Contents=String("x"), F=4)),
    "a film": ("annotations", lambda d: d.pages[0].__setitem__("/Annots", Array([Dictionary(Subtype=Name.Movie)]))),
}  # fmt: skip


@pytest.mark.parametrize("fault", BREAKERS)
def test_each_check_finds_a_file_that_breaks_it(fault: str) -> None:
    check, break_it = BREAKERS[fault]
    document = reading.opened(kinds.pdf("missed"))
    break_it(document)
    assert [*conforming.CHECKS[check](document)] != []


def test_no_check_is_without_a_file_that_breaks_it() -> None:
    assert {check for check, _ in BREAKERS.values()} == set(conforming.CHECKS)


def test_an_encrypted_file_is_no_archive() -> None:
    locked = BytesIO()
    reading.opened(kinds.pdf("missed")).save(locked, encryption=pikepdf.Encryption(owner="x", user=""))
    assert "openness: encrypted" in conforming.faults(pikepdf.open(locked))


def inside(pdf: bytes) -> dict[str, bytes]:
    """The files in a file."""
    document = reading.opened(pdf)
    return {str(one.UF): one.EF.F.read_bytes() for one in document.Root.AF}


def test_the_document_inside_is_the_one_whose_digest_is_printed() -> None:
    document = kinds.missed()
    files = inside(kinds.pdf("missed"))
    assert list(files) == [DOCUMENT, OUTAGES]
    assert files[DOCUMENT] == canonical(document)
    assert digest_of(files[DOCUMENT]) in reading.text(kinds.pdf("missed")).replace(" ", "")


def test_who_has_the_file_and_the_rules_can_recompute_it_without_the_product(tmp_path: Path) -> None:
    taken = tmp_path / DOCUMENT
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    for kind in kinds.KINDS:
        taken.write_bytes(inside(kinds.pdf(kind))[DOCUMENT])
        check = [sys.executable, "-m", "slaservice.rules", "check", str(taken)]
        said = subprocess.run(
            check, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, (kind, said.stdout, said.stderr)
    wrong = json.loads(taken.read_bytes())
    wrong["cases"][0]["expected"]["downtime_seconds"] = "1"
    taken.write_bytes(canonical(wrong))
    assert (
        subprocess.run(check, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode == 1
    )


def test_the_outages_inside_are_all_there_and_none_is_a_formula() -> None:
    document = kinds.crowded()
    document["cases"][0]["incidents"][0]["title"] = '=HYPERLINK("http://127.0.0.1")'
    made = render.render(document, **samples.printed(document))
    rows = list(csv.DictReader(StringIO(inside(made)[OUTAGES].decode("utf-8-sig"))))
    windows = document["cases"][0]["input"]["outages"]
    assert [row["Window"] for row in rows] == [window["id"] for window in windows]
    assert rows[0]["Title"] == '\'=HYPERLINK("http://127.0.0.1")'
    assert sum(float(row["Counted seconds"]) for row in rows) == float(
        document["cases"][0]["expected"]["downtime_seconds"]
    )


def test_a_document_that_has_another_digest_than_is_printed_is_not_made() -> None:
    document = kinds.missed()
    with pytest.raises(ValueError, match="does not have the digest"):
        render.render(document, **{**samples.printed(document), "digest": "ab" * 32})


def test_a_draft_is_accessible_but_claims_and_carries_nothing() -> None:
    draft = reading.opened(render.render(kinds.missed(), number=None, digest="ab" * 32, issued_on=None))
    assert {"/Metadata", "/AF", "/OutputIntents"} & set(draft.Root.keys()) == set()
    accessible = [
        fault for fault in conforming.faults(draft) if not fault.startswith(("claims", "colours", "files"))
    ]
    assert accessible == []


def test_margins_are_artifacts_of_pagination() -> None:
    for number, page in enumerate(reading.opened(kinds.pdf("missed")).pages):
        found = re.findall(
            rb"/Artifact\s*<<\s*/Type /Pagination\s*/Subtype /(\w+)", page.Contents.read_bytes()
        )
        assert found[-2:] == [b"Footer", b"Footer"]
        assert set(found[:-2]) == ({b"Header"} if number else set())
