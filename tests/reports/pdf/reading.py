"""What a PDF says, read back with nothing but pikepdf: its words, where they stand, its links and its files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf


@dataclass(frozen=True)
class Run:
    """A piece of text on one line: page from 0, left and right edge in points from the left of the page."""

    page: int
    left: float
    right: float
    words: str


@dataclass(frozen=True)
class _Font:
    letters: dict[int, str]
    widths: dict[int, float]


def opened(pdf: bytes) -> pikepdf.Pdf:
    """The PDF, open."""
    return pikepdf.open(BytesIO(pdf))


def text(pdf: bytes) -> str:
    """All the words, run after run, with single spaces."""
    return " ".join(" ".join(run.words for run in runs(pdf)).replace("\u00a0", " ").split())


def runs(pdf: bytes) -> Iterator[Run]:
    """Every piece of text in the order in which it was set, that of drawings among it."""
    document = opened(pdf)
    known: dict[str, _Font] = {}
    for number, page in enumerate(document.pages):
        yield from _runs_of(page.obj, number, pikepdf.Matrix(), known)


def _runs_of(drawn: Any, number: int, here: pikepdf.Matrix, known: dict[str, _Font]) -> Iterator[Run]:
    """Of a page, or of a form that is drawn on one."""
    stack: list[pikepdf.Matrix] = []
    line, font, size = pikepdf.Matrix(), _Font({}, {}), 0.0
    resources = drawn.get("/Resources", {})
    for instruction in pikepdf.parse_content_stream(drawn):
        operands = list(instruction.operands)
        match str(instruction.operator):
            case "q":
                stack.append(here)
            case "Q":
                here = stack.pop()
            case "cm":
                here = pikepdf.Matrix(*map(float, operands)) @ here
            case "Tm":
                line = pikepdf.Matrix(*map(float, operands))
            case "Tf":
                name = str(operands[0])
                known[name] = font = known.get(name) or _font(resources.Font[name])
                size = float(operands[1])
            case "Do":
                yield from _of_form(resources.XObject[str(operands[0])], number, here, known)
            case "Tj" | "TJ":
                words, width = _read(operands[0], font)
                at = line @ here
                left = at.transform((0, 0))[0]
                yield Run(number, left, at.transform((width * size / 1000, 0))[0], words)


def _of_form(form: Any, number: int, here: pikepdf.Matrix, known: dict[str, _Font]) -> Iterator[Run]:
    if form.Subtype == "/Form":
        moved = pikepdf.Matrix(*map(float, form.get("/Matrix", [1, 0, 0, 1, 0, 0])))
        yield from _runs_of(form, number, moved @ here, known)


def _read(operand: Any, font: _Font) -> tuple[str, float]:
    """Words and width, in thousandths of the font's size."""
    words, width = "", 0.0
    for part in operand if isinstance(operand, pikepdf.Array) else [operand]:
        if not isinstance(part, pikepdf.String):
            width -= float(part)
            continue
        data = bytes(part)
        for code in (int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)):
            words += font.letters.get(code, "�")
            width += font.widths.get(code, 0.0)
    return words, width


def _font(font: pikepdf.Object) -> _Font:
    letters: dict[int, str] = {}
    for code, letter in re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]+)>", font.ToUnicode.read_bytes()):
        letters[int(code, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    widths: dict[int, float] = {}
    entries = list(font.DescendantFonts[0].W)
    for first, listed in zip(entries[::2], entries[1::2], strict=True):
        widths.update({int(first) + i: float(width) for i, width in enumerate(listed)})
    return _Font(letters, widths)


def reaches_out(pdf: bytes) -> list[str]:
    """Everything in the file that leads out of it, or that it carries along beside a statement's own two files."""
    document = opened(pdf)
    own = [str(file.UF) for file in document.Root.get("/AF", [])]
    found = [key for key in ("/OpenAction", "/AA", "/AcroForm", "/URI") if key in document.Root]
    found += [] if own in ([], ["statement.json", "windows.csv"]) else [f"files {own}"]
    known = ("/Dests", "/EmbeddedFiles") if own else ("/Dests",)
    found += [f"names {key}" for key in document.Root.get("/Names", {}) if key not in known]
    for page in document.pages:
        found += [str(annotation.get("/Subtype")) for annotation in page.get("/Annots", [])]
        found += [f"image {name}" for name in page.get_images()]
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary):
            found += [
                key for key in ("/EmbeddedFile", "/JS", "/JavaScript", "/Launch", "/GoToR") if key in item
            ]
    carried = sum(isinstance(item, pikepdf.Dictionary) and "/EF" in item for item in document.objects)
    return found if carried == len(own) else [*found, f"{carried} files"]
