"""Everything that can be done to a statement's PDF by somebody who wants it to say something else."""

import io
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pikepdf

from tests.reports.pdf import reading

Change = Callable[[bytes], bytes]


def flipped(content: bytes, count: int, *, seed: int) -> Iterator[tuple[int, bytes]]:
    """`count` copies with one bit changed each, at places all over the file: (position of the byte, the copy)."""
    chance, changed = Random(seed), bytearray(content)
    for _ in range(count):
        at, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        changed[at] ^= bit
        yield at, bytes(changed)
        changed[at] ^= bit


def saved(pdf: pikepdf.Pdf, **how: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **how)
    return out.getvalue()


def saved_anew(content: bytes) -> bytes:
    """Nothing changed but by which program it was written."""
    with reading.opened(content) as pdf:
        return saved(pdf)


def a_page_appended(content: bytes) -> bytes:
    with reading.opened(content) as pdf:
        pdf.pages.append(pdf.pages[0])
        return saved(pdf)


def annex_of(content: bytes) -> bytes:
    """The attached JSON."""
    with reading.opened(content) as pdf:
        return pdf.attachments["statement.json"].get_file().read_bytes()


def with_annex(content: bytes, annex: bytes) -> bytes:
    """Another document in place of the attached one, wherever the file mentions it."""
    with reading.opened(content) as pdf:
        for spec in pdf.Root.AF:
            if str(spec.UF) == "statement.json":
                stream = spec.EF.F
                stream.write(annex)
                stream.Params.Size = len(annex)
        return saved(pdf)


def with_text(content: bytes, old: str, new: str) -> bytes:
    """The pages say `new` where they said `old`, in the letters of the same font; as long, so that nothing moves."""
    with reading.opened(content) as pdf:
        changed = sum(_rewritten(pdf, page, old, new) for page in pdf.pages)
        assert changed, f"{old!r} stands on no page"
        return saved(pdf)


def _rewritten(pdf: pikepdf.Pdf, page: pikepdf.Page, old: str, new: str) -> int:
    """Each text is an array of strings (TJ), a letter is two bytes."""
    fonts = {str(name): reading._font(font).letters for name, font in page.Resources.Font.items()}
    codes: dict[int, str] = {}
    changed, written = 0, []
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = list[Any](instruction.operands), instruction.operator
        if str(operator) == "Tf":
            codes = fonts[str(operands[0])]
        if str(operator) == "TJ":
            parts = list(operands[0])
            text = "".join(_letters(part, codes) for part in parts if isinstance(part, pikepdf.String))
            if old in text:
                by_letter = {letter: code for code, letter in codes.items()}
                encoded = b"".join(by_letter[letter].to_bytes(2, "big") for letter in text.replace(old, new))
                operands, changed = [pikepdf.Array([pikepdf.String(encoded)])], changed + 1
        written.append((operands, operator))
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(written))
    return changed


def _letters(part: pikepdf.String, codes: dict[int, str]) -> str:
    raw = bytes(part)
    return "".join(codes.get(int.from_bytes(raw[at : at + 2], "big"), "?") for at in range(0, len(raw), 2))


def updated_after(content: bytes) -> bytes:
    """An incremental update, as an editor writes it: the first page says something more, every earlier byte stays."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    more = generic.StreamObject(stream_data=b"BT ET")
    writer.add_stream_to_page(0, writer.add_object(more))  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    assert out.getvalue().startswith(content)
    return out.getvalue()


def without_signature(content: bytes) -> bytes:
    """The signature's field is taken out, and the file written anew."""
    with reading.opened(content) as pdf:
        del pdf.Root.AcroForm
        del pdf.Root.Perms
        del pdf.pages[0].Annots
        return saved(pdf)


def before_signature(content: bytes) -> bytes:
    """What stood there before something was appended: up to the end of the first revision."""
    return content[: content.index(b"%%EOF\n") + len(b"%%EOF\n")]
