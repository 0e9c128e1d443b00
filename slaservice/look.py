"""What a vendor may say of how its statements look, checked when the process starts: a logo, a colour, a footer.

A logo is decoded once and written anew, as plain RGB: whatever else its file carried (profiles, places, scripts) is gone, and
the PDF stays within PDF/A, which has no room for CMYK beside RGB. Nothing is ever fetched, and SVG is refused: it is a program.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

MOST_BYTES, MOST_PIXELS = 5_000_000, 1_000_000
MOST_LINES, MOST_LETTERS = 2, 110
LEAST_CONTRAST = 4.5
"""What WCAG 2 asks of text at level AA."""


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    """What lets only these pass."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(choices)}")
        return text

    return read


def footer(text: str) -> str:
    """One line or two. ValueError where there are more, or they are too long for a page."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise ValueError(f"has {len(lines)} lines, and {MOST_LINES} are the most")
    if any(len(line) > MOST_LETTERS for line in lines):
        raise ValueError(f"has a line of more than {MOST_LETTERS} characters")
    return "\n".join(lines)


def logo(file_name: str) -> bytes:
    """The picture as an RGB PNG, what was transparent on white. ValueError says what is wrong with it."""
    from PIL import Image, ImageOps

    path = Path(file_name)
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path} has more than {MOST_BYTES:,} bytes")
    try:
        with warnings.catch_warnings(), _whole_pictures_only():
            warnings.simplefilter("error")  # of a picture that is a bomb, or damaged
            found = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
            if found.mode.startswith(("I", "F")):
                raise ValueError("it has more than 8 bits a channel")
            pixels = found.width * found.height
            picture = ImageOps.exif_transpose(found).convert("RGBA") if pixels <= MOST_PIXELS else None
    except Exception as error:  # noqa: BLE001 - decoders raise what they like
        reason = str(error) or type(error).__name__
        raise ValueError(f"{path} is no PNG or JPEG that can be read: {reason}") from None
    if picture is None:
        raise ValueError(f"{path} has {pixels:,} pixels, and at most {MOST_PIXELS:,} are taken")
    plain = Image.new("RGB", picture.size, "white")
    plain.paste(picture, mask=picture.getchannel("A"))
    written = BytesIO()
    plain.save(written, "PNG", optimize=True)
    return written.getvalue()


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """WeasyPrint, once it is loaded, has Pillow fill up what ends in the middle."""
    from PIL import ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def colour(text: str) -> str:
    """'#0B5FFF' -> '#0b5fff'. ValueError where it is no such colour, or cannot be read on white."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"{text[:40]!r} is no colour: write it as #rrggbb, such as #0b5fff")
    found = contrast_with_white(text)
    if found < LEAST_CONTRAST:
        raise ValueError(
            f"{text} is too pale to be read on white: its contrast is {found:.2f}, and {LEAST_CONTRAST} is the least"
        )
    return text.lower()


def contrast_with_white(text: str) -> float:
    """WCAG 2's contrast ratio, from 1 (white) to 21 (black)."""
    red, green, blue = (_linear(int(text[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
