"""Whether a file is what it claims to be, PDF/A-3a and PDF/UA-1, as far as its structure shows it. Read with nothing but pikepdf.

No validator: it knows what a statement is made of, and checks that. A file of another kind may conform and be refused here.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import pikepdf
from pikepdf import Array, Dictionary, Name

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC, XMP, PDF = (
    "{http://purl.org/dc/elements/1.1/}",
    "{http://ns.adobe.com/xap/1.0/}",
    "{http://ns.adobe.com/pdf/1.3/}",
)
CLAIMS = {
    "{http://www.aiim.org/pdfa/ns/id/}part": "3",
    "{http://www.aiim.org/pdfa/ns/id/}conformance": "A",
    "{http://www.aiim.org/pdfua/ns/id/}part": "1",
}
SAME = {
    "/Title": f"{DC}title", "/Author": f"{DC}creator", "/Subject": f"{DC}description", "/Creator": f"{XMP}CreatorTool",
    "/Producer": f"{PDF}Producer", "/CreationDate": f"{XMP}CreateDate", "/ModDate": f"{XMP}ModifyDate",
}  # fmt: skip
PAINTS = frozenset("S s f F f* B B* b b* sh Do Tj TJ ' \" INLINE IMAGE".split())
CHILDREN = {
    "Table": {"THead", "TBody", "TFoot", "TR", "Caption"}, "THead": {"TR"}, "TBody": {"TR"}, "TR": {"TH", "TD"},
    "L": {"LI", "L", "Caption"}, "LI": {"Lbl", "LBody"},
}  # fmt: skip
PARENTS = {"TR": {"Table", "THead", "TBody"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}, "LBody": {"LI"}}
STANDARD = frozenset(
    "Document Part Art Sect Div BlockQuote Caption NonStruct P H1 H2 H3 H4 H5 H6 L LI Lbl LBody Table TR TH TD THead TBody"
    " Span Link Figure".split()
)
ACTIVE = ("/JS", "/JavaScript", "/Launch", "/GoToR", "/OpenAction", "/AA", "/AcroForm", "/XFA", "/RichMedia")

Check = Callable[[pikepdf.Pdf], Iterator[str]]


def faults(document: pikepdf.Pdf) -> list[str]:
    """Everything that is not as it should be, each with the name of the check that found it."""
    return [f"{name}: {fault}" for name, check in CHECKS.items() for fault in check(document)]


def elements(document: pikepdf.Pdf) -> Iterator[Any]:
    """Every element of the structure, from the top, in reading order."""
    waiting = [document.Root.StructTreeRoot.K[0]]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += reversed(children(element))


def children(element: Any) -> list[Any]:
    """Those of an element that are elements."""
    return [kid for kid in element.get("/K", []) if isinstance(kid, Dictionary) and "/S" in kid]


def claims(document: pikepdf.Pdf) -> Iterator[str]:
    metadata = document.Root.get("/Metadata")
    if metadata is None:
        yield "no metadata"
        return
    said: dict[str, str] = {}
    for description in ElementTree.fromstring(metadata.read_bytes()).iter(f"{RDF}Description"):
        said |= description.attrib
        said |= {part.tag: "".join(part.itertext()).strip() for part in description}
    yield from (
        f"{claim} is {said.get(claim)}" for claim, value in CLAIMS.items() if said.get(claim) != value
    )
    for key, name in SAME.items():
        stated = (
            _date(str(document.docinfo.get(key, ""))) if "Date" in key else str(document.docinfo.get(key, ""))
        )
        if not stated or said.get(name) != stated:
            yield f"{key} is {stated!r}, in the metadata {said.get(name)!r}"


def _date(text: str) -> str:
    return re.sub(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", r"\1-\2-\3T\4:\5:\6Z", text)


def openness(document: pikepdf.Pdf) -> Iterator[str]:
    if document.is_encrypted:
        yield "encrypted"
    if document.pdf_version != "1.7":
        yield f"version {document.pdf_version}"
    if "/ID" not in document.trailer:
        yield "no identifier"
    for item in document.objects:
        if isinstance(item, Dictionary | pikepdf.Stream):
            yield from (f"{key} in an object" for key in ACTIVE if key in item)


def colours(document: pikepdf.Pdf) -> Iterator[str]:
    intents = [one for one in document.Root.get("/OutputIntents", []) if one.get("/S") == "/GTS_PDFA1"]
    if len(intents) != 1:
        yield f"{len(intents)} output intents"
        return
    profile = intents[0].DestOutputProfile
    if profile.N != 3 or profile.read_bytes()[16:20] != b"RGB ":
        yield "the output intent is not RGB"


def fonts(document: pikepdf.Pdf) -> Iterator[str]:
    for item in document.objects:
        if isinstance(item, Dictionary) and item.get("/Type") == "/Font" and item.get("/Subtype") == "/Type0":
            described = item.DescendantFonts[0].FontDescriptor
            if not {"/FontFile2", "/FontFile3"} & set(described.keys()):
                yield f"{item.BaseFont} is not embedded"
            if "/ToUnicode" not in item:
                yield f"{item.BaseFont} says no characters"


def catalogue(document: pikepdf.Pdf) -> Iterator[str]:
    root = document.Root
    if not root.get("/MarkInfo", Dictionary()).get("/Marked"):
        yield "not marked"
    if not str(root.get("/Lang", "")):
        yield "no language"
    if not root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle"):
        yield "the title is not shown"
    if root.StructTreeRoot.K[0].S != "/Document":
        yield "the structure does not begin with a document"


def pages(document: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(document.pages):
        if page.get("/Tabs") != "/S":
            yield f"page {number}: tabs do not follow the structure"
        if page.get("/StructParents") != number:
            yield f"page {number}: not in the parent tree"


def content(document: pikepdf.Pdf) -> Iterator[str]:
    """Whatever is painted is tagged or an artifact, never both; what is tagged hangs in the structure, and nothing else does."""
    held = {
        (element.Pg.objgen, int(kid)): element.objgen
        for element in elements(document)
        for kid in element.get("/K", [])
        if isinstance(kid, int)
    }
    for number, page in enumerate(document.pages):
        tagged: set[int] = set()
        yield from (f"page {number}: {fault}" for fault in _marks(page, tagged))
        owners = document.Root.StructTreeRoot.ParentTree.Nums[2 * number + 1]
        for mcid in tagged:
            owner = owners[mcid] if mcid < len(owners) else None
            if owner is None or held.get((page.objgen, mcid)) != owner.objgen:
                yield f"page {number}: {mcid} hangs on nothing"
        missing = {mcid for where, mcid in held if where == page.objgen} - tagged
        yield from (f"page {number}: {mcid} is nowhere on it" for mcid in missing)


def _marks(page: pikepdf.Page, tagged: set[int]) -> Iterator[str]:
    open_marks: list[str] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), instruction.operands
        if operator in ("BMC", "BDC"):
            kind = "artifact" if operands[0] == "/Artifact" else "tagged"
            if open_marks:
                yield f"{kind} within {open_marks[-1]}"
            open_marks.append(kind)
            if kind == "tagged":
                tagged.add(int(operands[1].MCID))
        elif operator == "EMC":
            open_marks.pop()
        elif operator in PAINTS and not open_marks:
            yield f"{operator} outside of marked content"


def structure(document: pikepdf.Pdf) -> Iterator[str]:
    """Types are standard ones, tables and lists hold what they may, and parents are those that hold."""
    for element in elements(document):
        kind = str(element.S)[1:]
        if kind not in STANDARD:
            yield f"{kind} is no standard type"
        for child in children(element):
            child_kind = str(child.S)[1:]
            if child.P.objgen != element.objgen:
                yield f"a {child_kind} in a {kind} says another parent"
            if child_kind not in CHILDREN.get(kind, {child_kind}) or kind not in PARENTS.get(
                child_kind, {kind}
            ):
                yield f"a {child_kind} in a {kind}"


def headings(document: pikepdf.Pdf) -> Iterator[str]:
    level = 0
    for element in elements(document):
        if found := re.fullmatch(r"/H([1-6])", str(element.S)):
            if int(found[1]) > level + 1:
                yield f"H{found[1]} after H{level}"
            level = int(found[1])
    if not level:
        yield "no heading"


def figures(document: pikepdf.Pdf) -> Iterator[str]:
    for element in elements(document):
        if element.S == "/Figure":
            if not str(element.get("/Alt", "")).strip():
                yield "a figure without words"
            left, bottom, right, top = (float(edge) for edge in element.A.BBox)
            _, _, width, height = (float(edge) for edge in element.Pg.MediaBox)
            if not (0 <= left < right <= width and 0 <= bottom < top <= height):
                yield f"a figure's box lies outside of its page: {left:g} {bottom:g} {right:g} {top:g}"


def tables(document: pikepdf.Pdf) -> Iterator[str]:
    """Every header says what it heads, and every row has as many columns as the others."""
    for table in elements(document):
        if table.S == "/Table":
            rows = [
                row for part in children(table) for row in (children(part) if part.S != "/TR" else [part])
            ]
            yield from _headers(rows)
            yield from _columns(rows)


def _headers(rows: list[Any]) -> Iterator[str]:
    cells = [cell for row in rows for cell in children(row)]
    for cell in cells:
        if cell.S == "/TH" and cell.get("/A", {}).get("/Scope") not in ("/Row", "/Column"):
            yield "a header without a scope"
    if not any(cell.S == "/TH" for cell in cells):
        yield "a table without headers"


def _columns(rows: list[Any]) -> Iterator[str]:
    below: list[int] = []
    widths = set()
    for row in rows:
        spans = [
            (int(cell.get("/A", {}).get("/ColSpan", 1)), int(cell.get("/A", {}).get("/RowSpan", 1)))
            for cell in children(row)
        ]
        widths.add(sum(wide for wide, _ in spans) + len(below))
        below = [left - 1 for left in below if left > 1]
        below += [high - 1 for wide, high in spans for _ in range(wide) if high > 1]
    if len(widths) > 1:
        yield f"rows of {sorted(widths)} columns"


def files(document: pikepdf.Pdf) -> Iterator[str]:
    """Each file inside is associated once and says what it is; no other object carries one."""
    associated = list(document.Root.get("/AF", []))
    kept_under = document.Root.get("/Names", Dictionary()).get("/EmbeddedFiles", Dictionary())
    names: list[Any] = list(kept_under.get("/Names", Array()))
    carried = [item for item in document.objects if isinstance(item, Dictionary) and "/EF" in item]
    if [one.objgen for one in associated] != [one.objgen for one in names[1::2]]:
        yield "associated files are not the embedded ones"
    if sorted(one.objgen for one in associated) != sorted(one.objgen for one in carried):
        yield "a file that is not associated once"
    for one in carried:
        kept = one.EF.F
        if one.get("/AFRelationship") not in ("/Source", "/Supplement", "/Data"):
            yield f"{one.UF}: no relation"
        if not str(one.get("/Desc", "")) or str(one.get("/F")) != str(one.get("/UF")):
            yield f"{one.UF}: no description or two names"
        if not re.fullmatch(r"/\w+/[\w.+-]+", str(kept.get("/Subtype"))):
            yield f"{one.UF}: no media type"
        data, told = kept.read_bytes(), kept.get("/Params", Dictionary())
        checksum = hashlib.md5(data, usedforsecurity=False).digest()
        if told.get("/Size") != len(data) or "/ModDate" not in told or bytes(told.CheckSum) != checksum:
            yield f"{one.UF}: size, date or checksum"


def annotations(document: pikepdf.Pdf) -> Iterator[str]:
    """A link says where it leads, is printed, and hangs in the structure; there is nothing else."""
    numbers = list(document.Root.StructTreeRoot.ParentTree.Nums)
    owners = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    for page in document.pages:
        for one in page.get("/Annots", Array()):
            if one.Subtype != "/Link":
                yield f"a {one.Subtype}"
            if not str(one.get("/Contents", "")).strip():
                yield "a link without words"
            if int(one.get("/F", 0)) & 0b111 != 0b100:
                yield "a link that is not printed"
            owner = owners.get(int(one.get("/StructParent", -1)))
            if owner is None or owner.get("/S") != Name.Link:
                yield "a link outside of the structure"


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        claims, openness, colours, fonts, catalogue, pages, content, structure, headings, figures, tables, files, annotations,
    )
}  # fmt: skip
