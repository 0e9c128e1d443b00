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
    """Every piece of text in the order in which it was set."""
    document = opened(pdf)
    fonts = {str(name): _font(font) for name, font in document.pages[0].Resources.Font.items()}
    for number, page in enumerate(document.pages):
        yield from _runs_of(page, number, fonts)


def _runs_of(page: pikepdf.Page, number: int, fonts: dict[str, _Font]) -> Iterator[Run]:
    stack: list[pikepdf.Matrix] = []
    here, line, font, size = pikepdf.Matrix(), pikepdf.Matrix(), _Font({}, {}), 0.0
    for instruction in pikepdf.parse_content_stream(page):
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
                font, size = fonts[str(operands[0])], float(operands[1])
            case "Tj" | "TJ":
                words, width = _read(operands[0], font)
                at = line @ here
                left = at.transform((0, 0))[0]
                yield Run(number, left, at.transform((width * size / 1000, 0))[0], words)


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
    """Everything in the file that leads out of it or carries something along."""
    document = opened(pdf)
    found = [key for key in ("/AF", "/OpenAction", "/AA", "/AcroForm", "/URI") if key in document.Root]
    found += [f"names {key}" for key in document.Root.get("/Names", {}) if key != "/Dests"]
    for page in document.pages:
        found += [str(annotation.get("/Subtype")) for annotation in page.get("/Annots", [])]
        found += [f"image {name}" for name in page.get_images()]
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary):
            found += [
                key
                for key in ("/EmbeddedFile", "/JS", "/JavaScript", "/Launch", "/GoToR", "/EF")
                if key in item
            ]
    return found
